/* Makes, copies and adds up the numbers of the table. */
#include "pipeline/counters/counters.h"

#include <stdlib.h>
#include <string.h>

#include "config/base/check.h"

static const double counters_upper[COUNTERS_BUCKETS - 1] = {
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30};

/* One pass over the table for each thing that is done with all numbers. */
#define EACH_NOTHING1(member, name, help)
#define EACH_NOTHING2(member, type, name, help)

void
counters_init(struct counters *counters, uint32_t segment_count, uint32_t partition_count)
{
    memset(counters, 0, sizeof(*counters));
    counters->segment_count = segment_count;
    counters->partition_count = partition_count;
    counters->present = calloc(partition_count + 1, sizeof(bool));
    CHECK(counters->present != NULL);
#define COUNTER EACH_NOTHING1
#define GAUGE EACH_NOTHING1
#define BY_REASON EACH_NOTHING1
#define HISTOGRAM EACH_NOTHING1
#define BY_SEGMENT(member, type, name, help)                                                       \
    counters->member = calloc(segment_count + 1, sizeof(counters->member[0]));                     \
    CHECK(counters->member != NULL);
#define BY_PARTITION(member, type, name, help)                                                     \
    counters->member = calloc(partition_count + 1, sizeof(counters->member[0]));                   \
    CHECK(counters->member != NULL);
#include "pipeline/counters/counters.def"
#undef BY_SEGMENT
#undef BY_PARTITION
}

void
counters_fini(struct counters *counters)
{
#define BY_SEGMENT(member, type, name, help) free(counters->member);
#define BY_PARTITION(member, type, name, help) free(counters->member);
#include "pipeline/counters/counters.def"
#undef BY_SEGMENT
#undef BY_PARTITION
    free(counters->present);
    memset(counters, 0, sizeof(*counters));
}

#undef COUNTER
#undef GAUGE
#undef BY_REASON
#undef HISTOGRAM

static void
counters_merge_histogram(struct counters_histogram *into, const struct counters_histogram *from)
{
    for (int i = 0; i < COUNTERS_BUCKETS; i++)
        into->buckets[i] += from->buckets[i];
    into->count += from->count;
    into->sum += from->sum;
}

void
counters_merge(struct counters *into, const struct counters *from)
{
    CHECK(into->segment_count == from->segment_count);
    CHECK(into->partition_count == from->partition_count);
#define COUNTER(member, name, help) into->member += from->member;
#define GAUGE(member, name, help) into->member += from->member;
#define BY_REASON(member, name, help)                                                              \
    for (int i = 0; i < DECODE_RESULT_COUNT; i++)                                                  \
        into->member[i] += from->member[i];
#define BY_SEGMENT(member, type, name, help)                                                       \
    for (uint32_t i = 0; i < from->segment_count; i++)                                             \
        into->member[i] += from->member[i];
#define BY_PARTITION(member, type, name, help)                                                     \
    for (uint32_t i = 0; i < from->partition_count; i++)                                           \
        if (from->present[i])                                                                      \
            into->member[i] = from->member[i];
#define HISTOGRAM(member, name, help) counters_merge_histogram(&into->member, &from->member);
#include "pipeline/counters/counters.def"
#undef COUNTER
#undef GAUGE
#undef BY_REASON
#undef BY_SEGMENT
#undef BY_PARTITION
#undef HISTOGRAM
    for (uint32_t i = 0; i < from->partition_count; i++)
        into->present[i] = into->present[i] || from->present[i];
}

void
counters_clear(struct counters *counters)
{
    uint32_t segment_count = counters->segment_count, partition_count = counters->partition_count;

    counters_fini(counters);
    counters_init(counters, segment_count, partition_count);
}

void
counters_copy(struct counters *into, const struct counters *from)
{
    counters_clear(into);
    counters_merge(into, from);
}

const double *
counters_bounds(void)
{
    return counters_upper;
}

void
counters_observe(struct counters_histogram *histogram, double seconds)
{
    int bucket = 0;

    while (bucket < COUNTERS_BUCKETS - 1 && seconds > counters_upper[bucket])
        bucket++;
    histogram->buckets[bucket]++;
    histogram->count++;
    histogram->sum += seconds;
}
