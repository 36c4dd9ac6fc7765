#ifndef FOOTPRINT_BASE_HASH_H
#define FOOTPRINT_BASE_HASH_H

/*
 * 64-bit hashes of texts (XXH3 with a fixed seed), for tables and for values that are compared but
 * not kept. They are written into profiles, so the function must never change.
 */

#include <stdint.h>

#include "config/base/text.h"

uint64_t hash_text(struct text text);

#endif
