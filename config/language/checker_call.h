#ifndef FOOTPRINT_LANGUAGE_CHECKER_CALL_H
#define FOOTPRINT_LANGUAGE_CHECKER_CALL_H

/*
 * The second half of the checker: the arguments of one function.
 */

#include "config/language/ast.h"
#include "config/language/census.h"
#include "config/language/rulebook.h"

struct checker {
    struct rulebook *book;
    struct rule *rule;
    struct origin origin; /* of the expression at hand */
    struct census types;
    struct census fields;
    uint32_t events_per_window;
    bool attach; /* in a value of attach, else in a condition */
};

void checker_call(struct checker *checker, const struct expr *expr);

#endif
