#ifndef FOOTPRINT_LANGUAGE_NODE_H
#define FOOTPRINT_LANGUAGE_NODE_H

/*
 * Makes the nodes of a draft, in the simplest form that means the same: constants are folded, NOT
 * of NOT goes away, AND and OR are flat and have no child twice.
 */

#include <stdbool.h>
#include <stdint.h>

#include "config/language/constant.h"
#include "config/language/draft.h"

/* With everything that a kind does not use set to nothing. */
struct plan_node node_blank(enum plan_node_kind kind);

uint32_t node_truth(struct draft *draft, bool truth);
uint32_t node_not(struct draft *draft, uint32_t a);
/* The list is used up. */
uint32_t node_and(struct draft *draft, uint32_t *children, uint32_t count);
uint32_t node_or(struct draft *draft, uint32_t *children, uint32_t count);
uint32_t node_and_two(struct draft *draft, uint32_t a, uint32_t b);

uint32_t node_constant(struct draft *draft, struct constant constant);
uint32_t node_compare(struct draft *draft, enum plan_compare compare, uint32_t a, uint32_t b);
/* ADD, SUBTRACT, MULTIPLY, DIVIDE; NEGATE takes a alone. */
uint32_t node_arith(struct draft *draft, enum expr_kind kind, uint32_t a, uint32_t b);
/* CONSTANT_UNKNOWN where it is none. */
struct constant node_constant_of(const struct draft *draft, uint32_t node);

#endif
