/* Types of expressions, and the rules about where since, age and decay may stand. */
#include "config/language/checker.h"

#include "config/base/check.h"
#include "config/base/limits.h"
#include "config/base/number.h"
#include "config/language/checker_call.h"
#include "config/language/constant.h"
#include "config/language/functions.h"
#include "config/language/span.h"

static void checker_value(struct checker *checker, struct expr *expr);

/* SINCE, AGE and DECAY stand alone: no arithmetic, no other aggregate beside them. */
static bool
checker_stands_alone(const struct expr *expr)
{
    return expr->kind == EXPR_CALL &&
           (expr->call->function == FUNCTION_SINCE || expr->call->function == FUNCTION_AGE ||
               expr->call->function == FUNCTION_DECAY);
}

/* --- values ---------------------------------------------------------------------------------- */

/* An operand of arithmetic. */
static void
checker_operand(struct checker *checker, struct expr *expr)
{
    if (checker_stands_alone(expr))
        complain(&checker->origin, expr->offset,
            "%s can only be compared with a constant, or be the whole of an attach value",
            functions[expr->call->function].name);
    checker_value(checker, expr);
    if (expr->type == TYPE_TEXT)
        complain_softly(&checker->origin, expr->offset,
            "arithmetic with a string has no value, and a comparison with no value is false");
}

/* A number, a string, or what is either. */
static void
checker_value(struct checker *checker, struct expr *expr)
{
    switch (expr->kind) {
    case EXPR_NUMBER:
        return;
    case EXPR_TEXT:
        if (expr->text.length > TEXT_BYTES_MAX)
            complain(&checker->origin, expr->offset,
                "a text has at most %d bytes; a longer field is a missing one", TEXT_BYTES_MAX);
        return;
    case EXPR_CALL:
        checker_call(checker, expr);
        if (expr->type == TYPE_CONDITION)
            complain(&checker->origin, expr->offset, "a condition where a number is needed");
        return;
    case EXPR_NEGATE:
    case EXPR_ADD:
    case EXPR_SUBTRACT:
    case EXPR_MULTIPLY:
    case EXPR_DIVIDE:
        expr->type = TYPE_NUMBER;
        for (struct expr *child = expr->child; child != NULL; child = child->next)
            checker_operand(checker, child);
        return;
    case EXPR_NOT:
    case EXPR_AND:
    case EXPR_OR:
    case EXPR_COMPARE:
    case EXPR_IN:
        complain(&checker->origin, expr->offset, "a condition where a number is needed");
        return;
    }
}

/* --- comparisons ----------------------------------------------------------------------------- */

/* How many entries `count op constant` needs; 0 where none. */
static int64_t
checker_entries_needed(enum plan_compare compare, int64_t number)
{
    struct span span = span_of(compare, number, NUMBER_ONE);

    if (span.low != SPAN_LOW && span.low >= span.high)
        return 0;
    return span.high != SPAN_HIGH ? span.high : span.low;
}

static void
checker_limit(struct checker *checker, const struct expr *aggregate, enum plan_compare compare,
    const struct constant *constant)
{
    int64_t needed;

    if (aggregate->kind != EXPR_CALL || constant->kind != CONSTANT_NUMBER ||
        (aggregate->call->function != FUNCTION_COUNT &&
            aggregate->call->function != FUNCTION_DISTINCT))
        return;
    needed = checker_entries_needed(compare, constant->number);
    if (needed > checker->events_per_window)
        complain(&checker->origin, aggregate->offset,
            "this needs the %lld newest %s of a user, but limits.events_per_window is %u; raise "
            "it, or lower the number",
            (long long)needed,
            aggregate->call->function == FUNCTION_COUNT ? "events" : "different values",
            checker->events_per_window);
}

/* Since, age or decay against something. */
static void
checker_alone(struct checker *checker, const struct expr *aggregate, enum plan_compare compare,
    uint32_t operator_offset, const struct constant *constant)
{
    const char *name = functions[aggregate->call->function].name;

    if (constant->kind == CONSTANT_UNKNOWN)
        complain(
            &checker->origin, aggregate->offset, "%s can only be compared with a constant", name);
    else if (aggregate->call->function == FUNCTION_DECAY && compare != COMPARE_GE &&
             compare != COMPARE_LT)
        complain(&checker->origin, operator_offset,
            "a score is compared by >= or < only, with the constant on its right");
}

/* A string never equals a number. */
static void
checker_warn_types(struct checker *checker, const struct expr *expr, const struct expr *a,
    const struct expr *b, enum plan_compare compare)
{
    bool number_text = a->type == TYPE_NUMBER && b->type == TYPE_TEXT;
    bool text_number = a->type == TYPE_TEXT && b->type == TYPE_NUMBER;

    if (number_text || text_number)
        complain_softly(&checker->origin, (number_text ? b : a)->offset,
            "a number and a string are never equal, so this is %s; a number stands without quotes",
            compare == COMPARE_NE && expr->kind == EXPR_COMPARE ? "true wherever there is a number"
                                                                : "never true");
}

/* One side against the other, seen from `aggregate`. */
static void
checker_side(struct checker *checker, const struct expr *expr, const struct expr *aggregate,
    const struct expr *other, enum plan_compare compare)
{
    const struct constant constant = constant_of(other);

    if (checker_stands_alone(aggregate))
        checker_alone(checker, aggregate, compare, expr->operator_offset, &constant);
    else
        checker_limit(checker, aggregate, compare, &constant);
}

static void
checker_compare(struct checker *checker, struct expr *expr)
{
    struct expr *left = expr->child, *right = left->next;

    checker_value(checker, left);
    checker_value(checker, right);
    checker_side(checker, expr, left, right, expr->compare);
    checker_side(checker, expr, right, left, constant_mirror(expr->compare));
    checker_warn_types(checker, expr, left, right, expr->compare);
}

static void
checker_in(struct checker *checker, struct expr *expr)
{
    struct expr *value = expr->child;

    checker_value(checker, value);
    for (struct expr *constant = value->next; constant != NULL; constant = constant->next) {
        checker_value(checker, constant);
        checker_side(checker, expr, value, constant, COMPARE_EQ);
        checker_warn_types(checker, expr, value, constant, COMPARE_EQ);
    }
}

/* --- conditions ------------------------------------------------------------------------------ */

static void
checker_condition(struct checker *checker, struct expr *expr)
{
    switch (expr->kind) {
    case EXPR_NOT:
    case EXPR_AND:
    case EXPR_OR:
        expr->type = TYPE_CONDITION;
        for (struct expr *child = expr->child; child != NULL; child = child->next)
            checker_condition(checker, child);
        return;
    case EXPR_COMPARE:
        expr->type = TYPE_CONDITION;
        checker_compare(checker, expr);
        return;
    case EXPR_IN:
        expr->type = TYPE_CONDITION;
        checker_in(checker, expr);
        return;
    case EXPR_CALL:
        checker_call(checker, expr);
        if (expr->type == TYPE_NUMBER)
            complain(&checker->origin, expr->offset,
                "a number where a condition is needed; compare it, as in %s(...) >= 3",
                functions[expr->call->function].name);
        else if (expr->type == TYPE_DYNAMIC)
            complain(&checker->origin, expr->offset,
                "a value where a condition is needed; compare it, as in ... == \"shoes\"");
        return;
    case EXPR_TEXT:
        complain(&checker->origin, expr->offset, "a string where a condition is needed");
        return;
    case EXPR_NUMBER:
    case EXPR_NEGATE:
    case EXPR_ADD:
    case EXPR_SUBTRACT:
    case EXPR_MULTIPLY:
    case EXPR_DIVIDE:
        checker_value(checker, expr);
        complain(&checker->origin, expr->offset,
            "a number where a condition is needed; compare it, as in ... >= 3");
        return;
    }
}

static void
checker_attach(struct checker *checker, struct expr *expr)
{
    bool condition = expr->kind == EXPR_NOT || expr->kind == EXPR_AND || expr->kind == EXPR_OR ||
                     expr->kind == EXPR_COMPARE || expr->kind == EXPR_IN ||
                     (expr->kind == EXPR_CALL && expr->type == TYPE_CONDITION);

    if (expr->kind == EXPR_CALL && expr->call->function == FUNCTION_MEMBER)
        complain(&checker->origin, expr->offset, "attach takes no member()");
    else if (condition)
        complain(&checker->origin, expr->offset,
            "a condition where a value is needed; attach takes numbers and strings");
    else
        checker_value(checker, expr);
}

static void
checker_rule(struct checker *checker, struct rule *rule)
{
    checker->rule = rule;
    if (rule->when != NULL) {
        checker->attach = false;
        checker->origin.node = rule->when_node;
        checker_condition(checker, rule->when);
    }
    for (uint32_t i = 0; i < rule->value_count; i++) {
        if (rule->values[i].expr == NULL)
            continue;
        checker->attach = true;
        checker->origin.node = rule->values[i].node;
        checker_attach(checker, rule->values[i].expr);
    }
}

void
checker_check(struct rulebook *book, uint32_t events_per_window)
{
    struct checker checker = {.book = book, .events_per_window = events_per_window};

    CHECK(events_per_window > 0);
    checker.origin.report = book->report;
    census_init(&checker.types, book->arena);
    census_init(&checker.fields, book->arena);
    for (uint32_t i = 0; i < book->count; i++)
        checker_rule(&checker, &book->rules[i]);
    census_warn(&checker.types, "event type");
    census_warn(&checker.fields, "field");
    if (checker.fields.names.count > FIELDS_MAX)
        complain(&checker.fields.entries[FIELDS_MAX].origin,
            checker.fields.entries[FIELDS_MAX].offset, "the rules name more than %d fields",
            FIELDS_MAX);
}
