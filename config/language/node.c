/* Nodes in their simplest form. */
#include "config/language/node.h"

#include <stdlib.h>

#include "config/base/check.h"

struct plan_node
node_blank(enum plan_node_kind kind)
{
    return (struct plan_node){
        .kind = kind, .a = PLAN_NONE, .b = PLAN_NONE, .leaf = PLAN_NONE, .segment = PLAN_NONE};
}

uint32_t
node_truth(struct draft *draft, bool truth)
{
    const struct plan_node node = node_blank(truth ? NODE_TRUE : NODE_FALSE);

    return draft_node(draft, &node);
}

uint32_t
node_not(struct draft *draft, uint32_t a)
{
    struct plan_node node = node_blank(NODE_NOT);

    switch (draft->nodes[a].kind) {
    case NODE_TRUE:
        return node_truth(draft, false);
    case NODE_FALSE:
        return node_truth(draft, true);
    case NODE_NOT:
        return draft->nodes[a].a;
    default:
        node.a = a;
        return draft_node(draft, &node);
    }
}

/* --- AND, OR --------------------------------------------------------------------------------- */

static int
node_compare_numbers(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

    return a < b ? -1 : a > b;
}

/* The children of children of the same kind in their place; constants that change nothing gone.
 * Writes them to `flat` when it is there; returns how many. */
static uint32_t
node_flatten(const struct draft *draft, enum plan_node_kind kind, const uint32_t *children,
    uint32_t count, uint32_t *flat)
{
    enum plan_node_kind neutral = kind == NODE_AND ? NODE_TRUE : NODE_FALSE;
    uint32_t total = 0;

    for (uint32_t i = 0; i < count; i++) {
        const struct plan_node *child = &draft->nodes[children[i]];
        const uint32_t *from = &children[i];
        uint32_t taken = 1;

        if (child->kind == neutral)
            continue;
        if (child->kind == kind) {
            from = draft_run_at(draft, child->children);
            taken = child->children.count;
        }
        if (flat != NULL)
            memcpy(flat + total, from, taken * sizeof(*flat));
        total += taken;
    }
    return total;
}

/* Whether a child decides it all: the constant that does, or x beside NOT x. */
static bool
node_decided(
    const struct draft *draft, enum plan_node_kind kind, const uint32_t *sorted, uint32_t count)
{
    enum plan_node_kind decisive = kind == NODE_AND ? NODE_FALSE : NODE_TRUE;

    for (uint32_t i = 0; i < count; i++) {
        const struct plan_node *child = &draft->nodes[sorted[i]];

        if (child->kind == decisive)
            return true;
        if (child->kind == NODE_NOT &&
            bsearch(&child->a, sorted, count, sizeof(*sorted), node_compare_numbers) != NULL)
            return true;
    }
    return false;
}

static uint32_t
node_chain(struct draft *draft, enum plan_node_kind kind, const uint32_t *children, uint32_t count)
{
    uint32_t total = node_flatten(draft, kind, children, count, NULL), kept = 0;
    uint32_t *flat = arena_take(draft->arena, (total + 1) * sizeof(*flat));
    struct plan_node node = node_blank(kind);

    node_flatten(draft, kind, children, count, flat);
    qsort(flat, total, sizeof(*flat), node_compare_numbers);
    for (uint32_t i = 0; i < total; i++) {
        if (kept == 0 || flat[kept - 1] != flat[i])
            flat[kept++] = flat[i];
    }
    if (kept == 0 || node_decided(draft, kind, flat, kept))
        return node_truth(draft, (kind == NODE_AND) == (kept == 0));
    if (kept == 1)
        return flat[0];
    node.children = draft_run(draft, flat, kept);
    return draft_node(draft, &node);
}

uint32_t
node_and(struct draft *draft, uint32_t *children, uint32_t count)
{
    return node_chain(draft, NODE_AND, children, count);
}

uint32_t
node_or(struct draft *draft, uint32_t *children, uint32_t count)
{
    return node_chain(draft, NODE_OR, children, count);
}

uint32_t
node_and_two(struct draft *draft, uint32_t a, uint32_t b)
{
    uint32_t both[] = {a, b};

    return node_and(draft, both, 2);
}

/* --- values ---------------------------------------------------------------------------------- */

static uint32_t
node_number(struct draft *draft, int64_t number)
{
    struct plan_node node = node_blank(NODE_NUMBER);

    node.number = number;
    return draft_node(draft, &node);
}

/* Null is written 0 / 0. */
static uint32_t
node_null(struct draft *draft)
{
    struct plan_node node = node_blank(NODE_DIVIDE);

    node.a = node.b = node_number(draft, 0);
    return draft_node(draft, &node);
}

uint32_t
node_constant(struct draft *draft, struct constant constant)
{
    struct plan_node text = node_blank(NODE_TEXT);

    switch (constant.kind) {
    case CONSTANT_NULL:
        return node_null(draft);
    case CONSTANT_NUMBER:
        return node_number(draft, constant.number);
    case CONSTANT_TEXT:
        text.text = constant.text;
        return draft_node(draft, &text);
    case CONSTANT_UNKNOWN:
        break;
    }
    CHECK_NEVER();
    return PLAN_NONE;
}

struct constant
node_constant_of(const struct draft *draft, uint32_t number)
{
    const struct plan_node *node = &draft->nodes[number];

    if (node->kind == NODE_NUMBER)
        return (struct constant){.kind = CONSTANT_NUMBER, .number = node->number};
    if (node->kind == NODE_TEXT)
        return (struct constant){.kind = CONSTANT_TEXT, .text = node->text};
    if (node->kind == NODE_DIVIDE && draft->nodes[node->a].kind == NODE_NUMBER &&
        draft->nodes[node->b].kind == NODE_NUMBER)
        return (struct constant){.kind = CONSTANT_NULL};
    return (struct constant){.kind = CONSTANT_UNKNOWN};
}

uint32_t
node_compare(struct draft *draft, enum plan_compare compare, uint32_t a, uint32_t b)
{
    struct constant left = node_constant_of(draft, a), right = node_constant_of(draft, b);
    struct plan_node node = node_blank(NODE_COMPARE);

    if (left.kind == CONSTANT_NULL || right.kind == CONSTANT_NULL)
        return node_truth(draft, false);
    if (left.kind != CONSTANT_UNKNOWN && right.kind != CONSTANT_UNKNOWN)
        return node_truth(draft, constant_compare(compare, left, right));
    if (left.kind != CONSTANT_UNKNOWN ||
        (right.kind == CONSTANT_UNKNOWN && draft->node_orders[a] > draft->node_orders[b])) {
        uint32_t swapped = a;

        a = b;
        b = swapped;
        compare = constant_mirror(compare);
    }
    node.compare = compare;
    node.a = a;
    node.b = b;
    return draft_node(draft, &node);
}

uint32_t
node_arith(struct draft *draft, enum expr_kind kind, uint32_t a, uint32_t b)
{
    static const enum plan_node_kind kinds[] = {
        [EXPR_ADD] = NODE_ADD,
        [EXPR_SUBTRACT] = NODE_SUBTRACT,
        [EXPR_MULTIPLY] = NODE_MULTIPLY,
        [EXPR_DIVIDE] = NODE_DIVIDE,
        [EXPR_NEGATE] = NODE_NEGATE,
    };
    struct plan_node node = node_blank(kinds[kind]);
    struct constant left = node_constant_of(draft, a), right = left;
    struct constant folded;

    if (kind != EXPR_NEGATE)
        right = node_constant_of(draft, b);
    folded = constant_arith(kind, left, right);
    if (folded.kind != CONSTANT_UNKNOWN)
        return node_constant(draft, folded);
    node.a = a;
    node.b = kind == EXPR_NEGATE ? PLAN_NONE : b;
    return draft_node(draft, &node);
}
