#ifndef FOOTPRINT_ENGINE_INSTANT_H
#define FOOTPRINT_ENGINE_INSTANT_H

/*
 * Sums of instants and durations that stop at the ends of time instead of wrapping round.
 */

#include <stdint.h>

#include "config/plan.h"

/* at + ms; PLAN_NEVER when ms is PLAN_EVER or the sum lies past the end. */
static inline int64_t
instant_after(int64_t at, int64_t ms)
{
    int64_t sum;

    if (ms == PLAN_EVER)
        return PLAN_NEVER;
    if (__builtin_add_overflow(at, ms, &sum))
        return ms > 0 ? PLAN_NEVER : INT64_MIN;
    return sum;
}

/* at - ms: a window of ms holds what is later than this. INT64_MIN for the window [ever]. */
static inline int64_t
instant_before(int64_t at, int64_t ms)
{
    int64_t difference;

    if (ms == PLAN_EVER || __builtin_sub_overflow(at, ms, &difference))
        return INT64_MIN;
    return difference;
}

static inline int64_t
instant_min(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static inline int64_t
instant_max(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

#endif
