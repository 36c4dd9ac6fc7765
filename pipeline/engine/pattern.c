/* Events in an order: the newest end of a sequence, the a's that no b has answered. */
#include "config/base/check.h"
#include "config/base/hash.h"
#include "pipeline/engine/instant.h"
#include "pipeline/engine/trail.h"

#define PATTERN_A UINT64_C(1)
#define PATTERN_B UINT64_C(2)

/* Which steps the event matches; with `by`, none without a value there. */
static bool
pattern_step(struct trail *trail, const struct plan_leaf *rule, struct trail_step *ret_step)
{
    const uint32_t *steps = plan_run_at(trail->plan, rule->steps);
    struct text by = TEXT("");

    *ret_step = (struct trail_step){.at = trail->ts};
    CHECK(rule->steps.count <= TRAIL_STEPS_MAX);
    for (uint32_t i = 0; i < rule->steps.count; i++)
        if (match_selector(trail->match, steps[i]))
            ret_step->steps |= UINT64_C(1) << i;
    if (rule->by != PLAN_NONE) {
        by = match_text(trail->match, rule->by);
        ret_step->key = hash_text(by);
    }
    return ret_step->steps != 0 && (rule->by == PLAN_NONE || by.length > 0);
}

static uint64_t
pattern_key(const void *entry)
{
    const struct trail_step *step = entry;

    return (step->key ^ step->steps) * UINT64_C(0x9E3779B97F4A7C15) + step->steps;
}

/* Two that are alike become one, the newer. */
static void
pattern_merge(void *newer, const void *older)
{
    (void)newer;
    (void)older;
}

static const struct trail_likeness pattern_likeness = {pattern_key, pattern_merge};

/* --- seq -------------------------------------------------------------------------------------- */

/*
 * The newest end of a match among the events of one key. start[i]: the latest start of a match of
 * the steps up to i that ends here or before; a later start is never worse.
 */
static bool
pattern_newest_end(
    const struct list *list, const struct plan_leaf *rule, uint64_t key, int64_t *ret_end)
{
    int64_t start[TRAIL_STEPS_MAX];
    uint32_t last = rule->steps.count - 1;
    bool found = false;

    for (uint32_t i = 0; i <= last; i++)
        start[i] = INT64_MIN;
    for (uint32_t i = 0; i < list->count; i++) {
        const struct trail_step *event = list_entry(list, i);
        if (event->key != key)
            continue;
        if ((event->steps >> last & 1) != 0 && start[last - 1] != INT64_MIN &&
            event->at <= instant_after(start[last - 1], rule->within_ms)) {
            *ret_end = event->at;
            found = true;
        }
        /* Downwards, so that an event is one step of a match only. */
        for (uint32_t step = last - 1; step > 0; step--)
            if ((event->steps >> step & 1) != 0 && start[step - 1] > start[step])
                start[step] = start[step - 1];
        if ((event->steps & 1) != 0)
            start[0] = event->at;
    }
    return found;
}

/* Events up to here can't be part of a match that ends later than the newest, inside a window. */
static int64_t
pattern_floor(const struct trail *trail, const struct plan_leaf *rule, const struct trail_seq *seq)
{
    int64_t floor = INT64_MIN;

    if (seq != NULL && seq->found)
        floor = instant_before(seq->end, rule->within_ms);
    return instant_max(
        floor, instant_before(instant_before(trail->clock, rule->window_ms), rule->within_ms));
}

bool
pattern_add_seq(struct trail *trail, uint32_t leaf)
{
    const struct plan_leaf *rule = trail_leaf(trail, leaf);
    struct trail_step step, *place;
    struct list list;
    struct trail_seq *seq;
    int64_t end;
    bool newer;

    if (!pattern_step(trail, rule, &step))
        return false;
    list = list_open(trail->hand, leaf, sizeof(*seq), sizeof(step));
    if (step.at <= pattern_floor(trail, rule, (const void *)list.cell.bytes))
        return false;
    place = trail_insert(
        trail, &list, pattern_floor(trail, rule, (const void *)list.cell.bytes), &pattern_likeness);
    if (place == NULL)
        return false;
    *place = step;
    seq = list_head(&list);
    newer = pattern_newest_end(&list, rule, step.key, &end) && (!seq->found || end > seq->end);
    if (newer)
        *seq = (struct trail_seq){.found = 1, .end = end};
    return newer;
}

/* --- unanswered ------------------------------------------------------------------------------- */

/* Whether one of the events from `first` on answers an a of this instant and key. */
static bool
pattern_is_answered(
    const struct list *list, uint32_t first, const struct trail_step *a, int64_t within_ms)
{
    for (uint32_t i = first; i < list->count; i++) {
        const struct trail_step *event = list_entry(list, i);
        if (event->at > instant_after(a->at, within_ms))
            return false;
        if ((event->steps & PATTERN_B) != 0 && event->key == a->key)
            return true;
    }
    return false;
}

/* The b at `place` answers what stands before it; an a that has its answer is one no more. */
static void
pattern_answer(struct list *list, uint32_t place, int64_t within_ms)
{
    const struct trail_step b = *(struct trail_step *)list_entry(list, place);

    for (uint32_t i = place; i > 0; i--) {
        struct trail_step *event = list_entry(list, i - 1);
        if (instant_after(event->at, within_ms) < b.at)
            break;
        if (event->key == b.key)
            event->steps &= ~PATTERN_A;
        if (event->steps == 0)
            list_remove(list, i - 1, 1);
    }
}

bool
pattern_add_unanswered(struct trail *trail, uint32_t leaf)
{
    const struct plan_leaf *rule = trail_leaf(trail, leaf);
    int64_t floor = instant_before(trail->clock, rule->window_ms);
    struct trail_step step, *place;
    struct list list;

    if (!pattern_step(trail, rule, &step) || step.at <= floor)
        return false;
    list = list_open(trail->hand, leaf, 0, sizeof(step));
    if ((step.steps & PATTERN_A) != 0 &&
        pattern_is_answered(&list, list_place(&list, step.at), &step, rule->within_ms))
        step.steps &= ~PATTERN_A;
    if (step.steps == 0)
        return true;
    place = trail_insert(trail, &list, floor, &pattern_likeness);
    if (place == NULL)
        return true;
    *place = step;
    if ((step.steps & PATTERN_B) != 0)
        pattern_answer(&list, list_index(&list, place), rule->within_ms);
    list_close(&list);
    return true;
}

bool
pattern_unanswered(const struct cell *cell, int64_t within_ms, int64_t window_ms, int64_t at,
    int64_t *ret_stays_until)
{
    const struct trail_step *events = (const void *)cell->bytes;
    uint32_t count = cell->length / (uint32_t)sizeof(*events);
    int64_t floor = instant_before(at, window_ms);
    int64_t ripens = PLAN_NEVER;

    for (uint32_t i = count; i > 0 && events[i - 1].at > floor; i--) {
        const struct trail_step *event = &events[i - 1];
        if ((event->steps & PATTERN_A) == 0)
            continue;
        if (instant_after(event->at, within_ms) <= at) {
            *ret_stays_until = instant_after(event->at, window_ms);
            return true;
        }
        ripens = instant_after(event->at, within_ms);
    }
    *ret_stays_until = ripens;
    return false;
}
