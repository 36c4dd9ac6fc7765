#ifndef FOOTPRINT_COUNTERS_H
#define FOOTPRINT_COUNTERS_H

/*
 * One worker's numbers, as the pipeline fills them and the daemon shows them.
 *
 *   members of the table's plain rows | rejects[reason] | segments[plan number] | partitions[]
 *
 * Plain data without locks: a worker has its own and hands out copies; the daemon merges copies.
 * Counters only grow; gauges are as of the copy. Partitions are those owned now, in any order.
 * The plan must outlive its counters: segment names are borrowed from it.
 */

#include <stddef.h>
#include <stdint.h>

#include "config/plan.h"

/* Upper bounds of histogram buckets in seconds; one more bucket takes the rest. */
#define COUNTER_BOUNDS                                                                             \
    {                                                                                              \
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60     \
    }
#define COUNTER_BOUND_COUNT 16

/* The reason of a reject, numbered as enum decode_result. */
enum counters_reason {
#define REASON(name) COUNTERS_REASON_##name,
#include "pipeline/counters/counters.def"
    COUNTERS_REASON_COUNT
};

struct counters_histogram {
    uint64_t buckets[COUNTER_BOUND_COUNT + 1]; /* each on its own, not added up */
    uint64_t count;                            /* always the total of buckets[] */
    double sum;                                /* seconds */
};

struct counters_segment {
#define SEGMENT_GAUGE(member, name, help) int64_t member;
#define SEGMENT_COUNTER(member, name, help) uint64_t member;
#include "pipeline/counters/counters.def"
};

struct counters_partition {
    int32_t number;
#define PARTITION_STATE(member, name, help) const char *member; /* a literal: "live" */
#define PARTITION_GAUGE(member, name, help) int64_t member;
#define PARTITION_SECONDS(member, name, help) double member;
#define PARTITION_INSTANT(member, name, help) int64_t member; /* ms; INT64_MIN: none yet */
#include "pipeline/counters/counters.def"
};

struct counters {
#define COUNTER(member, name, help) uint64_t member;
#define GAUGE(member, name, help) int64_t member;
#define REASONS(member, name, help) uint64_t member[COUNTERS_REASON_COUNT];
#define HISTOGRAM(member, name, help) struct counters_histogram member;
#include "pipeline/counters/counters.def"
    const struct plan *plan;
    struct counters_segment *segments; /* by plan number */
    uint32_t segment_count;
    struct counters_partition *partitions;
    uint32_t partition_count;
    uint32_t partition_capacity;
};

/* All zero, no partitions. */
void counters_init(struct counters *counters, const struct plan *plan);
void counters_fini(struct counters *counters);
/* As after counters_init; keeps its memory. */
void counters_clear(struct counters *counters);
/* `to` becomes as `from`, its plan too. */
void counters_copy(struct counters *to, const struct counters *from);
/* Goes on under another plan: segments keep their numbers by their names. */
void counters_follow(struct counters *counters, const struct plan *plan);
/* Adds all numbers of `from`, and its partitions, which are sorted then. Where the plans differ,
 * segments go by their names, and what only `from` has is left out. */
void counters_merge(struct counters *into, const struct counters *from);

/* A new row, zero but for its number; borrowed until the next call. */
struct counters_partition *counters_partition_add(struct counters *counters, int32_t number);
/* Forgets the rows: those owned now are added anew. */
void counters_partitions_clear(struct counters *counters);

void counters_observe(struct counters_histogram *histogram, double seconds);
const double *counters_bounds(void); /* COUNTER_BOUND_COUNT of them, ascending */
const char *counters_reason_name(enum counters_reason reason);

#endif
