/* What outsiders may know of a user now. */
#include <stdlib.h>

#include "config/base/check.h"
#include "config/base/limits.h"
#include "pipeline/engine/core.h"

/* --- names in their order --------------------------------------------------------------------- */

static int
membership_compare_names(const void *left, const void *right, void *opaque)
{
    const struct plan *plan = opaque;

    return text_compare(plan->segments[*(const uint32_t *)left].name,
        plan->segments[*(const uint32_t *)right].name);
}

/* The place of each segment among all names. */
static void
membership_rank(struct engine *engine)
{
    uint32_t count = engine->plan->segment_count;
    uint32_t *order = calloc(count + 1, sizeof(*order));

    engine->name_ranks = calloc(count + 1, sizeof(*engine->name_ranks));
    CHECK(order != NULL && engine->name_ranks != NULL);
    for (uint32_t i = 0; i < count; i++)
        order[i] = i;
    qsort_r(
        order, count, sizeof(*order), membership_compare_names, (void *)(uintptr_t)engine->plan);
    for (uint32_t i = 0; i < count; i++)
        engine->name_ranks[order[i]] = i;
    free(order);
}

static int
membership_compare_segments(const void *left, const void *right, void *opaque)
{
    const uint32_t *ranks = opaque;
    uint32_t a = ranks[((const struct membership_segment *)left)->segment];
    uint32_t b = ranks[((const struct membership_segment *)right)->segment];

    return a < b ? -1 : a > b;
}

static int
membership_compare_left(const void *left, const void *right, void *opaque)
{
    const uint32_t *ranks = opaque;
    uint32_t a = ranks[((const struct membership_left *)left)->segment];
    uint32_t b = ranks[((const struct membership_left *)right)->segment];

    return a < b ? -1 : a > b;
}

/* --- one user --------------------------------------------------------------------------------- */

static void *
membership_grow(void *array, size_t *capacity, size_t need, size_t size)
{
    if (need <= *capacity)
        return array;
    *capacity = need * 2;
    array = realloc(array, *capacity * size);
    CHECK(array != NULL);
    return array;
}

/* Room for every gate's lines, so that nothing moves while they are filled. */
static void
membership_reserve(struct engine *engine, const struct profile *profile)
{
    const struct gate *gates = profile_gates(profile);
    size_t with_count = 0;

    for (uint32_t i = 0; i < profile->gate_count; i++)
        with_count += engine->plan->segments[gates[i].segment].attach_count;
    engine->member_segments = membership_grow(engine->member_segments, &engine->member_capacity,
        profile->gate_count, sizeof(*engine->member_segments));
    engine->member_left = membership_grow(engine->member_left, &engine->left_capacity,
        profile->gate_count, sizeof(*engine->member_left));
    engine->member_with = membership_grow(
        engine->member_with, &engine->with_capacity, with_count, sizeof(*engine->member_with));
}

static void
membership_fill(struct engine *engine, struct profile_hand *hand, struct membership *membership)
{
    struct decide *decide = &engine->decide;
    const struct gate *gates = profile_gates(hand->profile);
    uint32_t with_count = 0;

    decide_begin(decide, hand, membership->as_of, core_forget_at(engine, hand->profile));
    eval_look(engine->eval, hand->profile, decide->at, NULL);
    for (uint32_t i = 0; i < hand->profile->gate_count; i++) {
        const struct plan_segment *rule = &engine->plan->segments[gates[i].segment];
        struct membership_segment *line;
        if (gate_is_cooling(&gates[i], rule, decide->at))
            engine->member_left[membership->left_count++] =
                (struct membership_left){gates[i].segment, gates[i].since};
        if (!gate_is_member(&gates[i]))
            continue;
        line = &engine->member_segments[membership->segment_count++];
        *line = (struct membership_segment){.segment = gates[i].segment, .since = gates[i].since};
        if (rule->attach_count == 0)
            continue;
        line->with = engine->member_with + with_count;
        line->with_count = decide_with(
            engine->eval, engine->plan, line->segment, engine->member_with + with_count);
        with_count += line->with_count;
    }
}

void
engine_membership(struct engine *engine, uint32_t number, struct membership *ret_membership)
{
    struct profile_hand hand = {engine->slab, users_slot(engine->users, number)->profile};
    const struct profile *profile = hand.profile;

    *ret_membership = (struct membership){.user = profile_user(profile)};
    if (!profile->known)
        return;
    if (engine->name_ranks == NULL)
        membership_rank(engine);
    membership_reserve(engine, profile);
    ret_membership->known = true;
    ret_membership->life = profile->life;
    ret_membership->seq = profile->seq;
    ret_membership->as_of = core_clock(engine, profile);
    membership_fill(engine, &hand, ret_membership);
    for (uint32_t i = 0; i < ret_membership->segment_count; i++)
        engine->member_segments[i].until =
            decide_until(&engine->decide, engine->member_segments[i].segment, INT64_MIN);
    ret_membership->segments = engine->member_segments;
    ret_membership->left = engine->member_left;
    if (ret_membership->segment_count > 1)
        qsort_r(engine->member_segments, ret_membership->segment_count,
            sizeof(*engine->member_segments), membership_compare_segments, engine->name_ranks);
    if (ret_membership->left_count > 1)
        qsort_r(engine->member_left, ret_membership->left_count, sizeof(*engine->member_left),
            membership_compare_left, engine->name_ranks);
}

bool
engine_changed_next(struct engine *engine, uint32_t *ret_slot)
{
    const struct ring_item *first = ring_first(&engine->changed);

    if (first == NULL)
        return false;
    *ret_slot = first->slot;
    ring_drop(&engine->changed);
    users_slot(engine->users, *ret_slot)->flags &= ~(uint32_t)SLOT_CHANGED;
    return true;
}
