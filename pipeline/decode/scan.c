/* Runs of plain text of any length, in three forms. */
#include "pipeline/decode/scan.h"

#include <stddef.h>
#ifdef SCAN_BY_SSE2
#include <immintrin.h>
#endif

/* A document without a whole block: zeros behind it are not plain. */
static INLINE_NEVER const char *
scan_short(const struct scan *scan, const char *at)
{
    char room[SCAN_BYTES] = {0};

    memcpy(room, at, (size_t)(scan->end - at));
    return at + scan_count(scan_block_plain(room));
}

INLINE_NEVER const char *
scan_blocks(const struct scan *scan, const char *at)
{
    uint32_t count;

    if (scan->last == NULL)
        return scan_short(scan, at);
    for (; at <= scan->last; at += SCAN_BYTES) {
        count = scan_count(scan_block_plain(at));
        if (count < SCAN_BYTES)
            return at + count;
    }
    return at + scan_count(scan_block_plain(scan->last) >> (at - scan->last));
}

#ifdef SCAN_BY_SSE2
__attribute__((target("avx2"))) static const char *
scan_avx2(const struct scan *scan, const char *at)
{
    const __m256i turn = _mm256_set1_epi8('"' ^ ' '), space = _mm256_set1_epi8(' ');
    const __m256i backslash = _mm256_set1_epi8('\\');

    for (; scan->end - at >= (ptrdiff_t)sizeof(__m256i); at += sizeof(__m256i)) {
        __m256i block = _mm256_loadu_si256((const __m256i *)(const void *)at);
        __m256i above = _mm256_cmpgt_epi8(_mm256_xor_si256(block, turn), space);
        __m256i plain = _mm256_andnot_si256(_mm256_cmpeq_epi8(block, backslash), above);
        uint32_t mask = (uint32_t)_mm256_movemask_epi8(plain);

        if (mask != UINT32_MAX)
            return at + scan_count(mask);
    }
    return scan_blocks(scan, at);
}
#endif

static bool scan_avx2_is_off;

void
scan_without_avx2(bool without)
{
    scan_avx2_is_off = without;
}

scan_long *
scan_best(void)
{
#ifdef SCAN_BY_SSE2
    if (!scan_avx2_is_off && __builtin_cpu_supports("avx2"))
        return scan_avx2;
#endif
    return scan_blocks;
}
