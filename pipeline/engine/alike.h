#ifndef FOOTPRINT_ENGINE_ALIKE_H
#define FOOTPRINT_ENGINE_ALIKE_H

/*
 * A small table from 64-bit keys to numbers, for one pass over a list: which entries are alike,
 * and how many of each there are. It is emptied at once and allocates nothing after alike_new.
 */

#include <stdint.h>

struct alike;

/* Room for key_max different keys. */
struct alike *alike_new(uint32_t key_max);
void alike_free(struct alike *alike); /* NULL is fine */
void alike_begin(struct alike *alike);
/* The key's number, 0 when it is new. */
uint64_t *alike_at(struct alike *alike, uint64_t key);

#endif
