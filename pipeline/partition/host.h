#ifndef FOOTPRINT_HOST_H
#define FOOTPRINT_HOST_H

/*
 * What a worker lends to its pipeline: time, helper threads for blocking calls, and an ear.
 */

#include <stdbool.h>
#include <stdint.h>

/* What an operator wants of a partition: nothing; that it stands still; that it also finishes what
 * was read, commits it and leaves a whole copy in Redis. */
enum pipeline_hold {
    HOLD_NONE,
    HOLD_PAUSE,
    HOLD_DRAIN
};

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

enum notice_level {
    NOTICE_INFO,
    NOTICE_WARN,
    NOTICE_ERROR
};

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
    int64_t (*wall_ms)(void *opaque); /* since the epoch; the best that is known */
    int64_t (*mono_us)(void *opaque); /* for time-outs and durations */
    void (*run)(void *opaque, enum pipeline_lane lane, struct pipeline_job *job);
    void (*notice)(void *opaque, const struct pipeline_notice *notice);
    /* The pipeline can't go on (fenced again and again, state from the future, ...): leave. */
    void (*give_up)(void *opaque, const char *why);
    /* The host's own clock can be believed: only then does it end a membership. NULL: always. */
    bool (*wall_is_true)(void *opaque);
};

#endif
