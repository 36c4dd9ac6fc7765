#ifndef FOOTPRINT_LANGUAGE_QUANTITY_H
#define FOOTPRINT_LANGUAGE_QUANTITY_H

/*
 * An aggregate against a constant, where less has to be kept for that than for its value.
 *
 *   count, distinct   at least k: the k newest
 *   sum               at least S, of numbers that are never negative: the newest that reach S
 *   min, max          any number on the far side of the constant
 *   since, age        at least so many milliseconds: one timestamp
 *   decay             at least C
 */

#include <stdbool.h>
#include <stdint.h>

#include "config/language/ast.h"
#include "config/language/constant.h"
#include "config/language/draft.h"

/* False when the function has no such form; then its value is to be compared. */
bool quantity_compare(struct draft *draft, const struct call *call, enum plan_compare compare,
    const struct constant *constant, uint32_t *ret_node);

#endif
