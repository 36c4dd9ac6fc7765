#ifndef FOOTPRINT_ENGINE_DECIDE_H
#define FOOTPRINT_ENGINE_DECIDE_H

/*
 * One decision: which memberships of one user change at one instant, in the order of segments.
 *
 *   segments that may have changed -> condition -> gate -> change -> segments that name it
 *
 * The caller says which segments those are (decide_add...); the rest stays as it was. After it,
 * decide->due says when the next of the decided ones may change by time alone.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/plan.h"
#include "pipeline/engine/engine.h"
#include "pipeline/engine/eval.h"
#include "pipeline/engine/profile.h"
#include "pipeline/engine/segset.h"

struct decide {
    const struct plan *plan;
    struct eval *eval;
    struct segset set;
    struct segset closure; /* of until */
    struct gate *gates;    /* of until */
    uint32_t gate_capacity;
    struct change_with *with; /* values of one change */
    engine_change_fn *on_change;
    void *opaque;
    bool silent;
    /* Moved by changes: */
    int64_t *members; /* by segment */
    uint64_t enters, exits;
    /* The decision at hand: */
    struct profile_hand *hand;
    int64_t at;
    int64_t forget_at; /* the user's time ends there */
    enum change_reason reason;
    int64_t source_offset;
    int64_t due;           /* the least of what was decided */
    uint32_t change_count; /* changes made */
};

void decide_init(struct decide *decide, const struct plan *plan, struct eval *eval);
void decide_fini(struct decide *decide);

void decide_begin(struct decide *decide, struct profile_hand *hand, int64_t at, int64_t forget_at);
static inline void
decide_add_leaf(struct decide *decide, uint32_t leaf)
{
    segset_add_run(&decide->set, decide->plan, decide->plan->leaves[leaf].segments);
}
static inline void
decide_add_starters(struct decide *decide)
{
    segset_add_run(&decide->set, decide->plan, decide->plan->starters);
}
/* All that can change by time alone: what has a gate, or reads a leaf that has a cell. */
void decide_add_all(struct decide *decide);
void decide_run(struct decide *decide, enum change_reason reason, int64_t source_offset);
/* One change of the decision at hand, whose gate is set. `next`: as for decide_until. */
void decide_publish(struct decide *decide, uint32_t segment, bool enter, int64_t next);
/* Instead of all that: the user leaves everything and enters nothing. */
void decide_forget(struct decide *decide);

/* The values that a segment publishes, at the instant of the eval's look. At most ATTACH_MAX. */
uint32_t decide_with(
    struct eval *eval, const struct plan *plan, uint32_t segment, struct change_with *ret_with);

/*
 * When a member would leave if nothing more happened: time runs on in a copy of his gates. The
 * decision at decide->at is made; `next`: nothing happens to the segment itself before it, or
 * INT64_MIN when that is not known.
 */
int64_t decide_until(struct decide *decide, uint32_t segment, int64_t next);

#endif
