/* How long a membership lasts if nothing more happens: time, run forward on a copy. */
#include <stdlib.h>

#include "config/base/check.h"
#include "pipeline/engine/decide.h"
#include "pipeline/engine/instant.h"

/* The segment and all that it names, and what those name, in the order of decisions. */
static uint32_t
until_copy_gates(struct decide *decide, uint32_t segment)
{
    struct segset *closure = &decide->closure;
    uint32_t count = 0, found = 0;

    if (decide->gate_capacity == 0) {
        decide->gates = calloc(decide->plan->segment_count, sizeof(*decide->gates));
        CHECK(decide->gates != NULL);
        decide->gate_capacity = decide->plan->segment_count;
    }
    segset_add(closure, segment);
    decide->gates[found++].segment = segment;
    for (uint32_t i = 0; i < found; i++) {
        struct plan_run names = decide->plan->segments[decide->gates[i].segment].names;
        for (uint32_t k = 0; k < names.count; k++) {
            uint32_t name = plan_run_at(decide->plan, names)[k];
            if (segset_add(closure, name))
                decide->gates[found++].segment = name;
        }
    }
    while ((segment = segset_take(closure)) != PLAN_NONE)
        decide->gates[count++] = profile_gate(decide->hand->profile, segment);
    return count;
}

/* Decides all of the copy at one instant; returns the next at which one of them may change. */
static int64_t
until_step(struct decide *decide, const struct eval_overlay *overlay, int64_t at)
{
    int64_t next = PLAN_NEVER;

    eval_look(decide->eval, decide->hand->profile, at, overlay);
    for (uint32_t i = 0; i < overlay->count; i++) {
        struct gate *gate = &decide->gates[i];
        const struct plan_segment *rule = &decide->plan->segments[gate->segment];
        struct result result = eval_node(decide->eval, rule->when);
        gate_step(gate, rule, result.truth, at);
        next = instant_min(next, gate_next(gate, rule, result.stays_until));
    }
    CHECK(next > at);
    return next;
}

int64_t
decide_until(struct decide *decide, uint32_t segment, int64_t next)
{
    struct eval_overlay overlay;
    const struct gate *last;

    overlay.count = until_copy_gates(decide, segment);
    overlay.gates = decide->gates;
    last = &decide->gates[overlay.count - 1];
    CHECK(last->segment == segment);
    /* What happens next to the others is not known yet: decide them again, as they were. */
    if (overlay.count > 1 || next == INT64_MIN)
        next = until_step(decide, &overlay, decide->at);
    while (next < decide->forget_at) {
        int64_t at = next;
        next = until_step(decide, &overlay, at);
        if (!gate_is_member(last))
            return at;
    }
    return decide->forget_at;
}
