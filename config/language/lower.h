#ifndef FOOTPRINT_LANGUAGE_LOWER_H
#define FOOTPRINT_LANGUAGE_LOWER_H

/*
 * Expressions, checked, to nodes of a draft: each function to what it computes and to the least
 * that must be kept for it.
 */

#include <stdint.h>

#include "config/language/ast.h"
#include "config/language/draft.h"
#include "config/language/rulebook.h"

struct lower {
    struct draft *draft;
    const struct rulebook *book; /* for the numbers of segments */
};

uint32_t lower_condition(const struct lower *lower, const struct expr *expr);
uint32_t lower_value(const struct lower *lower, const struct expr *expr);

#endif
