/* Which partitions have messages waiting and apply none. */
#include "daemon/stall.h"

#include "config/base/check.h"

/* A row that was not there at the last look is another life of the partition. */
#define STALL_FORGET_US INT64_C(10000000)

static void
stall_row(struct stall_partition *known, struct counters_partition *row, int64_t now_us)
{
    if (row->lag == 0)
        known->since_us = 0;
    else if (known->since_us == 0 || known->offset != row->offset ||
             now_us - known->seen_us > STALL_FORGET_US)
        known->since_us = now_us;
    known->offset = row->offset;
    known->seen_us = now_us;
    row->stalled = known->since_us != 0 && now_us - known->since_us >= STALL_US;
}

uint32_t
stall_look(struct stall *stall, struct counters *counters, int64_t now_us)
{
    uint32_t count = 0;

    CHECK(now_us > 0);
    for (uint32_t i = 0; i < counters->partition_count; i++) {
        struct counters_partition *row = &counters->partitions[i];

        CHECK(row->number >= 0 && row->number < PARTITIONS_MAX);
        stall_row(&stall->partitions[row->number], row, now_us);
        count += row->stalled != 0;
    }
    return count;
}
