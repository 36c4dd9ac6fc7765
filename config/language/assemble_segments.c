/* Segments in the order of decision: what each reads, names, and how far back it looks. */
#include <stdlib.h>

#include "config/base/check.h"
#include "config/base/hash.h"
#include "config/language/assembly.h"
#include "config/language/canon.h"

/* How far back something looks; PLAN_EVER: all of it. */
static int64_t
assemble_reach_add(int64_t a, int64_t b)
{
    return a > PLAN_EVER - b ? PLAN_EVER : a + b;
}

/* --- one walk over an expression ------------------------------------------------------------- */

struct assemble_walk {
    struct assembly *assembly;
    uint32_t *stamps; /* by node: the walk that has been there */
    uint32_t stamp;
    uint32_t *leaves; /* found, with repetitions */
    uint32_t leaf_count;
    int64_t reach_ms;
};

static int64_t
assemble_node_reach(const struct plan *plan, const struct plan_node *node)
{
    switch (node->kind) {
    case NODE_SINCE_GE:
    case NODE_AGE_GE:
    case NODE_DECAY_GE:
    case NODE_SINCE:
    case NODE_AGE:
    case NODE_DECAY:
        return PLAN_EVER;
    case NODE_SEQ:
        return assemble_reach_add(node->window_ms, plan->leaves[node->leaf].within_ms);
    default:
        return node->leaf == PLAN_NONE ? 0 : node->window_ms;
    }
}

static void
assemble_walk(struct assemble_walk *walk, uint32_t number)
{
    const struct plan *plan = walk->assembly->plan;
    const struct plan_node *node = &plan->nodes[number];
    const uint32_t *children = plan_run_at(plan, node->children);
    int64_t reach_ms = assemble_node_reach(plan, node);

    if (walk->stamps[number] == walk->stamp)
        return;
    walk->stamps[number] = walk->stamp;
    if (walk->reach_ms < reach_ms)
        walk->reach_ms = reach_ms;
    if (node->leaf != PLAN_NONE)
        walk->leaves[walk->leaf_count++] = node->leaf;
    if (node->a != PLAN_NONE)
        assemble_walk(walk, node->a);
    if (node->b != PLAN_NONE)
        assemble_walk(walk, node->b);
    for (uint32_t i = 0; i < node->children.count; i++)
        assemble_walk(walk, children[i]);
}

static int
assemble_compare_numbers(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

    return a < b ? -1 : a > b;
}

static uint32_t
assemble_sort(uint32_t *numbers, uint32_t count)
{
    uint32_t kept = 0;

    qsort(numbers, count, sizeof(*numbers), assemble_compare_numbers);
    for (uint32_t i = 0; i < count; i++) {
        if (kept == 0 || numbers[kept - 1] != numbers[i])
            numbers[kept++] = numbers[i];
    }
    return kept;
}

/* --- segments -------------------------------------------------------------------------------- */

/* What was printed, kept in the plan. */
static struct text
assemble_printed(struct assembly *assembly, const struct buffer *printed)
{
    return arena_copy(assembly->memory, (struct text){printed->bytes, (uint32_t)printed->length});
}

static void
assemble_names(struct assembly *assembly, struct plan_segment *segment, const struct rule *rule)
{
    uint32_t *names = arena_take(assembly->scratch, (rule->member_count + 1) * sizeof(*names));
    uint32_t count = 0;

    for (uint32_t i = 0; i < rule->member_count; i++)
        names[count++] = assembly->book->rules[rule->members[i].rule].number;
    count = assemble_sort(names, count);
    segment->names = assembly_run(assembly, names, count);
}

static void
assemble_attaches(struct assembly *assembly, struct plan_segment *segment,
    const struct assemble_rule *rule, struct buffer *printed)
{
    struct plan *plan = assembly->plan;

    segment->attach_first = plan->attach_count;
    segment->attach_count = rule->rule->value_count;
    for (uint32_t i = 0; i < rule->rule->value_count; i++) {
        struct plan_attach *attach = &plan->attaches[plan->attach_count++];

        buffer_clear(printed);
        canon_expr(printed, rule->rule->values[i].expr);
        attach->name = arena_copy(assembly->memory, rule->rule->values[i].name);
        attach->value_text = assemble_printed(assembly, printed);
        attach->node = assembly->nodes.to[rule->values[i]];
    }
}

static void
assemble_segment(struct assembly *assembly, uint32_t number, struct buffer *printed)
{
    struct plan_segment *segment = &assembly->plan->segments[number];
    const struct assemble_rule *from = &assembly->rules[number];
    const struct rule *rule = from->rule;

    segment->name = arena_copy(assembly->memory, rule->name);
    segment->description = arena_copy(assembly->memory, rule->description);
    segment->level = rule->level;
    segment->for_ms = rule->for_ms;
    segment->keep_ms = rule->keep_ms;
    segment->cooldown_ms = rule->cooldown_ms;
    segment->when = assembly->nodes.to[from->when];
    buffer_clear(printed);
    canon_expr(printed, rule->when);
    segment->when_text = assemble_printed(assembly, printed);
    buffer_clear(printed);
    canon_rule(printed, rule);
    segment->id = hash_text((struct text){printed->bytes, (uint32_t)printed->length});
    assemble_names(assembly, segment, rule);
    assemble_attaches(assembly, segment, from, printed);
}

/* Its own windows and waits after the longest reach of those it names. */
static int64_t
assemble_segment_reach(const struct plan *plan, const struct plan_segment *segment, int64_t own_ms,
    const int64_t *reaches)
{
    const uint32_t *names = plan_run_at(plan, segment->names);
    int64_t named_ms = 0;

    for (uint32_t i = 0; i < segment->names.count; i++) {
        if (named_ms < reaches[names[i]])
            named_ms = reaches[names[i]];
    }
    own_ms = assemble_reach_add(own_ms, segment->for_ms);
    own_ms = assemble_reach_add(own_ms, segment->keep_ms);
    own_ms = assemble_reach_add(own_ms, segment->cooldown_ms);
    return assemble_reach_add(own_ms, named_ms);
}

/*
 * A cooldown lets one enter go by and the next one pass, so which of them passes hangs on all that
 * passed before. With `keep` a membership may outlast any number of stops that are shorter, and
 * with `for` the conditions between them need not be enough to enter.
 */
static bool
assemble_segment_hangs_on(const struct plan *plan, const struct plan_segment *segment)
{
    const uint32_t *names = plan_run_at(plan, segment->names);

    if (segment->cooldown_ms > 0 || (segment->for_ms > 0 && segment->keep_ms > 0))
        return true;
    for (uint32_t i = 0; i < segment->names.count; i++) {
        if (plan->segments[names[i]].hangs_on)
            return true;
    }
    return false;
}

/* --- who reads what -------------------------------------------------------------------------- */

static void
assemble_reads(struct assembly *assembly)
{
    struct plan *plan = assembly->plan;
    struct assemble_walk walk = {.assembly = assembly};
    int64_t *reaches = arena_take(assembly->scratch, (plan->segment_count + 1) * sizeof(*reaches));

    walk.stamps =
        arena_take_zeroed(assembly->scratch, (plan->node_count + 1) * sizeof(*walk.stamps));
    walk.leaves = arena_take(assembly->scratch, (plan->node_count + 1) * sizeof(*walk.leaves));
    for (uint32_t i = 0; i < plan->segment_count; i++) {
        struct plan_segment *segment = &plan->segments[i];

        walk.stamp = i + 1;
        walk.leaf_count = 0;
        walk.reach_ms = 0;
        assemble_walk(&walk, segment->when);
        segment->leaves =
            assembly_run(assembly, walk.leaves, assemble_sort(walk.leaves, walk.leaf_count));
        for (uint32_t j = 0; j < segment->attach_count; j++)
            assemble_walk(&walk, plan->attaches[segment->attach_first + j].node);
        reaches[i] = assemble_segment_reach(plan, segment, walk.reach_ms, reaches);
        segment->reach_ms = reaches[i];
        segment->hangs_on = assemble_segment_hangs_on(plan, segment);
        if (reaches[i] == PLAN_EVER)
            plan->reach_ever = true;
        else if (plan->reach_ms < reaches[i])
            plan->reach_ms = reaches[i];
    }
}

/* Leaf to segments, segment to dependents: the same lists the other way round. */
static void
assemble_readers(struct assembly *assembly)
{
    struct plan *plan = assembly->plan;
    struct assembly_lists of_leaves = {.pairs = NULL}, of_segments = {.pairs = NULL};
    struct plan_run *runs =
        arena_take(assembly->scratch, (plan->leaf_count + plan->segment_count + 1) * sizeof(*runs));

    for (uint32_t i = 0; i < plan->segment_count; i++) {
        const struct plan_segment *segment = &plan->segments[i];

        for (uint32_t j = 0; j < segment->leaves.count; j++)
            assembly_lists_add(assembly, &of_leaves, plan_run_at(plan, segment->leaves)[j], i);
        for (uint32_t j = 0; j < segment->names.count; j++)
            assembly_lists_add(assembly, &of_segments, plan_run_at(plan, segment->names)[j], i);
    }
    assembly_lists_runs(assembly, &of_leaves, plan->leaf_count, runs);
    for (uint32_t i = 0; i < plan->leaf_count; i++)
        plan->leaves[i].segments = runs[i];
    assembly_lists_runs(assembly, &of_segments, plan->segment_count, runs);
    for (uint32_t i = 0; i < plan->segment_count; i++)
        plan->segments[i].dependents = runs[i];
}

static uint32_t
assemble_attach_total(const struct assembly *assembly)
{
    uint32_t total = 0;

    for (uint32_t i = 0; i < assembly->rule_count; i++)
        total += assembly->rules[i].rule->value_count;
    return total;
}

void
assemble_segments(struct assembly *assembly)
{
    struct plan *plan = assembly->plan;
    struct buffer printed;

    buffer_init(&printed);
    plan->segment_count = assembly->rule_count;
    plan->segments =
        arena_take_zeroed(assembly->memory, (plan->segment_count + 1) * sizeof(*plan->segments));
    plan->attaches = arena_take_zeroed(
        assembly->memory, (assemble_attach_total(assembly) + 1) * sizeof(*plan->attaches));
    for (uint32_t i = 0; i < plan->segment_count; i++)
        assemble_segment(assembly, i, &printed);
    buffer_fini(&printed);
    assemble_reads(assembly);
    assemble_readers(assembly);
}
