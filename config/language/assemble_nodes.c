/* Nodes in the order of their use, and what they need of their leaves. */
#include <stdlib.h>

#include "config/base/check.h"
#include "config/language/assembly.h"

/* --- cost ------------------------------------------------------------------------------------ */

/* Roughly what it takes to evaluate a node; cheap children of AND and OR come first. */
static uint32_t
assemble_cost(const struct draft *draft, uint32_t number)
{
    const struct plan_node *node = &draft->nodes[number];

    switch (node->kind) {
    case NODE_NOT:
        return assemble_cost(draft, node->a);
    case NODE_AND:
    case NODE_OR:
        return 2 + node->children.count;
    case NODE_COMPARE:
    case NODE_SEQ:
    case NODE_UNANSWERED:
    case NODE_DECAY_GE:
        return 2;
    default:
        return 1;
    }
}

static int
assemble_compare_children(const void *left, const void *right, void *opaque)
{
    const struct draft *draft = opaque;
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    uint32_t cost_a = assemble_cost(draft, a), cost_b = assemble_cost(draft, b);

    if (cost_a != cost_b)
        return cost_a < cost_b ? -1 : 1;
    if (draft->node_orders[a] != draft->node_orders[b])
        return draft->node_orders[a] < draft->node_orders[b] ? -1 : 1;
    return a < b ? -1 : a > b;
}

/* --- order ----------------------------------------------------------------------------------- */

/* Numbers a node after everything below it. As deep as expressions are (EXPR_DEPTH_MAX). */
static void
assemble_node(struct assembly *assembly, uint32_t number)
{
    struct draft *draft = assembly->draft;
    struct plan_node *node = &draft->nodes[number];
    uint32_t *children = draft->pool + node->children.first;

    if (assembly->nodes.to[number] != PLAN_NONE)
        return;
    if (node->a != PLAN_NONE)
        assemble_node(assembly, node->a);
    if (node->b != PLAN_NONE)
        assemble_node(assembly, node->b);
    if (node->children.count > 1)
        qsort_r(
            children, node->children.count, sizeof(*children), assemble_compare_children, draft);
    for (uint32_t i = 0; i < node->children.count; i++)
        assemble_node(assembly, children[i]);
    assembly->nodes.to[number] = assembly->nodes.count;
    assembly->nodes.from[assembly->nodes.count++] = number;
}

/* --- leaves ---------------------------------------------------------------------------------- */

/* A leaf that keeps every timestamp, and how far back its rules count. */
struct assemble_counts {
    uint32_t leaf; /* or PLAN_NONE */
    int64_t window_ms;
};

static struct assemble_counts *
assemble_counts(const struct assembly *assembly)
{
    const struct draft *draft = assembly->draft;
    uint32_t count = draft->selector_keys.count;
    struct assemble_counts *counts = arena_take(assembly->scratch, (count + 1) * sizeof(*counts));

    for (uint32_t i = 0; i < count; i++)
        counts[i] = (struct assemble_counts){PLAN_NONE, 0};
    for (uint32_t i = 0; i < assembly->nodes.count; i++) {
        const struct plan_node *node = &draft->nodes[assembly->nodes.from[i]];
        struct assemble_counts *of;

        if (node->kind != NODE_COUNT || draft->leaves[node->leaf].kind != LEAF_COUNTS)
            continue;
        of = &counts[draft->leaves[node->leaf].selector];
        of->leaf = node->leaf;
        if (of->window_ms < node->window_ms)
            of->window_ms = node->window_ms;
    }
    return counts;
}

/*
 * A leaf with all timestamps serves the rules that need the newest few, too; but not those that
 * look further back than it has to.
 */
static void
assemble_share_counts(struct assembly *assembly)
{
    struct draft *draft = assembly->draft;
    const struct assemble_counts *counts = assemble_counts(assembly);

    for (uint32_t i = 0; i < assembly->nodes.count; i++) {
        struct plan_node *node = &draft->nodes[assembly->nodes.from[i]];
        const struct assemble_counts *of;

        if (node->kind != NODE_COUNT_GE)
            continue;
        of = &counts[draft->leaves[node->leaf].selector];
        if (of->leaf != PLAN_NONE && node->window_ms <= of->window_ms)
            node->leaf = of->leaf;
    }
}

static void
assemble_need_entries(struct plan_leaf *leaf, uint32_t count)
{
    if (leaf->keep < count)
        leaf->keep = count;
}

/* The part of a need that depends on the kind of node; the window is the caller's. */
static void
assemble_need(struct plan_leaf *leaf, const struct plan_node *node)
{
    switch (node->kind) {
    case NODE_COUNT_GE:
    case NODE_DISTINCT_GE:
        assemble_need_entries(leaf, node->count);
        break;
    case NODE_SINCE_GE:
    case NODE_SINCE:
        assemble_need_entries(leaf, 1);
        break;
    case NODE_DISTINCT:
        leaf->keep = UINT32_MAX; /* all of them; becomes 0 in the end */
        break;
    case NODE_SUM_GE:
        if (leaf->enough < node->number)
            leaf->enough = node->number;
        break;
    case NODE_TOP:
    case NODE_FIRST:
        leaf->text_kept = leaf->kind == LEAF_RECORDS;
        break;
    default:
        break;
    }
}

static int64_t
assemble_window(const struct plan_node *node)
{
    switch (node->kind) {
    case NODE_SINCE_GE: /* there window_ms is what it is compared with */
    case NODE_AGE_GE:
        return PLAN_EVER;
    default:
        return node->window_ms;
    }
}

static void
assemble_needs(struct assembly *assembly)
{
    struct draft *draft = assembly->draft;

    assembly_map_init(assembly, &assembly->leaves, draft->leaf_keys.count);
    for (uint32_t i = 0; i < draft->leaf_keys.count; i++) {
        draft->leaves[i].window_ms = 0;
        draft->leaves[i].keep = 0;
    }
    for (uint32_t i = 0; i < assembly->nodes.count; i++) {
        const struct plan_node *node = &draft->nodes[assembly->nodes.from[i]];
        int64_t window_ms = assemble_window(node);

        if (node->leaf == PLAN_NONE)
            continue;
        assembly_map_mark(&assembly->leaves, node->leaf);
        assemble_need(&draft->leaves[node->leaf], node);
        if (draft->leaves[node->leaf].window_ms < window_ms)
            draft->leaves[node->leaf].window_ms = window_ms;
    }
    assembly_map_sort(&assembly->leaves, &draft->leaf_keys);
}

/* --- the step -------------------------------------------------------------------------------- */

static uint32_t
assemble_mapped(const struct assembly_map *map, uint32_t number)
{
    return number == PLAN_NONE ? PLAN_NONE : map->to[number];
}

static void
assemble_write_nodes(struct assembly *assembly)
{
    struct plan *plan = assembly->plan;

    plan->node_count = assembly->nodes.count;
    plan->nodes =
        arena_take_zeroed(assembly->memory, (plan->node_count + 1) * sizeof(*plan->nodes));
    for (uint32_t i = 0; i < plan->node_count; i++) {
        const struct plan_node *from = &assembly->draft->nodes[assembly->nodes.from[i]];
        struct plan_node *node = &plan->nodes[i];

        *node = *from;
        node->a = assemble_mapped(&assembly->nodes, from->a);
        node->b = assemble_mapped(&assembly->nodes, from->b);
        node->leaf = assemble_mapped(&assembly->leaves, from->leaf);
        node->children = assembly_map_run(assembly, from->children, &assembly->nodes);
        if (from->text.bytes != NULL)
            node->text = arena_copy(assembly->memory, from->text);
    }
}

void
assemble_nodes(struct assembly *assembly)
{
    assembly_map_init(assembly, &assembly->nodes, assembly->draft->node_keys.count);
    for (uint32_t i = 0; i < assembly->rule_count; i++) {
        const struct assemble_rule *rule = &assembly->rules[i];

        assemble_node(assembly, rule->when);
        for (uint32_t j = 0; j < rule->rule->value_count; j++)
            assemble_node(assembly, rule->values[j]);
    }
    assemble_share_counts(assembly);
    assemble_needs(assembly);
    assemble_write_nodes(assembly);
}
