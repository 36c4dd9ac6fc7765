/* Nodes: from leaves up to truths, each with the instant up to which it surely stays. */
#include "pipeline/engine/eval.h"

#include <stdlib.h>

#include "config/base/check.h"
#include "config/base/number.h"
#include "config/base/sha256.h"
#include "pipeline/engine/instant.h"
#include "pipeline/engine/trail.h"

struct eval_memo {
    uint64_t look; /* in which the result was found */
    struct result result;
};

struct eval {
    const struct plan *plan;
    struct alike *alike;
    struct sha256 *sha256;
    const struct profile *profile;
    const struct eval_overlay *overlay;
    int64_t at;
    uint64_t look;
    struct eval_memo *memos; /* by node */
};

struct eval *
eval_new(const struct plan *plan, struct alike *alike)
{
    struct eval *eval = calloc(1, sizeof(*eval));

    CHECK(eval != NULL);
    eval->plan = plan;
    eval->alike = alike;
    eval->sha256 = sha256_new();
    eval->memos = calloc(plan->node_count + 1, sizeof(*eval->memos));
    CHECK(eval->memos != NULL);
    return eval;
}

void
eval_free(struct eval *eval)
{
    if (eval == NULL)
        return;
    sha256_free(eval->sha256);
    free(eval->memos);
    free(eval);
}

void
eval_look(struct eval *eval, const struct profile *profile, int64_t at,
    const struct eval_overlay *overlay)
{
    eval->profile = profile;
    eval->at = at;
    eval->overlay = overlay;
    eval->look++;
}

/* --- results ---------------------------------------------------------------------------------- */

static struct result
eval_truth(bool truth, int64_t stays_until)
{
    return (struct result){.stays_until = stays_until, .truth = truth};
}

/* True as long as something that happened at `since` lies in the window. */
static struct result
eval_within(const struct eval *eval, bool there, int64_t since, int64_t window_ms)
{
    int64_t leaves = there ? instant_after(since, window_ms) : INT64_MIN;

    return leaves > eval->at ? eval_truth(true, leaves) : eval_truth(false, PLAN_NEVER);
}

/* True from a distance after something that happened at `since`. */
static struct result
eval_past(const struct eval *eval, bool there, int64_t since, int64_t distance_ms)
{
    int64_t comes = there ? instant_after(since, distance_ms) : PLAN_NEVER;

    return comes <= eval->at ? eval_truth(true, PLAN_NEVER) : eval_truth(false, comes);
}

static struct result
eval_null(void)
{
    return (struct result){.stays_until = PLAN_NEVER, .value.kind = VALUE_NULL};
}

static struct result
eval_number(int64_t number, int64_t stays_until)
{
    return (struct result){
        .stays_until = stays_until, .value = {.kind = VALUE_NUMBER, .number = number}};
}

/* --- leaves ----------------------------------------------------------------------------------- */

static struct cell
eval_cell(const struct eval *eval, const struct plan_node *node)
{
    return profile_cell(eval->profile, node->leaf);
}

static int64_t
eval_floor(const struct eval *eval, const struct plan_node *node)
{
    return instant_before(eval->at, node->window_ms);
}

static bool
eval_newest(const struct eval *eval, const struct plan_node *node, uint64_t k, int64_t *ret_at)
{
    const struct plan_leaf *rule = &eval->plan->leaves[node->leaf];
    struct cell cell = eval_cell(eval, node);

    if (rule->kind == LEAF_COUNTS)
        return times_newest_counted(&cell, k, ret_at);
    return times_newest(rule, &cell, k, ret_at);
}

static struct result
eval_count_ge(const struct eval *eval, const struct plan_node *node)
{
    int64_t at = 0;
    bool there = eval_newest(eval, node, node->count, &at);

    return eval_within(eval, there, at, node->window_ms);
}

static struct result
eval_distinct_ge(const struct eval *eval, const struct plan_node *node)
{
    struct cell cell = eval_cell(eval, node);
    int64_t at = 0;
    bool there = seen_newest(&cell, node->count, &at);

    return eval_within(eval, there, at, node->window_ms);
}

static struct result
eval_sum_ge(const struct eval *eval, const struct plan_node *node)
{
    struct cell cell = eval_cell(eval, node);
    int64_t at = 0;
    bool there = sums_reach(&cell, node->number, &at);

    return eval_within(eval, there, at, node->window_ms);
}

static struct result
eval_since_ge(const struct eval *eval, const struct plan_node *node)
{
    int64_t at = 0;
    bool there = eval_newest(eval, node, 1, &at);

    return eval_past(eval, there, at, node->window_ms);
}

static bool
eval_oldest(const struct eval *eval, const struct plan_node *node, int64_t *ret_at)
{
    struct cell cell = eval_cell(eval, node);

    return times_whole_newest(&cell, 1, ret_at);
}

static struct result
eval_age_ge(const struct eval *eval, const struct plan_node *node)
{
    int64_t at = 0;
    bool there = eval_oldest(eval, node, &at);

    return eval_past(eval, there, at, node->window_ms);
}

static struct result
eval_decay_ge(const struct eval *eval, const struct plan_node *node)
{
    const struct trail_score *score = (const void *)eval_cell(eval, node).bytes;
    int64_t half_life_ms = eval->plan->leaves[node->leaf].within_ms;

    if (score == NULL)
        return eval_truth(node->number <= 0, PLAN_NEVER);
    if (!decay_reaches(score, half_life_ms, eval->at, node->number))
        return eval_truth(false, PLAN_NEVER);
    return eval_truth(true, decay_falls(score, half_life_ms, eval->at, node->number));
}

static struct result
eval_seq(const struct eval *eval, const struct plan_node *node)
{
    const struct trail_seq *seq = (const void *)eval_cell(eval, node).bytes;
    bool there = seq != NULL && seq->found != 0;

    return eval_within(eval, there, there ? seq->end : 0, node->window_ms);
}

static struct result
eval_unanswered(const struct eval *eval, const struct plan_node *node)
{
    struct cell cell = eval_cell(eval, node);
    int64_t stays_until = PLAN_NEVER;
    bool truth = pattern_unanswered(
        &cell, eval->plan->leaves[node->leaf].within_ms, node->window_ms, eval->at, &stays_until);

    return eval_truth(truth, stays_until);
}

static struct result
eval_member(const struct eval *eval, const struct plan_node *node)
{
    const struct eval_overlay *overlay = eval->overlay;
    struct gate gate;
    uint32_t low = 0, high;

    if (overlay == NULL) {
        gate = profile_gate(eval->profile, node->segment);
        return eval_truth(gate_is_member(&gate), PLAN_NEVER);
    }
    high = overlay->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (overlay->gates[middle].segment < node->segment)
            low = middle + 1;
        else
            high = middle;
    }
    CHECK(low < overlay->count && overlay->gates[low].segment == node->segment);
    return eval_truth(gate_is_member(&overlay->gates[low]), PLAN_NEVER);
}

/* --- values of leaves ------------------------------------------------------------------------- */

static struct result
eval_count(const struct eval *eval, const struct plan_node *node)
{
    struct cell cell = eval_cell(eval, node);
    int64_t oldest = 0, count;

    if (eval->plan->leaves[node->leaf].kind == LEAF_TALLY) {
        const int64_t *tally = (const void *)cell.bytes;
        return eval_number(number_of_int(tally == NULL ? 0 : *tally), PLAN_NEVER);
    }
    count = times_count(&cell, eval_floor(eval, node), &oldest);
    return eval_number(
        number_of_int(count), count > 0 ? instant_after(oldest, node->window_ms) : PLAN_NEVER);
}

static struct result
eval_distinct(const struct eval *eval, const struct plan_node *node)
{
    struct cell cell = eval_cell(eval, node);
    int64_t oldest = 0;
    int64_t count = seen_count(&cell, eval_floor(eval, node), &oldest);

    return eval_number(
        number_of_int(count), count > 0 ? instant_after(oldest, node->window_ms) : PLAN_NEVER);
}

/* sum, avg, min, max. min and max stay until the newest event that has them leaves. */
static struct result
eval_sums(const struct eval *eval, const struct plan_node *node)
{
    struct cell cell = eval_cell(eval, node);
    bool totals = eval->plan->leaves[node->leaf].kind == LEAF_TOTALS;
    int64_t window_ms = totals ? PLAN_EVER : node->window_ms;
    struct sums sums;

    if (totals)
        singles_totals(&cell, &sums);
    else
        sums_window(&cell, eval_floor(eval, node), &sums);
    if (sums.count == 0)
        return node->kind == NODE_SUM ? eval_number(0, PLAN_NEVER) : eval_null();
    if (node->kind == NODE_SUM)
        return eval_number(number_of_total(sums.total), instant_after(sums.oldest, window_ms));
    if (node->kind == NODE_AVG)
        return eval_number(
            number_average(sums.total, sums.count), instant_after(sums.oldest, window_ms));
    if (node->kind == NODE_MIN)
        return eval_number(sums.min, instant_after(sums.min_newest, window_ms));
    return eval_number(sums.max, instant_after(sums.max_newest, window_ms));
}

/* repeats, top. */
static struct result
eval_top(const struct eval *eval, const struct plan_node *node)
{
    struct cell cell = eval_cell(eval, node);
    bool ever = eval->plan->leaves[node->leaf].window_ms == PLAN_EVER;
    struct records_top top;
    int64_t stays_until;

    records_top(&cell, ever ? INT64_MIN : eval_floor(eval, node), eval->alike, &top);
    stays_until = ever || top.count == 0 ? PLAN_NEVER : instant_after(top.oldest, node->window_ms);
    if (node->kind == NODE_REPEATS)
        return eval_number(number_of_int(top.count), stays_until);
    return (struct result){.stays_until = stays_until, .value = top.value};
}

/* first, last, trait: one event's value as long as that is in the window. */
static struct result
eval_single(const struct eval *eval, const struct plan_node *node)
{
    struct cell cell = eval_cell(eval, node);
    int64_t floor = eval_floor(eval, node), at = 0;
    struct value value;
    bool there;

    if (eval->plan->leaves[node->leaf].kind == LEAF_RECORDS)
        there = records_first(&cell, floor, &at, &value);
    else
        there = singles_value(&cell, &at, &value) && at > floor;
    if (!there)
        return eval_null();
    return (struct result){.stays_until = instant_after(at, node->window_ms), .value = value};
}

/* Seconds with three places; only whole values of attach, so how long they stay is not asked. */
static struct result
eval_seconds(const struct eval *eval, bool there, int64_t since)
{
    if (!there)
        return eval_null();
    return eval_number(number_of_total((number_total)(eval->at - since) * (NUMBER_ONE / 1000)),
        instant_after(eval->at, 1));
}

static struct result
eval_elapsed(const struct eval *eval, const struct plan_node *node)
{
    int64_t at = 0;
    bool there =
        node->kind == NODE_SINCE ? eval_newest(eval, node, 1, &at) : eval_oldest(eval, node, &at);

    return eval_seconds(eval, there, at);
}

static struct result
eval_decay(const struct eval *eval, const struct plan_node *node)
{
    const struct trail_score *score = (const void *)eval_cell(eval, node).bytes;
    int64_t half_life_ms = eval->plan->leaves[node->leaf].within_ms;

    if (score == NULL)
        return eval_null();
    return eval_number(
        number_of_double(decay_score(score, half_life_ms, eval->at)), instant_after(eval->at, 1));
}

static struct result
eval_bucket(const struct eval *eval, const struct plan_node *node)
{
    struct text parts[3] = {node->text, {"\0", 1}, profile_user(eval->profile)};
    uint8_t digest[SHA256_BYTES];
    uint32_t first;

    sha256_digest(eval->sha256, parts, 3, digest);
    first = (uint32_t)digest[0] << 24 | (uint32_t)digest[1] << 16 | (uint32_t)digest[2] << 8 |
            digest[3];
    return eval_number(number_of_int(first % 100), PLAN_NEVER);
}

/* --- what is made of others ------------------------------------------------------------------- */

/*
 * `and` (decisive false) and `or` (decisive true): one decisive child decides as long as it stays;
 * without one, all of them must stay.
 */
static struct result
eval_junction(struct eval *eval, const struct plan_node *node, bool decisive)
{
    const uint32_t *children = plan_run_at(eval->plan, node->children);
    int64_t decided_until = INT64_MIN, stays_until = PLAN_NEVER;

    for (uint32_t i = 0; i < node->children.count; i++) {
        struct result child = eval_node(eval, children[i]);
        if (child.truth != decisive) {
            stays_until = instant_min(stays_until, child.stays_until);
            continue;
        }
        decided_until = instant_max(decided_until, child.stays_until);
        if (decided_until == PLAN_NEVER)
            break;
    }
    if (decided_until != INT64_MIN)
        return eval_truth(decisive, decided_until);
    return eval_truth(!decisive, stays_until);
}

static int
eval_order(const struct value *a, const struct value *b)
{
    if (a->kind == VALUE_TEXT)
        return text_compare(a->text, b->text);
    return a->number < b->number ? -1 : a->number > b->number;
}

static bool
eval_compare_values(enum plan_compare compare, const struct value *a, const struct value *b)
{
    if (a->kind == VALUE_NULL || b->kind == VALUE_NULL)
        return false;
    if (a->kind != b->kind)
        return compare == COMPARE_NE;
    return plan_compare_holds(compare, eval_order(a, b));
}

static struct result
eval_compare(struct eval *eval, const struct plan_node *node)
{
    struct result a = eval_node(eval, node->a);
    struct result b = eval_node(eval, node->b);

    return eval_truth(eval_compare_values(node->compare, &a.value, &b.value),
        instant_min(a.stays_until, b.stays_until));
}

static bool
eval_calculate(enum plan_node_kind kind, int64_t a, int64_t b, int64_t *ret_number)
{
    if (kind == NODE_DIVIDE)
        return number_divide(a, b, ret_number);
    if (kind == NODE_ADD)
        *ret_number = number_add(a, b);
    else if (kind == NODE_SUBTRACT)
        *ret_number = number_subtract(a, b);
    else
        *ret_number = number_multiply(a, b);
    return true;
}

static struct result
eval_arithmetic(struct eval *eval, const struct plan_node *node)
{
    struct result a = eval_node(eval, node->a);
    struct result b = eval_node(eval, node->b);
    struct result result = eval_null();

    result.stays_until = instant_min(a.stays_until, b.stays_until);
    if (a.value.kind != VALUE_NUMBER || b.value.kind != VALUE_NUMBER)
        return result;
    if (eval_calculate(node->kind, a.value.number, b.value.number, &result.value.number))
        result.value.kind = VALUE_NUMBER;
    return result;
}

static struct result
eval_negate(struct eval *eval, const struct plan_node *node)
{
    struct result result = eval_node(eval, node->a);

    if (result.value.kind == VALUE_NUMBER)
        result.value.number = -result.value.number;
    else
        result.value = (struct value){.kind = VALUE_NULL};
    return result;
}

/* --- by kind ---------------------------------------------------------------------------------- */

static struct result
eval_value_node(struct eval *eval, const struct plan_node *node)
{
    switch ((int)node->kind) {
    case NODE_NUMBER:
        return eval_number(node->number, PLAN_NEVER);
    case NODE_TEXT:
        return (struct result){
            .stays_until = PLAN_NEVER, .value = {.kind = VALUE_TEXT, .text = node->text}};
    case NODE_COUNT:
        return eval_count(eval, node);
    case NODE_SUM:
    case NODE_AVG:
    case NODE_MIN:
    case NODE_MAX:
        return eval_sums(eval, node);
    case NODE_DISTINCT:
        return eval_distinct(eval, node);
    case NODE_REPEATS:
    case NODE_TOP:
        return eval_top(eval, node);
    case NODE_FIRST:
    case NODE_LAST:
        return eval_single(eval, node);
    case NODE_SINCE:
    case NODE_AGE:
        return eval_elapsed(eval, node);
    case NODE_DECAY:
        return eval_decay(eval, node);
    case NODE_BUCKET:
        return eval_bucket(eval, node);
    case NODE_ADD:
    case NODE_SUBTRACT:
    case NODE_MULTIPLY:
    case NODE_DIVIDE:
        return eval_arithmetic(eval, node);
    case NODE_NEGATE:
        return eval_negate(eval, node);
    }
    CHECK_NEVER();
    return eval_null();
}

static struct result
eval_not(struct eval *eval, const struct plan_node *node)
{
    struct result result = eval_node(eval, node->a);

    result.truth = !result.truth;
    return result;
}

static struct result
eval_is_value(struct eval *eval, const struct plan_node *node)
{
    struct result result = eval_node(eval, node->a);

    return eval_truth(result.value.kind != VALUE_NULL, result.stays_until);
}

static struct result
eval_any_node(struct eval *eval, const struct plan_node *node)
{
    switch ((int)node->kind) {
    case NODE_TRUE:
    case NODE_FALSE:
        return eval_truth(node->kind == NODE_TRUE, PLAN_NEVER);
    case NODE_NOT:
        return eval_not(eval, node);
    case NODE_AND:
    case NODE_OR:
        return eval_junction(eval, node, node->kind == NODE_OR);
    case NODE_COUNT_GE:
        return eval_count_ge(eval, node);
    case NODE_DISTINCT_GE:
        return eval_distinct_ge(eval, node);
    case NODE_SUM_GE:
        return eval_sum_ge(eval, node);
    case NODE_SINCE_GE:
        return eval_since_ge(eval, node);
    case NODE_AGE_GE:
        return eval_age_ge(eval, node);
    case NODE_DECAY_GE:
        return eval_decay_ge(eval, node);
    case NODE_SEQ:
        return eval_seq(eval, node);
    case NODE_UNANSWERED:
        return eval_unanswered(eval, node);
    case NODE_MEMBER:
        return eval_member(eval, node);
    case NODE_COMPARE:
        return eval_compare(eval, node);
    case NODE_IS_VALUE:
        return eval_is_value(eval, node);
    }
    return eval_value_node(eval, node);
}

/* Nodes that are found faster than remembered. */
static bool
eval_is_cheap(enum plan_node_kind kind)
{
    return kind == NODE_COUNT_GE || kind == NODE_MEMBER || kind == NODE_NUMBER ||
           kind == NODE_TEXT || kind == NODE_SINCE_GE || kind == NODE_NOT;
}

struct result
eval_node(struct eval *eval, uint32_t index)
{
    const struct plan_node *node = &eval->plan->nodes[index];
    struct eval_memo *memo = &eval->memos[index];

    CHECK(index < eval->plan->node_count);
    if (eval_is_cheap(node->kind))
        return eval_any_node(eval, node);
    if (memo->look != eval->look) {
        memo->result = eval_any_node(eval, node);
        memo->look = eval->look;
    }
    return memo->result;
}
