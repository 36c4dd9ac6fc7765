/* Folds what is known before the first event. */
#include "config/language/constant.h"

#include "config/base/check.h"
#include "config/base/number.h"

static struct constant
constant_number(int64_t number)
{
    return (struct constant){.kind = CONSTANT_NUMBER, .number = number};
}

static struct constant
constant_null(void)
{
    return (struct constant){.kind = CONSTANT_NULL};
}

static struct constant
constant_numbers(enum expr_kind kind, int64_t a, int64_t b)
{
    int64_t quotient;

    switch (kind) {
    case EXPR_ADD:
        return constant_number(number_add(a, b));
    case EXPR_SUBTRACT:
        return constant_number(number_subtract(a, b));
    case EXPR_MULTIPLY:
        return constant_number(number_multiply(a, b));
    case EXPR_DIVIDE:
        return number_divide(a, b, &quotient) ? constant_number(quotient) : constant_null();
    case EXPR_NEGATE:
        return constant_number(-a);
    default:
        CHECK_NEVER();
        return constant_null();
    }
}

struct constant
constant_arith(enum expr_kind kind, struct constant a, struct constant b)
{
    if (kind == EXPR_NEGATE)
        b = a;
    if (a.kind == CONSTANT_NUMBER && b.kind == CONSTANT_NUMBER)
        return constant_numbers(kind, a.number, b.number);
    if (a.kind == CONSTANT_NULL || b.kind == CONSTANT_NULL || a.kind == CONSTANT_TEXT ||
        b.kind == CONSTANT_TEXT)
        return constant_null();
    return (struct constant){.kind = CONSTANT_UNKNOWN};
}

struct constant
constant_of(const struct expr *expr)
{
    switch (expr->kind) {
    case EXPR_NUMBER:
        return constant_number(expr->number);
    case EXPR_TEXT:
        return (struct constant){.kind = CONSTANT_TEXT, .text = expr->text};
    case EXPR_NEGATE:
        return constant_arith(EXPR_NEGATE, constant_of(expr->child), constant_null());
    case EXPR_ADD:
    case EXPR_SUBTRACT:
    case EXPR_MULTIPLY:
    case EXPR_DIVIDE:
        return constant_arith(expr->kind, constant_of(expr->child), constant_of(expr->child->next));
    default:
        return (struct constant){.kind = CONSTANT_UNKNOWN};
    }
}

bool
constant_compare(enum plan_compare compare, struct constant a, struct constant b)
{
    int order;

    CHECK(a.kind != CONSTANT_UNKNOWN && b.kind != CONSTANT_UNKNOWN);
    if (a.kind == CONSTANT_NULL || b.kind == CONSTANT_NULL)
        return false;
    if (a.kind != b.kind)
        return compare == COMPARE_NE;
    if (a.kind == CONSTANT_NUMBER)
        order = a.number < b.number ? -1 : a.number > b.number;
    else
        order = text_compare(a.text, b.text);
    return plan_compare_holds(compare, order);
}

enum plan_compare
constant_mirror(enum plan_compare compare)
{
    switch (compare) {
    case COMPARE_LT:
        return COMPARE_GT;
    case COMPARE_LE:
        return COMPARE_GE;
    case COMPARE_GT:
        return COMPARE_LT;
    case COMPARE_GE:
        return COMPARE_LE;
    case COMPARE_EQ:
    case COMPARE_NE:
        return compare;
    }
    CHECK_NEVER();
}
