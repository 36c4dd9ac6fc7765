#ifndef FOOTPRINT_CTL_DICE_H
#define FOOTPRINT_CTL_DICE_H

/*
 * Chance that is the same for the same seed, on every machine (splitmix64).
 */

#include <stdbool.h>
#include <stdint.h>

struct dice {
    uint64_t state;
};

static inline uint64_t
dice_roll(struct dice *dice)
{
    uint64_t z = dice->state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* 0 to count - 1; count > 0. */
static inline uint32_t
dice_below(struct dice *dice, uint32_t count)
{
    return (uint32_t)(((dice_roll(dice) >> 32) * count) >> 32);
}

static inline int64_t
dice_between(struct dice *dice, int64_t least, int64_t most)
{
    return least + (int64_t)(dice_roll(dice) % (uint64_t)(most - least + 1));
}

static inline bool
dice_percent(struct dice *dice, uint32_t percent)
{
    return dice_below(dice, 100) < percent;
}

#endif
