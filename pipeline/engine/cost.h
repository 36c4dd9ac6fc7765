#ifndef FOOTPRINT_ENGINE_COST_H
#define FOOTPRINT_ENGINE_COST_H

/*
 * What rules cost, from the plan alone: memory per user, work per event, and where they are exact.
 *
 * Usual: a user with `events` events on every selector, each with another value. Most: every list
 * at its end, every text at its longest. A test holds the figures against real profiles.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/plan.h"

struct cost_case {
    uint32_t events;
    uint32_t text_bytes; /* of a value that is given out */
    uint32_t events_per_window;
};

struct cost {
    size_t bytes_usual, bytes_most;
    uint64_t reads_usual, reads_most; /* entries that one event makes the engine look at */
    uint32_t leaf_count;              /* lists and entries that such an event changes */
    uint32_t node_count;              /* of the conditions and values, when none is cut short */
    bool is_bounded; /* some list ends at events_per_window: past it the rule is approximate */
    bool is_score;   /* a decay: in double precision, to a millisecond */
};

/* What stands beside a profile in memory: its slot, its place in the table, its timer. */
#define COST_BESIDE_BYTES 64

/* The bytes of a leaf's cell with its line in the directory; entries > 0. */
size_t cost_leaf_bytes(const struct plan_leaf *leaf, uint32_t entries, uint32_t text_bytes);
/* How many entries the leaf keeps at most; *ret_is_bounded: the limit says so, not the rules. */
uint32_t cost_leaf_entries(
    const struct plan_leaf *leaf, uint32_t events_per_window, bool *ret_is_bounded);

/* A segment with its condition and its values; what it shares with others is counted in full. No
 * profile exceeds PROFILE_BYTES_MAX, neither does a figure. Ids of events are not in it. */
void cost_segment(const struct plan *plan, uint32_t segment, const struct cost_case *given,
    struct cost *ret_cost);
/* A whole user: header, name, gates, all leaves once; reads: all segments once. */
void cost_user(const struct plan *plan, const struct cost_case *given, struct cost *ret_cost);

#endif
