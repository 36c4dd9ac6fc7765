#ifndef FOOTPRINT_LANGUAGE_SELECTION_H
#define FOOTPRINT_LANGUAGE_SELECTION_H

/*
 * A selector on its way into the draft: types, and tests that come from matchers or that a function
 * adds. Tests that say the same take one form, and one that another implies is left out, so that
 * more selectors are equal.
 */

#include <stdbool.h>
#include <stdint.h>

#include "config/language/ast.h"
#include "config/language/draft.h"

struct selection_test {
    uint32_t field;
    enum plan_test test;
    int64_t number;
    struct text text;
};

struct selection {
    struct draft *draft;
    const struct selector *selector;
    struct selection_test *tests;
    uint32_t count;
    uint32_t capacity;
};

/* The matchers of the selector are in it. */
void selection_init(
    struct selection *selection, struct draft *draft, const struct selector *selector);
void selection_match(struct selection *selection, const struct matcher *matchers);
/* A test of a number, or one without a constant (then number is not read). */
void selection_test(
    struct selection *selection, uint32_t field, enum plan_test test, int64_t number);
/* Whether a test keeps the field from being negative. */
bool selection_never_negative(const struct selection *selection, uint32_t field);
/* The number of the selector in the draft. The selection can go on growing after it. */
uint32_t selection_number(const struct selection *selection);

#endif
