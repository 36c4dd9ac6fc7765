#ifndef FOOTPRINT_CREW_H
#define FOOTPRINT_CREW_H

/*
 * All workers of this process, as one.
 *
 * Used by the control thread alone.
 */

#include <stdbool.h>
#include <stddef.h>

#include "config/base/buffer.h"
#include "config/base/err.h"
#include "config/config.h"
#include "daemon/sight.h"
#include "pipeline/counters/counters.h"
#include "pipeline/kafka/topics.h"
#include "pipeline/partition/host.h"

/* A worker whose loop has not turned for so long hangs. */
#define CREW_STALL_US INT64_C(10000000)

struct crew;
struct trial;

/* Starts them: as many as `workers` says; auto: one per processor, at most one per partition. */
struct crew *crew_new(const struct config *config, const struct topics *topics, struct err *reterr);
/* Asks all to drain and leave. */
void crew_stop(struct crew *crew, int64_t drain_ms);
/* Gives all of them other rules; the config must live until they have settled under newer ones. */
void crew_reload(struct crew *crew, const struct config *config);
/* Lets all of them try rules; the config must live until all have. */
void crew_try(struct crew *crew, const struct config *config);
/* Adds what has come out since; true: of all of them now. */
bool crew_tried(struct crew *crew, struct trial *trial);
/* All decide by this config's rules and refer to no other's. */
bool crew_has_settled(struct crew *crew, const struct config *config);
bool crew_has_stopped(const struct crew *crew);
/* Waits for those who have not stopped yet. */
void crew_free(struct crew *crew);
size_t crew_size(const struct crew *crew);

/* What an operator wants, for each partition of the topic: told to every worker. */
void crew_hold(struct crew *crew, const enum pipeline_hold *holds, size_t count);

/* Of one of them: what single records can be looked at. */
struct sights *crew_sights(struct crew *crew, size_t number);

/* Why one of them can't go on, or NULL. */
const char *crew_gave_up(const struct crew *crew);
/*
 * Adds up all numbers; a line in `reasons` for each cause of not being ready, each once; a line in
 * `stalls` for each worker that hangs. True: a replay is under way.
 */
bool crew_look(
    struct crew *crew, struct counters *counters, struct buffer *reasons, struct buffer *stalls);

#endif
