/* A hash table of 8-byte places and the slots that they number. */
#include "pipeline/engine/users.h"

#include <stdlib.h>
#include <string.h>

#include "config/base/check.h"

#define PLACES_MIN 64
#define LINE_BYTES 64

static struct users_place *
users_places_new(uint32_t capacity)
{
    struct users_place *places = malloc(capacity * sizeof(*places));

    CHECK(places != NULL);
    memset(places, 0xff, capacity * sizeof(*places));
    return places;
}

struct users *
users_new(void)
{
    struct users *users = calloc(1, sizeof(*users));

    CHECK(users != NULL);
    users->places = users_places_new(PLACES_MIN);
    users->mask = PLACES_MIN - 1;
    users->free = USERS_NONE;
    return users;
}

void
users_free(struct users *users)
{
    if (users == NULL)
        return;
    for (uint32_t i = 0; i < users->chunk_count; i++)
        free(users->chunks[i]);
    free(users->chunks);
    free(users->places);
    free(users);
}

void
users_clear(struct users *users)
{
    memset(users->places, 0xff, ((size_t)users->mask + 1) * sizeof(*users->places));
    users->count = 0;
    users->slot_count = 0;
    users->free = USERS_NONE;
}

uint32_t
users_find(const struct users *users, struct text user, uint64_t hash)
{
    uint32_t at = (uint32_t)hash & users->mask;

    while (users->places[at].slot != USERS_NONE) {
        if (users->places[at].hash_high == (uint32_t)(hash >> 32)) {
            const struct slot *slot = users_slot(users, users->places[at].slot);
            if (slot->hash == hash && text_equal(profile_user(slot->profile), user))
                return users->places[at].slot;
        }
        at = (at + 1) & users->mask;
    }
    return USERS_NONE;
}

/* The slot that most probably is the user's, by the places alone. */
static struct slot *
users_guess(const struct users *users, uint64_t hash)
{
    uint32_t at = (uint32_t)hash & users->mask;

    while (users->places[at].slot != USERS_NONE) {
        if (users->places[at].hash_high == (uint32_t)(hash >> 32))
            return users_slot(users, users->places[at].slot);
        at = (at + 1) & users->mask;
    }
    return NULL;
}

void
users_prefetch(struct users *users, uint64_t hash)
{
    uint64_t *oldest = &users->ahead[users->ahead_next % USERS_AHEAD];
    uint64_t half = users->ahead[(users->ahead_next + USERS_AHEAD / 2) % USERS_AHEAD];
    const struct slot *slot = users_guess(users, *oldest);

    if (slot != NULL) {
        const char *profile = (const char *)slot->profile;
        for (int line = 0; line < 4; line++)
            __builtin_prefetch(profile + (ptrdiff_t)line * LINE_BYTES);
    }
    __builtin_prefetch(users_guess(users, half));
    __builtin_prefetch(&users->places[(uint32_t)hash & users->mask]);
    *oldest = hash;
    users->ahead_next++;
}

static void
users_place_add(struct users *users, uint64_t hash, uint32_t slot)
{
    uint32_t at = (uint32_t)hash & users->mask;

    while (users->places[at].slot != USERS_NONE)
        at = (at + 1) & users->mask;
    users->places[at] = (struct users_place){.hash_high = (uint32_t)(hash >> 32), .slot = slot};
}

/* Three quarters full at most. */
static void
users_grow(struct users *users)
{
    struct users_place *old = users->places;
    uint32_t old_mask = users->mask;

    if ((uint64_t)(users->count + 1) * 4 <= ((uint64_t)users->mask + 1) * 3)
        return;
    CHECK(old_mask < UINT32_MAX / 4);
    users->mask = old_mask * 2 + 1;
    users->places = users_places_new(users->mask + 1);
    for (uint32_t at = 0; at <= old_mask; at++)
        if (old[at].slot != USERS_NONE)
            users_place_add(users, users_slot(users, old[at].slot)->hash, old[at].slot);
    free(old);
}

static uint32_t
users_slot_take(struct users *users)
{
    uint32_t slot = users->free;

    if (slot != USERS_NONE) {
        users->free = users_slot(users, slot)->flushing;
        return slot;
    }
    slot = users->slot_count;
    CHECK(slot < USERS_NONE - 1);
    if (slot >> USERS_CHUNK_BITS == users->chunk_count) {
        if (users->chunk_count == users->chunk_capacity) {
            users->chunk_capacity = users->chunk_capacity * 2 + 16;
            users->chunks = realloc(users->chunks, users->chunk_capacity * sizeof(*users->chunks));
            CHECK(users->chunks != NULL);
        }
        users->chunks[users->chunk_count] =
            aligned_alloc(LINE_BYTES, USERS_CHUNK_SLOTS * sizeof(struct slot));
        CHECK(users->chunks[users->chunk_count] != NULL);
        users->chunk_count++;
    }
    users->slot_count++;
    return slot;
}

uint32_t
users_add(struct users *users, struct profile *profile, uint64_t hash)
{
    uint32_t number;

    users_grow(users);
    number = users_slot_take(users);
    *users_slot(users, number) =
        (struct slot){.profile = profile, .hash = hash, .armed = PLAN_NEVER};
    users_place_add(users, hash, number);
    users->count++;
    return number;
}

/* Whoever stands further along only because its own place was taken moves up. */
static void
users_close_up(struct users *users, uint32_t hole)
{
    uint32_t at = hole;

    for (;;) {
        uint32_t home;
        at = (at + 1) & users->mask;
        if (users->places[at].slot == USERS_NONE)
            break;
        home = (uint32_t)users_slot(users, users->places[at].slot)->hash & users->mask;
        if (((at - home) & users->mask) < ((at - hole) & users->mask))
            continue;
        users->places[hole] = users->places[at];
        hole = at;
    }
    users->places[hole].slot = USERS_NONE;
}

void
users_remove(struct users *users, uint32_t number)
{
    struct slot *slot = users_slot(users, number);
    uint32_t at = (uint32_t)slot->hash & users->mask;

    CHECK(slot->profile != NULL);
    while (users->places[at].slot != number) {
        CHECK(users->places[at].slot != USERS_NONE);
        at = (at + 1) & users->mask;
    }
    users_close_up(users, at);
    slot->profile = NULL;
    slot->armed = PLAN_NEVER;
    slot->flushing = users->free;
    users->free = number;
    users->count--;
}

uint32_t
users_slot_count(const struct users *users)
{
    return users->slot_count;
}

size_t
users_count(const struct users *users)
{
    return users->count;
}

size_t
users_bytes(const struct users *users)
{
    return sizeof(*users) + ((size_t)users->mask + 1) * sizeof(*users->places) +
           (size_t)users->chunk_count * USERS_CHUNK_SLOTS * sizeof(struct slot);
}
