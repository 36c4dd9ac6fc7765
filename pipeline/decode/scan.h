#ifndef FOOTPRINT_SCAN_H
#define FOOTPRINT_SCAN_H

/*
 * Sixteen bytes of a document in one look, a block.
 *
 *   bytes    v i e w " , " t s " : 1 7 6 7 2     a look answers with a mask: bit i is byte i
 *   quotes           1   1     1
 *   plain    1 1 1 1 1 1 1 1 1 1 1 1 1 1 1
 *   digits                         1 1 1 1 1
 *
 * Not plain is what a string has only after a closer look: a backslash, a control character, a
 * byte beyond ASCII.
 *
 * Nobody owes us readable bytes behind a payload (librdkafka's may end with the fetched buffer), so
 * no look leaves the document: whole blocks are read up to `last`, and behind it the document's
 * last 16 bytes are read once more and shifted.
 *
 * Three forms, with the same answers: SSE2, which every amd64 has; for long runs AVX2, where the
 * processor has it; plain C elsewhere, or where SCAN_PORTABLE is defined.
 */

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "config/base/inline.h"
#include "config/base/text.h"

#if defined(__SSE2__) && !defined(SCAN_PORTABLE)
#include <emmintrin.h>
#define SCAN_BY_SSE2
#endif

#define SCAN_BYTES 16

struct scan;

/* The first byte from `at` on that is a quote or not plain, or the document's end. */
typedef const char *scan_long(const struct scan *scan, const char *at);

struct scan {
    const char *end;
    const char *last; /* where the last whole block begins; NULL: there is none */
    scan_long *run;   /* the form for long runs */
};

/* The best form for long runs that this processor has. */
scan_long *scan_best(void);
/* For tests: what is the best from now on. */
void scan_without_avx2(bool without);

/* The form that needs nothing of the processor, and the one for an `at` behind `last`. */
scan_long scan_blocks;
scan_long scan_tail;

static inline void
scan_open(struct scan *scan, struct text document)
{
    scan->end = document.bytes + document.length;
    scan->last = document.length >= SCAN_BYTES ? scan->end - SCAN_BYTES : NULL;
}

#ifdef SCAN_BY_SSE2

static INLINE_ALWAYS __m128i
scan_load(const char *at)
{
    return _mm_loadu_si128((const __m128i *)(const void *)at);
}

static INLINE_ALWAYS uint32_t
scan_block_quotes(const char *at)
{
    return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(scan_load(at), _mm_set1_epi8('"')));
}

/* Bytes beyond ASCII are negative, so they too are below a space. */
static INLINE_ALWAYS uint32_t
scan_block_plain(const char *at)
{
    __m128i block = scan_load(at), backslashes = _mm_cmpeq_epi8(block, _mm_set1_epi8('\\'));
    __m128i high = _mm_cmpgt_epi8(block, _mm_set1_epi8(' ' - 1));

    return (uint32_t)_mm_movemask_epi8(_mm_andnot_si128(backslashes, high));
}

/* Moved, '9' is the largest signed byte. */
static INLINE_ALWAYS uint32_t
scan_block_digits(const char *at)
{
    __m128i moved = _mm_add_epi8(scan_load(at), _mm_set1_epi8(INT8_MAX - '9'));

    return (uint32_t)_mm_movemask_epi8(_mm_cmpgt_epi8(moved, _mm_set1_epi8(INT8_MAX - 10)));
}

/* wanted lies on a boundary of 16 bytes. */
static INLINE_ALWAYS uint32_t
scan_block_equal(const char *at, const char *wanted)
{
    __m128i block = _mm_load_si128((const __m128i *)(const void *)wanted);

    return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(scan_load(at), block));
}

#else

static inline uint32_t
scan_block_quotes(const char *at)
{
    uint32_t mask = 0;

    for (uint32_t i = 0; i < SCAN_BYTES; i++)
        mask |= (uint32_t)(at[i] == '"') << i;
    return mask;
}

static inline uint32_t
scan_block_plain(const char *at)
{
    uint32_t mask = 0;

    for (uint32_t i = 0; i < SCAN_BYTES; i++)
        mask |= (uint32_t)((signed char)at[i] >= ' ' && at[i] != '\\') << i;
    return mask;
}

static inline uint32_t
scan_block_digits(const char *at)
{
    uint32_t mask = 0;

    for (uint32_t i = 0; i < SCAN_BYTES; i++)
        mask |= (uint32_t)(at[i] >= '0' && at[i] <= '9') << i;
    return mask;
}

static inline uint32_t
scan_block_equal(const char *at, const char *wanted)
{
    uint32_t mask = 0;

    for (uint32_t i = 0; i < SCAN_BYTES; i++)
        mask |= (uint32_t)(at[i] == wanted[i]) << i;
    return mask;
}

#endif

/* Which is the first of a mask that is not empty. */
static INLINE_ALWAYS uint32_t
scan_first(uint32_t mask)
{
    return (uint32_t)__builtin_ctz(mask);
}

/* How many it is from the first one on: up to 16. */
static INLINE_ALWAYS uint32_t
scan_count(uint32_t mask)
{
    return (uint32_t)__builtin_ctz(~mask);
}

#endif
