/* A hash table of 8-byte places and the slots that they number. */
#include "pipeline/engine/table.h"

#include <stdlib.h>
#include <string.h>

#include "config/base/check.h"

#define CHUNK_BITS 10
#define CHUNK_SLOTS (UINT32_C(1) << CHUNK_BITS)
#define PLACES_MIN 64

struct table_place {
    uint32_t hash_high;
    uint32_t slot; /* TABLE_NONE: empty */
};

struct table {
    struct table_place *places;
    uint32_t mask;
    uint32_t count;
    struct slot **chunks;
    uint32_t chunk_count, chunk_capacity;
    uint32_t slot_count;
    uint32_t free; /* first free slot; the next stands in its `flushing` */
};

static struct table_place *
table_places_new(uint32_t capacity)
{
    struct table_place *places = malloc(capacity * sizeof(*places));

    CHECK(places != NULL);
    memset(places, 0xff, capacity * sizeof(*places));
    return places;
}

struct table *
table_new(void)
{
    struct table *table = calloc(1, sizeof(*table));

    CHECK(table != NULL);
    table->places = table_places_new(PLACES_MIN);
    table->mask = PLACES_MIN - 1;
    table->free = TABLE_NONE;
    return table;
}

void
table_free(struct table *table)
{
    if (table == NULL)
        return;
    for (uint32_t i = 0; i < table->chunk_count; i++)
        free(table->chunks[i]);
    free(table->chunks);
    free(table->places);
    free(table);
}

void
table_clear(struct table *table)
{
    memset(table->places, 0xff, ((size_t)table->mask + 1) * sizeof(*table->places));
    table->count = 0;
    table->slot_count = 0;
    table->free = TABLE_NONE;
}

struct slot *
table_slot(const struct table *table, uint32_t slot)
{
    CHECK(slot < table->slot_count);
    return &table->chunks[slot >> CHUNK_BITS][slot & (CHUNK_SLOTS - 1)];
}

uint32_t
table_find(const struct table *table, struct text user, uint64_t hash)
{
    uint32_t at = (uint32_t)hash & table->mask;

    while (table->places[at].slot != TABLE_NONE) {
        if (table->places[at].hash_high == (uint32_t)(hash >> 32)) {
            const struct slot *slot = table_slot(table, table->places[at].slot);
            if (slot->hash == hash && text_equal(profile_user(slot->profile), user))
                return table->places[at].slot;
        }
        at = (at + 1) & table->mask;
    }
    return TABLE_NONE;
}

void
table_prefetch(const struct table *table, uint64_t hash)
{
    __builtin_prefetch(&table->places[(uint32_t)hash & table->mask]);
}

static void
table_place_add(struct table *table, uint64_t hash, uint32_t slot)
{
    uint32_t at = (uint32_t)hash & table->mask;

    while (table->places[at].slot != TABLE_NONE)
        at = (at + 1) & table->mask;
    table->places[at] = (struct table_place){.hash_high = (uint32_t)(hash >> 32), .slot = slot};
}

/* Three quarters full at most. */
static void
table_grow(struct table *table)
{
    struct table_place *old = table->places;
    uint32_t old_mask = table->mask;

    if ((uint64_t)(table->count + 1) * 4 <= ((uint64_t)table->mask + 1) * 3)
        return;
    CHECK(old_mask < UINT32_MAX / 4);
    table->mask = old_mask * 2 + 1;
    table->places = table_places_new(table->mask + 1);
    for (uint32_t at = 0; at <= old_mask; at++)
        if (old[at].slot != TABLE_NONE)
            table_place_add(table, table_slot(table, old[at].slot)->hash, old[at].slot);
    free(old);
}

static uint32_t
table_slot_take(struct table *table)
{
    uint32_t slot = table->free;

    if (slot != TABLE_NONE) {
        table->free = table_slot(table, slot)->flushing;
        return slot;
    }
    slot = table->slot_count;
    CHECK(slot < TABLE_NONE - 1);
    if (slot >> CHUNK_BITS == table->chunk_count) {
        if (table->chunk_count == table->chunk_capacity) {
            table->chunk_capacity = table->chunk_capacity * 2 + 16;
            table->chunks = realloc(table->chunks, table->chunk_capacity * sizeof(*table->chunks));
            CHECK(table->chunks != NULL);
        }
        table->chunks[table->chunk_count] = malloc(CHUNK_SLOTS * sizeof(struct slot));
        CHECK(table->chunks[table->chunk_count] != NULL);
        table->chunk_count++;
    }
    table->slot_count++;
    return slot;
}

uint32_t
table_add(struct table *table, struct profile *profile, uint64_t hash)
{
    uint32_t number;

    table_grow(table);
    number = table_slot_take(table);
    *table_slot(table, number) =
        (struct slot){.profile = profile, .hash = hash, .armed = PLAN_NEVER};
    table_place_add(table, hash, number);
    table->count++;
    return number;
}

/* Whoever stands further along only because its own place was taken moves up. */
static void
table_close_up(struct table *table, uint32_t hole)
{
    uint32_t at = hole;

    for (;;) {
        uint32_t home;
        at = (at + 1) & table->mask;
        if (table->places[at].slot == TABLE_NONE)
            break;
        home = (uint32_t)table_slot(table, table->places[at].slot)->hash & table->mask;
        if (((at - home) & table->mask) < ((at - hole) & table->mask))
            continue;
        table->places[hole] = table->places[at];
        hole = at;
    }
    table->places[hole].slot = TABLE_NONE;
}

void
table_remove(struct table *table, uint32_t number)
{
    struct slot *slot = table_slot(table, number);
    uint32_t at = (uint32_t)slot->hash & table->mask;

    CHECK(slot->profile != NULL);
    while (table->places[at].slot != number) {
        CHECK(table->places[at].slot != TABLE_NONE);
        at = (at + 1) & table->mask;
    }
    table_close_up(table, at);
    slot->profile = NULL;
    slot->armed = PLAN_NEVER;
    slot->flushing = table->free;
    table->free = number;
    table->count--;
}

uint32_t
table_slot_count(const struct table *table)
{
    return table->slot_count;
}

size_t
table_count(const struct table *table)
{
    return table->count;
}

size_t
table_bytes(const struct table *table)
{
    return sizeof(*table) + ((size_t)table->mask + 1) * sizeof(*table->places) +
           (size_t)table->chunk_count * CHUNK_SLOTS * sizeof(struct slot);
}
