#ifndef FOOTPRINT_ENGINE_GATE_H
#define FOOTPRINT_ENGINE_GATE_H

/*
 * Between a condition and a membership: `for`, `keep` and `cooldown` of one segment and one user.
 *
 *              truth for `for`, no cooldown
 *     outside -----------------------------> member
 *        ^                                     |
 *        +-------------------------------------+
 *              false for `keep`
 *
 * A gate is plain data, two times at most. All zero is the default: outside, not holding, nothing
 * left behind; it need not be stored. Source: segments.md 3.
 */

#include <stdbool.h>
#include <stdint.h>

#include "config/plan.h"

enum gate_flags {
    GATE_MEMBER = 1,
    GATE_HOLDS = 2, /* the condition was decided true last */
    GATE_LEFT = 4   /* the last exit may still bar the way (cooldown) */
};

struct gate {
    uint32_t segment;
    uint32_t flags;
    int64_t since; /* MEMBER: when entered; LEFT: when it left; otherwise 0 */
    int64_t mark;  /* member who does not hold: since when; outside and holds: since when; or 0 */
};

enum gate_move {
    GATE_STAYS,
    GATE_ENTERS,
    GATE_LEAVES
};

/* The condition has been decided at `at`, which never goes back. */
enum gate_move gate_step(
    struct gate *gate, const struct plan_segment *segment, bool truth, int64_t at);

/* After a step at `at`: the next instant at which something may happen without an event. The
 * truth surely stays up to `stays_until`. */
int64_t gate_next(const struct gate *gate, const struct plan_segment *segment, int64_t stays_until);

/* Out at once, `keep` or not, as at the end of a user's time. */
void gate_close(struct gate *gate);

static inline bool
gate_is_default(const struct gate *gate)
{
    return gate->flags == 0;
}

static inline bool
gate_is_member(const struct gate *gate)
{
    return (gate->flags & GATE_MEMBER) != 0;
}

/* Whether the cooldown after the last exit still runs at `at`. */
bool gate_is_cooling(const struct gate *gate, const struct plan_segment *segment, int64_t at);

#endif
