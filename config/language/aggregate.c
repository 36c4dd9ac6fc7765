/* What each function computes, and over which leaf. */
#include "config/language/aggregate.h"

#include "config/base/check.h"
#include "config/language/node.h"

static struct plan_leaf
aggregate_blank(enum plan_leaf_kind kind)
{
    return (struct plan_leaf){
        .kind = kind, .selector = PLAN_NONE, .field = PLAN_NONE, .by = PLAN_NONE};
}

uint32_t
aggregate_leaf(struct draft *draft, enum plan_leaf_kind kind, uint32_t selector, uint32_t field)
{
    struct plan_leaf leaf = aggregate_blank(kind);

    leaf.selector = selector;
    leaf.field = field;
    return draft_leaf(draft, &leaf);
}

uint32_t
aggregate_node(struct draft *draft, enum plan_node_kind kind, uint32_t leaf, int64_t window_ms)
{
    struct plan_node node = node_blank(kind);

    node.leaf = leaf;
    node.window_ms = window_ms;
    return draft_node(draft, &node);
}

/* --- counts ---------------------------------------------------------------------------------- */

uint32_t
aggregate_count_ge(const struct selection *selection, int64_t window_ms, uint32_t count)
{
    struct draft *draft = selection->draft;
    struct plan_node node = node_blank(NODE_COUNT_GE);

    CHECK(count >= 1);
    node.leaf = aggregate_leaf(draft, LEAF_TIMES, selection_number(selection), PLAN_NONE);
    node.window_ms = window_ms;
    node.count = count;
    return draft_node(draft, &node);
}

static uint32_t
aggregate_count(const struct selection *selection, int64_t window_ms)
{
    struct draft *draft = selection->draft;
    enum plan_leaf_kind kind = window_ms == PLAN_EVER ? LEAF_TALLY : LEAF_COUNTS;
    uint32_t leaf = aggregate_leaf(draft, kind, selection_number(selection), PLAN_NONE);

    return aggregate_node(draft, NODE_COUNT, leaf, window_ms);
}

static uint32_t
aggregate_share(struct draft *draft, const struct call *call)
{
    struct selection selection;
    uint32_t all;

    selection_init(&selection, draft, call->selectors);
    all = aggregate_count(&selection, call->window_ms);
    selection_match(&selection, call->also);
    return node_arith(draft, EXPR_DIVIDE, aggregate_count(&selection, call->window_ms), all);
}

/* --- fields ---------------------------------------------------------------------------------- */

/* A leaf over a field of the events that pass one more test of it. */
static uint32_t
aggregate_field_leaf(
    struct draft *draft, const struct call *call, enum plan_leaf_kind kind, enum plan_test test)
{
    struct plan_leaf leaf = aggregate_blank(kind);
    struct selection selection;

    selection_init(&selection, draft, call->selectors);
    leaf.field = draft_field(draft, call->selectors->field.text);
    selection_test(&selection, leaf.field, test, 0);
    leaf.selector = selection_number(&selection);
    leaf.window_ms = call->selectors->window_ms; /* tells RECORDS ever and windowed apart */
    return draft_leaf(draft, &leaf);
}

static uint32_t
aggregate_of_numbers(struct draft *draft, const struct call *call, enum plan_node_kind kind)
{
    int64_t window_ms = call->selectors->window_ms;
    enum plan_leaf_kind leaf = window_ms == PLAN_EVER ? LEAF_TOTALS : LEAF_NUMBERS;

    return aggregate_node(
        draft, kind, aggregate_field_leaf(draft, call, leaf, TEST_IS_NUMBER), window_ms);
}

static uint32_t
aggregate_of_texts(struct draft *draft, const struct call *call, enum plan_node_kind kind,
    enum plan_leaf_kind leaf)
{
    return aggregate_node(draft, kind, aggregate_field_leaf(draft, call, leaf, TEST_NOT_EMPTY),
        call->selectors->window_ms);
}

static uint32_t
aggregate_first(struct draft *draft, const struct call *call)
{
    bool ever = call->selectors->window_ms == PLAN_EVER;

    return aggregate_of_texts(draft, call, NODE_FIRST, ever ? LEAF_FIRST : LEAF_RECORDS);
}

static uint32_t
aggregate_trait(struct draft *draft, const struct call *call)
{
    struct plan_leaf leaf = aggregate_blank(LEAF_LAST);
    uint32_t type = draft_type(draft, TEXT("identify"));

    leaf.selector = draft_selector(draft, &type, 1, &(uint32_t){0}, 0);
    leaf.field = draft_field(draft, call->argument.text);
    leaf.empty_counts = true;
    return aggregate_node(draft, NODE_LAST, draft_leaf(draft, &leaf), PLAN_EVER);
}

/* --- times and scores ------------------------------------------------------------------------ */

static uint32_t
aggregate_of_times(struct draft *draft, const struct call *call, enum plan_node_kind kind,
    enum plan_leaf_kind leaf)
{
    struct selection selection;

    selection_init(&selection, draft, call->selectors);
    return aggregate_node(draft, kind,
        aggregate_leaf(draft, leaf, selection_number(&selection), PLAN_NONE), PLAN_EVER);
}

/* Negative numbers do not count. */
static uint32_t
aggregate_decay(struct draft *draft, const struct call *call)
{
    struct plan_leaf leaf = aggregate_blank(LEAF_DECAY);
    struct selection selection;

    selection_init(&selection, draft, call->selectors);
    if (call->selectors->has_field) {
        leaf.field = draft_field(draft, call->selectors->field.text);
        selection_test(&selection, leaf.field, TEST_NUMBER_GE, 0);
    }
    leaf.selector = selection_number(&selection);
    leaf.within_ms = call->selectors->window_ms;
    return aggregate_node(draft, NODE_DECAY, draft_leaf(draft, &leaf), PLAN_EVER);
}

static uint32_t
aggregate_bucket(struct draft *draft, const struct call *call)
{
    struct plan_node node = node_blank(NODE_BUCKET);

    node.text = call->argument.text;
    return draft_node(draft, &node);
}

uint32_t
aggregate_value(struct draft *draft, const struct call *call)
{
    struct selection selection;

    switch (call->function) {
    case FUNCTION_COUNT:
        selection_init(&selection, draft, call->selectors);
        return aggregate_count(&selection, call->selectors->window_ms);
    case FUNCTION_SUM:
        return aggregate_of_numbers(draft, call, NODE_SUM);
    case FUNCTION_AVG:
        return aggregate_of_numbers(draft, call, NODE_AVG);
    case FUNCTION_MIN:
        return aggregate_of_numbers(draft, call, NODE_MIN);
    case FUNCTION_MAX:
        return aggregate_of_numbers(draft, call, NODE_MAX);
    case FUNCTION_DISTINCT:
        return aggregate_of_texts(draft, call, NODE_DISTINCT, LEAF_SEEN);
    case FUNCTION_REPEATS:
        return aggregate_of_texts(draft, call, NODE_REPEATS, LEAF_RECORDS);
    case FUNCTION_TOP:
        return aggregate_of_texts(draft, call, NODE_TOP, LEAF_RECORDS);
    case FUNCTION_FIRST:
        return aggregate_first(draft, call);
    case FUNCTION_LAST:
        return aggregate_of_texts(draft, call, NODE_LAST, LEAF_LAST);
    case FUNCTION_SINCE:
        return aggregate_of_times(draft, call, NODE_SINCE, LEAF_TIMES);
    case FUNCTION_AGE:
        return aggregate_of_times(draft, call, NODE_AGE, LEAF_OLDEST);
    case FUNCTION_DECAY:
        return aggregate_decay(draft, call);
    case FUNCTION_SHARE:
        return aggregate_share(draft, call);
    case FUNCTION_BUCKET:
        return aggregate_bucket(draft, call);
    case FUNCTION_TRAIT:
        return aggregate_trait(draft, call);
    case FUNCTION_ANY:
    case FUNCTION_NONE:
    case FUNCTION_SEQ:
    case FUNCTION_UNANSWERED:
    case FUNCTION_MEMBER:
    case FUNCTION_COUNT_OF:
        break;
    }
    CHECK_NEVER();
    return PLAN_NONE;
}

/* --- conditions ------------------------------------------------------------------------------ */

/* With `by`, an event without the key is no step. */
static uint32_t
aggregate_step(struct draft *draft, const struct selector *step, uint32_t by)
{
    struct selection selection;

    selection_init(&selection, draft, step);
    if (by != PLAN_NONE)
        selection_test(&selection, by, TEST_NOT_EMPTY, 0);
    return selection_number(&selection);
}

static uint32_t
aggregate_pattern(struct draft *draft, const struct call *call, enum plan_node_kind kind,
    enum plan_leaf_kind leaf_kind)
{
    struct plan_leaf leaf = aggregate_blank(leaf_kind);
    uint32_t *steps, count = 0;

    if (call->has_by)
        leaf.by = draft_field(draft, call->by.text);
    for (const struct selector *step = call->selectors; step != NULL; step = step->next)
        count++;
    steps = arena_take(draft->arena, count * sizeof(*steps));
    count = 0;
    for (const struct selector *step = call->selectors; step != NULL; step = step->next)
        steps[count++] = aggregate_step(draft, step, leaf.by);
    leaf.steps = draft_run(draft, steps, count);
    leaf.within_ms = call->within_ms;
    return aggregate_node(draft, kind, draft_leaf(draft, &leaf), call->window_ms);
}

static uint32_t
aggregate_any(struct draft *draft, const struct call *call)
{
    struct selection selection;

    selection_init(&selection, draft, call->selectors);
    return aggregate_count_ge(&selection, call->selectors->window_ms, 1);
}

uint32_t
aggregate_condition(struct draft *draft, const struct call *call)
{
    switch (call->function) {
    case FUNCTION_ANY:
        return aggregate_any(draft, call);
    case FUNCTION_NONE:
        return node_not(draft, aggregate_any(draft, call));
    case FUNCTION_SEQ:
        return aggregate_pattern(draft, call, NODE_SEQ, LEAF_SEQ);
    case FUNCTION_UNANSWERED:
        return aggregate_pattern(draft, call, NODE_UNANSWERED, LEAF_UNANSWERED);
    default:
        CHECK_NEVER();
    }
}
