#ifndef FOOTPRINT_STALL_H
#define FOOTPRINT_STALL_H

/*
 * Which partitions have messages waiting and apply none: a lag that does not shrink because nothing
 * moves, told apart from one that does.
 *
 * Looked at from time to time; a partition counts from the first look at which it had a lag and
 * stood where it stands now. One that was given away is forgotten.
 */

#include <stdint.h>

#include "config/base/limits.h"
#include "pipeline/counters/counters.h"

#define STALL_US INT64_C(30000000)

struct stall {
    struct stall_partition {
        int64_t offset;
        int64_t since_us; /* 0: it has no lag, or is not ours */
        int64_t seen_us;
    } partitions[PARTITIONS_MAX];
};

/* Sets `stalled` of each partition's row. Returns how many are. */
uint32_t stall_look(struct stall *stall, struct counters *counters, int64_t now_us);

#endif
