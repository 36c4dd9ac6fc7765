/* One worker's numbers: made, copied and added up from the table in counters.def. */
#include "pipeline/counters/counters.h"

#include <stdlib.h>
#include <string.h>

#include "config/base/check.h"

static const double counters_bound[] = COUNTER_BOUNDS;

_Static_assert(sizeof(counters_bound) / sizeof(counters_bound[0]) == COUNTER_BOUND_COUNT,
    "COUNTER_BOUND_COUNT is the number of COUNTER_BOUNDS");

void
counters_init(struct counters *counters, const struct plan *plan)
{
    CHECK(plan != NULL);
    *counters = (struct counters){.plan = plan, .segment_count = plan->segment_count};
    counters->segments = calloc(plan->segment_count + 1, sizeof(*counters->segments));
    CHECK(counters->segments != NULL);
}

void
counters_fini(struct counters *counters)
{
    free(counters->segments);
    free(counters->partitions);
    *counters = (struct counters){0};
}

static void
counters_partitions_reserve(struct counters *counters, uint32_t count)
{
    uint32_t capacity = counters->partition_capacity;

    if (count <= capacity)
        return;
    while (capacity < count)
        capacity = capacity == 0 ? 8 : 2 * capacity;
    counters->partitions = realloc(counters->partitions, capacity * sizeof(*counters->partitions));
    CHECK(counters->partitions != NULL);
    counters->partition_capacity = capacity;
}

void
counters_clear(struct counters *counters)
{
    struct counters kept = *counters;

    *counters = (struct counters){
        .plan = kept.plan,
        .segments = kept.segments,
        .segment_count = kept.segment_count,
        .partitions = kept.partitions,
        .partition_capacity = kept.partition_capacity,
    };
    memset(counters->segments, 0, counters->segment_count * sizeof(*counters->segments));
}

void
counters_copy(struct counters *to, const struct counters *from)
{
    struct counters kept = *to;

    if (to->segment_count != from->segment_count) {
        free(kept.segments);
        kept.segments = calloc(from->segment_count + 1, sizeof(*kept.segments));
        CHECK(kept.segments != NULL);
    }
    *to = *from;
    to->segments = kept.segments;
    to->partitions = kept.partitions;
    to->partition_capacity = kept.partition_capacity;
    memcpy(to->segments, from->segments, from->segment_count * sizeof(*from->segments));
    counters_partitions_reserve(to, from->partition_count);
    if (from->partition_count > 0)
        memcpy(to->partitions, from->partitions, from->partition_count * sizeof(*from->partitions));
}

static void
counters_merge_rejects(uint64_t *into, const uint64_t *from)
{
    for (int i = 0; i < COUNTERS_REASON_COUNT; i++)
        into[i] += from[i];
}

static void
counters_merge_histogram(struct counters_histogram *into, const struct counters_histogram *from)
{
    for (int i = 0; i <= COUNTER_BOUND_COUNT; i++)
        into->buckets[i] += from->buckets[i];
    into->count += from->count;
    into->sum += from->sum;
}

static void
counters_merge_segment(struct counters_segment *into, const struct counters_segment *from)
{
#define SEGMENT_GAUGE(member, name, help) into->member += from->member;
#define SEGMENT_COUNTER(member, name, help) into->member += from->member;
#include "pipeline/counters/counters.def"
}

static int
counters_partition_order(const void *a, const void *b)
{
    const struct counters_partition *one = a, *other = b;

    return (one->number > other->number) - (one->number < other->number);
}

static void
counters_merge_segments(struct counters *into, const struct counters *from)
{
    for (uint32_t i = 0; i < from->segment_count; i++) {
        uint32_t number = i;

        if (into->plan != from->plan)
            number = plan_segment_find(into->plan, from->plan->segments[i].name);
        if (number != PLAN_NONE)
            counters_merge_segment(&into->segments[number], &from->segments[i]);
    }
}

void
counters_follow(struct counters *counters, const struct plan *plan)
{
    struct counters before = *counters;

    counters->plan = plan;
    counters->segment_count = plan->segment_count;
    counters->segments = calloc(plan->segment_count + 1, sizeof(*counters->segments));
    CHECK(counters->segments != NULL);
    counters_merge_segments(counters, &before);
    free(before.segments);
}

void
counters_merge(struct counters *into, const struct counters *from)
{
#define COUNTER(member, name, help) into->member += from->member;
#define GAUGE(member, name, help) into->member += from->member;
#define REASONS(member, name, help) counters_merge_rejects(into->member, from->member);
#define HISTOGRAM(member, name, help) counters_merge_histogram(&into->member, &from->member);
#include "pipeline/counters/counters.def"
    counters_merge_segments(into, from);
    counters_partitions_reserve(into, into->partition_count + from->partition_count);
    for (uint32_t i = 0; i < from->partition_count; i++)
        into->partitions[into->partition_count++] = from->partitions[i];
    if (into->partition_count > 1)
        qsort(into->partitions, into->partition_count, sizeof(*into->partitions),
            counters_partition_order);
}

struct counters_partition *
counters_partition_add(struct counters *counters, int32_t number)
{
    struct counters_partition *partition;

    counters_partitions_reserve(counters, counters->partition_count + 1);
    partition = &counters->partitions[counters->partition_count++];
    *partition =
        (struct counters_partition){.number = number, .state = "", .watermark_ms = INT64_MIN};
    return partition;
}

void
counters_partitions_clear(struct counters *counters)
{
    counters->partition_count = 0;
}

void
counters_observe(struct counters_histogram *histogram, double seconds)
{
    int i = 0;

    while (i < COUNTER_BOUND_COUNT && seconds > counters_bound[i])
        i++;
    histogram->buckets[i]++;
    histogram->count++;
    histogram->sum += seconds;
}

const double *
counters_bounds(void)
{
    return counters_bound;
}

const char *
counters_reason_name(enum counters_reason reason)
{
    static const char *const names[] = {
#define REASON(name) #name,
#include "pipeline/counters/counters.def"
    };

    CHECK(reason < COUNTERS_REASON_COUNT);
    return names[reason];
}
