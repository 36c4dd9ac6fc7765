#ifndef FOOTPRINT_ENGINE_TIMERS_H
#define FOOTPRINT_ENGINE_TIMERS_H

/*
 * Which users may change by time, in the order (due, hash of the user, user).
 *
 *   level 0   64 buckets of 1 ms      an entry lies in the level of the highest digit (base 64)
 *   level 1   64 buckets of 64 ms     in which its instant differs from now; when now reaches a
 *   level 2   64 buckets of 4 s       bucket its entries move down; a bucket of level 0 is
 *   ...                               opened: sorted, and handed out one by one
 *
 * Adding costs the same whatever is there. Entries can't be taken back: whoever takes one out asks
 * whether it still counts; timers_sweep drops those that do not, when they have become many.
 * Memory is kept, so that a steady state allocates nothing.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct timers;

struct timers_entry {
    int64_t due;
    uint32_t slot;
    uint32_t hash_high; /* of the user's hash */
};

/* Below 0, 0 or above, as the user in slot a comes before, is, or comes after the one in slot b. */
typedef int timers_order_fn(void *opaque, uint32_t a, uint32_t b);
typedef bool timers_keep_fn(void *opaque, const struct timers_entry *entry);

struct timers *timers_new(timers_order_fn *order, void *opaque);
void timers_free(struct timers *timers); /* NULL is fine */
void timers_clear(struct timers *timers);
void timers_add(struct timers *timers, int64_t due, uint32_t slot, uint64_t hash);
/* The first entry that is due at `limit`; false when there is none. Limits never go back. */
bool timers_peek(struct timers *timers, int64_t limit, struct timers_entry *ret_entry);
/* False when surely nothing is due at `limit`: then peek would show nothing. */
bool timers_may_be_due(const struct timers *timers, int64_t limit);
void timers_pop(struct timers *timers); /* what peek showed */
void timers_sweep(struct timers *timers, timers_keep_fn *keep, void *opaque);
size_t timers_count(const struct timers *timers); /* entries, those that count no more included */
size_t timers_bytes(const struct timers *timers);

#endif
