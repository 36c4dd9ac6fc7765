/* The plan's conditions, read the other way round: from the leaves up. */
#include "pipeline/engine/watch.h"

#include <stdlib.h>

#include "config/base/check.h"

/* A node of a leaf TIMES and a segment whose condition has it. */
struct watch_pair {
    const struct plan_node *node;
    uint32_t segment;
};

struct watch_walk {
    const struct plan *plan;
    uint32_t *stamps; /* by node: the last segment from which it was met, + 1 */
    uint32_t segment;
    struct watch_pair *pairs;
    size_t count, capacity;
};

static void
watch_found(struct watch_walk *walk, const struct plan_node *node)
{
    if (walk->count == walk->capacity) {
        walk->capacity = walk->capacity * 2 + 64;
        walk->pairs = realloc(walk->pairs, walk->capacity * sizeof(*walk->pairs));
        CHECK(walk->pairs != NULL);
    }
    walk->pairs[walk->count++] = (struct watch_pair){node, walk->segment};
}

static void
watch_walk(struct watch_walk *walk, uint32_t number)
{
    const struct plan_node *node = &walk->plan->nodes[number];
    const uint32_t *children = plan_run_at(walk->plan, node->children);

    if (walk->stamps[number] == walk->segment + 1)
        return;
    walk->stamps[number] = walk->segment + 1;
    if (node->leaf != PLAN_NONE && walk->plan->leaves[node->leaf].kind == LEAF_TIMES)
        watch_found(walk, node);
    if (node->a != PLAN_NONE)
        watch_walk(walk, node->a);
    if (node->b != PLAN_NONE)
        watch_walk(walk, node->b);
    for (uint32_t i = 0; i < node->children.count; i++)
        watch_walk(walk, children[i]);
}

static uint32_t
watch_count(const struct plan_node *node)
{
    return node->kind == NODE_SINCE_GE ? 1 : node->count;
}

/* By leaf, count, node, segment. */
static int
watch_compare(const void *left, const void *right)
{
    const struct watch_pair *a = left, *b = right;

    if (a->node->leaf != b->node->leaf)
        return a->node->leaf < b->node->leaf ? -1 : 1;
    if (watch_count(a->node) != watch_count(b->node))
        return watch_count(a->node) < watch_count(b->node) ? -1 : 1;
    if (a->node != b->node)
        return a->node < b->node ? -1 : 1;
    return a->segment < b->segment ? -1 : a->segment > b->segment;
}

static void
watches_fill(struct watches *watches, const struct watch_walk *walk)
{
    uint32_t leaf = 0, count = 0;

    for (uint32_t i = 0; i < walk->count; i++) {
        const struct plan_node *node = walk->pairs[i].node;
        CHECK(node->kind == NODE_COUNT_GE || node->kind == NODE_SINCE_GE);
        for (; leaf <= node->leaf; leaf++)
            watches->firsts[leaf] = count;
        if (i == 0 || walk->pairs[i - 1].node != node)
            watches->watches[count++] = (struct watch){.count = watch_count(node),
                .is_since = node->kind == NODE_SINCE_GE,
                .window_ms = node->window_ms,
                .segment_first = i};
        watches->watches[count - 1].segment_count++;
        watches->segments[i] = walk->pairs[i].segment;
    }
    for (; leaf <= walk->plan->leaf_count; leaf++)
        watches->firsts[leaf] = count;
}

void
watches_init(struct watches *watches, const struct plan *plan)
{
    struct watch_walk walk = {.plan = plan};

    walk.stamps = calloc(plan->node_count + 1, sizeof(*walk.stamps));
    CHECK(walk.stamps != NULL);
    for (uint32_t i = 0; i < plan->segment_count; i++) {
        walk.segment = i;
        watch_walk(&walk, plan->segments[i].when);
    }
    CHECK(walk.count < UINT32_MAX);
    if (walk.count > 0)
        qsort(walk.pairs, walk.count, sizeof(*walk.pairs), watch_compare);
    watches->watches = calloc(walk.count + 1, sizeof(*watches->watches));
    watches->segments = calloc(walk.count + 1, sizeof(*watches->segments));
    watches->firsts = calloc((size_t)plan->leaf_count + 1, sizeof(*watches->firsts));
    CHECK(watches->watches != NULL && watches->segments != NULL && watches->firsts != NULL);
    watches_fill(watches, &walk);
    free(walk.pairs);
    free(walk.stamps);
}

void
watches_fini(struct watches *watches)
{
    free(watches->watches);
    free(watches->segments);
    free(watches->firsts);
}
