/* Takes over what was published of a user, after his windows were filled from the log. */
#include "config/base/check.h"
#include "pipeline/engine/core.h"

static const struct engine_stay *
adopt_find(const struct engine_stay *stays, uint32_t count, struct text name)
{
    for (uint32_t i = 0; i < count; i++)
        if (text_equal(stays[i].segment, name))
            return &stays[i];
    return NULL;
}

/* --- one segment ------------------------------------------------------------------------------ */

/* The rule is the same: what was published counts, whatever the replay came to. */
static void
adopt_follow(struct gate *gate, const struct engine_stay *stay, const struct engine_stay *left,
    int64_t clock)
{
    bool holds = (gate->flags & GATE_HOLDS) != 0;

    if (stay != NULL) {
        if (!gate_is_member(gate))
            gate->mark = holds ? 0 : clock; /* `keep` runs from now on */
        gate->flags = GATE_MEMBER | (holds ? GATE_HOLDS : 0);
        gate->since = stay->at;
        return;
    }
    if (gate_is_member(gate)) {
        gate->mark = holds ? gate->since : 0;
        gate->flags = holds ? GATE_HOLDS : 0;
        gate->since = 0;
    }
    if (left != NULL) {
        gate->flags |= GATE_LEFT;
        gate->since = left->at;
    }
}

static void
adopt_store(struct engine *engine, const struct gate *before, const struct gate *after)
{
    struct decide *decide = &engine->decide;

    engine->decide.members[after->segment] +=
        (int)gate_is_member(after) - (int)gate_is_member(before);
    if (profile_gate_set(decide->hand, after))
        eval_look(decide->eval, decide->hand->profile, decide->at, NULL);
}

/* The change counts in decide_publish; so the gauge follows it there, not here. */
static void
adopt_publish(struct engine *engine, uint32_t segment, bool enter)
{
    engine->decide.members[segment] -= enter ? 1 : -1;
    decide_publish(&engine->decide, segment, enter, INT64_MIN);
}

static void
adopt_segment(
    struct engine *engine, const struct engine_published *published, uint32_t segment, bool same)
{
    struct text name = engine->plan->segments[segment].name;
    const struct engine_stay *stay = adopt_find(published->stays, published->stay_count, name);
    const struct engine_stay *left = adopt_find(published->left, published->left_count, name);
    struct gate before = profile_gate(engine->decide.hand->profile, segment), after = before;

    before.segment = after.segment = segment;
    if (same) {
        adopt_follow(&after, stay, left, engine->decide.at);
        adopt_store(engine, &before, &after);
        return;
    }
    if (gate_is_member(&after) == (stay != NULL)) {
        if (stay != NULL)
            after.since = stay->at; /* he never left */
        adopt_store(engine, &before, &after);
        return;
    }
    if (gate_is_member(&after))
        after.since = engine->decide.at;
    adopt_store(engine, &before, &after);
    adopt_publish(engine, segment, stay == NULL);
}

/* --- one user --------------------------------------------------------------------------------- */

/* Memberships of segments that the rules have no more end. */
static void
adopt_removed(struct engine *engine, const struct engine_published *published)
{
    struct decide *decide = &engine->decide;
    struct profile *profile = decide->hand->profile;

    for (uint32_t i = 0; i < published->stay_count; i++) {
        struct change change = {.user = profile_user(profile),
            .segment = PLAN_NONE,
            .name = published->stays[i].segment,
            .at = decide->at,
            .until = PLAN_NEVER,
            .life = profile->life,
            .reason = REASON_RULES};

        if (plan_segment_find(engine->plan, change.name) != PLAN_NONE)
            continue;
        change.seq = ++profile->seq;
        decide->change_count++;
        decide->exits++;
        if (decide->on_change != NULL)
            decide->on_change(decide->opaque, &change);
    }
}

static void
adopt_collect_named(struct engine *engine, const struct engine_stay *stays, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t segment = plan_segment_find(engine->plan, stays[i].segment);

        if (segment != PLAN_NONE)
            segset_add(&engine->decide.set, segment);
    }
}

/* The segments of which either side has anything to say. */
static void
adopt_collect(struct engine *engine, const struct engine_published *published)
{
    const struct profile *profile = engine->decide.hand->profile;
    const struct gate *gates = profile_gates(profile);

    for (uint32_t i = 0; i < profile->gate_count; i++)
        segset_add(&engine->decide.set, gates[i].segment);
    adopt_collect_named(engine, published->stays, published->stay_count);
    adopt_collect_named(engine, published->left, published->left_count);
}

/* When something may happen to the user by time alone, as his gates stand now. */
static int64_t
adopt_due(struct engine *engine)
{
    struct decide *decide = &engine->decide;
    int64_t due = decide->forget_at;
    uint32_t segment;

    decide_add_all(decide);
    eval_look(decide->eval, decide->hand->profile, decide->at, NULL);
    while ((segment = segset_take(&decide->set)) != PLAN_NONE) {
        const struct plan_segment *rule = &engine->plan->segments[segment];
        struct gate gate = profile_gate(decide->hand->profile, segment);
        struct result result = eval_node(decide->eval, rule->when);

        due = instant_min(due, gate_next(&gate, rule, result.stays_until));
    }
    return instant_max(due, instant_after(decide->at, 1));
}

static void
adopt_user(struct engine *engine, uint32_t number, const struct engine_published *published,
    const bool *same)
{
    struct slot *slot = users_slot(engine->users, number);
    struct profile_hand hand = {engine->slab, slot->profile};
    struct decide *decide = &engine->decide;
    uint32_t segment;

    hand.profile->clock = core_clock(engine, hand.profile);
    hand.profile->life = published->life;
    hand.profile->seq = (uint32_t)published->seq;
    decide_begin(decide, &hand, hand.profile->clock, core_forget_at(engine, hand.profile));
    decide->reason = REASON_RULES;
    decide->source_offset = 0;
    eval_look(decide->eval, hand.profile, decide->at, NULL);
    if (same != NULL)
        adopt_removed(engine, published);
    adopt_collect(engine, published);
    while ((segment = segset_take(&decide->set)) != PLAN_NONE)
        adopt_segment(engine, published, segment, same == NULL || same[segment]);
    hand.profile->due = adopt_due(engine);
    slot->profile = hand.profile;
    slot->flags |= SLOT_ADOPTED;
    if (decide->change_count > 0 && (slot->flags & SLOT_CHANGED) == 0) {
        slot->flags |= SLOT_CHANGED;
        ring_add(&engine->changed, number, 0);
    }
    core_dirty(engine, number);
    core_arm(engine, number);
    engine->counts.enters = decide->enters;
    engine->counts.exits = decide->exits;
}

/* Published, but the log has nothing of him any more. */
static uint32_t
adopt_unseen(struct engine *engine, const struct engine_published *published)
{
    uint32_t number = users_find(engine->users, published->user, published->hash);
    struct profile *profile;

    if (number == USERS_NONE)
        number = users_add(engine->users, profile_new(engine->slab, published->user, engine->rules),
            published->hash);
    profile = users_slot(engine->users, number)->profile;
    if (profile->known)
        return number;
    profile->known = 1;
    profile->clock = published->as_of;
    profile->newest = published->as_of;
    return number;
}

uint32_t
engine_adopt(struct engine *engine, const struct engine_published *published, const bool *same)
{
    uint32_t number = adopt_unseen(engine, published);

    adopt_user(engine, number, published, same);
    return number;
}

uint32_t
engine_adopt_rest(struct engine *engine, uint32_t *cursor, const bool *same)
{
    while (*cursor < users_slot_count(engine->users)) {
        uint32_t number = (*cursor)++;
        struct slot *slot = users_slot(engine->users, number);
        struct engine_published nothing = {0};

        if (slot->profile == NULL || !slot->profile->known || (slot->flags & SLOT_ADOPTED) != 0)
            continue;
        nothing.life = slot->profile->life;
        adopt_user(engine, number, &nothing, same);
        return number;
    }
    return ENGINE_SLOT_NONE;
}
