#ifndef FOOTPRINT_LANGUAGE_CONSTANT_H
#define FOOTPRINT_LANGUAGE_CONSTANT_H

/*
 * Values that are known before the first event, and arithmetic with them.
 */

#include <stdbool.h>
#include <stdint.h>

#include "config/base/text.h"
#include "config/language/ast.h"

enum constant_kind {
    CONSTANT_UNKNOWN, /* no constant */
    CONSTANT_NULL,
    CONSTANT_NUMBER,
    CONSTANT_TEXT
};

struct constant {
    enum constant_kind kind;
    int64_t number;
    struct text text;
};

/* The value of an expression without functions, else CONSTANT_UNKNOWN. */
struct constant constant_of(const struct expr *expr);
/* ADD, SUBTRACT, MULTIPLY, DIVIDE and NEGATE (b is not read); unknown where an operand is. */
struct constant constant_arith(enum expr_kind kind, struct constant a, struct constant b);
/* Both known. Null makes it false; a string never equals a number. */
bool constant_compare(enum plan_compare compare, struct constant a, struct constant b);

/* `5 <= x` is `x >= 5`. */
enum plan_compare constant_mirror(enum plan_compare compare);

#endif
