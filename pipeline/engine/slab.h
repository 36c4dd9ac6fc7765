#ifndef FOOTPRINT_ENGINE_SLAB_H
#define FOOTPRINT_ENGINE_SLAB_H

/*
 * Memory for profiles: blocks in size classes, cut from pages of 64 KiB.
 *
 *   page   | class, live, free list | block | block | block | ...
 *
 * A page is found from a block by its address alone. A page whose blocks are all given back can
 * serve another class. Classes are 32 bytes apart up to 512, then four to a doubling; a block of
 * more than a quarter of a page has pages of its own. Blocks are aligned to 32 bytes.
 * Running out of memory stops the process (check.h).
 */

#include <stddef.h>

struct slab;

struct slab *slab_new(void);
void slab_free(struct slab *slab); /* with all blocks; NULL is fine */

void *slab_take(struct slab *slab, size_t bytes);
void slab_give(struct slab *slab, void *block);
size_t slab_capacity(const void *block);    /* at least what was asked for */
size_t slab_bytes(const struct slab *slab); /* in blocks that are out */

#endif
