#ifndef FOOTPRINT_ENGINE_CORE_H
#define FOOTPRINT_ENGINE_CORE_H

/*
 * The engine from inside: what engine.c, flush.c and membership.c share. Not a door.
 */

#include "pipeline/engine/alike.h"
#include "pipeline/engine/decide.h"
#include "pipeline/engine/engine.h"
#include "pipeline/engine/eval.h"
#include "pipeline/engine/instant.h"
#include "pipeline/engine/match.h"
#include "pipeline/engine/profile.h"
#include "pipeline/engine/ring.h"
#include "pipeline/engine/slab.h"
#include "pipeline/engine/users.h"
#include "pipeline/engine/timers.h"
#include "pipeline/engine/trail.h"
#include "pipeline/engine/watch.h"

struct engine {
    const struct plan *plan;
    struct engine_settings settings;
    uint16_t rules;
    struct slab *slab;
    struct users *users;
    struct timers *timers;
    struct match *match;
    struct alike *alike;
    struct eval *eval;
    struct watches watches;
    struct trail trail;
    struct decide decide;
    struct engine_position position;
    struct engine_counts counts;
    /* Profiles that wait: */
    struct ring dirty;   /* to be flushed; number: generation */
    struct ring flushed; /* to be acknowledged */
    struct ring changed; /* memberships to be told */
    uint64_t generation;
    uint32_t evict_hand;
    /* What membership lends: */
    uint32_t *name_ranks; /* by segment */
    struct membership_segment *member_segments;
    struct membership_left *member_left;
    struct change_with *member_with;
    size_t member_capacity, left_capacity, with_capacity;
};

/* A user's clock, if he is known. */
static inline int64_t
core_clock(const struct engine *engine, const struct profile *profile)
{
    return instant_max(profile->clock, engine->position.watermark);
}

static inline int64_t
core_forget_at(const struct engine *engine, const struct profile *profile)
{
    return instant_after(profile->newest, engine->settings.forget_after_ms);
}

/* The profile waits to be flushed. */
void core_dirty(struct engine *engine, uint32_t slot);
/* A timer waits for what is due. */
void core_arm(struct engine *engine, uint32_t slot);
/* The user leaves the memory. */
void core_remove(struct engine *engine, uint32_t slot);

#endif
