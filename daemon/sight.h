#ifndef FOOTPRINT_SIGHT_H
#define FOOTPRINT_SIGHT_H

/*
 * Single records of one worker that an operator may look at: its last rejects, and what is tapped.
 *
 *   worker's thread:  saw ──┬──> the last rejects
 *                           └──> a ring, if somebody taps ──> taken by the control thread
 *
 * The worker never waits: what does not fit into the ring, or comes while the control thread takes
 * from it, is counted as dropped. While nobody taps, an event costs one load of *sight_wanted.
 */

#include <pthread.h>
#include <stdatomic.h>

#include "config/base/limits.h"
#include "pipeline/partition/host.h"

#define SIGHT_REJECTS_MAX 100
#define SIGHT_KINDS 3
#define SIGHT_RING_MAX 1024
#define SIGHT_TAPS_MAX 4
#define SIGHT_NAME_BYTES 64 /* of a type or segment; a longer type is cut */
#define SIGHT_DETAIL_BYTES 160

/* A sighting, as its own copy. */
struct sight {
    enum pipeline_sight kind;
    unsigned taps; /* bit i: for tap i */
    int32_t partition;
    int64_t offset, at_ms, place;
    int64_t seen_ms; /* by the wall clock */
    uint32_t user_length, name_length;
    char user[USER_BYTES_MAX];
    char name[SIGHT_NAME_BYTES];
    const char *outcome; /* a literal */
    char detail[SIGHT_DETAIL_BYTES];
};

/* What a tap wants. */
struct sight_wish {
    unsigned kinds;  /* enum pipeline_sight; 0: nothing, the tap is free */
    uint64_t sample; /* each n-th of what it wants otherwise; at least 1 */
    bool of_user;    /* only this one's */
    char user[USER_BYTES_MAX + 1];
    char segment[NAME_BYTES_MAX + 1]; /* changes of this one only; empty: all */
};

struct sight_tap {
    struct sight_wish wish;
    uint64_t matched, dropped;
};

struct sights {
    atomic_uint wanted;   /* kinds, of all taps */
    pthread_mutex_t lock; /* of the taps and the ring */
    struct sight_tap taps[SIGHT_TAPS_MAX];
    struct sight *ring; /* NULL: nobody has tapped yet */
    uint32_t ring_count;
    /* By kind (bit number), while the lock was the control thread's: nobody knows for which tap. */
    atomic_uint_fast64_t missed[SIGHT_KINDS];
    pthread_mutex_t rejects_lock;
    struct sight rejects[SIGHT_REJECTS_MAX];
    uint64_t reject_count; /* ever; the newest is at (count - 1) % max */
};

void sights_init(struct sights *sights);
void sights_fini(struct sights *sights);
/* On the worker's thread. */
void sights_saw(struct sights *sights, const struct pipeline_sighting *sighting, int64_t wall_ms);

/* --- the control thread ------------------------------------------------------------------------ */

/* Begins tap `number`, changes it, or with NULL ends it. */
void sights_tap(struct sights *sights, unsigned number, const struct sight_wish *wish);
/* Takes what is in the ring into ret_sights (SIGHT_RING_MAX places); adds what was dropped since,
 * for each tap, to dropped[SIGHT_TAPS_MAX]. */
uint32_t sights_take(struct sights *sights, struct sight *ret_sights, uint64_t *dropped);
/* The last rejects, oldest first, into SIGHT_REJECTS_MAX places. */
uint32_t sights_rejects(struct sights *sights, struct sight *ret_rejects);

#endif
