/* Conditions and arithmetic to nodes. */
#include "config/language/lower.h"

#include "config/base/check.h"
#include "config/language/aggregate.h"
#include "config/language/constant.h"
#include "config/language/node.h"
#include "config/language/quantity.h"

/* --- values ---------------------------------------------------------------------------------- */

uint32_t
lower_value(const struct lower *lower, const struct expr *expr)
{
    struct draft *draft = lower->draft;
    uint32_t left;

    switch (expr->kind) {
    case EXPR_NUMBER:
    case EXPR_TEXT:
        return node_constant(draft, constant_of(expr));
    case EXPR_CALL:
        return aggregate_value(draft, expr->call);
    case EXPR_NEGATE:
        return node_arith(draft, expr->kind, lower_value(lower, expr->child), PLAN_NONE);
    case EXPR_ADD:
    case EXPR_SUBTRACT:
    case EXPR_MULTIPLY:
    case EXPR_DIVIDE:
        left = lower_value(lower, expr->child);
        return node_arith(draft, expr->kind, left, lower_value(lower, expr->child->next));
    case EXPR_NOT:
    case EXPR_AND:
    case EXPR_OR:
    case EXPR_COMPARE:
    case EXPR_IN:
        break;
    }
    CHECK_NEVER();
}

/* --- comparisons ----------------------------------------------------------------------------- */

/* a op b, where b is a constant or not. */
static uint32_t
lower_pair(const struct lower *lower, enum plan_compare compare, const struct expr *a,
    const struct expr *b)
{
    struct constant constant = constant_of(b);
    uint32_t left, node;

    if (a->kind == EXPR_CALL && constant.kind != CONSTANT_UNKNOWN &&
        quantity_compare(lower->draft, a->call, compare, &constant, &node))
        return node;
    left = lower_value(lower, a);
    return node_compare(lower->draft, compare, left, lower_value(lower, b));
}

static uint32_t
lower_compare(const struct lower *lower, const struct expr *expr)
{
    const struct expr *left = expr->child, *right = left->next;

    if (constant_of(left).kind != CONSTANT_UNKNOWN)
        return lower_pair(lower, constant_mirror(expr->compare), right, left);
    return lower_pair(lower, expr->compare, left, right);
}

static uint32_t
lower_count(const struct expr *first)
{
    uint32_t count = 0;

    for (; first != NULL; first = first->next)
        count++;
    return count;
}

static uint32_t
lower_in(const struct lower *lower, const struct expr *expr)
{
    const struct expr *value = expr->child;
    uint32_t *nodes = arena_take(lower->draft->arena, lower_count(value) * sizeof(*nodes));
    uint32_t count = 0;

    for (const struct expr *constant = value->next; constant != NULL; constant = constant->next)
        nodes[count++] = lower_pair(lower, COMPARE_EQ, value, constant);
    return node_or(lower->draft, nodes, count);
}

/* --- conditions ------------------------------------------------------------------------------ */

static uint32_t
lower_member(const struct lower *lower, const struct call *call)
{
    struct plan_node node = node_blank(NODE_MEMBER);
    uint32_t rule = intern_find(&lower->book->names, call->argument.text);

    CHECK(rule != INTERN_NONE);
    node.segment = lower->book->rules[rule].number;
    return draft_node(lower->draft, &node);
}

static uint32_t
lower_chain(const struct lower *lower, const struct expr *expr)
{
    uint32_t *nodes = arena_take(lower->draft->arena, lower_count(expr->child) * sizeof(*nodes));
    uint32_t count = 0;

    for (const struct expr *child = expr->child; child != NULL; child = child->next)
        nodes[count++] = lower_condition(lower, child);
    return expr->kind == EXPR_AND ? node_and(lower->draft, nodes, count)
                                  : node_or(lower->draft, nodes, count);
}

uint32_t
lower_condition(const struct lower *lower, const struct expr *expr)
{
    switch (expr->kind) {
    case EXPR_NOT:
        return node_not(lower->draft, lower_condition(lower, expr->child));
    case EXPR_AND:
    case EXPR_OR:
        return lower_chain(lower, expr);
    case EXPR_COMPARE:
        return lower_compare(lower, expr);
    case EXPR_IN:
        return lower_in(lower, expr);
    case EXPR_CALL:
        if (expr->call->function == FUNCTION_MEMBER)
            return lower_member(lower, expr->call);
        return aggregate_condition(lower->draft, expr->call);
    case EXPR_NUMBER:
    case EXPR_TEXT:
    case EXPR_ADD:
    case EXPR_SUBTRACT:
    case EXPR_MULTIPLY:
    case EXPR_DIVIDE:
    case EXPR_NEGATE:
        break;
    }
    CHECK_NEVER();
}
