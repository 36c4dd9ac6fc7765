/* Finds what somebody meant by a mistyped word: edit distance with swaps, bounded. */
#include "config/base/suggest.h"

#include "config/base/check.h"

#define SUGGEST_BYTES_MAX 64       /* a longer word is meant for nothing */
#define SUGGEST_PREFIX_BYTES_MIN 4 /* that both words begin with */

static char
suggest_fold(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static uint32_t
suggest_min(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment distance; both texts are at most SUGGEST_BYTES_MAX long. */
static uint32_t
suggest_distance(struct text a, struct text b)
{
    uint32_t rows[3][SUGGEST_BYTES_MAX + 1];
    uint32_t *before = rows[0], *above = rows[1], *row = rows[2];

    CHECK(a.length <= SUGGEST_BYTES_MAX && b.length <= SUGGEST_BYTES_MAX);
    for (uint32_t j = 0; j <= b.length; j++)
        above[j] = before[j] = j;
    for (uint32_t i = 1; i <= a.length; i++) {
        uint32_t *spare = before;

        row[0] = i;
        for (uint32_t j = 1; j <= b.length; j++) {
            char x = suggest_fold(a.bytes[i - 1]), y = suggest_fold(b.bytes[j - 1]);

            row[j] = suggest_min(above[j] + 1, row[j - 1] + 1);
            row[j] = suggest_min(row[j], above[j - 1] + (x == y ? 0 : 1));
            if (i > 1 && j > 1 && x == suggest_fold(b.bytes[j - 2]) &&
                suggest_fold(a.bytes[i - 2]) == y)
                row[j] = suggest_min(row[j], before[j - 2] + 1);
        }
        before = above;
        above = row;
        row = spare;
    }
    return above[b.length];
}

/* "warning" for "warn", "event" for "event_bytes". */
static const char *
suggest_prefix(struct text word, const char *const *candidates, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(candidates[i]);
        size_t common = length < word.length ? length : word.length;

        if (common >= SUGGEST_PREFIX_BYTES_MIN && memcmp(word.bytes, candidates[i], common) == 0)
            return candidates[i];
    }
    return NULL;
}

const char *
suggest(struct text word, const char *const *candidates, size_t count)
{
    const char *nearest = NULL;
    uint32_t limit = word.length <= 3 ? 1 : (word.length + 1) / 3;

    if (word.length == 0 || word.length > SUGGEST_BYTES_MAX)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        struct text candidate = text_of(candidates[i]);
        uint32_t distance;

        if (candidate.length > SUGGEST_BYTES_MAX)
            continue;
        distance = suggest_distance(word, candidate);
        if (distance > limit || distance == candidate.length)
            continue;
        nearest = candidates[i];
        if (distance == 0)
            break;
        limit = distance - 1;
    }
    return nearest != NULL ? nearest : suggest_prefix(word, candidates, count);
}
