#ifndef FOOTPRINT_BASE_ARENA_H
#define FOOTPRINT_BASE_ARENA_H

/*
 * Memory that is given back all at once: what one batch or one load needs.
 *
 * arena_reset keeps the chunks, so that a steady stream of batches allocates nothing. Alignment is
 * 16 bytes. arena_take never returns NULL: a process that is out of memory stops (check.h).
 */

#include <stddef.h>

#include "config/base/text.h"

struct arena_chunk;

struct arena {
    struct arena_chunk *first;
    struct arena_chunk *current;
    size_t bytes; /* taken from the system, all chunks */
};

void arena_init(struct arena *arena);
void arena_fini(struct arena *arena);
void arena_reset(struct arena *arena);
void *arena_take(struct arena *arena, size_t bytes);
void *arena_take_zeroed(struct arena *arena, size_t bytes);
struct text arena_copy(struct arena *arena, struct text text); /* the copy ends in a zero byte */

#endif
