/* Numbers with their instants: all of the window, or only the newest that reach what rules ask. */
#include <string.h>

#include "config/base/check.h"
#include "pipeline/engine/instant.h"
#include "pipeline/engine/trail.h"

static uint64_t
sums_key(const void *entry)
{
    return (uint64_t)((const struct trail_number *)entry)->number;
}

static void
sums_merge(void *newer, const void *older)
{
    ((struct trail_number *)newer)->count += ((const struct trail_number *)older)->count;
}

static number_total
sums_of(const struct trail_number *entry)
{
    return (number_total)entry->number * entry->count;
}

/* How many of the oldest are not needed: those that follow reach `enough` without them. */
static uint32_t
sums_surplus(const struct list *list, int64_t enough)
{
    number_total total = 0;

    for (uint32_t i = list->count; i > 0; i--) {
        total += sums_of(list_entry(list, i - 1));
        if (total >= enough)
            return i - 1;
    }
    return 0;
}

static bool
sums_insert(struct trail *trail, uint32_t leaf, struct list *list)
{
    const struct plan_leaf *rule = trail_leaf(trail, leaf);
    const struct value *value = match_value(trail->match, rule->field);
    int64_t floor = instant_before(trail->clock, rule->window_ms);
    static const struct trail_likeness likeness = {sums_key, sums_merge};
    struct trail_number *entry;

    if (value->kind != VALUE_NUMBER || trail->ts <= floor)
        return false;
    if (rule->kind == LEAF_SUFFIX && value->number <= 0)
        return false;
    *list = list_open(trail->hand, leaf, 0, sizeof(*entry));
    entry = trail_insert(trail, list, floor, &likeness);
    if (entry == NULL)
        return false;
    *entry = (struct trail_number){.at = trail->ts, .number = value->number, .count = 1};
    return true;
}

bool
sums_add_suffix(struct trail *trail, uint32_t leaf)
{
    struct list list;

    if (!sums_insert(trail, leaf, &list))
        return false;
    list_remove(&list, 0, sums_surplus(&list, trail_leaf(trail, leaf)->enough));
    return true;
}

bool
sums_add(struct trail *trail, uint32_t leaf)
{
    struct list list;

    return sums_insert(trail, leaf, &list);
}

bool
sums_reach(const struct cell *cell, int64_t enough, int64_t *ret_at)
{
    const struct trail_number *numbers = (const void *)cell->bytes;
    number_total total = 0;

    for (uint32_t i = cell->length / (uint32_t)sizeof(*numbers); i > 0; i--) {
        total += sums_of(&numbers[i - 1]);
        if (total >= enough) {
            *ret_at = numbers[i - 1].at;
            return true;
        }
    }
    return false;
}

void
sums_window(const struct cell *cell, int64_t floor, struct sums *ret_sums)
{
    const struct trail_number *numbers = (const void *)cell->bytes;
    struct sums sums = {.min = INT64_MAX, .max = INT64_MIN};

    for (uint32_t i = cell->length / (uint32_t)sizeof(*numbers); i > 0; i--) {
        const struct trail_number *entry = &numbers[i - 1];
        if (entry->at <= floor)
            break;
        sums.count += entry->count;
        sums.total += sums_of(entry);
        sums.oldest = entry->at;
        if (entry->number < sums.min) {
            sums.min = entry->number;
            sums.min_newest = entry->at;
        }
        if (entry->number > sums.max) {
            sums.max = entry->number;
            sums.max_newest = entry->at;
        }
    }
    *ret_sums = sums;
}
