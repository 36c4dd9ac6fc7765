/* Comparisons with constants as thresholds. */
#include "config/language/quantity.h"

#include "config/base/check.h"
#include "config/base/number.h"
#include "config/language/aggregate.h"
#include "config/language/node.h"
#include "config/language/span.h"

/* An aggregate that is known by its thresholds. */
struct quantity {
    struct draft *draft;
    const struct call *call;
    struct selection selection; /* with the test that the aggregate itself makes */
    uint32_t field;
    int64_t window_ms;
    int64_t step;    /* in millionths: what it is a whole number of */
    uint32_t exists; /* it is not null */
};

/* --- at least n steps ------------------------------------------------------------------------ */

static uint32_t
quantity_distinct_ge(const struct quantity *quantity, int64_t count)
{
    struct plan_node node = node_blank(NODE_DISTINCT_GE);

    node.leaf = aggregate_leaf(
        quantity->draft, LEAF_SEEN, selection_number(&quantity->selection), quantity->field);
    node.window_ms = quantity->window_ms;
    node.count = (uint32_t)count;
    return draft_node(quantity->draft, &node);
}

static uint32_t
quantity_sum_ge(const struct quantity *quantity, int64_t number)
{
    struct plan_node node = node_blank(NODE_SUM_GE);

    if (number > NUMBER_MAX)
        return node_truth(quantity->draft, false);
    node.leaf = aggregate_leaf(
        quantity->draft, LEAF_SUFFIX, selection_number(&quantity->selection), quantity->field);
    node.window_ms = quantity->window_ms;
    node.number = number;
    return draft_node(quantity->draft, &node);
}

/* Any number >= (or <) a bound. */
static uint32_t
quantity_any(const struct quantity *quantity, enum plan_test test, int64_t number)
{
    struct selection selection = quantity->selection;

    selection.capacity = selection.count; /* so that the added test goes to a copy */
    selection_test(&selection, quantity->field, test, number);
    return aggregate_count_ge(&selection, quantity->window_ms, 1);
}

static uint32_t
quantity_max_ge(const struct quantity *quantity, int64_t number)
{
    if (number > NUMBER_MAX)
        return node_truth(quantity->draft, false);
    if (number <= -NUMBER_MAX)
        return quantity->exists;
    return quantity_any(quantity, TEST_NUMBER_GE, number);
}

static uint32_t
quantity_min_below(const struct quantity *quantity, int64_t number)
{
    if (number > NUMBER_MAX)
        return quantity->exists;
    if (number <= -NUMBER_MAX)
        return node_truth(quantity->draft, false);
    return quantity_any(quantity, TEST_NUMBER_LT, number);
}

static uint32_t
quantity_since_ge(const struct quantity *quantity, int64_t ms)
{
    enum plan_node_kind kind =
        quantity->call->function == FUNCTION_SINCE ? NODE_SINCE_GE : NODE_AGE_GE;
    enum plan_leaf_kind leaf = kind == NODE_SINCE_GE ? LEAF_TIMES : LEAF_OLDEST;
    uint32_t selector = selection_number(&quantity->selection);

    return aggregate_node(
        quantity->draft, kind, aggregate_leaf(quantity->draft, leaf, selector, PLAN_NONE), ms);
}

static uint32_t
quantity_at_least(const struct quantity *quantity, int64_t steps)
{
    if (quantity->call->function == FUNCTION_MAX)
        return quantity_max_ge(quantity, steps);
    if (steps <= 0) /* all others are never negative */
        return quantity->exists;
    switch (quantity->call->function) {
    case FUNCTION_COUNT:
        return aggregate_count_ge(&quantity->selection, quantity->window_ms, (uint32_t)steps);
    case FUNCTION_DISTINCT:
        return quantity_distinct_ge(quantity, steps);
    case FUNCTION_SUM:
        return quantity_sum_ge(quantity, steps);
    case FUNCTION_SINCE:
    case FUNCTION_AGE:
        return quantity_since_ge(quantity, steps);
    default:
        CHECK_NEVER();
    }
}

/* --- intervals ------------------------------------------------------------------------------- */

/* low <= quantity < high */
static uint32_t
quantity_within(const struct quantity *quantity, const struct span *span)
{
    struct draft *draft = quantity->draft;
    uint32_t low = quantity->exists, high;

    if (span->low != SPAN_LOW && span->low >= span->high)
        return node_truth(draft, false);
    if (quantity->call->function == FUNCTION_MIN) {
        high =
            span->high == SPAN_HIGH ? quantity->exists : quantity_min_below(quantity, span->high);
        if (span->low == SPAN_LOW)
            return high;
        return node_and_two(draft, high, node_not(draft, quantity_min_below(quantity, span->low)));
    }
    if (span->low != SPAN_LOW)
        low = quantity_at_least(quantity, span->low);
    if (span->high == SPAN_HIGH)
        return low;
    return node_and_two(draft, low, node_not(draft, quantity_at_least(quantity, span->high)));
}

static uint32_t
quantity_against(
    const struct quantity *quantity, enum plan_compare compare, const struct constant *constant)
{
    struct draft *draft = quantity->draft;
    struct span span;
    uint32_t within;

    if (constant->kind == CONSTANT_TEXT && compare == COMPARE_NE)
        return quantity->exists;
    if (constant->kind != CONSTANT_NUMBER)
        return node_truth(draft, false);
    span = span_of(compare, constant->number, quantity->step);
    within = quantity_within(quantity, &span);
    return span.opposite ? node_and_two(draft, quantity->exists, node_not(draft, within)) : within;
}

/* --- which function -------------------------------------------------------------------------- */

static uint32_t
quantity_decay(struct draft *draft, const struct call *call, enum plan_compare compare,
    const struct constant *constant)
{
    uint32_t score = aggregate_value(draft, call); /* may move the nodes */
    struct plan_node node = draft->nodes[score];
    uint32_t reached;

    CHECK(compare == COMPARE_GE || compare == COMPARE_LT);
    if (constant->kind != CONSTANT_NUMBER)
        return node_truth(draft, false);
    node.kind = NODE_DECAY_GE;
    node.number = constant->number;
    /* A score is never negative, and 0 where there is no match. */
    reached = constant->number <= 0 ? node_truth(draft, true) : draft_node(draft, &node);
    return compare == COMPARE_GE ? reached : node_not(draft, reached);
}

/* The parts that differ by function; false where it has no thresholds. */
static bool
quantity_prepare(struct quantity *quantity)
{
    struct draft *draft = quantity->draft;

    quantity->step = 1;
    quantity->exists = node_truth(draft, true);
    switch (quantity->call->function) {
    case FUNCTION_COUNT:
        quantity->step = NUMBER_ONE;
        return true;
    case FUNCTION_DISTINCT:
        quantity->step = NUMBER_ONE;
        selection_test(&quantity->selection, quantity->field, TEST_NOT_EMPTY, 0);
        return true;
    case FUNCTION_SUM:
        return selection_never_negative(&quantity->selection, quantity->field);
    case FUNCTION_MIN:
    case FUNCTION_MAX:
        selection_test(&quantity->selection, quantity->field, TEST_IS_NUMBER, 0);
        quantity->exists = aggregate_count_ge(&quantity->selection, quantity->window_ms, 1);
        return true;
    case FUNCTION_SINCE:
        quantity->step = NUMBER_ONE / 1000;
        quantity->exists = aggregate_count_ge(&quantity->selection, PLAN_EVER, 1);
        return true;
    case FUNCTION_AGE:
        quantity->step = NUMBER_ONE / 1000;
        quantity->exists = quantity_since_ge(quantity, 0);
        return true;
    default:
        return false;
    }
}

bool
quantity_compare(struct draft *draft, const struct call *call, enum plan_compare compare,
    const struct constant *constant, uint32_t *ret_node)
{
    struct quantity quantity = {.draft = draft, .call = call, .field = PLAN_NONE};

    if (call->function == FUNCTION_DECAY) {
        *ret_node = quantity_decay(draft, call, compare, constant);
        return true;
    }
    if (call->selectors == NULL || call->selectors->next != NULL)
        return false;
    selection_init(&quantity.selection, draft, call->selectors);
    quantity.window_ms = call->selectors->window_ms;
    if (call->selectors->has_field)
        quantity.field = draft_field(draft, call->selectors->field.text);
    if (!quantity_prepare(&quantity))
        return false;
    *ret_node = quantity_against(&quantity, compare, constant);
    return true;
}
