/* Values with their instants: all of the window, or one entry per value with its count for ever. */
#include <string.h>

#include "config/base/check.h"
#include "config/base/hash.h"
#include "pipeline/engine/instant.h"
#include "pipeline/engine/trail.h"

#define RECORDS_HEAD ((uint32_t)sizeof(struct trail_records))

static uint32_t
records_bytes(const struct trail_record *record)
{
    struct value value = {.kind = record->value.kind, .text.length = record->value.length};

    return (uint32_t)(sizeof(*record) - sizeof(record->value)) + trail_value_bytes(&value);
}

static struct trail_record *
records_at(const struct cell *cell, uint32_t offset)
{
    return (struct trail_record *)(void *)(cell->bytes + offset);
}

static struct trail_records *
records_head(const struct cell *cell)
{
    return (struct trail_records *)(void *)cell->bytes;
}

static struct cell
records_open(struct trail *trail, uint32_t leaf)
{
    struct cell cell = profile_cell_open(trail->hand, leaf);

    if (cell.length == 0) {
        profile_cell_splice(trail->hand, &cell, 0, 0, RECORDS_HEAD);
        *records_head(&cell) = (struct trail_records){.newest = INT64_MIN};
    }
    return cell;
}

/* Where a record of this instant goes: behind all that are not later. */
static uint32_t
records_place(const struct cell *cell, int64_t at)
{
    uint32_t offset = RECORDS_HEAD;

    if (at >= records_head(cell)->newest)
        return cell->length;
    while (offset < cell->length && records_at(cell, offset)->at <= at)
        offset += records_bytes(records_at(cell, offset));
    return offset;
}

static void
records_cut(struct profile_hand *hand, struct cell *cell, uint32_t offset)
{
    profile_cell_splice(hand, cell, offset, records_bytes(records_at(cell, offset)), 0);
    records_head(cell)->count--;
}

static void
records_expire(struct trail *trail, struct cell *cell, int64_t floor)
{
    uint32_t offset = RECORDS_HEAD, count = 0;

    while (offset < cell->length && records_at(cell, offset)->at <= floor) {
        offset += records_bytes(records_at(cell, offset));
        count++;
    }
    if (count == 0)
        return;
    profile_cell_splice(trail->hand, cell, RECORDS_HEAD, offset - RECORDS_HEAD, 0);
    records_head(cell)->count -= count;
}

static void
records_insert(struct trail *trail, struct cell *cell, const struct trail_record *record,
    const struct value *value)
{
    uint32_t offset = records_place(cell, record->at);
    uint32_t bytes = (uint32_t)(sizeof(*record) - sizeof(record->value)) + trail_value_bytes(value);
    struct trail_record *place;
    struct trail_records *head;

    profile_cell_splice(trail->hand, cell, offset, 0, bytes);
    place = records_at(cell, offset);
    *place = *record;
    trail_value_put(&place->value, value);
    head = records_head(cell);
    head->count++;
    head->newest = instant_max(head->newest, record->at);
}

/* The first record whose value stands in an older one counts for both; or the oldest goes. */
static void
records_crowd(struct trail *trail, struct cell *cell)
{
    uint32_t offset = RECORDS_HEAD;

    if (records_head(cell)->count <= trail->list_max)
        return;
    alike_begin(trail->alike);
    while (offset < cell->length) {
        struct trail_record *record = records_at(cell, offset);
        uint64_t *older = alike_at(trail->alike, record->hash);
        if (*older != 0) {
            record->count += records_at(cell, (uint32_t)*older)->count;
            records_cut(trail->hand, cell, (uint32_t)*older);
            trail->merged++;
            return;
        }
        *older = offset;
        offset += records_bytes(record);
    }
    records_cut(trail->hand, cell, RECORDS_HEAD);
    trail->dropped++;
}

bool
records_add(struct trail *trail, uint32_t leaf)
{
    const struct plan_leaf *rule = trail_leaf(trail, leaf);
    struct text text = match_text(trail->match, rule->field);
    int64_t floor = instant_before(trail->clock, rule->window_ms);
    struct trail_record record = {.at = trail->ts, .hash = hash_text(text), .count = 1};
    struct value none = {.kind = VALUE_NULL};
    struct cell cell;

    if (text.length == 0 || trail->ts <= floor)
        return false;
    cell = records_open(trail, leaf);
    records_expire(trail, &cell, floor);
    records_insert(
        trail, &cell, &record, rule->text_kept ? match_value(trail->match, rule->field) : &none);
    records_crowd(trail, &cell);
    return true;
}

static uint32_t
records_find(const struct cell *cell, uint64_t hash)
{
    uint32_t offset = RECORDS_HEAD;

    while (offset < cell->length && records_at(cell, offset)->hash != hash)
        offset += records_bytes(records_at(cell, offset));
    return offset;
}

bool
records_add_ever(struct trail *trail, uint32_t leaf)
{
    const struct plan_leaf *rule = trail_leaf(trail, leaf);
    struct text text = match_text(trail->match, rule->field);
    struct trail_record record = {.at = trail->ts, .hash = hash_text(text), .count = 1};
    struct value none = {.kind = VALUE_NULL};
    struct cell cell;
    uint32_t offset;

    if (text.length == 0)
        return false;
    cell = records_open(trail, leaf);
    offset = records_find(&cell, record.hash);
    if (offset < cell.length) {
        struct trail_record *known = records_at(&cell, offset);
        known->count++;
        if (known->at > trail->ts)
            return true;
        record.count = known->count;
        records_cut(trail->hand, &cell, offset);
    }
    records_insert(
        trail, &cell, &record, rule->text_kept ? match_value(trail->match, rule->field) : &none);
    if (records_head(&cell)->count > trail->list_max) {
        records_cut(trail->hand, &cell, RECORDS_HEAD);
        trail->dropped++;
    }
    return true;
}

/* --- what nodes ask --------------------------------------------------------------------------- */

/* The offset of the oldest record later than floor. */
static uint32_t
records_start(const struct cell *cell, int64_t floor)
{
    uint32_t offset = RECORDS_HEAD;

    while (offset < cell->length && records_at(cell, offset)->at <= floor)
        offset += records_bytes(records_at(cell, offset));
    return offset;
}

void
records_top(
    const struct cell *cell, int64_t floor, struct alike *alike, struct records_top *ret_top)
{
    uint32_t start, offset;

    *ret_top = (struct records_top){.count = 0};
    if (cell->bytes == NULL)
        return;
    start = records_start(cell, floor);
    if (start == cell->length)
        return;
    ret_top->oldest = records_at(cell, start)->at;
    alike_begin(alike);
    for (offset = start; offset < cell->length; offset += records_bytes(records_at(cell, offset)))
        *alike_at(alike, records_at(cell, offset)->hash) +=
            (uint64_t)records_at(cell, offset)->count;
    /* Of equals the one seen last, as it was seen last: the later one wins. */
    for (offset = start; offset < cell->length; offset += records_bytes(records_at(cell, offset))) {
        const struct trail_record *record = records_at(cell, offset);
        int64_t count = (int64_t)*alike_at(alike, record->hash);
        if (count < ret_top->count)
            continue;
        ret_top->count = count;
        ret_top->value = trail_value_get(&record->value);
    }
}

bool
records_first(const struct cell *cell, int64_t floor, int64_t *ret_at, struct value *ret_value)
{
    uint32_t start;

    if (cell->bytes == NULL)
        return false;
    start = records_start(cell, floor);
    if (start == cell->length)
        return false;
    *ret_at = records_at(cell, start)->at;
    *ret_value = trail_value_get(&records_at(cell, start)->value);
    return true;
}

bool
records_valid(
    const struct plan_leaf *leaf, const struct cell *cell, int64_t clock, uint32_t list_max)
{
    uint32_t offset = RECORDS_HEAD;
    uint64_t count = 0;
    int64_t newest = INT64_MIN;

    if (cell->length < RECORDS_HEAD)
        return false;
    while (offset < cell->length) {
        const struct trail_record *record = records_at(cell, offset);
        uint32_t left = cell->length - offset;
        if (left < sizeof(*record))
            return false;
        if (!trail_value_valid(&record->value, left - (sizeof(*record) - sizeof(record->value))))
            return false;
        if (record->at < newest || !profile_time_valid(record->at, clock) || record->count < 1)
            return false;
        if (record->count > INT32_MAX || (record->value.kind != VALUE_NULL) != leaf->text_kept)
            return false;
        newest = record->at;
        count++;
        offset += records_bytes(record);
    }
    return records_head(cell)->count == count && records_head(cell)->newest >= newest &&
           count <= list_max;
}

uint32_t
records_shed(struct profile_hand *hand, struct cell *cell, uint32_t count)
{
    uint32_t offset = RECORDS_HEAD, met = 0;

    while (met < count && offset < cell->length) {
        offset += records_bytes(records_at(cell, offset));
        met++;
    }
    profile_cell_splice(hand, cell, RECORDS_HEAD, offset - RECORDS_HEAD, 0);
    records_head(cell)->count -= met;
    return met;
}
