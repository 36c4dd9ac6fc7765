/* Conditions to memberships: every segment that an event or an instant touches, once, in order. */
#include "pipeline/engine/decide.h"

#include <stdlib.h>

#include "config/base/check.h"
#include "config/base/limits.h"
#include "pipeline/engine/instant.h"

void
decide_init(struct decide *decide, const struct plan *plan, struct eval *eval)
{
    *decide = (struct decide){.plan = plan, .eval = eval};
    segset_init(&decide->set, plan->segment_count);
    segset_init(&decide->closure, plan->segment_count);
    decide->with = calloc(ATTACH_MAX, sizeof(*decide->with));
    decide->members = calloc(plan->segment_count + 1, sizeof(*decide->members));
    CHECK(decide->with != NULL && decide->members != NULL);
}

void
decide_fini(struct decide *decide)
{
    segset_fini(&decide->set);
    segset_fini(&decide->closure);
    free(decide->gates);
    free(decide->with);
    free(decide->members);
}

void
decide_begin(struct decide *decide, struct profile_hand *hand, int64_t at, int64_t forget_at)
{
    decide->hand = hand;
    decide->at = at;
    decide->forget_at = forget_at;
    decide->due = PLAN_NEVER;
    decide->change_count = 0;
}

void
decide_add_all(struct decide *decide)
{
    const struct profile *profile = decide->hand->profile;
    const struct gate *gates = profile_gates(profile);
    const struct profile_entry *entries = profile_directory(profile);

    for (uint32_t i = 0; i < profile->gate_count; i++)
        segset_add(&decide->set, gates[i].segment);
    for (uint32_t i = 0; i < profile->cell_count; i++)
        if (entries[i].leaf != PROFILE_IDS)
            decide_add_leaf(decide, entries[i].leaf);
}

/* --- what is published ------------------------------------------------------------------------ */

uint32_t
decide_with(
    struct eval *eval, const struct plan *plan, uint32_t segment, struct change_with *ret_with)
{
    const struct plan_segment *rule = &plan->segments[segment];
    uint32_t count = 0;

    for (uint32_t i = 0; i < rule->attach_count; i++) {
        const struct plan_attach *attach = &plan->attaches[rule->attach_first + i];
        struct value value = eval_node(eval, attach->node).value;
        if (value.kind != VALUE_NULL)
            ret_with[count++] = (struct change_with){.name = attach->name, .value = value};
    }
    CHECK(count <= ATTACH_MAX);
    return count;
}

static void
decide_tell(struct decide *decide, struct change *change, int64_t next)
{
    if (decide->silent || decide->on_change == NULL)
        return;
    change->with_count = decide_with(decide->eval, decide->plan, change->segment, decide->with);
    change->with = decide->with;
    if (change->enter) {
        change->until = decide_until(decide, change->segment, next);
        eval_look(decide->eval, decide->hand->profile, decide->at, NULL);
    }
    decide->on_change(decide->opaque, change);
}

void
decide_publish(struct decide *decide, uint32_t segment, bool enter, int64_t next)
{
    struct profile *profile = decide->hand->profile;
    struct change change = {.user = profile_user(profile),
        .segment = segment,
        .name = decide->plan->segments[segment].name,
        .enter = enter,
        .at = decide->at,
        .until = PLAN_NEVER,
        .life = profile->life,
        .seq = ++profile->seq,
        .reason = decide->reason,
        .source_offset = decide->source_offset};

    decide->change_count++;
    decide->members[segment] += enter ? 1 : -1;
    if (enter)
        decide->enters++;
    else
        decide->exits++;
    decide_tell(decide, &change, next);
}

/* --- one segment after another ---------------------------------------------------------------- */

static bool
decide_gate_same(const struct gate *a, const struct gate *b)
{
    return a->flags == b->flags && a->since == b->since && a->mark == b->mark;
}

static void
decide_segment(struct decide *decide, uint32_t segment)
{
    const struct plan_segment *rule = &decide->plan->segments[segment];
    struct gate before = profile_gate(decide->hand->profile, segment);
    struct gate gate = before;
    struct result result = eval_node(decide->eval, rule->when);
    enum gate_move move = gate_step(&gate, rule, result.truth, decide->at);
    int64_t next = gate_next(&gate, rule, result.stays_until);

    CHECK(next > decide->at);
    decide->due = instant_min(decide->due, next);
    if (!decide_gate_same(&before, &gate) && profile_gate_set(decide->hand, &gate))
        eval_look(decide->eval, decide->hand->profile, decide->at, NULL);
    if (move == GATE_STAYS)
        return;
    decide_publish(decide, segment, move == GATE_ENTERS, next);
    segset_add_run(&decide->set, decide->plan, rule->dependents);
}

void
decide_run(struct decide *decide, enum change_reason reason, int64_t source_offset)
{
    uint32_t segment;

    decide->reason = reason;
    decide->source_offset = source_offset;
    eval_look(decide->eval, decide->hand->profile, decide->at, NULL);
    while ((segment = segset_take(&decide->set)) != PLAN_NONE)
        decide_segment(decide, segment);
}

void
decide_forget(struct decide *decide)
{
    uint32_t i = 0;

    decide->reason = REASON_FORGET;
    decide->source_offset = 0;
    while (i < decide->hand->profile->gate_count) {
        struct gate gate = profile_gates(decide->hand->profile)[i];
        if (!gate_is_member(&gate)) {
            i++;
            continue;
        }
        gate_close(&gate);
        profile_gate_set(decide->hand, &gate);
        eval_look(decide->eval, decide->hand->profile, decide->at, NULL);
        decide_publish(decide, gate.segment, false, PLAN_NEVER);
    }
}
