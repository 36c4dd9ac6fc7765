/* Different values of a field by when each was last seen: a value stands in the list once. */
#include "config/base/hash.h"
#include "pipeline/engine/instant.h"
#include "pipeline/engine/trail.h"

/* The value's entry, or list->count. */
static uint32_t
seen_find(const struct list *list, uint64_t hash)
{
    uint32_t i = 0;

    while (i < list->count && ((const struct trail_seen *)list_entry(list, i))->hash != hash)
        i++;
    return i;
}

bool
seen_add(struct trail *trail, uint32_t leaf)
{
    const struct plan_leaf *rule = trail_leaf(trail, leaf);
    struct text text = match_text(trail->match, rule->field);
    int64_t floor = instant_before(trail->clock, rule->window_ms);
    uint32_t keep = rule->keep > 0 ? rule->keep : trail->list_max;
    struct trail_seen fresh = {.at = trail->ts, .hash = hash_text(text)};
    struct list list;
    uint32_t there, place;

    if (text.length == 0 || trail->ts <= floor)
        return false;
    list = list_open(trail->hand, leaf, 0, sizeof(fresh));
    there = seen_find(&list, fresh.hash);
    if (there < list.count) {
        if (((struct trail_seen *)list_entry(&list, there))->at >= trail->ts)
            return false;
        list_remove(&list, there, 1);
    }
    list_remove(&list, 0, list_expired(&list, floor));
    place = list_place(&list, trail->ts);
    if (list.count < keep) {
        *(struct trail_seen *)list_insert(&list, 0, place) = fresh;
        return true;
    }
    if (rule->keep == 0)
        trail->dropped++;
    if (place == 0)
        return false;
    *(struct trail_seen *)list_insert(&list, 1, place) = fresh;
    return true;
}

bool
seen_newest(const struct cell *cell, uint64_t k, int64_t *ret_at)
{
    const struct trail_seen *values = (const void *)cell->bytes;
    uint32_t count = cell->length / (uint32_t)sizeof(*values);

    if (count < k)
        return false;
    *ret_at = values[count - k].at;
    return true;
}

int64_t
seen_count(const struct cell *cell, int64_t floor, int64_t *ret_oldest)
{
    const struct trail_seen *values = (const void *)cell->bytes;
    uint32_t count = cell->length / (uint32_t)sizeof(*values);
    uint32_t i = count;

    while (i > 0 && values[i - 1].at > floor)
        i--;
    if (i < count)
        *ret_oldest = values[i].at;
    return count - i;
}
