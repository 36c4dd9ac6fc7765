#ifndef FOOTPRINT_LANGUAGE_GROW_H
#define FOOTPRINT_LANGUAGE_GROW_H

/*
 * Arrays in an arena that grow by doubling; what they leave behind goes with the arena.
 */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "config/base/arena.h"

#define GROW_COUNT_MIN 8

/* The array with room for one more element than `count`; the caller puts it in. */
static inline void *
grow(struct arena *arena, void *array, uint32_t count, uint32_t *capacity, size_t element_bytes)
{
    uint32_t wanted = *capacity == 0 ? GROW_COUNT_MIN : *capacity * 2;
    void *grown;

    if (count < *capacity)
        return array;
    grown = arena_take(arena, wanted * element_bytes);
    if (count > 0)
        memcpy(grown, array, count * element_bytes);
    *capacity = wanted;
    return grown;
}

#endif
