/* The sizes of what leaves keep, and how much of it an event makes one read. */
#include "pipeline/engine/cost.h"

#include <stdlib.h>

#include "config/base/check.h"
#include "config/base/limits.h"
#include "pipeline/engine/profile.h"
#include "pipeline/engine/trail.h"

#define COST_NAME_BYTES 16 /* of a usual user */

static size_t
cost_padded(size_t bytes)
{
    return (bytes + 7) & ~(size_t)7;
}

/* --- leaves ----------------------------------------------------------------------------------- */

static size_t
cost_cell_bytes(const struct plan_leaf *leaf, size_t entries, uint32_t text_bytes)
{
    size_t text = cost_padded(text_bytes);

    switch (leaf->kind) {
    case LEAF_TIMES:
        if (times_is_narrow(leaf))
            return sizeof(int64_t) + cost_padded(entries * sizeof(uint32_t));
        return entries * sizeof(struct trail_time);
    case LEAF_COUNTS:
        return entries * sizeof(struct trail_count);
    case LEAF_SUFFIX:
    case LEAF_NUMBERS:
        return entries * sizeof(struct trail_number);
    case LEAF_SEEN:
        return entries * sizeof(struct trail_seen);
    case LEAF_RECORDS:
        return sizeof(struct trail_records) +
               entries * (sizeof(struct trail_record) + (leaf->text_kept ? text : 0));
    case LEAF_SEQ:
        return sizeof(struct trail_seq) + entries * sizeof(struct trail_step);
    case LEAF_UNANSWERED:
        return entries * sizeof(struct trail_step);
    case LEAF_OLDEST:
    case LEAF_TALLY:
        return sizeof(int64_t);
    case LEAF_TOTALS:
        return sizeof(struct trail_totals);
    case LEAF_LAST:
    case LEAF_FIRST:
        return sizeof(struct trail_single) + text;
    case LEAF_DECAY:
        return sizeof(struct trail_score);
    }
    return 0;
}

size_t
cost_leaf_bytes(const struct plan_leaf *leaf, uint32_t entries, uint32_t text_bytes)
{
    return sizeof(struct profile_entry) + cost_cell_bytes(leaf, entries, text_bytes);
}

uint32_t
cost_leaf_entries(const struct plan_leaf *leaf, uint32_t events_per_window, bool *ret_is_bounded)
{
    *ret_is_bounded = false;
    switch (leaf->kind) {
    case LEAF_OLDEST:
    case LEAF_TALLY:
    case LEAF_TOTALS:
    case LEAF_LAST:
    case LEAF_FIRST:
    case LEAF_DECAY:
        return 1;
    case LEAF_TIMES:
    case LEAF_SEEN:
        if (leaf->keep > 0)
            return leaf->keep;
        break;
    case LEAF_COUNTS:
    case LEAF_SUFFIX:
    case LEAF_NUMBERS:
    case LEAF_RECORDS:
    case LEAF_SEQ:
    case LEAF_UNANSWERED:
        break;
    }
    *ret_is_bounded = true;
    return events_per_window;
}

/* Entries that are looked at to add one. */
static uint64_t
cost_add_reads(const struct plan_leaf *leaf, uint64_t entries)
{
    switch (leaf->kind) {
    case LEAF_SEEN:
    case LEAF_SUFFIX:
    case LEAF_SEQ:
    case LEAF_UNANSWERED:
        return entries;
    case LEAF_RECORDS:
        return leaf->window_ms == PLAN_EVER ? entries : 1;
    case LEAF_TIMES:
    case LEAF_COUNTS:
    case LEAF_NUMBERS:
    case LEAF_OLDEST:
    case LEAF_TALLY:
    case LEAF_TOTALS:
    case LEAF_LAST:
    case LEAF_FIRST:
    case LEAF_DECAY:
        break;
    }
    return 1;
}

static void
cost_add_leaf(
    const struct plan *plan, uint32_t number, const struct cost_case *given, struct cost *cost)
{
    const struct plan_leaf *leaf = &plan->leaves[number];
    bool is_bounded;
    uint32_t most = cost_leaf_entries(leaf, given->events_per_window, &is_bounded);
    uint32_t usual = given->events < most ? given->events : most;

    cost->leaf_count++;
    cost->is_bounded |= is_bounded;
    cost->is_score |= leaf->kind == LEAF_DECAY;
    cost->bytes_usual += cost_leaf_bytes(leaf, usual, given->text_bytes);
    cost->bytes_most += cost_leaf_bytes(leaf, most, TEXT_BYTES_MAX);
    cost->reads_usual += cost_add_reads(leaf, usual);
    cost->reads_most += cost_add_reads(leaf, most);
}

/* --- nodes ------------------------------------------------------------------------------------ */

/* Whether the node walks over the entries of its leaf, or finds one where it stands. */
static bool
cost_walks(const struct plan *plan, const struct plan_node *node)
{
    enum plan_leaf_kind kind = plan->leaves[node->leaf].kind;

    switch (kind) {
    case LEAF_COUNTS:
    case LEAF_SUFFIX:
    case LEAF_NUMBERS:
    case LEAF_RECORDS:
    case LEAF_UNANSWERED:
        return true;
    case LEAF_SEEN:
        return node->kind == NODE_DISTINCT;
    case LEAF_TIMES:
    case LEAF_OLDEST:
    case LEAF_TALLY:
    case LEAF_TOTALS:
    case LEAF_LAST:
    case LEAF_FIRST:
    case LEAF_DECAY:
    case LEAF_SEQ:
        break;
    }
    return false;
}

static void
cost_add_node(const struct plan *plan, const struct plan_node *node, const struct cost_case *given,
    struct cost *cost)
{
    bool is_bounded;
    uint32_t most;

    if (!cost_walks(plan, node)) {
        cost->reads_usual++;
        cost->reads_most++;
        return;
    }
    most = cost_leaf_entries(&plan->leaves[node->leaf], given->events_per_window, &is_bounded);
    cost->reads_usual += given->events < most ? given->events : most;
    cost->reads_most += most;
}

/* Marks what marked nodes are made of, from the last on; children stand before their parents. */
static void
cost_mark_children(const struct plan *plan, uint32_t last, bool *marks)
{
    for (uint32_t i = last + 1; i > 0; i--) {
        const struct plan_node *node = &plan->nodes[i - 1];
        if (!marks[i - 1])
            continue;
        for (uint32_t k = 0; k < node->children.count; k++)
            marks[plan_run_at(plan, node->children)[k]] = true;
        if (node->a != PLAN_NONE)
            marks[node->a] = true;
        if (node->b != PLAN_NONE)
            marks[node->b] = true;
    }
}

/* What is below the marked nodes: the leaves, each once, and the nodes that read them. */
static void
cost_add_marked(const struct plan *plan, uint32_t last, bool *marks, const struct cost_case *given,
    struct cost *cost)
{
    bool *leaves = calloc(plan->leaf_count + 1, sizeof(*leaves));

    CHECK(leaves != NULL);
    cost_mark_children(plan, last, marks);
    for (uint32_t i = 0; i <= last; i++) {
        const struct plan_node *node = &plan->nodes[i];
        cost->node_count += marks[i];
        if (!marks[i] || node->leaf == PLAN_NONE)
            continue;
        cost_add_node(plan, node, given, cost);
        if (!leaves[node->leaf])
            cost_add_leaf(plan, node->leaf, given, cost);
        leaves[node->leaf] = true;
    }
    free(leaves);
}

/* Marks the condition and the values; returns the last of them. */
static uint32_t
cost_mark_segment(const struct plan *plan, uint32_t segment, bool *marks)
{
    const struct plan_segment *rule = &plan->segments[segment];
    uint32_t last = rule->when;

    marks[rule->when] = true;
    for (uint32_t i = 0; i < rule->attach_count; i++) {
        uint32_t node = plan->attaches[rule->attach_first + i].node;
        marks[node] = true;
        last = node > last ? node : last;
    }
    return last;
}

static size_t
cost_bounded(size_t bytes)
{
    return bytes < PROFILE_BYTES_MAX ? bytes : PROFILE_BYTES_MAX;
}

void
cost_segment(
    const struct plan *plan, uint32_t segment, const struct cost_case *given, struct cost *ret_cost)
{
    bool *marks = calloc(plan->node_count + 1, sizeof(*marks));

    CHECK(marks != NULL);
    CHECK(given->events > 0);
    *ret_cost =
        (struct cost){.bytes_usual = sizeof(struct gate), .bytes_most = sizeof(struct gate)};
    cost_add_marked(plan, cost_mark_segment(plan, segment, marks), marks, given, ret_cost);
    ret_cost->bytes_usual = cost_bounded(ret_cost->bytes_usual);
    ret_cost->bytes_most = cost_bounded(ret_cost->bytes_most);
    free(marks);
}

void
cost_user(const struct plan *plan, const struct cost_case *given, struct cost *ret_cost)
{
    bool *marks = calloc(plan->node_count + 1, sizeof(*marks));

    CHECK(marks != NULL);
    CHECK(given->events > 0);
    *ret_cost =
        (struct cost){.bytes_usual = sizeof(struct profile) + COST_NAME_BYTES + sizeof(struct gate),
            .bytes_most = sizeof(struct profile) + USER_BYTES_MAX +
                          plan->segment_count * sizeof(struct gate)};
    for (uint32_t i = 0; i < plan->segment_count; i++)
        cost_mark_segment(plan, i, marks);
    if (plan->node_count > 0)
        cost_add_marked(plan, plan->node_count - 1, marks, given, ret_cost);
    ret_cost->bytes_usual = cost_bounded(ret_cost->bytes_usual);
    ret_cost->bytes_most = cost_bounded(ret_cost->bytes_most);
    free(marks);
}
