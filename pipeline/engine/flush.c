/* Profiles on their way to the store and back, and out of memory. */
#include <string.h>

#include "config/base/check.h"
#include "config/base/limits.h"
#include "pipeline/engine/core.h"

/* Beyond this a bucket is a whole day. */
#define FAR_MS (2 * DAY_MS)
#define DAY_MS INT64_C(86400000)
/* Gates are not shed, so a profile may grow past its bound by those of all segments. */
#define STORED_BYTES_MAX ((size_t)PROFILE_BYTES_MAX + SEGMENTS_MAX * sizeof(struct gate))

/* --- who is where ----------------------------------------------------------------------------- */

uint32_t
engine_find(const struct engine *engine, struct text user, uint64_t hash)
{
    return users_find(engine->users, user, hash);
}

void
engine_prefetch(struct engine *engine, uint64_t hash)
{
    users_prefetch(engine->users, hash);
}

/* --- in --------------------------------------------------------------------------------------- */

static bool
flush_valid(
    const struct engine *engine, const struct profile *profile, size_t length, struct text user)
{
    const struct profile_entry *entries;

    if (!profile_valid(profile, length, user, engine->plan))
        return false;
    entries = profile_directory(profile);
    for (uint32_t i = 0; i < profile->cell_count; i++) {
        struct cell cell = profile_cell_at(profile, i);
        uint32_t leaf = entries[i].leaf;
        if (leaf == PROFILE_IDS) {
            if (!ids_valid(&cell, profile->clock))
                return false;
        } else if (!trail_valid(&engine->plan->leaves[leaf], &cell, profile->clock,
                       engine->settings.events_per_window)) {
            return false;
        }
    }
    return true;
}

/* Of other rules, or of another version: left over from before a rebuild, which did not meet this
 * user. It says nothing that holds here. */
static bool
flush_is_foreign(const struct engine *engine, const void *bytes, size_t length)
{
    struct profile profile;

    if (length < sizeof(profile) || length > STORED_BYTES_MAX)
        return false;
    memcpy(&profile, bytes, sizeof(profile));
    return profile.length == length &&
           (profile.version != PROFILE_VERSION || profile.rules != engine->rules);
}

enum err_code
engine_put(struct engine *engine, struct text user, uint64_t hash, const void *bytes, size_t length,
    struct err *reterr)
{
    struct profile *profile;

    CHECK(users_find(engine->users, user, hash) == USERS_NONE);
    if (bytes == NULL) {
        users_add(engine->users, profile_new(engine->slab, user, engine->rules), hash);
        return ERR_NONE;
    }
    if (flush_is_foreign(engine, bytes, length)) {
        core_dirty(
            engine, users_add(engine->users, profile_new(engine->slab, user, engine->rules), hash));
        return ERR_NONE;
    }
    if (length < sizeof(*profile) || length > STORED_BYTES_MAX)
        return err_set(reterr, ERR_INPUT, "a stored profile of %zu bytes is none of ours", length);
    profile = slab_take(engine->slab, length);
    memcpy(profile, bytes, length);
    if (!flush_valid(engine, profile, length, user)) {
        slab_give(engine->slab, profile);
        return err_set(reterr, ERR_INPUT,
            "a stored profile of %zu bytes is damaged, or of other rules or another user", length);
    }
    core_arm(engine, users_add(engine->users, profile, hash));
    return ERR_NONE;
}

/* --- out -------------------------------------------------------------------------------------- */

uint64_t
engine_generation(const struct engine *engine)
{
    return engine->generation;
}

uint64_t
engine_generation_next(struct engine *engine)
{
    return ++engine->generation;
}

uint64_t
engine_generation_oldest(const struct engine *engine)
{
    const struct ring_item *first = ring_first(&engine->dirty);

    /* Half of a generation is enough to say how long ago it was. */
    if (first == NULL)
        return engine->generation;
    return engine->generation - ((uint32_t)engine->generation - first->number_low);
}

size_t
engine_dirty_count(const struct engine *engine)
{
    return engine->dirty.count;
}

static int64_t
flush_floor(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

int64_t
engine_bucket_of(int64_t due, int64_t watermark)
{
    if (due == PLAN_NEVER)
        return ENGINE_BUCKET_NONE;
    if (instant_before(due, FAR_MS) < watermark)
        return flush_floor(due, ENGINE_BUCKET_MS);
    return flush_floor(due, DAY_MS) * (DAY_MS / ENGINE_BUCKET_MS);
}

static int64_t
flush_bucket_stored(const struct profile *profile)
{
    return profile->bucket == PROFILE_BUCKET_NONE ? ENGINE_BUCKET_NONE : profile->bucket;
}

static int64_t
flush_bucket_fit(int64_t bucket)
{
    return instant_max(0, instant_min(bucket, PROFILE_BUCKET_NONE - 1));
}

/*
 * A hint that is still to be read and not too late is as good as a new one. A day that is read
 * already, as before an advance that is cut, would be dropped with a new hint in it.
 */
static int64_t
flush_bucket(const struct engine *engine, const struct profile *profile, int64_t bucket_loaded)
{
    int64_t bucket = engine_bucket_of(profile->due, engine->position.watermark);
    int64_t stored = flush_bucket_stored(profile);

    if (bucket != ENGINE_BUCKET_NONE) {
        bucket = flush_bucket_fit(bucket);
        if (bucket <= bucket_loaded)
            bucket = flush_bucket_fit(flush_floor(profile->due, ENGINE_BUCKET_MS));
    }
    if (stored != ENGINE_BUCKET_NONE && stored > bucket_loaded && stored <= bucket)
        return stored;
    return bucket;
}

bool
engine_flush_next(struct engine *engine, int64_t offset, int64_t bucket_loaded,
    struct engine_flushed *ret_flushed)
{
    const struct ring_item *first = ring_first(&engine->dirty);
    struct profile *profile;
    struct slot *slot;
    uint32_t number;

    if (first == NULL)
        return false;
    number = first->slot;
    ring_drop(&engine->dirty);
    slot = users_slot(engine->users, number);
    slot->flags &= ~(uint32_t)SLOT_DIRTY;
    slot->flushing++;
    ring_add(&engine->flushed, number, 0);
    profile = slot->profile;
    *ret_flushed = (struct engine_flushed){.user = profile_user(profile),
        .bucket = ENGINE_BUCKET_NONE,
        .bucket_stored = flush_bucket_stored(profile)};
    if (profile->known) {
        profile->offset = offset;
        ret_flushed->bucket = flush_bucket(engine, profile, bucket_loaded);
        ret_flushed->bytes = profile;
        ret_flushed->length = profile->length;
    }
    profile->bucket = ret_flushed->bucket == ENGINE_BUCKET_NONE ? PROFILE_BUCKET_NONE
                                                                : (uint32_t)ret_flushed->bucket;
    if (profile->known)
        core_arm(engine, number);
    return true;
}

void
engine_flush_done(struct engine *engine, size_t count)
{
    for (; count > 0; count--) {
        const struct ring_item *first = ring_first(&engine->flushed);
        struct slot *slot;
        uint32_t number;
        CHECK(first != NULL);
        number = first->slot;
        ring_drop(&engine->flushed);
        slot = users_slot(engine->users, number);
        CHECK(slot->flushing > 0);
        slot->flushing--;
        /* Forgotten, and the store knows it. */
        if (!slot->profile->known && slot->flushing == 0 &&
            (slot->flags & (SLOT_DIRTY | SLOT_CHANGED)) == 0)
            core_remove(engine, number);
    }
}

void
engine_reindex(struct engine *engine, uint32_t number, int64_t bucket)
{
    if (flush_bucket_stored(users_slot(engine->users, number)->profile) <= bucket)
        core_dirty(engine, number);
}

/* --- out of memory ---------------------------------------------------------------------------- */

size_t
engine_bytes(const struct engine *engine)
{
    return slab_bytes(engine->slab) + users_bytes(engine->users) + timers_bytes(engine->timers) +
           (engine->dirty.capacity + engine->flushed.capacity + engine->changed.capacity) *
               sizeof(struct ring_item);
}

size_t
engine_profile_count(const struct engine *engine)
{
    return users_count(engine->users);
}

static bool
flush_evictable(const struct slot *slot, int64_t bucket_loaded)
{
    return slot->profile != NULL && (slot->flags & (SLOT_DIRTY | SLOT_CHANGED)) == 0 &&
           slot->flushing == 0 && flush_bucket_stored(slot->profile) > bucket_loaded;
}

/* The hand goes round twice at most: who was used since it last came by gets a second chance. */
size_t
engine_evict(struct engine *engine, size_t bytes_max, int64_t bucket_loaded)
{
    uint32_t slot_count = users_slot_count(engine->users);
    size_t evicted = 0;

    for (uint64_t steps = 0; steps < 2 * (uint64_t)slot_count; steps++) {
        uint32_t number = engine->evict_hand++ % slot_count;
        struct slot *slot = users_slot(engine->users, number);
        if (engine_bytes(engine) <= bytes_max)
            break;
        if (!flush_evictable(slot, bucket_loaded))
            continue;
        if ((slot->flags & SLOT_USED) != 0) {
            slot->flags &= ~(uint32_t)SLOT_USED;
            continue;
        }
        core_remove(engine, number);
        evicted++;
    }
    engine->counts.evicted += evicted;
    return evicted;
}
