/* Instants of a selector's events: the k newest, or all of the window with a number each. */
#include <string.h>

#include "config/base/check.h"
#include "pipeline/engine/instant.h"
#include "pipeline/engine/trail.h"

/* The k newest of a window that 32 bits can span are kept as distances from a base:
 *
 *   | base | distance, ascending | ... | (REST) |
 *
 * with REST in the place that an odd count leaves free. Otherwise they are kept whole.
 */
#define DISTANCE_MAX (UINT32_MAX - 1)
#define REST UINT32_MAX
#define NARROW_HEAD ((uint32_t)sizeof(int64_t))
/* For less the base costs more than it saves. */
#define NARROW_KEEP_MIN 3

struct times {
    int64_t floor;
    uint32_t keep;
    uint32_t count;
    uint32_t place; /* of the event */
    uint32_t drop;  /* of the oldest */
};

typedef int64_t times_at_fn(const struct cell *cell, uint32_t index);

/* --- which truths an event turns ---------------------------------------------------------------- */

/* Whether the truth, or that it may turn by time, is another one after the event, whose place is
 * found, than before it, both at the user's clock. */
static inline bool
times_turns(const struct trail *trail, const struct cell *cell, const struct times *times,
    const struct watch *watch, times_at_fn *at)
{
    uint32_t k = watch->count, later = times->count - times->place;
    int64_t before = k <= times->count ? at(cell, times->count - k) : INT64_MIN;
    int64_t after = k == later + 1 ? trail->ts : at(cell, times->count + 1 - k);

    /* The first one sets an instant at which it becomes true. */
    if (watch->is_since)
        return before == INT64_MIN || (instant_after(before, watch->window_ms) <= trail->clock) !=
                                          (instant_after(after, watch->window_ms) <= trail->clock);
    return instant_after(after, watch->window_ms) > trail->clock &&
           (before == INT64_MIN || instant_after(before, watch->window_ms) <= trail->clock);
}

/* Touches the segments that have a truth which turns; the list is as it was before the event. */
static inline void
times_touch(struct trail *trail, uint32_t leaf, const struct cell *cell, const struct times *times,
    times_at_fn *at)
{
    const struct watches *watches = trail->watches;
    const struct watch *end = &watches->watches[watches->firsts[leaf + 1]];
    uint32_t later = times->count - times->place;

    for (const struct watch *watch = &watches->watches[watches->firsts[leaf]];
         watch < end && watch->count <= times->count + 1; watch++) {
        const uint32_t *segments = &watches->segments[watch->segment_first];
        if (watch->count <= later || !times_turns(trail, cell, times, watch, at))
            continue;
        for (uint32_t i = 0; i < watch->segment_count; i++)
            segset_add(trail->touched, segments[i]);
    }
}

bool
times_is_narrow(const struct plan_leaf *rule)
{
    return rule->window_ms <= DISTANCE_MAX && (rule->keep == 0 || rule->keep >= NARROW_KEEP_MIN);
}

/* --- distances -------------------------------------------------------------------------------- */

static int64_t *
times_base(const struct cell *cell)
{
    return (int64_t *)(void *)cell->bytes;
}

static uint32_t *
times_distances(const struct cell *cell)
{
    return (uint32_t *)(void *)(cell->bytes + NARROW_HEAD);
}

static uint32_t
times_narrow_count(const struct cell *cell)
{
    uint32_t count;

    if (cell->length == 0)
        return 0;
    count = (cell->length - NARROW_HEAD) / (uint32_t)sizeof(uint32_t);
    return times_distances(cell)[count - 1] == REST ? count - 1 : count;
}

static int64_t
times_narrow_at(const struct cell *cell, uint32_t index)
{
    return *times_base(cell) + times_distances(cell)[index];
}

/* Drops the oldest and makes room for `add` at the end. Returns the count. */
static uint32_t
times_narrow_resize(
    struct profile_hand *hand, struct cell *cell, uint32_t count, uint32_t drop, uint32_t add)
{
    uint32_t kept = count - drop, length, *distances = times_distances(cell);

    CHECK(drop <= count);
    if (drop > 0)
        memmove(distances, distances + drop, kept * sizeof(*distances));
    length = NARROW_HEAD + (kept + add + 1) / 2 * (uint32_t)sizeof(int64_t);
    if (length > cell->length)
        profile_cell_splice(hand, cell, cell->length, 0, length - cell->length);
    else if (length < cell->length)
        profile_cell_splice(hand, cell, length, cell->length - length, 0);
    if ((kept + add) % 2 == 1)
        times_distances(cell)[kept + add] = REST;
    return kept;
}

/* The base goes to the oldest of all, the event included; what has left goes first. */
static void
times_narrow_rebase(struct trail *trail, struct cell *cell, struct times *times)
{
    uint32_t expired = 0, *distances;
    int64_t base;

    while (expired < times->count && times_narrow_at(cell, expired) <= times->floor)
        expired++;
    if (times->drop < expired)
        times->drop = expired;
    times->count = times_narrow_resize(trail->hand, cell, times->count, times->drop, 1);
    times->place -= times->drop;
    times->drop = 0;
    base = times->count > 0 ? instant_min(times_narrow_at(cell, 0), trail->ts) : trail->ts;
    distances = times_distances(cell);
    for (uint32_t i = 0; i < times->count; i++)
        distances[i] = (uint32_t)(*times_base(cell) + distances[i] - base);
    *times_base(cell) = base;
}

static void
times_narrow_insert(struct trail *trail, struct cell *cell, struct times *times)
{
    int64_t distance = trail->ts - *times_base(cell);
    uint32_t *distances;

    if (distance < 0 || distance > DISTANCE_MAX) {
        times_narrow_rebase(trail, cell, times);
        distance = trail->ts - *times_base(cell);
    } else if (times->drop != 1) {
        times->count = times_narrow_resize(trail->hand, cell, times->count, times->drop, 1);
        times->place -= times->drop;
        times->drop = 0;
    }
    distances = times_distances(cell);
    if (times->drop == 1) {
        /* One goes, one comes: nothing outside of the list moves. */
        times->place--;
        memmove(distances, distances + 1, times->place * sizeof(*distances));
    } else {
        memmove(distances + times->place + 1, distances + times->place,
            (times->count - times->place) * sizeof(*distances));
    }
    distances[times->place] = (uint32_t)distance;
}

static void
times_narrow_begin(struct trail *trail, uint32_t leaf)
{
    struct cell cell = profile_cell_open(trail->hand, leaf);

    profile_cell_splice(trail->hand, &cell, 0, 0, NARROW_HEAD + (uint32_t)sizeof(int64_t));
    *times_base(&cell) = trail->ts;
    times_distances(&cell)[0] = 0;
    times_distances(&cell)[1] = REST;
}

static void
times_add_narrow(struct trail *trail, uint32_t leaf, struct times *times)
{
    struct cell cell = profile_cell(trail->hand->profile, leaf);
    uint32_t expired = 0, over;

    if (cell.bytes == NULL) {
        times_touch(trail, leaf, &cell, times, times_narrow_at);
        times_narrow_begin(trail, leaf);
        return;
    }
    times->count = times_narrow_count(&cell);
    times->place = times->count;
    while (times->place > 0 && times_narrow_at(&cell, times->place - 1) > trail->ts)
        times->place--;
    over = times->count + 1 > times->keep ? times->count + 1 - times->keep : 0;
    if (times->place < over)
        return;
    times_touch(trail, leaf, &cell, times, times_narrow_at);
    while (expired <= LIST_EXPIRED_MANY && expired < times->count &&
           times_narrow_at(&cell, expired) <= times->floor)
        expired++;
    times->drop = list_drop(expired, over);
    times_narrow_insert(trail, &cell, times);
}

/* --- whole instants --------------------------------------------------------------------------- */

static int64_t
times_whole_at(const struct cell *cell, uint32_t index)
{
    return ((const struct trail_time *)(const void *)cell->bytes)[index].at;
}

static void
times_add_whole(struct trail *trail, uint32_t leaf, struct times *times)
{
    struct list list = list_open(trail->hand, leaf, 0, sizeof(struct trail_time));
    uint32_t over = list.count + 1 > times->keep ? list.count + 1 - times->keep : 0;
    struct trail_time *entry;

    times->count = list.count;
    times->place = list_place(&list, trail->ts);
    times->drop = list_drop(list_expired(&list, times->floor), over);
    if (times->place < over)
        return;
    times_touch(trail, leaf, &list.cell, times, times_whole_at);
    entry = list_insert(&list, times->drop, times->place);
    entry->at = trail->ts;
}

void
times_add(struct trail *trail, uint32_t leaf)
{
    const struct plan_leaf *rule = trail_leaf(trail, leaf);
    struct times times = {.floor = instant_before(trail->clock, rule->window_ms),
        .keep = rule->keep > 0 ? rule->keep : trail->list_max};

    if (trail->ts <= times.floor)
        return;
    if (times_is_narrow(rule))
        times_add_narrow(trail, leaf, &times);
    else
        times_add_whole(trail, leaf, &times);
}

bool
times_newest(const struct plan_leaf *rule, const struct cell *cell, uint64_t k, int64_t *ret_at)
{
    uint32_t count;

    if (!times_is_narrow(rule))
        return times_whole_newest(cell, k, ret_at);
    count = times_narrow_count(cell);
    if (count < k)
        return false;
    *ret_at = times_narrow_at(cell, count - (uint32_t)k);
    return true;
}

uint32_t
times_shed(struct profile_hand *hand, struct cell *cell)
{
    uint32_t count = times_narrow_count(cell);
    uint32_t drop = count / 8 + 1;

    times_narrow_resize(hand, cell, count, drop, 0);
    return drop;
}

bool
times_narrow_valid(const struct cell *cell, int64_t clock, uint32_t count_max)
{
    uint32_t count, before = 0;

    if (cell->length <= NARROW_HEAD)
        return false;
    count = times_narrow_count(cell);
    if (count == 0 || count > count_max || !profile_time_valid(*times_base(cell), clock))
        return false;
    for (uint32_t i = 0; i < count; i++) {
        if (times_distances(cell)[i] < before || times_narrow_at(cell, i) > clock)
            return false;
        before = times_distances(cell)[i];
    }
    return true;
}

/* --- with a number each ----------------------------------------------------------------------- */

/* All are alike here. */
static uint64_t
times_counted_key(const void *entry)
{
    (void)entry;
    return 1;
}

static void
times_counted_merge(void *newer, const void *older)
{
    ((struct trail_count *)newer)->count += ((const struct trail_count *)older)->count;
}

bool
times_add_counted(struct trail *trail, uint32_t leaf)
{
    static const struct trail_likeness likeness = {times_counted_key, times_counted_merge};
    int64_t floor = instant_before(trail->clock, trail_leaf(trail, leaf)->window_ms);
    struct list list;
    struct trail_count *entry;

    if (trail->ts <= floor)
        return false;
    list = list_open(trail->hand, leaf, 0, sizeof(*entry));
    entry = trail_insert(trail, &list, floor, &likeness);
    if (entry == NULL)
        return false;
    *entry = (struct trail_count){.at = trail->ts, .count = 1};
    return true;
}

bool
times_whole_newest(const struct cell *cell, uint64_t k, int64_t *ret_at)
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
