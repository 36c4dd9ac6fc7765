#ifndef FOOTPRINT_ENGINE_RING_H
#define FOOTPRINT_ENGINE_RING_H

/*
 * A queue of slots, each with a number: first in, first out. It grows when it must and keeps its
 * memory. Of a number only the low half is kept.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring_item {
    uint32_t slot;
    uint32_t number_low;
};

struct ring {
    struct ring_item *items;
    size_t first, count, capacity; /* capacity: a power of two, or 0 */
};

void ring_init(struct ring *ring);
void ring_fini(struct ring *ring);
void ring_clear(struct ring *ring);
void ring_add(struct ring *ring, uint32_t slot, uint64_t number);
const struct ring_item *ring_first(const struct ring *ring); /* NULL when it is empty */
void ring_drop(struct ring *ring);                           /* the first one */

#endif
