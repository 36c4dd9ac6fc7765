/* A wheel of eleven levels over all 64 bits of time, in chunks from a common pool. */
#include "pipeline/engine/timers.h"

#include <stdlib.h>
#include <string.h>

#include "config/base/check.h"

#define DIGIT_BITS 6
#define DIGITS 64
#define LEVELS 11
#define CHUNK_ENTRIES 63

struct timers_chunk {
    struct timers_chunk *next;
    uint32_t count;
    struct timers_entry entries[CHUNK_ENTRIES];
};

struct timers {
    timers_order_fn *order;
    void *opaque;
    uint64_t now;            /* as timers_key; nothing earlier lies in the wheel */
    uint64_t first;          /* no filled bucket starts before this */
    bool now_open;           /* what is due now is in `open` too */
    uint64_t filled[LEVELS]; /* bit per bucket */
    struct timers_chunk *buckets[LEVELS][DIGITS];
    struct timers_chunk *spare;
    size_t count;
    size_t chunk_count;
    /* Sorted; handed out up to `open_next`. */
    struct timers_entry *open;
    size_t open_next, open_count, open_capacity;
};

/* Instants in an order without sign. */
static uint64_t
timers_key(int64_t at)
{
    return (uint64_t)at ^ UINT64_C(1) << 63;
}

static int
timers_compare(const void *left, const void *right, void *opaque)
{
    const struct timers *timers = opaque;
    const struct timers_entry *a = left, *b = right;

    if (a->due != b->due)
        return a->due < b->due ? -1 : 1;
    if (a->hash_high != b->hash_high)
        return a->hash_high < b->hash_high ? -1 : 1;
    return timers->order(timers->opaque, a->slot, b->slot);
}

struct timers *
timers_new(timers_order_fn *order, void *opaque)
{
    struct timers *timers = calloc(1, sizeof(*timers));

    CHECK(timers != NULL);
    timers->order = order;
    timers->first = UINT64_MAX;
    timers->opaque = opaque;
    return timers;
}

static void
timers_free_chunks(struct timers_chunk *chunk)
{
    while (chunk != NULL) {
        struct timers_chunk *next = chunk->next;
        free(chunk);
        chunk = next;
    }
}

void
timers_free(struct timers *timers)
{
    if (timers == NULL)
        return;
    timers_clear(timers);
    timers_free_chunks(timers->spare);
    free(timers->open);
    free(timers);
}

/* Takes a bucket's chunks out of the wheel. */
static struct timers_chunk *
timers_take(struct timers *timers, int level, uint32_t digit)
{
    struct timers_chunk *chunks = timers->buckets[level][digit];

    timers->buckets[level][digit] = NULL;
    timers->filled[level] &= ~(UINT64_C(1) << digit);
    return chunks;
}

/* Gives one chunk to the pool and returns the next. */
static struct timers_chunk *
timers_spare(struct timers *timers, struct timers_chunk *chunk)
{
    struct timers_chunk *next = chunk->next;

    chunk->next = timers->spare;
    timers->spare = chunk;
    return next;
}

void
timers_clear(struct timers *timers)
{
    for (int level = 0; level < LEVELS; level++) {
        while (timers->filled[level] != 0) {
            struct timers_chunk *chunk =
                timers_take(timers, level, (uint32_t)__builtin_ctzll(timers->filled[level]));
            while (chunk != NULL)
                chunk = timers_spare(timers, chunk);
        }
    }
    timers->now = 0;
    timers->first = UINT64_MAX;
    timers->now_open = false;
    timers->count = 0;
    timers->open_next = 0;
    timers->open_count = 0;
}

/* --- what is open ----------------------------------------------------------------------------- */

static void
timers_open_reserve(struct timers *timers, size_t more)
{
    size_t need = timers->open_count + more;

    if (need <= timers->open_capacity)
        return;
    while (timers->open_capacity < need)
        timers->open_capacity = timers->open_capacity > 0 ? timers->open_capacity * 2 : 64;
    timers->open = realloc(timers->open, timers->open_capacity * sizeof(*timers->open));
    CHECK(timers->open != NULL);
}

/* One that comes when its instant is open already takes its place among the rest. */
static void
timers_open_insert(struct timers *timers, const struct timers_entry *entry)
{
    size_t place;

    timers_open_reserve(timers, 1);
    place = timers->open_count;
    while (place > timers->open_next && timers_compare(&timers->open[place - 1], entry, timers) > 0)
        place--;
    memmove(&timers->open[place + 1], &timers->open[place],
        (timers->open_count - place) * sizeof(*entry));
    timers->open[place] = *entry;
    timers->open_count++;
}

static void
timers_open_bucket(struct timers *timers, uint32_t digit)
{
    struct timers_chunk *chunk = timers_take(timers, 0, digit);

    CHECK(timers->open_next == timers->open_count);
    timers->open_next = 0;
    timers->open_count = 0;
    while (chunk != NULL) {
        timers_open_reserve(timers, chunk->count);
        memcpy(&timers->open[timers->open_count], chunk->entries,
            chunk->count * sizeof(chunk->entries[0]));
        timers->open_count += chunk->count;
        chunk = timers_spare(timers, chunk);
    }
    qsort_r(timers->open, timers->open_count, sizeof(*timers->open), timers_compare, timers);
    timers->now_open = true;
}

/* --- the wheel -------------------------------------------------------------------------------- */

static struct timers_chunk *
timers_chunk(struct timers *timers, struct timers_chunk *next)
{
    struct timers_chunk *chunk = timers->spare;

    if (chunk != NULL) {
        timers->spare = chunk->next;
    } else {
        chunk = malloc(sizeof(*chunk));
        CHECK(chunk != NULL);
        timers->chunk_count++;
    }
    chunk->next = next;
    chunk->count = 0;
    return chunk;
}

static void
timers_place(struct timers *timers, const struct timers_entry *entry)
{
    uint64_t key = timers_key(entry->due);
    uint64_t differs = key ^ timers->now;
    int level = differs == 0 ? 0 : (63 - __builtin_clzll(differs)) / DIGIT_BITS;
    uint32_t digit = (uint32_t)(key >> (level * DIGIT_BITS)) & (DIGITS - 1);
    uint64_t start = key >> (level * DIGIT_BITS) << (level * DIGIT_BITS);
    struct timers_chunk **bucket = &timers->buckets[level][digit];

    if (*bucket == NULL || (*bucket)->count == CHUNK_ENTRIES)
        *bucket = timers_chunk(timers, *bucket);
    (*bucket)->entries[(*bucket)->count++] = *entry;
    timers->filled[level] |= UINT64_C(1) << digit;
    if (start < timers->first)
        timers->first = start;
}

void
timers_add(struct timers *timers, int64_t due, uint32_t slot, uint64_t hash)
{
    struct timers_entry entry = {.due = due, .slot = slot, .hash_high = (uint32_t)(hash >> 32)};
    uint64_t key = timers_key(due);

    timers->count++;
    if (key < timers->now || (key == timers->now && timers->now_open))
        timers_open_insert(timers, &entry);
    else
        timers_place(timers, &entry);
}

/* The first filled bucket and when it starts: the lowest level comes first. None: at no time. */
static void
timers_first(const struct timers *timers, int *ret_level, uint32_t *ret_digit, uint64_t *ret_start)
{
    for (int level = 0; level < LEVELS; level++) {
        int shift = level * DIGIT_BITS;
        uint64_t above = level == LEVELS - 1 ? 0 : ~UINT64_C(0) << (shift + DIGIT_BITS);
        if (timers->filled[level] == 0)
            continue;
        *ret_level = level;
        *ret_digit = (uint32_t)__builtin_ctzll(timers->filled[level]);
        *ret_start = (timers->now & above) | (uint64_t)*ret_digit << shift;
        return;
    }
    *ret_start = UINT64_MAX;
}

static void
timers_cascade(struct timers *timers, int level, uint32_t digit)
{
    struct timers_chunk *chunk = timers_take(timers, level, digit);

    while (chunk != NULL) {
        for (uint32_t i = 0; i < chunk->count; i++)
            timers_place(timers, &chunk->entries[i]);
        chunk = timers_spare(timers, chunk);
    }
}

bool
timers_peek(struct timers *timers, int64_t limit, struct timers_entry *ret_entry)
{
    uint64_t limit_key = timers_key(limit), start = UINT64_MAX;
    uint32_t digit = 0;
    int level = 0;

    while (timers->open_next == timers->open_count) {
        if (limit_key >= timers->first) {
            timers_first(timers, &level, &digit, &start);
            timers->first = start;
        }
        if (limit_key < timers->first) {
            if (limit_key >= timers->now) {
                timers->now = limit_key;
                timers->now_open = true;
            }
            return false;
        }
        timers->now = start;
        timers->now_open = false;
        if (level == 0)
            timers_open_bucket(timers, digit);
        else
            timers_cascade(timers, level, digit);
    }
    *ret_entry = timers->open[timers->open_next];
    return ret_entry->due <= limit;
}

bool
timers_may_be_due(const struct timers *timers, int64_t limit)
{
    return timers->open_next < timers->open_count || timers_key(limit) >= timers->first;
}

void
timers_pop(struct timers *timers)
{
    CHECK(timers->open_next < timers->open_count);
    CHECK(timers->count > 0);
    timers->open_next++;
    timers->count--;
}

/* --- clearing out ----------------------------------------------------------------------------- */

static void
timers_sweep_bucket(
    struct timers *timers, int level, uint32_t digit, timers_keep_fn *keep, void *opaque)
{
    struct timers_chunk *chunk = timers_take(timers, level, digit);

    while (chunk != NULL) {
        for (uint32_t i = 0; i < chunk->count; i++) {
            if (keep(opaque, &chunk->entries[i]))
                timers_place(timers, &chunk->entries[i]);
            else
                timers->count--;
        }
        chunk = timers_spare(timers, chunk);
    }
}

void
timers_sweep(struct timers *timers, timers_keep_fn *keep, void *opaque)
{
    for (int level = 0; level < LEVELS; level++) {
        uint64_t filled = timers->filled[level];
        while (filled != 0) {
            timers_sweep_bucket(timers, level, (uint32_t)__builtin_ctzll(filled), keep, opaque);
            filled &= filled - 1;
        }
    }
}

size_t
timers_count(const struct timers *timers)
{
    return timers->count;
}

size_t
timers_bytes(const struct timers *timers)
{
    return sizeof(*timers) + timers->chunk_count * sizeof(struct timers_chunk) +
           timers->open_capacity * sizeof(struct timers_entry);
}
