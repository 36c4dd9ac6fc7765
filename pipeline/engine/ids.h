#ifndef FOOTPRINT_ENGINE_IDS_H
#define FOOTPRINT_ENGINE_IDS_H

/*
 * The ids of a user's latest events, by which repeats are known: a hash table in the first cell.
 *
 *   | head | place | place | ... |     open addressing, a step at a time; never full
 *
 * An id is kept as its hash with the newest instant of an event that had it. Those that are out of
 * date go when the table is made anew, an eighth of its size after the last time; so a busy user's
 * event costs no more than anybody's.
 */

#include <stdbool.h>
#include <stdint.h>

#include "pipeline/engine/profile.h"

/* Where a table waits while it is made anew; grows when it must. */
struct ids_bench {
    struct ids_place *places;
    uint32_t capacity;
};

void ids_bench_fini(struct ids_bench *bench);

/* Whether an event later than floor had the id. */
bool ids_known(const struct profile *profile, uint64_t hash, int64_t floor);
void ids_add(
    struct profile_hand *hand, struct ids_bench *bench, uint64_t hash, int64_t at, int64_t floor);
/* Drops an eighth, the oldest; returns how many those were. */
uint32_t ids_shed(struct profile_hand *hand, struct ids_bench *bench);
bool ids_valid(const struct cell *cell, int64_t clock);

#endif
