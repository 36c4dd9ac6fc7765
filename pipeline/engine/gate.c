/* The state machine of one membership: when a truth becomes an enter, and its end an exit. */
#include "pipeline/engine/gate.h"

#include "config/base/check.h"
#include "pipeline/engine/instant.h"

static enum gate_move
gate_step_member(struct gate *gate, const struct plan_segment *segment, bool truth, int64_t at)
{
    if (truth) {
        gate->flags |= GATE_HOLDS;
        gate->mark = 0;
        return GATE_STAYS;
    }
    if ((gate->flags & GATE_HOLDS) != 0) {
        gate->flags &= ~(uint32_t)GATE_HOLDS;
        gate->mark = at;
    }
    if (at < instant_after(gate->mark, segment->keep_ms))
        return GATE_STAYS;
    gate->flags = segment->cooldown_ms > 0 ? GATE_LEFT : 0;
    gate->since = segment->cooldown_ms > 0 ? at : 0;
    gate->mark = 0;
    return GATE_LEAVES;
}

static enum gate_move
gate_step_outside(struct gate *gate, const struct plan_segment *segment, bool truth, int64_t at)
{
    if ((gate->flags & GATE_LEFT) != 0 && !gate_is_cooling(gate, segment, at)) {
        gate->flags &= ~(uint32_t)GATE_LEFT;
        gate->since = 0;
    }
    if (!truth) {
        gate->flags &= ~(uint32_t)GATE_HOLDS;
        gate->mark = 0;
        return GATE_STAYS;
    }
    if ((gate->flags & GATE_HOLDS) == 0) {
        gate->flags |= GATE_HOLDS;
        gate->mark = at;
    }
    if (at < instant_after(gate->mark, segment->for_ms) || (gate->flags & GATE_LEFT) != 0)
        return GATE_STAYS;
    gate->flags = GATE_MEMBER | GATE_HOLDS;
    gate->since = at;
    gate->mark = 0;
    return GATE_ENTERS;
}

enum gate_move
gate_step(struct gate *gate, const struct plan_segment *segment, bool truth, int64_t at)
{
    if (gate_is_member(gate))
        return gate_step_member(gate, segment, truth, at);
    return gate_step_outside(gate, segment, truth, at);
}

int64_t
gate_next(const struct gate *gate, const struct plan_segment *segment, int64_t stays_until)
{
    bool holds = (gate->flags & GATE_HOLDS) != 0;
    int64_t ready;

    if (gate_is_member(gate) && !holds)
        return instant_min(stays_until, instant_after(gate->mark, segment->keep_ms));
    if (gate_is_member(gate) || !holds)
        return stays_until;
    ready = instant_after(gate->mark, segment->for_ms);
    if ((gate->flags & GATE_LEFT) != 0)
        ready = instant_max(ready, instant_after(gate->since, segment->cooldown_ms));
    return instant_min(stays_until, ready);
}

void
gate_close(struct gate *gate)
{
    gate->flags = 0;
    gate->since = 0;
    gate->mark = 0;
}

bool
gate_is_cooling(const struct gate *gate, const struct plan_segment *segment, int64_t at)
{
    return (gate->flags & GATE_LEFT) != 0 && at < instant_after(gate->since, segment->cooldown_ms);
}
