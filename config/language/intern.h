#ifndef FOOTPRINT_LANGUAGE_INTERN_H
#define FOOTPRINT_LANGUAGE_INTERN_H

/*
 * Texts to numbers: equal bytes, equal number; 0, 1, 2 ... in the order of their coming.
 *
 *   slots   [ . 3 . 0 . . 2 1 ]   open addressing, at most half full, number + 1
 *   keys    [ "view" "click" ... ] by number
 *
 * Keys are copied into the arena, which must outlive the table.
 */

#include <stdbool.h>
#include <stdint.h>

#include "config/base/arena.h"
#include "config/base/text.h"

#define INTERN_NONE UINT32_MAX

struct intern {
    struct arena *arena;
    struct text *keys;
    uint64_t *hashes;
    uint32_t *slots;
    uint32_t count;
    uint32_t capacity;
    uint32_t slot_count; /* a power of two, or 0 */
};

void intern_init(struct intern *intern, struct arena *arena);
/* The key's number; *ret_new says whether it was not there before. */
uint32_t intern_add(struct intern *intern, struct text key, bool *ret_new);
uint32_t intern_find(const struct intern *intern, struct text key); /* or INTERN_NONE */

#endif
