#ifndef FOOTPRINT_LANGUAGE_DRAFT_H
#define FOOTPRINT_LANGUAGE_DRAFT_H

/*
 * A plan while it grows: everything is there once, numbered in the order of its coming.
 *
 *   rules --lower--> draft (this: shared, but in any order) --assemble--> plan (sorted, final)
 *
 * The structs are those of the plan, with numbers that mean the draft's own arrays. What makes two
 * things the same is their key, a text; keys are canonical, so that sorting by them gives the same
 * order whatever the order of coming was. A node's key is private, its `order` is what sorts it.
 *
 * A leaf here says only what it is (kind, selector, field, by, d): how long and how many follows
 * from the nodes that are left in the end.
 */

#include <stdbool.h>
#include <stdint.h>

#include "config/base/arena.h"
#include "config/base/buffer.h"
#include "config/language/intern.h"
#include "config/plan.h"

struct draft {
    struct arena *arena;
    struct buffer key; /* scratch */
    struct intern type_keys;
    struct intern field_keys;
    struct intern predicate_keys;
    struct intern selector_keys;
    struct intern leaf_keys;
    struct intern node_keys;
    struct plan_predicate *predicates;
    uint32_t predicate_capacity;
    struct plan_selector *selectors;
    uint32_t selector_capacity;
    struct plan_leaf *leaves;
    uint32_t leaf_capacity;
    struct plan_node *nodes;
    uint64_t *node_orders;
    uint32_t node_capacity;
    uint32_t node_order_capacity;
    uint32_t *pool; /* what plan_runs point into */
    uint32_t pool_count;
    uint32_t pool_capacity;
};

void draft_init(struct draft *draft, struct arena *arena);
void draft_fini(struct draft *draft);

uint32_t draft_type(struct draft *draft, struct text name);
uint32_t draft_field(struct draft *draft, struct text name);
/* number or text by the test; regex stays NULL until the plan is assembled. */
uint32_t draft_predicate(
    struct draft *draft, uint32_t field, enum plan_test test, int64_t number, struct text text);

/* types NULL: any. Both lists may have repetitions; they are sorted in place. */
uint32_t draft_selector(struct draft *draft, uint32_t *types, uint32_t type_count,
    uint32_t *predicates, uint32_t predicate_count);

/* kind, selector or steps, field, by, empty_counts, within_ms; of LEAF_RECORDS also window_ms:
 * PLAN_EVER or not. */
uint32_t draft_leaf(struct draft *draft, const struct plan_leaf *leaf);
uint32_t draft_node(struct draft *draft, const struct plan_node *node);

struct plan_run draft_run(struct draft *draft, const uint32_t *numbers, uint32_t count);

static inline const uint32_t *
draft_run_at(const struct draft *draft, struct plan_run run)
{
    return draft->pool + run.first;
}

#endif
