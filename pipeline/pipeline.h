#ifndef FOOTPRINT_PIPELINE_H
#define FOOTPRINT_PIPELINE_H

/*
 * Bytes to decisions: everything that one worker does with its partitions, behind one door.
 *
 * The pipeline has no clock, no log and no thread of its own: its host lends it time, a helper
 * thread for blocking calls, and an ear for news. All functions are called on the worker's thread.
 *
 *   worker's loop:  a descriptor is readable  -> pipeline_turn
 *                   every TURN_MS_MAX         -> pipeline_turn
 *                   a blocking job is done    -> job->done(), then pipeline_turn
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/base/buffer.h"
#include "config/base/err.h"
#include "config/config.h"
#include "pipeline/counters/counters.h"
#include "pipeline/kafka/topics.h"
#include "pipeline/partition/host.h"

struct uv_loop_s;
struct pipeline;
struct trial;

#define TURN_MS_MAX 10

/* `worker`: its number in this process, 0 up. The host and the config must outlive the pipeline. */
struct pipeline *pipeline_new(const struct config *config, const struct topics *topics, int worker,
    int worker_count, struct uv_loop_s *loop, const struct pipeline_host *host, struct err *reterr);
/* Descriptors to watch for reading, -1: none now. May change after any call: ask again. */
void pipeline_fds(const struct pipeline *pipeline, int *ret_control_fd, int *ret_data_fd);
/* Does what can be done now. True: more is there, call again soon without waiting. */
bool pipeline_turn(struct pipeline *pipeline);
/*
 * Other rules: partitions take them over one by one, each between two transactions, and publish
 * what differs. Of `config` the rules alone count; it must outlive all use of it, which ends when
 * the pipeline is settled under newer ones. May be called again before they are.
 */
void pipeline_reload(struct pipeline *pipeline, const struct config *config);
/* All partitions decide by the newest rules, and nothing refers to older ones. */
bool pipeline_settled(const struct pipeline *pipeline);
/*
 * What would be published under other rules, without publishing it: partitions try them one by one
 * beside their own. One trial at a time; `config` must outlive it.
 */
void pipeline_try(struct pipeline *pipeline, const struct config *config);
/* The result, once all have tried; the caller's. NULL: not yet, or nothing is tried. */
struct trial *pipeline_tried(struct pipeline *pipeline);
/* What an operator wants, by partition (as many as the topic has); holds for those to come too. */
void pipeline_hold(struct pipeline *pipeline, const enum pipeline_hold *holds);
/* Stops taking, commits what is applied, makes a last checkpoint, leaves the group. Runs over
 * several turns, of which those that drain may take drain_ms. */
void pipeline_stop(struct pipeline *pipeline, int64_t drain_ms);
/* When a turn has something to do without being woken, TURN_MS_MAX at most. */
int64_t pipeline_wait_ms(const struct pipeline *pipeline);
/* After pipeline_stop: everything is committed and given back (or the drain time is over). */
bool pipeline_stopped(const struct pipeline *pipeline);
void pipeline_free(struct pipeline *pipeline);

/* Adds one line per reason why this worker is not ready ("redis: connection refused"). None: ready.
 */
void pipeline_reasons(const struct pipeline *pipeline, struct buffer *lines);
/* The longest time to go on during start: a replay is under way (for the service manager). */
bool pipeline_replaying(const struct pipeline *pipeline);
/* Writes all numbers of this worker; `counters` was made for this plan and these topics. */
void pipeline_counters(const struct pipeline *pipeline, struct counters *counters);

#endif
