#ifndef FOOTPRINT_COUNTERS_H
#define FOOTPRINT_COUNTERS_H

/*
 * One worker's numbers, made from the table in counters.def.
 *
 * A worker counts in its own struct, on its own thread; copies are handed over and merged where
 * they are shown. Counters only grow. Arrays have a place for each reason, segment (by its number
 * in the plan) and partition.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/plan.h"
#include "pipeline/decode/decode.h"

#define COUNTERS_BUCKETS 14

struct counters_histogram {
    uint64_t buckets[COUNTERS_BUCKETS]; /* not cumulative; the last one has no upper bound */
    uint64_t count;
    double sum; /* seconds */
};

struct counters {
#define COUNTER(member, name, help) uint64_t member;
#define GAUGE(member, name, help) int64_t member;
#define BY_REASON(member, name, help) uint64_t member[DECODE_RESULT_COUNT];
#define BY_SEGMENT(member, type, name, help) int64_t *member;  /* segment_count */
#define BY_PARTITION(member, type, name, help) double *member; /* partition_count */
#define HISTOGRAM(member, name, help) struct counters_histogram member;
#include "pipeline/counters/counters.def"
#undef COUNTER
#undef GAUGE
#undef BY_REASON
#undef BY_SEGMENT
#undef BY_PARTITION
#undef HISTOGRAM
    uint32_t segment_count;
    uint32_t partition_count;
    bool *present; /* by partition: it is this worker's */
};

void counters_init(struct counters *counters, uint32_t segment_count, uint32_t partition_count);
void counters_fini(struct counters *counters);
/* Both were made for the same numbers of segments and partitions. */
void counters_copy(struct counters *into, const struct counters *from);
/* Adds all; of a partition the one who has it counts. */
void counters_merge(struct counters *into, const struct counters *from);
/* All zero again, and no partition present. */
void counters_clear(struct counters *counters);

void counters_observe(struct counters_histogram *histogram, double seconds);
/* The upper bounds in seconds; COUNTERS_BUCKETS - 1 of them. */
const double *counters_bounds(void);

#endif
