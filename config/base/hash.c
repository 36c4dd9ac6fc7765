/* Hashes texts. The library's header carries the code, so a short text is hashed without a call. */
#include "config/base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#define HASH_SEED UINT64_C(0x666f6f747072696e) /* "footprin" */

uint64_t
hash_text(struct text text)
{
    return XXH3_64bits_withSeed(text.bytes, text.length, HASH_SEED);
}
