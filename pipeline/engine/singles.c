/* Leaves of one entry: the oldest instant, a count, totals, the newest or the oldest value. */
#include <string.h>

#include "config/base/check.h"
#include "pipeline/engine/instant.h"
#include "pipeline/engine/trail.h"

static bool
singles_oldest(struct trail *trail, uint32_t leaf)
{
    struct list list = list_open(trail->hand, leaf, 0, sizeof(struct trail_time));

    if (list.count > 0 && ((struct trail_time *)list_entry(&list, 0))->at <= trail->ts)
        return false;
    list_remove(&list, 0, list.count);
    ((struct trail_time *)list_insert(&list, 0, 0))->at = trail->ts;
    return true;
}

static bool
singles_tally(struct trail *trail, uint32_t leaf)
{
    struct list list = list_open(trail->hand, leaf, sizeof(int64_t), 8);
    int64_t *tally = list_head(&list);

    ++*tally;
    return true;
}

static number_total
singles_total(const struct trail_totals *totals)
{
    number_total total;

    memcpy(&total, totals->total, sizeof(total));
    return total;
}

static bool
singles_add_totals(struct trail *trail, uint32_t leaf)
{
    const struct value *value = match_value(trail->match, trail_leaf(trail, leaf)->field);
    struct trail_totals *totals;
    struct list list;
    number_total total;

    if (value->kind != VALUE_NUMBER)
        return false;
    list = list_open(trail->hand, leaf, sizeof(*totals), 8);
    totals = list_head(&list);
    total = singles_total(totals) + value->number;
    memcpy(totals->total, &total, sizeof(total));
    if (totals->count == 0 || value->number < totals->min)
        totals->min = value->number;
    if (totals->count == 0 || value->number > totals->max)
        totals->max = value->number;
    totals->count++;
    return true;
}

/* Whether this event's value stands in for the one that is kept. */
static bool
singles_wins(const struct trail *trail, const struct plan_leaf *rule, const struct cell *cell)
{
    const struct trail_single *single = (const void *)cell->bytes;

    if (single == NULL)
        return true;
    return rule->kind == LEAF_LAST ? trail->ts >= single->at : trail->ts < single->at;
}

static bool
singles_add_value(struct trail *trail, uint32_t leaf)
{
    const struct plan_leaf *rule = trail_leaf(trail, leaf);
    const struct value *value = match_value(trail->match, rule->field);
    int64_t floor = instant_before(trail->clock, rule->window_ms);
    struct cell cell = profile_cell(trail->hand->profile, leaf);
    struct trail_single *single;
    uint32_t bytes;

    if (value->kind == VALUE_NULL || trail->ts <= floor)
        return false;
    if (!rule->empty_counts && value->kind == VALUE_TEXT && value->text.length == 0)
        return false;
    if (!singles_wins(trail, rule, &cell))
        return false;
    bytes = (uint32_t)(sizeof(*single) - sizeof(single->value)) + trail_value_bytes(value);
    cell = profile_cell_open(trail->hand, leaf);
    profile_cell_splice(trail->hand, &cell, 0, cell.length, bytes);
    single = (struct trail_single *)(void *)cell.bytes;
    single->at = trail->ts;
    trail_value_put(&single->value, value);
    return true;
}

bool
singles_add(struct trail *trail, uint32_t leaf)
{
    switch (trail_leaf(trail, leaf)->kind) {
    case LEAF_OLDEST:
        return singles_oldest(trail, leaf);
    case LEAF_TALLY:
        return singles_tally(trail, leaf);
    case LEAF_TOTALS:
        return singles_add_totals(trail, leaf);
    case LEAF_LAST:
    case LEAF_FIRST:
        return singles_add_value(trail, leaf);
    case LEAF_TIMES:
    case LEAF_COUNTS:
    case LEAF_SUFFIX:
    case LEAF_NUMBERS:
    case LEAF_SEEN:
    case LEAF_RECORDS:
    case LEAF_DECAY:
    case LEAF_SEQ:
    case LEAF_UNANSWERED:
        break;
    }
    CHECK_NEVER();
    return false;
}

bool
singles_value(const struct cell *cell, int64_t *ret_at, struct value *ret_value)
{
    const struct trail_single *single = (const void *)cell->bytes;

    if (single == NULL)
        return false;
    *ret_at = single->at;
    *ret_value = trail_value_get(&single->value);
    return true;
}

void
singles_totals(const struct cell *cell, struct sums *ret_sums)
{
    const struct trail_totals *totals = (const void *)cell->bytes;

    *ret_sums = (struct sums){.count = 0};
    if (totals == NULL)
        return;
    ret_sums->count = totals->count;
    ret_sums->total = singles_total(totals);
    ret_sums->min = totals->min;
    ret_sums->max = totals->max;
}

static bool
singles_totals_valid(const struct cell *cell)
{
    const struct trail_totals *totals = (const void *)cell->bytes;
    number_total total, bound;

    if (cell->length != sizeof(*totals) || totals->count < 1 || totals->min > totals->max)
        return false;
    if (totals->min < -NUMBER_MAX || totals->max > NUMBER_MAX)
        return false;
    total = singles_total(totals);
    bound = (number_total)NUMBER_MAX * totals->count;
    return total >= -bound && total <= bound;
}

bool
singles_valid(const struct plan_leaf *leaf, const struct cell *cell, int64_t clock)
{
    const struct trail_single *single = (const void *)cell->bytes;
    size_t value_bytes = cell->length - (sizeof(*single) - sizeof(single->value));

    if (leaf->kind == LEAF_TOTALS)
        return singles_totals_valid(cell);
    if (leaf->kind == LEAF_TALLY)
        return cell->length == sizeof(int64_t) && *(const int64_t *)(const void *)cell->bytes > 0;
    if (leaf->kind == LEAF_OLDEST)
        return cell->length == sizeof(int64_t) && profile_time_valid(single->at, clock);
    if (cell->length < sizeof(*single) || !profile_time_valid(single->at, clock))
        return false;
    if (!trail_value_valid(&single->value, value_bytes) || single->value.kind == VALUE_NULL)
        return false;
    return cell->length % 8 == 0;
}
