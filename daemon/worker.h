#ifndef FOOTPRINT_WORKER_H
#define FOOTPRINT_WORKER_H

/*
 * A thread with its loop, its helper threads and one pipeline. Nothing is shared between workers.
 *
 * The control thread starts and stops it and looks at copies of its numbers; everything that the
 * pipeline does happens on the worker's own thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include "config/base/buffer.h"
#include "config/base/err.h"
#include "config/config.h"
#include "daemon/sight.h"
#include "pipeline/counters/counters.h"
#include "pipeline/kafka/topics.h"
#include "pipeline/partition/host.h"

struct trial;
struct worker;

struct worker *worker_start(const struct config *config, const struct topics *topics, int number,
    int worker_count, struct err *reterr);
/* Asks it to drain, for so long at most, and leave; returns at once. */
void worker_stop(struct worker *worker, int64_t drain_ms);
/* Gives it other rules (pipeline_reload); returns at once. A later one replaces it. */
void worker_reload(struct worker *worker, const struct config *config);
/* Lets it try rules (pipeline_try), one config at a time; returns at once. */
void worker_try(struct worker *worker, const struct config *config);
/* What came out, once; the caller's. NULL: not yet, or nothing was asked. */
struct trial *worker_tried(struct worker *worker);
/* It decides by this config's rules and refers to no other's. */
bool worker_has_settled(struct worker *worker, const struct config *config);
bool worker_has_stopped(const struct worker *worker);
/* Waits for the thread, frees everything. Only after worker_has_stopped. */
void worker_free(struct worker *worker);

/* What an operator wants, for each partition of the topic; copied, taken over at the next turn. */
void worker_hold(struct worker *worker, const enum pipeline_hold *holds, size_t count);

/* Its last rejects, and what is tapped. */
struct sights *worker_sights(struct worker *worker);

/* Grows as long as the loop turns. */
uint64_t worker_turns(const struct worker *worker);
/* Why it can't go on, or NULL. */
const char *worker_gave_up(const struct worker *worker);
/* Adds its numbers, and a line for each reason why it is not ready. True: a replay is under way. */
bool worker_look(struct worker *worker, struct counters *counters, struct buffer *reasons);

#endif
