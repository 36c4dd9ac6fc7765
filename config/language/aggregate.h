#ifndef FOOTPRINT_LANGUAGE_AGGREGATE_H
#define FOOTPRINT_LANGUAGE_AGGREGATE_H

/*
 * Functions to nodes, each over the leaf that keeps what it needs.
 */

#include <stdbool.h>
#include <stdint.h>

#include "config/language/ast.h"
#include "config/language/draft.h"
#include "config/language/selection.h"

uint32_t aggregate_value(struct draft *draft, const struct call *call);
uint32_t aggregate_condition(struct draft *draft, const struct call *call); /* but not member */

/* At least `count` (>= 1) events of the selection in the window. */
uint32_t aggregate_count_ge(const struct selection *selection, int64_t window_ms, uint32_t count);

/* A leaf over one selector; field may be PLAN_NONE. */
uint32_t aggregate_leaf(
    struct draft *draft, enum plan_leaf_kind kind, uint32_t selector, uint32_t field);
uint32_t aggregate_node(
    struct draft *draft, enum plan_node_kind kind, uint32_t leaf, int64_t window_ms);

#endif
