/* Evaluates every condition on nothing, in three values: false, true, may be. */
#include "config/language/starts.h"

#include "config/base/check.h"
#include "config/language/constant.h"

enum starts_truth {
    STARTS_FALSE,
    STARTS_TRUE,
    STARTS_MAYBE
};

struct starts_node {
    enum starts_truth truth;
    struct constant value; /* CONSTANT_UNKNOWN: may be anything */
};

static struct starts_node
starts_number(int64_t number)
{
    return (struct starts_node){.value = {.kind = CONSTANT_NUMBER, .number = number}};
}

static struct starts_node
starts_chain(const struct plan *plan, const struct plan_node *node, const struct starts_node *nodes)
{
    enum starts_truth neutral = node->kind == NODE_AND ? STARTS_TRUE : STARTS_FALSE;
    const uint32_t *children = plan_run_at(plan, node->children);
    struct starts_node result = {.truth = neutral};

    for (uint32_t i = 0; i < node->children.count; i++) {
        enum starts_truth truth = nodes[children[i]].truth;

        if (truth != neutral && truth != STARTS_MAYBE)
            return (struct starts_node){.truth = truth};
        if (truth == STARTS_MAYBE)
            result.truth = STARTS_MAYBE;
    }
    return result;
}

static struct starts_node
starts_compare(enum plan_compare compare, const struct constant *a, const struct constant *b)
{
    struct starts_node result = {.truth = STARTS_MAYBE};

    if (a->kind == CONSTANT_NULL || b->kind == CONSTANT_NULL)
        result.truth = STARTS_FALSE;
    else if (a->kind != CONSTANT_UNKNOWN && b->kind != CONSTANT_UNKNOWN)
        result.truth = constant_compare(compare, *a, *b) ? STARTS_TRUE : STARTS_FALSE;
    return result;
}

static struct starts_node
starts_arith(enum expr_kind kind, const struct constant *a, const struct constant *b)
{
    return (struct starts_node){.value = constant_arith(kind, *a, *b)};
}

static struct starts_node
starts_not(struct starts_node a)
{
    if (a.truth != STARTS_MAYBE)
        a.truth = a.truth == STARTS_TRUE ? STARTS_FALSE : STARTS_TRUE;
    return a;
}

static struct starts_node
starts_is_value(const struct constant *a)
{
    if (a->kind == CONSTANT_UNKNOWN)
        return (struct starts_node){.truth = STARTS_MAYBE};
    return (struct starts_node){.truth = a->kind == CONSTANT_NULL ? STARTS_FALSE : STARTS_TRUE};
}

static struct starts_node
starts_node(const struct plan *plan, const struct plan_node *node, const struct starts_node *nodes)
{
    const struct constant nothing = {.kind = CONSTANT_NULL};
    const struct constant *a = node->a == PLAN_NONE ? &nothing : &nodes[node->a].value;
    const struct constant *b = node->b == PLAN_NONE ? &nothing : &nodes[node->b].value;

    switch (node->kind) {
    case NODE_TRUE:
        return (struct starts_node){.truth = STARTS_TRUE};
    case NODE_NOT:
        return starts_not(nodes[node->a]);
    case NODE_AND:
    case NODE_OR:
        return starts_chain(plan, node, nodes);
    case NODE_MEMBER:
        return (struct starts_node){
            .truth = plan->segments[node->segment].starts_true ? STARTS_MAYBE : STARTS_FALSE};
    case NODE_COMPARE:
        return starts_compare(node->compare, a, b);
    case NODE_IS_VALUE:
        return starts_is_value(a);
    case NODE_NUMBER:
        return starts_number(node->number);
    case NODE_TEXT:
        return (struct starts_node){.value = {.kind = CONSTANT_TEXT, .text = node->text}};
    case NODE_COUNT:
    case NODE_SUM:
    case NODE_DISTINCT:
    case NODE_REPEATS:
        return starts_number(0);
    case NODE_BUCKET:
        return (struct starts_node){.value = {.kind = CONSTANT_UNKNOWN}};
    case NODE_ADD:
        return starts_arith(EXPR_ADD, a, b);
    case NODE_SUBTRACT:
        return starts_arith(EXPR_SUBTRACT, a, b);
    case NODE_MULTIPLY:
        return starts_arith(EXPR_MULTIPLY, a, b);
    case NODE_DIVIDE:
        return starts_arith(EXPR_DIVIDE, a, b);
    case NODE_NEGATE:
        return starts_arith(EXPR_NEGATE, a, a);
    case NODE_FALSE: /* and all the rest is false or null without an event */
    case NODE_COUNT_GE:
    case NODE_DISTINCT_GE:
    case NODE_SUM_GE:
    case NODE_SINCE_GE:
    case NODE_AGE_GE:
    case NODE_DECAY_GE:
    case NODE_SEQ:
    case NODE_UNANSWERED:
    case NODE_AVG:
    case NODE_MIN:
    case NODE_MAX:
    case NODE_TOP:
    case NODE_FIRST:
    case NODE_LAST:
    case NODE_SINCE:
    case NODE_AGE:
    case NODE_DECAY:
        break;
    }
    return (struct starts_node){.truth = STARTS_FALSE, .value = nothing};
}

void
starts_mark(struct plan *plan, struct arena *scratch)
{
    struct starts_node *nodes = arena_take(scratch, (plan->node_count + 1) * sizeof(*nodes));
    uint32_t done = 0;

    for (uint32_t i = 0; i < plan->segment_count; i++) {
        struct plan_segment *segment = &plan->segments[i];

        /* A node that names a segment comes after that segment's own. */
        for (; done <= segment->when; done++)
            nodes[done] = starts_node(plan, &plan->nodes[done], nodes);
        segment->starts_true = nodes[segment->when].truth != STARTS_FALSE;
    }
}
