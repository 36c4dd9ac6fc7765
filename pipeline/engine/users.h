#ifndef FOOTPRINT_ENGINE_USERS_H
#define FOOTPRINT_ENGINE_USERS_H

/*
 * The users in memory: from a user to a slot, whose number stays as long as the user does.
 *
 *   places   | hash_high, slot | ... |   open addressing, a step at a time; deleted ones are closed
 *                                        up, so a search ends at the first empty place
 *   slots    in chunks that never move
 */

#include <stddef.h>
#include <stdint.h>

#include "config/base/check.h"
#include "config/base/text.h"
#include "pipeline/engine/profile.h"

#define USERS_NONE UINT32_MAX

enum slot_flags {
    SLOT_DIRTY = 1,   /* in the queue of profiles to flush */
    SLOT_CHANGED = 2, /* in the queue of changed memberships */
    SLOT_USED = 4,    /* since the hand of eviction last came by */
    SLOT_SWEPT = 8,   /* its timer was met in the sweep that is under way */
    SLOT_ADOPTED = 16 /* what was published of it is taken over */
};

struct slot {
    struct profile *profile; /* NULL: the slot is free */
    uint64_t hash;
    int64_t armed;     /* the timer that counts; PLAN_NEVER: none */
    uint32_t flushing; /* flushes without acknowledgement yet */
    uint32_t flags;
};

#define USERS_CHUNK_BITS 10
#define USERS_CHUNK_SLOTS (UINT32_C(1) << USERS_CHUNK_BITS)
#define USERS_AHEAD 8

struct users_place {
    uint32_t hash_high;
    uint32_t slot; /* USERS_NONE: empty */
};

/* Open to view for users_slot alone. */
struct users {
    struct users_place *places;
    uint32_t mask;
    uint32_t count;
    struct slot **chunks;
    uint32_t chunk_count, chunk_capacity;
    uint32_t slot_count;
    uint32_t free;               /* first free slot; the next stands in its `flushing` */
    uint64_t ahead[USERS_AHEAD]; /* hashes whose lines are on their way */
    uint32_t ahead_next;
};

struct users *users_new(void);
void users_free(struct users *users); /* not the profiles; NULL is fine */
void users_clear(struct users *users);

uint32_t users_find(const struct users *users, struct text user, uint64_t hash);
/*
 * Hints that a user will be looked up some 2 * USERS_AHEAD calls later: his place is fetched now,
 * his slot a few calls on, the profile a few more, each when what points to it has arrived.
 */
void users_prefetch(struct users *users, uint64_t hash);
/* Takes a free slot for a profile whose user is not there. */
uint32_t users_add(struct users *users, struct profile *profile, uint64_t hash);
void users_remove(struct users *users, uint32_t slot);

static inline struct slot *
users_slot(const struct users *users, uint32_t slot)
{
    CHECK(slot < users->slot_count);
    return &users->chunks[slot >> USERS_CHUNK_BITS][slot & (USERS_CHUNK_SLOTS - 1)];
}
uint32_t users_slot_count(const struct users *users); /* all ever in use: numbers lie below it */
size_t users_count(const struct users *users);        /* users */
size_t users_bytes(const struct users *users);

#endif
