#ifndef FOOTPRINT_LANGUAGE_AST_H
#define FOOTPRINT_LANGUAGE_AST_H

/*
 * An expression as it was written, with the place of every part of it.
 *
 *   count(view|click{category="shoes"}[30m]) >= 3 and trait.plan == "pro"
 *
 *   AND -- COMPARE >= -- CALL count -- selector: types view click, matcher category, window 30m
 *    |         `-------- NUMBER 3
 *    `---- COMPARE == -- CALL trait -- name plan
 *              `-------- TEXT pro
 *
 * Children hang on `child` and go on by `next`. Offsets are bytes of the expression's text. Numbers
 * are millionths, durations milliseconds. Everything lives in the arena of the rule book.
 */

#include <stdbool.h>
#include <stdint.h>

#include "config/base/text.h"
#include "config/plan.h"

#define WINDOW_NOT_GIVEN INT64_C(-1)

enum expr_kind {
    EXPR_NUMBER,
    EXPR_TEXT,
    EXPR_CALL,
    EXPR_NOT,     /* one child */
    EXPR_AND,     /* two children or more */
    EXPR_OR,      /* two children or more */
    EXPR_COMPARE, /* two children */
    EXPR_IN,      /* a value and the constants */
    EXPR_ADD,     /* two children; so the next three */
    EXPR_SUBTRACT,
    EXPR_MULTIPLY,
    EXPR_DIVIDE,
    EXPR_NEGATE /* one child */
};

enum expr_type {
    TYPE_CONDITION, /* truth */
    TYPE_NUMBER,    /* a number or null */
    TYPE_TEXT,      /* a string that was written here */
    TYPE_DYNAMIC    /* a number, a string or null: known at the event only */
};

enum function_id {
#define FUNCTION(id, ...) FUNCTION_##id,
#include "config/language/functions.def"
#undef FUNCTION
    FUNCTION_COUNT_OF
};

/* A word or a quoted string that names a type, a field, a trait or a segment. */
struct name {
    struct text text;
    uint32_t offset;
    struct name *next;
};

enum match_operator {
    MATCH_EQ,
    MATCH_NE,
    MATCH_REGEX,
    MATCH_NO_REGEX,
    MATCH_LT,
    MATCH_LE,
    MATCH_GT,
    MATCH_GE
};

struct matcher {
    struct name field;
    enum match_operator op;
    bool is_number; /* number, else text */
    int64_t number;
    struct text text;
    uint32_t value_offset; /* of a text: its opening quote */
    struct matcher *next;
};

struct selector {
    bool any_type;
    struct name *types;
    struct name field; /* text.length 0: none */
    bool has_field;
    struct matcher *matchers;
    int64_t window_ms; /* PLAN_EVER, or WINDOW_NOT_GIVEN */
    uint32_t window_offset;
    uint32_t offset;
    struct selector *next;
};

struct call {
    enum function_id function;
    struct selector *selectors; /* those of a shape that has any */
    struct matcher *also;       /* SHARE: the second pair of braces */
    int64_t within_ms;          /* SEQ, UNANSWERED */
    struct name by;             /* SEQ, UNANSWERED: text.length 0: none */
    bool has_by;
    int64_t window_ms; /* SHARE, SEQ, UNANSWERED: after all selectors */
    uint32_t window_offset;
    struct name argument; /* BUCKET: the salt. TRAIT, MEMBER: the name */
};

struct expr {
    enum expr_kind kind;
    enum expr_type type; /* set by the checker */
    uint32_t offset;     /* of its first character */
    uint32_t operator_offset;
    uint32_t depth; /* levels of expressions, this one included */
    enum plan_compare compare;
    int64_t number;
    bool is_duration; /* NUMBER: written as a duration */
    struct text text;
    struct call *call;
    struct expr *child;
    struct expr *next;
};

#endif
