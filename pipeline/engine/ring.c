/* A circle of items that doubles when it is full. */
#include "pipeline/engine/ring.h"

#include <stdlib.h>

#include "config/base/check.h"

void
ring_init(struct ring *ring)
{
    *ring = (struct ring){.items = NULL};
}

void
ring_fini(struct ring *ring)
{
    free(ring->items);
    ring_init(ring);
}

void
ring_clear(struct ring *ring)
{
    ring->first = 0;
    ring->count = 0;
}

static void
ring_grow(struct ring *ring)
{
    size_t capacity = ring->capacity > 0 ? ring->capacity * 2 : 64;
    struct ring_item *items = malloc(capacity * sizeof(*items));

    CHECK(items != NULL);
    for (size_t i = 0; i < ring->count; i++)
        items[i] = ring->items[(ring->first + i) & (ring->capacity - 1)];
    free(ring->items);
    ring->items = items;
    ring->first = 0;
    ring->capacity = capacity;
}

void
ring_add(struct ring *ring, uint32_t slot, uint64_t number)
{
    if (ring->count == ring->capacity)
        ring_grow(ring);
    ring->items[(ring->first + ring->count) & (ring->capacity - 1)] =
        (struct ring_item){.slot = slot, .number_low = (uint32_t)number};
    ring->count++;
}

const struct ring_item *
ring_first(const struct ring *ring)
{
    return ring->count > 0 ? &ring->items[ring->first] : NULL;
}

void
ring_drop(struct ring *ring)
{
    CHECK(ring->count > 0);
    ring->first = (ring->first + 1) & (ring->capacity - 1);
    ring->count--;
}
