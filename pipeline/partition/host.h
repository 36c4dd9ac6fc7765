#ifndef FOOTPRINT_HOST_H
#define FOOTPRINT_HOST_H

/*
 * What a worker lends to its pipeline: time, helper threads for blocking calls, and an ear.
 */

#include <stdbool.h>
#include <stdatomic.h>
#include <stdint.h>

#include "config/base/text.h"

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

/* A single record or change that may be looked at. Everything in it is borrowed. */
enum pipeline_sight {
    SIGHT_EVENT = 1,
    SIGHT_CHANGE = 2,
    SIGHT_REJECT = 4
};

#define SIGHT_NO_PLACE (-1)

struct pipeline_sighting {
    enum pipeline_sight kind;
    int32_t partition;
    int64_t offset;   /* -1: none (a change by time) */
    int64_t at_ms;    /* of an event or a change: its time; of a reject: its record's, -1: none */
    struct text user; /* not of a reject */
    struct text name; /* the event's type (empty: one that the rules don't name), or the segment */
    const char *outcome; /* "event", "repeat"; "enter", "exit"; the reject's reason */
    const char *detail;  /* why a change was made; what is wrong with a reject */
    int64_t place; /* the byte of a reject's payload where it was noticed, or SIGHT_NO_PLACE */
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
    /* The kinds (enum pipeline_sight) that somebody looks at now; NULL: nobody ever does. While it
     * is zero, single events and changes cost this one load. */
    const atomic_uint *sights;
    /* Of the kinds above, and each reject. NULL: not wanted. Must not wait. */
    void (*saw)(void *opaque, const struct pipeline_sighting *sighting);
};

#endif
