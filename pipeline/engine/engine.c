/* The spine: what an event and the passing of time do to one user after another. */
#include "pipeline/engine/engine.h"

#include <stdlib.h>
#include <string.h>

#include "config/base/check.h"
#include "config/base/drill.h"
#include "config/base/hash.h"
#include "config/base/limits.h"
#include "pipeline/engine/core.h"

/* Timers that count no more are cleared out when they outnumber users so far. */
#define STALE_TIMERS_MIN 1024

/* --- life of an engine ------------------------------------------------------------------------ */

static int
engine_order(void *opaque, uint32_t a, uint32_t b)
{
    const struct engine *engine = opaque;
    const struct slot *left = users_slot(engine->users, a);
    const struct slot *right = users_slot(engine->users, b);

    if (left->hash != right->hash)
        return left->hash < right->hash ? -1 : 1;
    if (left->profile == NULL || right->profile == NULL)
        return (left->profile != NULL) - (right->profile != NULL);
    return text_compare(profile_user(left->profile), profile_user(right->profile));
}

static void
engine_start(struct engine *engine)
{
    engine->position = (struct engine_position){
        .watermark = INT64_MIN, .target = INT64_MIN, .due = INT64_MIN, .hash = 0};
    engine->generation = 1;
}

struct engine *
engine_new(const struct plan *plan, const struct engine_settings *settings,
    engine_change_fn *on_change, void *opaque)
{
    struct engine *engine = calloc(1, sizeof(*engine));

    CHECK(engine != NULL);
    CHECK(settings->events_per_window > 0);
    CHECK(settings->forget_after_ms > 0);
    engine->plan = plan;
    engine->settings = *settings;
    engine->rules = profile_rules(plan);
    engine->slab = slab_new();
    engine->users = users_new();
    engine->timers = timers_new(engine_order, engine);
    engine->match = match_new(plan);
    engine->alike = alike_new(settings->events_per_window + 1);
    engine->eval = eval_new(plan, engine->alike);
    engine->trail = (struct trail){.plan = plan,
        .match = engine->match,
        .alike = engine->alike,
        .watches = &engine->watches,
        .touched = &engine->decide.set,
        .list_max = settings->events_per_window};
    watches_init(&engine->watches, plan);
    decide_init(&engine->decide, plan, engine->eval);
    engine->decide.on_change = on_change;
    engine->decide.opaque = opaque;
    ring_init(&engine->dirty);
    ring_init(&engine->flushed);
    ring_init(&engine->changed);
    engine_start(engine);
    return engine;
}

void
engine_listen(struct engine *engine, engine_change_fn *on_change, void *opaque)
{
    engine->decide.on_change = on_change;
    engine->decide.opaque = opaque;
}

void
engine_free(struct engine *engine)
{
    if (engine == NULL)
        return;
    decide_fini(&engine->decide);
    watches_fini(&engine->watches);
    eval_free(engine->eval);
    alike_free(engine->alike);
    match_free(engine->match);
    timers_free(engine->timers);
    users_free(engine->users);
    slab_free(engine->slab);
    ids_bench_fini(&engine->trail.ids);
    ring_fini(&engine->dirty);
    ring_fini(&engine->flushed);
    ring_fini(&engine->changed);
    free(engine->name_ranks);
    free(engine->member_segments);
    free(engine->member_left);
    free(engine->member_with);
    free(engine);
}

void
engine_clear(struct engine *engine)
{
    for (uint32_t number = 0; number < users_slot_count(engine->users); number++) {
        struct slot *slot = users_slot(engine->users, number);
        if (slot->profile != NULL)
            slab_give(engine->slab, slot->profile);
    }
    users_clear(engine->users);
    timers_clear(engine->timers);
    ring_clear(&engine->dirty);
    ring_clear(&engine->flushed);
    ring_clear(&engine->changed);
    engine->counts = (struct engine_counts){0};
    engine->trail.merged = 0;
    engine->trail.dropped = 0;
    engine->decide.enters = 0;
    engine->decide.exits = 0;
    engine->evict_hand = 0;
    memset(
        engine->decide.members, 0, engine->plan->segment_count * sizeof(engine->decide.members[0]));
    engine_start(engine);
}

void
engine_silence(struct engine *engine, bool silent)
{
    engine->decide.silent = silent;
}

/* --- timers ----------------------------------------------------------------------------------- */

static bool
engine_timer_counts(const struct engine *engine, const struct timers_entry *entry)
{
    const struct slot *slot = users_slot(engine->users, entry->slot);

    return slot->profile != NULL && slot->armed == entry->due &&
           (uint32_t)(slot->hash >> 32) == entry->hash_high;
}

/* Of two timers alike the sweep keeps one. */
static bool
engine_sweep_keep(void *opaque, const struct timers_entry *entry)
{
    struct engine *engine = opaque;
    struct slot *slot = users_slot(engine->users, entry->slot);

    if (!engine_timer_counts(engine, entry) || (slot->flags & SLOT_SWEPT) != 0)
        return false;
    slot->flags |= SLOT_SWEPT;
    return true;
}

static void
engine_sweep_timers(struct engine *engine)
{
    if (timers_count(engine->timers) < 2 * users_count(engine->users) + STALE_TIMERS_MIN)
        return;
    for (uint32_t number = 0; number < users_slot_count(engine->users); number++)
        users_slot(engine->users, number)->flags &= ~(uint32_t)SLOT_SWEPT;
    timers_sweep(engine->timers, engine_sweep_keep, engine);
}

static void
engine_disarm(struct engine *engine, struct slot *slot)
{
    if (slot->armed == PLAN_NEVER)
        return;
    slot->armed = PLAN_NEVER;
    engine->counts.timers--;
}

/* When the store's hint says that the user may be due, where it says too little; PLAN_NEVER. */
static int64_t
engine_hint(const struct profile *profile)
{
    if (profile->bucket == PROFILE_BUCKET_NONE ||
        profile->due / ENGINE_BUCKET_MS == (int64_t)profile->bucket)
        return PLAN_NEVER;
    return (int64_t)profile->bucket * ENGINE_BUCKET_MS;
}

/* A timer that is too early stays: it finds out when it fires. So does one at the stored hint,
 * which goes with its bucket: the user needs a new one then. */
void
core_arm(struct engine *engine, uint32_t number)
{
    struct slot *slot = users_slot(engine->users, number);
    int64_t due = slot->profile->due, hint = engine_hint(slot->profile);

    if (hint > engine->position.target)
        due = instant_min(due, hint);
    if (due >= slot->armed)
        return;
    if (slot->armed == PLAN_NEVER)
        engine->counts.timers++;
    slot->armed = due;
    timers_add(engine->timers, due, number, slot->hash);
    engine_sweep_timers(engine);
}

/* --- one user --------------------------------------------------------------------------------- */

void
core_dirty(struct engine *engine, uint32_t number)
{
    struct slot *slot = users_slot(engine->users, number);

    if ((slot->flags & SLOT_DIRTY) != 0)
        return;
    slot->flags |= SLOT_DIRTY;
    ring_add(&engine->dirty, number, engine->generation);
}

void
core_remove(struct engine *engine, uint32_t number)
{
    struct slot *slot = users_slot(engine->users, number);

    CHECK((slot->flags & (SLOT_DIRTY | SLOT_CHANGED)) == 0);
    CHECK(slot->flushing == 0);
    engine_disarm(engine, slot);
    slab_give(engine->slab, slot->profile);
    users_remove(engine->users, number);
}

/* Something was published of the user, or what was published is to go. */
static void
engine_changed(struct engine *engine, uint32_t number)
{
    struct slot *slot = users_slot(engine->users, number);

    if ((slot->flags & SLOT_CHANGED) != 0)
        return;
    slot->flags |= SLOT_CHANGED;
    ring_add(&engine->changed, number, 0);
}

static void
engine_forget(struct engine *engine, struct profile_hand *hand, int64_t at)
{
    decide_begin(&engine->decide, hand, at, at);
    decide_forget(&engine->decide);
    profile_forget(hand);
    engine->counts.forgotten++;
}

/* What is due for the user at `at` happens. Returns how many changes that made. */
static uint32_t
engine_fire(struct engine *engine, uint32_t number, int64_t at)
{
    struct slot *slot = users_slot(engine->users, number);
    struct profile_hand hand = {engine->slab, slot->profile};
    int64_t forget_at = core_forget_at(engine, hand.profile);
    bool published = hand.profile->seq > 0;

    CHECK(hand.profile->known);
    CHECK(at > hand.profile->clock);
    hand.profile->clock = at;
    if (at >= forget_at) {
        engine_forget(engine, &hand, at);
    } else {
        decide_begin(&engine->decide, &hand, at, forget_at);
        decide_add_all(&engine->decide);
        decide_run(&engine->decide, REASON_TIME, 0);
        hand.profile->due = instant_min(engine->decide.due, forget_at);
    }
    slot->profile = hand.profile;
    if (engine->decide.change_count > 0 || (published && !hand.profile->known))
        engine_changed(engine, number);
    core_dirty(engine, number);
    return engine->decide.change_count;
}

/* --- events ----------------------------------------------------------------------------------- */

/* A known id, accepted not longer than `dedupe` before the later of clock and event. */
static bool
engine_is_repeat(const struct engine *engine, struct profile *profile, const struct event *event)
{
    int64_t now;

    if (!event->has_id || engine->settings.dedupe_ms == 0)
        return false;
    now = instant_max(core_clock(engine, profile), event->ts);
    return ids_known(
        profile, hash_text(event->id), instant_before(now, engine->settings.dedupe_ms));
}

static void
engine_remember_id(struct engine *engine, struct profile_hand *hand, const struct event *event)
{
    int64_t floor = instant_before(hand->profile->clock, engine->settings.dedupe_ms);

    if (!event->has_id || engine->settings.dedupe_ms == 0 || event->ts <= floor)
        return;
    ids_add(hand, &engine->trail.ids, hash_text(event->id), event->ts, floor);
}

/* Where a profile has grown past its bound anything may say something else now. */
static void
engine_shed(struct engine *engine, struct plan_run leaves)
{
    for (uint32_t i = 0; i < leaves.count; i++)
        decide_add_leaf(&engine->decide, plan_run_at(engine->plan, leaves)[i]);
    trail_shed(&engine->trail);
}

/* The event takes its place in every leaf that it touches; whose truth that may turn is to be
 * decided. */
static void
engine_add_event(struct engine *engine, struct profile_hand *hand, const struct event *event)
{
    const struct plan *plan = engine->plan;
    struct plan_run run =
        event->type == PLAN_TYPE_OTHER ? plan->other_leaves : plan->types[event->type].leaves;
    const uint32_t *leaves = plan_run_at(plan, run);

    engine->trail.hand = hand;
    engine->trail.ts = event->ts;
    engine->trail.clock = hand->profile->clock;
    match_begin(engine->match, event);
    for (uint32_t i = 0; i < run.count; i++)
        trail_add(&engine->trail, leaves[i]);
    if (hand->profile->length > PROFILE_BYTES_MAX)
        engine_shed(engine, run);
}

/* The event is added and decided, at its own time or, when it is late, at the user's clock. */
static void
engine_take(
    struct engine *engine, uint32_t number, const struct event *event, int64_t offset, bool is_new)
{
    struct slot *slot = users_slot(engine->users, number);
    struct profile_hand hand = {engine->slab, slot->profile};
    struct profile *profile = hand.profile;
    int64_t forget_at, due = profile->due;
    bool all;

    profile->clock = instant_max(core_clock(engine, profile), event->ts);
    profile->newest = instant_max(profile->newest, event->ts);
    forget_at = core_forget_at(engine, profile);
    all = is_new || due <= profile->clock;
    decide_begin(&engine->decide, &hand, profile->clock, forget_at);
    engine_remember_id(engine, &hand, event);
    engine_add_event(engine, &hand, event);
    if (is_new)
        decide_add_starters(&engine->decide);
    if (all)
        decide_add_all(&engine->decide);
    if (!segset_is_empty(&engine->decide.set))
        decide_run(&engine->decide, REASON_EVENT, offset);
    profile = hand.profile;
    profile->due = instant_min(all ? forget_at : due, engine->decide.due);
    slot->profile = profile;
    slot->flags |= SLOT_USED;
    if (engine->decide.change_count > 0)
        engine_changed(engine, number);
    core_dirty(engine, number);
    if (profile->due != due)
        core_arm(engine, number);
}

static bool
engine_is_too_old(const struct engine *engine, const struct event *event)
{
    int64_t watermark = engine->position.watermark;

    if (watermark == INT64_MIN || engine->settings.forget_after_ms == PLAN_NEVER)
        return false;
    return event->ts <= instant_before(watermark, engine->settings.forget_after_ms);
}

/* The first event of a user who is new, or was forgotten. */
static enum apply_result
engine_apply_new(struct engine *engine, uint32_t number, const struct event *event, int64_t offset)
{
    struct profile *profile;

    if (engine_is_too_old(engine, event)) {
        engine->counts.too_old++;
        return APPLY_TOO_OLD;
    }
    if (number == USERS_NONE)
        number = users_add(
            engine->users, profile_new(engine->slab, event->user, engine->rules), event->user_hash);
    profile = users_slot(engine->users, number)->profile;
    profile->known = 1;
    profile->life = offset;
    profile->clock = event->ts;
    profile->newest = event->ts;
    if (event->ts <= engine->position.watermark)
        engine->counts.late++;
    engine_take(engine, number, event, offset, true);
    return APPLY_DONE;
}

static enum apply_result
engine_apply_known(
    struct engine *engine, uint32_t number, const struct event *event, int64_t offset)
{
    const struct slot *slot = users_slot(engine->users, number);
    bool fired = false;

    if (offset < slot->profile->offset && !DRILL_WITHOUT(DRILL_GUARD))
        return APPLY_SKIPPED;
    if (engine_is_repeat(engine, slot->profile, event)) {
        engine->counts.repeats++;
        return APPLY_REPEAT;
    }
    if (event->ts <= core_clock(engine, slot->profile))
        engine->counts.late++;
    while (slot->profile->known && slot->profile->due < event->ts) {
        engine_fire(engine, number, slot->profile->due);
        fired = true;
    }
    if (!slot->profile->known)
        return engine_apply_new(engine, number, event, offset);
    engine_take(engine, number, event, offset, false);
    if (fired)
        core_arm(engine, number);
    return APPLY_DONE;
}

enum apply_result
engine_apply(struct engine *engine, const struct event *event, int64_t offset)
{
    uint32_t number = users_find(engine->users, event->user, event->user_hash);
    enum apply_result result;

    CHECK(engine->position.watermark == engine->position.target);
    if (number != USERS_NONE && users_slot(engine->users, number)->profile->known)
        result = engine_apply_known(engine, number, event, offset);
    else
        result = engine_apply_new(engine, number, event, offset);
    if (result == APPLY_DONE)
        engine->counts.events++;
    return result;
}

/* --- time ------------------------------------------------------------------------------------- */

/* Fires the first timer due at limit, if it counts. Returns whether there was one. */
static bool
engine_advance_one(struct engine *engine, int64_t limit, uint64_t *change_count)
{
    struct timers_entry entry;
    struct slot *slot;

    if (!timers_peek(engine->timers, limit, &entry))
        return false;
    timers_pop(engine->timers);
    if (!engine_timer_counts(engine, &entry))
        return true;
    slot = users_slot(engine->users, entry.slot);
    engine_disarm(engine, slot);
    if (slot->profile->due <= limit && slot->profile->due <= entry.due) {
        engine->position.due = entry.due;
        engine->position.hash = slot->hash;
        *change_count += engine_fire(engine, entry.slot, entry.due);
    } else if (engine_hint(slot->profile) <= entry.due) {
        core_dirty(engine, entry.slot);
    }
    core_arm(engine, entry.slot);
    return true;
}

static void
engine_advance_open(struct engine *engine, int64_t target)
{
    if (target <= engine->position.target)
        return;
    if (engine->position.target == engine->position.watermark) {
        engine->position.due = INT64_MIN;
        engine->position.hash = 0;
    }
    engine->position.target = target;
}

enum advance_result
engine_advance(struct engine *engine, int64_t target, uint64_t change_count_max)
{
    uint64_t change_count = 0;

    if (target <= engine->position.watermark &&
        engine->position.watermark == engine->position.target &&
        !timers_may_be_due(engine->timers, engine->position.watermark))
        return ADVANCE_DONE;
    engine_advance_open(engine, target);
    while (change_count < change_count_max)
        if (!engine_advance_one(engine, engine->position.target, &change_count)) {
            engine->position.watermark = engine->position.target;
            break;
        }
    return engine->position.watermark == engine->position.target ? ADVANCE_DONE : ADVANCE_MORE;
}

void
engine_advance_until(struct engine *engine, const struct engine_position *stop)
{
    uint64_t change_count = 0;
    struct timers_entry entry;

    engine_advance_open(engine, stop->target);
    while (timers_peek(engine->timers, stop->due, &entry)) {
        if (entry.due == stop->due && engine_timer_counts(engine, &entry) &&
            users_slot(engine->users, entry.slot)->hash > stop->hash)
            break;
        engine_advance_one(engine, stop->due, &change_count);
    }
    engine->position.due = stop->due;
    engine->position.hash = stop->hash;
}

void
engine_position_get(const struct engine *engine, struct engine_position *ret_position)
{
    *ret_position = engine->position;
}

void
engine_position_set(struct engine *engine, const struct engine_position *position)
{
    CHECK(users_count(engine->users) == 0);
    engine->position = *position;
}

/* --- counts ----------------------------------------------------------------------------------- */

/* Some are counted where they happen. */
const struct engine_counts *
engine_counts(struct engine *engine)
{
    engine->counts.enters = engine->decide.enters;
    engine->counts.exits = engine->decide.exits;
    engine->counts.merged = engine->trail.merged;
    engine->counts.dropped = engine->trail.dropped;
    engine->counts.regex_limit = match_limit_count(engine->match);
    return &engine->counts;
}

const int64_t *
engine_members(const struct engine *engine)
{
    return engine->decide.members;
}

void
engine_members_set(struct engine *engine, const int64_t *members)
{
    memcpy(engine->decide.members, members,
        engine->plan->segment_count * sizeof(engine->decide.members[0]));
}
