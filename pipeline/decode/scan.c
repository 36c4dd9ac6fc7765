/* Runs of plain text of any length, in three forms. */
#include "pipeline/decode/scan.h"

#include <stddef.h>
#ifdef SCAN_BY_SSE2
#include <immintrin.h>
#endif

static INLINE_ALWAYS uint32_t
scan_block_inner(const char *at)
{
    return scan_block_plain(at) & ~scan_block_quotes(at);
}

/* A document without a whole block: the zeros behind it are not plain. */
static INLINE_NEVER const char *
scan_short(const struct scan *scan, const char *at)
{
    char room[SCAN_BYTES] = {0};

    memcpy(room, at, (size_t)(scan->end - at));
    return at + scan_count(scan_block_inner(room));
}

INLINE_NEVER const char *
scan_tail(const struct scan *scan, const char *at)
{
    if (scan->last == NULL)
        return scan_short(scan, at);
    return at + scan_count(scan_block_inner(scan->last) >> (at - scan->last));
}

const char *
scan_blocks(const struct scan *scan, const char *at)
{
    for (; at <= scan->last; at += SCAN_BYTES) {
        uint32_t count = scan_count(scan_block_inner(at));

        if (count < SCAN_BYTES)
            return at + count;
    }
    return scan_tail(scan, at);
}

#ifdef SCAN_BY_SSE2
__attribute__((target("avx2"))) static const char *
scan_avx2(const struct scan *scan, const char *at)
{
    const __m256i quote = _mm256_set1_epi8('"'), backslash = _mm256_set1_epi8('\\');
    const __m256i space = _mm256_set1_epi8(' ');

    for (; scan->end - at >= (ptrdiff_t)sizeof(__m256i); at += sizeof(__m256i)) {
        __m256i block = _mm256_loadu_si256((const __m256i *)(const void *)at);
        __m256i found = _mm256_or_si256(_mm256_cmpgt_epi8(space, block),
            _mm256_or_si256(_mm256_cmpeq_epi8(block, quote), _mm256_cmpeq_epi8(block, backslash)));
        uint32_t mask = (uint32_t)_mm256_movemask_epi8(found);

        if (mask != 0)
            return at + __builtin_ctz(mask);
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
