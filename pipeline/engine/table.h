#ifndef FOOTPRINT_ENGINE_TABLE_H
#define FOOTPRINT_ENGINE_TABLE_H

/*
 * The users in memory: from a user to a slot, whose number stays as long as the user does.
 *
 *   places   | hash_high, slot | ... |   open addressing, a step at a time; deleted ones are closed
 *                                        up, so a search ends at the first empty place
 *   slots    in chunks that never move
 */

#include <stddef.h>
#include <stdint.h>

#include "config/base/text.h"
#include "pipeline/engine/profile.h"

#define TABLE_NONE UINT32_MAX

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

struct table;

struct table *table_new(void);
void table_free(struct table *table); /* not the profiles; NULL is fine */
void table_clear(struct table *table);

uint32_t table_find(const struct table *table, struct text user, uint64_t hash);
void table_prefetch(const struct table *table, uint64_t hash);
/* Takes a free slot for a profile whose user is not there. */
uint32_t table_add(struct table *table, struct profile *profile, uint64_t hash);
void table_remove(struct table *table, uint32_t slot);

struct slot *table_slot(const struct table *table, uint32_t slot);
uint32_t table_slot_count(const struct table *table); /* all ever in use: numbers lie below it */
size_t table_count(const struct table *table);        /* users */
size_t table_bytes(const struct table *table);

#endif
