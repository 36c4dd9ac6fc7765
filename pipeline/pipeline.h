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

struct uv_loop_s;
struct pipeline;

/* Blocking work: work() runs on the lane's helper thread, done() afterwards on the worker's. */
enum pipeline_lane {
    LANE_TRANSACTION, /* the sink, one call at a time */
    LANE_QUERY,       /* questions to brokers: committed offsets, ranges, seeks */
    LANE_PROBE,       /* the proof of the end: must never wait behind the others */
    LANE_COUNT
};

struct pipeline_job {
    void (*work)(struct pipeline_job *job);
    void (*done)(struct pipeline_job *job);
    struct pipeline_job *next; /* the host's */
};

enum notice_level { NOTICE_INFO, NOTICE_WARN, NOTICE_ERROR };

/*
 * News without a caller: a change of state, once. `id` is stable and unique per kind of message
 * ("partition-live"); text is one line; partition -1: of none.
 */
struct pipeline_notice {
    enum notice_level level;
    const char *id;
    int32_t partition;
    const char *text;
};

struct pipeline_host {
    void *opaque;
    int64_t (*wall_ms)(void *opaque); /* since the epoch */
    int64_t (*mono_us)(void *opaque); /* for time-outs and durations */
    void (*run)(void *opaque, enum pipeline_lane lane, struct pipeline_job *job);
    void (*notice)(void *opaque, const struct pipeline_notice *notice);
    /* The pipeline can't go on (fenced again and again, state from the future, ...): leave. */
    void (*give_up)(void *opaque, const char *why);
};

#define TURN_MS_MAX 10

/* `worker`: its number in this process, 0 up. The host and the config must outlive the pipeline. */
struct pipeline *pipeline_new(const struct config *config, const struct topics *topics, int worker,
    int worker_count, struct uv_loop_s *loop, const struct pipeline_host *host,
    struct err *reterr);
/* Descriptors to watch for reading, -1: none now. May change after any call: ask again. */
void pipeline_fds(const struct pipeline *pipeline, int *ret_control_fd, int *ret_data_fd);
/* Does what can be done now. True: more is there, call again soon without waiting. */
bool pipeline_turn(struct pipeline *pipeline);
/* Stops taking, commits what is applied, makes a last checkpoint, leaves the group. Runs over several turns. */
void pipeline_stop(struct pipeline *pipeline);
/* After pipeline_stop: everything is committed and given back (or the drain time is over). */
bool pipeline_stopped(const struct pipeline *pipeline);
void pipeline_free(struct pipeline *pipeline);

/* Adds one line per reason why this worker is not ready ("redis: connection refused"). None: ready. */
void pipeline_reasons(const struct pipeline *pipeline, struct buffer *lines);
/* The longest time to go on during start: a replay is under way (for the service manager). */
bool pipeline_replaying(const struct pipeline *pipeline);
/* Writes all numbers of this worker; `counters` was made by counters_init for this plan. */
void pipeline_counters(const struct pipeline *pipeline, struct counters *counters);

#endif
