/* By kind of leaf: who takes an event in, what a stored cell must look like, what goes first. */
#include "pipeline/engine/trail.h"

#include <math.h>
#include <string.h>

#include "config/base/check.h"
#include "config/base/limits.h"

/* Where all that read the leaf are to be decided. */
static bool
trail_add_whole(struct trail *trail, uint32_t leaf, const struct plan_leaf *rule)
{
    switch (rule->kind) {
    case LEAF_COUNTS:
        return times_add_counted(trail, leaf);
    case LEAF_SUFFIX:
        return sums_add_suffix(trail, leaf);
    case LEAF_NUMBERS:
        return sums_add(trail, leaf);
    case LEAF_SEEN:
        return seen_add(trail, leaf);
    case LEAF_RECORDS:
        return rule->window_ms == PLAN_EVER ? records_add_ever(trail, leaf)
                                            : records_add(trail, leaf);
    case LEAF_DECAY:
        return decay_add(trail, leaf);
    case LEAF_OLDEST:
    case LEAF_TALLY:
    case LEAF_TOTALS:
    case LEAF_LAST:
    case LEAF_FIRST:
        return singles_add(trail, leaf);
    case LEAF_SEQ:
        return pattern_add_seq(trail, leaf);
    case LEAF_UNANSWERED:
        return pattern_add_unanswered(trail, leaf);
    case LEAF_TIMES:
        break;
    }
    CHECK_NEVER();
    return false;
}

void
trail_add(struct trail *trail, uint32_t leaf)
{
    const struct plan_leaf *rule = trail_leaf(trail, leaf);
    bool is_pattern = rule->kind == LEAF_SEQ || rule->kind == LEAF_UNANSWERED;

    if (!is_pattern && trail->plan->selectors[rule->selector].predicates.count > 0 &&
        !match_predicates(trail->match, rule->selector))
        return;
    if (rule->kind == LEAF_TIMES)
        times_add(trail, leaf);
    else if (trail_add_whole(trail, leaf, rule))
        segset_add_run(trail->touched, trail->plan, rule->segments);
}

/* --- past the limit --------------------------------------------------------------------------- */

/* The first entry that is alike an older one. */
static bool
trail_alike(struct trail *trail, const struct list *list, const struct trail_likeness *likeness,
    uint32_t *ret_older, uint32_t *ret_newer)
{
    alike_begin(trail->alike);
    for (uint32_t i = 0; i < list->count; i++) {
        uint64_t *older = alike_at(trail->alike, likeness->key(list_entry(list, i)));
        if (*older != 0) {
            *ret_older = (uint32_t)*older - 1;
            *ret_newer = i;
            return true;
        }
        *older = (uint64_t)i + 1;
    }
    return false;
}

void *
trail_insert(
    struct trail *trail, struct list *list, int64_t floor, const struct trail_likeness *likeness)
{
    uint32_t place = list_place(list, trail->ts);
    uint32_t drop = list_drop(list_expired(list, floor), 0);
    uint32_t older, newer;

    if (list->count - drop < trail->list_max)
        return list_insert(list, drop, place);
    if (trail_alike(trail, list, likeness, &older, &newer)) {
        likeness->merge(list_entry(list, newer), list_entry(list, older));
        trail->merged++;
        return list_exchange(list, older, place);
    }
    trail->dropped++;
    return place == 0 ? NULL : list_exchange(list, 0, place);
}

/* --- lists by kind ---------------------------------------------------------------------------- */

struct trail_form {
    uint32_t head;
    uint32_t size; /* of an entry; 0: no list of equal entries */
};

static struct trail_form
trail_form(const struct plan_leaf *rule)
{
    switch (rule->kind) {
    case LEAF_TIMES:
        return (struct trail_form){0, times_is_narrow(rule) ? 0 : sizeof(struct trail_time)};
    case LEAF_COUNTS:
        return (struct trail_form){0, sizeof(struct trail_count)};
    case LEAF_SUFFIX:
    case LEAF_NUMBERS:
        return (struct trail_form){0, sizeof(struct trail_number)};
    case LEAF_SEEN:
        return (struct trail_form){0, sizeof(struct trail_seen)};
    case LEAF_SEQ:
        return (struct trail_form){sizeof(struct trail_seq), sizeof(struct trail_step)};
    case LEAF_UNANSWERED:
        return (struct trail_form){0, sizeof(struct trail_step)};
    case LEAF_OLDEST:
    case LEAF_TALLY:
    case LEAF_TOTALS:
    case LEAF_RECORDS:
    case LEAF_LAST:
    case LEAF_FIRST:
    case LEAF_DECAY:
        break;
    }
    return (struct trail_form){0, 0};
}

static uint32_t
trail_longest(const struct profile *profile)
{
    const struct profile_entry *entries = profile_directory(profile);
    uint32_t longest = 0, length_max = 0;

    for (uint32_t i = 0; i < profile->cell_count; i++) {
        uint32_t length = entries[i].end - (i == 0 ? 0 : entries[i - 1].end);
        if (length > length_max) {
            length_max = length;
            longest = i;
        }
    }
    return longest;
}

/* Drops an eighth of a list, the oldest. Returns how many those were. */
static uint32_t
trail_shed_cell(struct trail *trail, struct cell *cell, uint32_t leaf)
{
    const struct plan_leaf *rule;
    struct trail_form form;
    uint32_t count;

    if (leaf == PROFILE_IDS)
        return ids_shed(trail->hand, &trail->ids);
    rule = trail_leaf(trail, leaf);
    if (rule->kind == LEAF_RECORDS) {
        count = (uint32_t)((const struct trail_records *)(const void *)cell->bytes)->count;
        return records_shed(trail->hand, cell, count / 8 + 1);
    }
    if (rule->kind == LEAF_TIMES && times_is_narrow(rule))
        return times_shed(trail->hand, cell);
    form = trail_form(rule);
    if (form.size == 0)
        return 0;
    count = (cell->length - form.head) / form.size / 8 + 1;
    profile_cell_splice(trail->hand, cell, form.head, count * form.size, 0);
    return count;
}

void
trail_shed(struct trail *trail)
{
    while (trail->hand->profile->length > PROFILE_BYTES_MAX) {
        struct profile *profile = trail->hand->profile;
        struct cell cell;
        uint32_t shed;
        if (profile->cell_count == 0)
            return;
        cell = profile_cell_at(profile, trail_longest(profile));
        shed = trail_shed_cell(trail, &cell, profile_directory(profile)[cell.index].leaf);
        if (shed == 0)
            return;
        if (profile_cell_at(trail->hand->profile, cell.index).length == 0)
            profile_cell_remove(trail->hand, &cell);
        trail->dropped += shed;
    }
}

/* --- what comes from a store ------------------------------------------------------------------ */

static bool
trail_numbers_valid(const struct plan_leaf *leaf, const struct cell *cell)
{
    const struct trail_number *numbers = (const void *)cell->bytes;

    for (uint32_t i = 0; i < cell->length / sizeof(*numbers); i++) {
        int64_t lowest = leaf->kind == LEAF_SUFFIX ? 1 : -NUMBER_MAX;
        if (numbers[i].number < lowest || numbers[i].number > NUMBER_MAX)
            return false;
        if (numbers[i].count < 1 || numbers[i].count > INT32_MAX)
            return false;
    }
    return true;
}

static bool
trail_counts_valid(const struct cell *cell)
{
    const struct trail_count *counts = (const void *)cell->bytes;

    for (uint32_t i = 0; i < cell->length / sizeof(*counts); i++)
        if (counts[i].count < 1 || counts[i].count > INT32_MAX)
            return false;
    return true;
}

static bool
trail_steps_valid(const struct plan_leaf *leaf, const struct cell *cell, uint32_t head)
{
    const struct trail_step *steps = (const void *)(cell->bytes + head);
    uint64_t known = leaf->steps.count >= 64 ? UINT64_MAX : (UINT64_C(1) << leaf->steps.count) - 1;

    for (uint32_t i = 0; i < (cell->length - head) / sizeof(*steps); i++)
        if (steps[i].steps == 0 || (steps[i].steps & ~known) != 0)
            return false;
    return true;
}

static bool
trail_list_valid(const struct cell *cell, struct trail_form form, int64_t clock, uint32_t count_max)
{
    uint32_t count;
    int64_t before = INT64_MIN;

    if (cell->length < form.head || (cell->length - form.head) % form.size != 0)
        return false;
    count = (cell->length - form.head) / form.size;
    if (count > count_max)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        int64_t at;
        memcpy(&at, cell->bytes + form.head + (size_t)i * form.size, sizeof(at));
        if (at < before || !profile_time_valid(at, clock))
            return false;
        before = at;
    }
    return true;
}

static bool
trail_decay_valid(const struct cell *cell, int64_t clock)
{
    const struct trail_score *score = (const void *)cell->bytes;

    return cell->length == sizeof(*score) && profile_time_valid(score->at, clock) &&
           isfinite(score->score) && score->score >= 0;
}

static bool
trail_seq_valid(const struct cell *cell, int64_t clock)
{
    const struct trail_seq *seq = (const void *)cell->bytes;

    return (seq->found == 0 || seq->found == 1) && profile_time_valid(seq->end, clock);
}

bool
trail_valid(const struct plan_leaf *leaf, const struct cell *cell, int64_t clock, uint32_t list_max)
{
    struct trail_form form = trail_form(leaf);

    if (form.size > 0) {
        if (!trail_list_valid(cell, form, clock, leaf->keep > 0 ? leaf->keep : list_max))
            return false;
    }
    switch (leaf->kind) {
    case LEAF_TIMES:
        return form.size > 0 ||
               times_narrow_valid(cell, clock, leaf->keep > 0 ? leaf->keep : list_max);
    case LEAF_SEEN:
        return true;
    case LEAF_COUNTS:
        return trail_counts_valid(cell);
    case LEAF_SUFFIX:
    case LEAF_NUMBERS:
        return trail_numbers_valid(leaf, cell);
    case LEAF_SEQ:
        return trail_seq_valid(cell, clock) && trail_steps_valid(leaf, cell, form.head);
    case LEAF_UNANSWERED:
        return trail_steps_valid(leaf, cell, form.head);
    case LEAF_RECORDS:
        return records_valid(leaf, cell, clock, list_max);
    case LEAF_DECAY:
        return trail_decay_valid(cell, clock);
    case LEAF_OLDEST:
    case LEAF_TALLY:
    case LEAF_TOTALS:
    case LEAF_LAST:
    case LEAF_FIRST:
        return singles_valid(leaf, cell, clock);
    }
    return false;
}

/* --- values in cells -------------------------------------------------------------------------- */

static uint32_t
trail_value_tail(uint32_t kind, uint32_t length)
{
    if (kind == VALUE_NUMBER)
        return sizeof(int64_t);
    return kind == VALUE_TEXT ? (length + 7) & ~UINT32_C(7) : 0;
}

uint32_t
trail_value_bytes(const struct value *value)
{
    return (uint32_t)sizeof(struct trail_value) + trail_value_tail(value->kind, value->text.length);
}

void
trail_value_put(struct trail_value *stored, const struct value *value)
{
    char *tail = (char *)(stored + 1);

    *stored = (struct trail_value){.kind = value->kind};
    if (value->kind == VALUE_NUMBER)
        memcpy(tail, &value->number, sizeof(value->number));
    if (value->kind != VALUE_TEXT)
        return;
    stored->length = value->text.length;
    memset(tail, 0, trail_value_tail(VALUE_TEXT, stored->length));
    if (stored->length > 0)
        memcpy(tail, value->text.bytes, stored->length);
}

struct value
trail_value_get(const struct trail_value *stored)
{
    struct value value = {.kind = stored->kind};
    const char *tail = (const char *)(stored + 1);

    if (value.kind == VALUE_NUMBER)
        memcpy(&value.number, tail, sizeof(value.number));
    else if (value.kind == VALUE_TEXT)
        value.text = (struct text){tail, stored->length};
    return value;
}

bool
trail_value_valid(const struct trail_value *stored, size_t length)
{
    if (length < sizeof(*stored) || stored->kind > VALUE_TEXT)
        return false;
    if (stored->length > TEXT_BYTES_MAX || (stored->kind != VALUE_TEXT && stored->length != 0))
        return false;
    return length - sizeof(*stored) >= trail_value_tail(stored->kind, stored->length);
}
