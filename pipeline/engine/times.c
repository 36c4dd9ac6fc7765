/* Instants of a selector's events: the k newest, or all of the window with a number each. */
#include <string.h>

#include "config/base/check.h"
#include "pipeline/engine/instant.h"
#include "pipeline/engine/trail.h"

bool
times_add(struct trail *trail, uint32_t leaf)
{
    const struct plan_leaf *rule = trail_leaf(trail, leaf);
    int64_t floor = instant_before(trail->clock, rule->window_ms);
    uint32_t keep = rule->keep > 0 ? rule->keep : trail->list_max;
    struct list list;
    struct trail_time *entry;
    uint32_t place, over, drop;

    if (trail->ts <= floor)
        return false;
    list = list_open(trail->hand, leaf, 0, sizeof(struct trail_time));
    place = list_place(&list, trail->ts);
    over = list.count + 1 > keep ? list.count + 1 - keep : 0;
    if (place < over)
        return false;
    drop = list_expired(&list, floor);
    if (drop < over)
        drop = over;
    entry = list_insert(&list, drop, place);
    entry->at = trail->ts;
    return true;
}

bool
times_add_counted(struct trail *trail, uint32_t leaf)
{
    int64_t floor = instant_before(trail->clock, trail_leaf(trail, leaf)->window_ms);
    struct list list;
    struct trail_count *entry;

    if (trail->ts <= floor)
        return false;
    list = list_open(trail->hand, leaf, 0, sizeof(struct trail_count));
    entry = list_insert(&list, list_expired(&list, floor), list_place(&list, trail->ts));
    *entry = (struct trail_count){.at = trail->ts, .count = 1};
    if (list.count > trail->list_max) {
        /* All are alike here: the oldest counts on in the next. */
        entry = list_entry(&list, 0);
        entry[1].count += entry[0].count;
        list_remove(&list, 0, 1);
        trail->merged++;
    }
    return true;
}

bool
times_newest(const struct cell *cell, uint64_t k, int64_t *ret_at)
{
    const struct trail_time *times = (const void *)cell->bytes;
    uint32_t count = cell->length / (uint32_t)sizeof(*times);

    if (count < k)
        return false;
    *ret_at = times[count - k].at;
    return true;
}

bool
times_newest_counted(const struct cell *cell, uint64_t k, int64_t *ret_at)
{
    const struct trail_count *counts = (const void *)cell->bytes;
    uint64_t met = 0;

    for (uint32_t i = cell->length / (uint32_t)sizeof(*counts); i > 0; i--) {
        met += (uint64_t)counts[i - 1].count;
        if (met >= k) {
            *ret_at = counts[i - 1].at;
            return true;
        }
    }
    return false;
}

int64_t
times_count(const struct cell *cell, int64_t floor, int64_t *ret_oldest)
{
    const struct trail_count *counts = (const void *)cell->bytes;
    int64_t total = 0;

    for (uint32_t i = cell->length / (uint32_t)sizeof(*counts); i > 0; i--) {
        if (counts[i - 1].at <= floor)
            break;
        total += counts[i - 1].count;
        *ret_oldest = counts[i - 1].at;
    }
    return total;
}
