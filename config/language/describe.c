/* Prints plans. */
#include "config/language/describe.h"

#include "config/base/check.h"
#include "config/language/canon.h"
#include "config/language/duration.h"

/* --- selectors ------------------------------------------------------------------------------- */

void
describe_selector(const struct plan *plan, uint32_t number, struct buffer *out)
{
    const struct plan_selector *selector = &plan->selectors[number];
    const uint32_t *types = plan_run_at(plan, selector->types);
    const uint32_t *predicates = plan_run_at(plan, selector->predicates);

    if (selector->any_type)
        buffer_add_char(out, '*');
    for (uint32_t i = 0; i < selector->types.count; i++) {
        if (i > 0)
            buffer_add_char(out, '|');
        canon_name(out, plan->types[types[i]].name);
    }
    for (uint32_t i = 0; i < selector->predicates.count; i++) {
        const struct plan_predicate *predicate = &plan->predicates[predicates[i]];

        buffer_add_char(out, i == 0 ? '{' : ',');
        canon_predicate(out, plan->fields[predicate->field].name, predicate);
    }
    if (selector->predicates.count > 0)
        buffer_add_char(out, '}');
}

/* --- leaves ---------------------------------------------------------------------------------- */

/* Which events a leaf is about, and which field of them. */
static void
describe_subject(const struct plan *plan, const struct plan_leaf *leaf, struct buffer *out)
{
    const uint32_t *steps = plan_run_at(plan, leaf->steps);

    if (leaf->selector != PLAN_NONE)
        describe_selector(plan, leaf->selector, out);
    for (uint32_t i = 0; i < leaf->steps.count; i++) {
        if (i > 0)
            buffer_add_literal(out, ", ");
        describe_selector(plan, steps[i], out);
    }
    if (leaf->field != PLAN_NONE) {
        buffer_add_literal(out, " of ");
        canon_name(out, plan->fields[leaf->field].name);
    }
    if (leaf->kind == LEAF_SEQ || leaf->kind == LEAF_UNANSWERED || leaf->kind == LEAF_DECAY) {
        buffer_add_text(out, leaf->kind == LEAF_DECAY ? TEXT(" half-life ") : TEXT(" within "));
        duration_print(out, leaf->within_ms);
    }
    if (leaf->by != PLAN_NONE) {
        buffer_add_literal(out, " by ");
        canon_name(out, plan->fields[leaf->by].name);
    }
}

void
describe_leaf(const struct plan *plan, uint32_t number, struct buffer *out)
{
    const struct plan_leaf *leaf = &plan->leaves[number];

    buffer_add_text(out, plan_leaf_kind_text(leaf->kind));
    buffer_add_char(out, ' ');
    describe_subject(plan, leaf, out);
    buffer_add_char(out, ' ');
    canon_window(out, leaf->window_ms);
    if (leaf->keep > 0)
        buffer_printf(out, " keep %u", leaf->keep);
    if (leaf->kind == LEAF_SUFFIX) {
        buffer_add_literal(out, " enough ");
        canon_number(out, leaf->enough);
    }
    if (leaf->text_kept)
        buffer_add_literal(out, " with texts");
    if (leaf->empty_counts)
        buffer_add_literal(out, " or empty");
}

/* --- nodes ----------------------------------------------------------------------------------- */

static const char *const describe_names[] = {
    [NODE_TRUE] = "true",
    [NODE_FALSE] = "false",
    [NODE_NOT] = "not ",
    [NODE_AND] = "and",
    [NODE_OR] = "or",
    [NODE_COUNT_GE] = "count",
    [NODE_DISTINCT_GE] = "distinct",
    [NODE_SUM_GE] = "sum",
    [NODE_SINCE_GE] = "since",
    [NODE_AGE_GE] = "age",
    [NODE_DECAY_GE] = "decay",
    [NODE_SEQ] = "seq",
    [NODE_UNANSWERED] = "unanswered",
    [NODE_MEMBER] = "member",
    [NODE_COMPARE] = "compare",
    [NODE_IS_VALUE] = "is_value",
    [NODE_NUMBER] = "number",
    [NODE_TEXT] = "text",
    [NODE_COUNT] = "count",
    [NODE_SUM] = "sum",
    [NODE_AVG] = "avg",
    [NODE_MIN] = "min",
    [NODE_MAX] = "max",
    [NODE_DISTINCT] = "distinct",
    [NODE_REPEATS] = "repeats",
    [NODE_TOP] = "top",
    [NODE_FIRST] = "first",
    [NODE_LAST] = "last",
    [NODE_SINCE] = "since",
    [NODE_AGE] = "age",
    [NODE_DECAY] = "decay",
    [NODE_BUCKET] = "bucket",
    [NODE_ADD] = " + ",
    [NODE_SUBTRACT] = " - ",
    [NODE_MULTIPLY] = " * ",
    [NODE_DIVIDE] = " / ",
    [NODE_NEGATE] = "-",
};

static void
describe_children(const struct plan *plan, const struct plan_node *node, struct buffer *out)
{
    const uint32_t *children = plan_run_at(plan, node->children);

    buffer_add_text(out, text_of(describe_names[node->kind]));
    for (uint32_t i = 0; i < node->children.count; i++) {
        buffer_add_text(out, i == 0 ? TEXT("(") : TEXT(", "));
        describe_node(plan, children[i], out);
    }
    buffer_add_char(out, ')');
}

static void
describe_pair(
    const struct plan *plan, const struct plan_node *node, const char *sign, struct buffer *out)
{
    buffer_add_char(out, '(');
    describe_node(plan, node->a, out);
    buffer_add_text(out, text_of(sign));
    describe_node(plan, node->b, out);
    buffer_add_char(out, ')');
}

static void
describe_threshold(const struct plan_node *node, struct buffer *out)
{
    switch (node->kind) {
    case NODE_COUNT_GE:
    case NODE_DISTINCT_GE:
        buffer_printf(out, " >= %u", node->count);
        buffer_add_char(out, ' ');
        canon_window(out, node->window_ms);
        return;
    case NODE_SUM_GE:
        buffer_add_literal(out, " >= ");
        canon_number(out, node->number);
        buffer_add_char(out, ' ');
        canon_window(out, node->window_ms);
        return;
    case NODE_SINCE_GE:
    case NODE_AGE_GE:
        buffer_add_literal(out, " >= ");
        duration_print(out, node->window_ms);
        return;
    case NODE_DECAY_GE:
        buffer_add_literal(out, " >= ");
        canon_number(out, node->number);
        return;
    default:
        buffer_add_char(out, ' ');
        canon_window(out, node->window_ms);
        return;
    }
}

/* A function over a leaf, with its threshold or its window. */
static void
describe_over_leaf(const struct plan *plan, const struct plan_node *node, struct buffer *out)
{
    buffer_add_text(out, text_of(describe_names[node->kind]));
    buffer_add_char(out, '(');
    describe_subject(plan, &plan->leaves[node->leaf], out);
    buffer_add_char(out, ')');
    describe_threshold(node, out);
}

void
describe_node(const struct plan *plan, uint32_t number, struct buffer *out)
{
    static const char *const compares[] = {
        [COMPARE_EQ] = " == ",
        [COMPARE_NE] = " != ",
        [COMPARE_LT] = " < ",
        [COMPARE_LE] = " <= ",
        [COMPARE_GT] = " > ",
        [COMPARE_GE] = " >= ",
    };
    const struct plan_node *node = &plan->nodes[number];

    switch (node->kind) {
    case NODE_AND:
    case NODE_OR:
        describe_children(plan, node, out);
        return;
    case NODE_COMPARE:
        describe_pair(plan, node, compares[node->compare], out);
        return;
    case NODE_ADD:
    case NODE_SUBTRACT:
    case NODE_MULTIPLY:
    case NODE_DIVIDE:
        describe_pair(plan, node, describe_names[node->kind], out);
        return;
    case NODE_NUMBER:
        canon_number(out, node->number);
        return;
    case NODE_TEXT:
        buffer_add_json(out, node->text);
        return;
    default:
        break;
    }
    if (node->leaf != PLAN_NONE) {
        describe_over_leaf(plan, node, out);
        return;
    }
    buffer_add_text(out, text_of(describe_names[node->kind]));
    if (node->a != PLAN_NONE)
        describe_node(plan, node->a, out);
    else if (node->kind == NODE_MEMBER)
        buffer_printf(out, "(%.*s)", (int)plan->segments[node->segment].name.length,
            plan->segments[node->segment].name.bytes);
    else if (node->kind == NODE_BUCKET)
        buffer_add_json(out, node->text);
}

/* --- segments -------------------------------------------------------------------------------- */

static void
describe_option(const char *name, int64_t ms, struct buffer *out)
{
    if (ms == 0)
        return;
    buffer_add_text(out, text_of(name));
    duration_print(out, ms);
    buffer_add_char(out, '\n');
}

/* A YAML scalar in single quotes. */
static void
describe_quoted(struct text text, struct buffer *out)
{
    buffer_add_char(out, '\'');
    for (uint32_t i = 0; i < text.length; i++) {
        if (text.bytes[i] == '\'')
            buffer_add_char(out, '\'');
        buffer_add_char(out, text.bytes[i]);
    }
    buffer_add_literal(out, "'\n");
}

void
describe_segment(const struct plan *plan, uint32_t number, struct buffer *out)
{
    const struct plan_segment *segment = &plan->segments[number];
    const uint32_t *leaves = plan_run_at(plan, segment->leaves);

    CHECK(number < plan->segment_count);
    buffer_add_literal(out, "- name: ");
    buffer_add_text(out, segment->name);
    buffer_add_literal(out, "\n  when: ");
    describe_quoted(segment->when_text, out);
    describe_option("  for: ", segment->for_ms, out);
    describe_option("  keep: ", segment->keep_ms, out);
    describe_option("  cooldown: ", segment->cooldown_ms, out);
    for (uint32_t i = 0; i < segment->attach_count; i++) {
        const struct plan_attach *attach = &plan->attaches[segment->attach_first + i];

        buffer_add_text(out, i == 0 ? TEXT("  attach:\n    ") : TEXT("    "));
        buffer_add_json(out, attach->name);
        buffer_add_literal(out, ": ");
        describe_quoted(attach->value_text, out);
    }
    buffer_printf(out, "  # level %u%s\n", segment->level,
        segment->starts_true ? ", may hold from a user's first event" : "");
    for (uint32_t i = 0; i < segment->leaves.count; i++) {
        buffer_add_literal(out, "  # keeps ");
        describe_leaf(plan, leaves[i], out);
        buffer_add_char(out, '\n');
    }
}
