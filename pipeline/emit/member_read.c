/* Reads a membership record in the one form in which it is written. */
#include "pipeline/emit/member_read.h"

#include <string.h>

#include "pipeline/decode/timestamp.h"

#define MEMBER_STAYS_MIN 8

struct cursor {
    const char *at;
    const char *end;
};

static bool
cursor_take(struct cursor *cursor, const char *literal)
{
    size_t length = strlen(literal);

    if ((size_t)(cursor->end - cursor->at) < length || memcmp(cursor->at, literal, length) != 0)
        return false;
    cursor->at += length;
    return true;
}

/* A string with its quotes; escapes are passed over, not undone. */
static bool
cursor_string(struct cursor *cursor, struct text *ret_text)
{
    const char *start;

    if (!cursor_take(cursor, "\""))
        return false;
    start = cursor->at;
    while (cursor->at < cursor->end && *cursor->at != '"')
        cursor->at += *cursor->at == '\\' ? 2 : 1;
    if (cursor->at >= cursor->end)
        return false;
    *ret_text = (struct text){start, (uint32_t)(cursor->at - start)};
    cursor->at++;
    return true;
}

static bool
cursor_int(struct cursor *cursor, int64_t *ret_value)
{
    const char *start = cursor->at;
    int64_t value = 0;

    for (; cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9'; cursor->at++) {
        if (value > (INT64_MAX - 9) / 10)
            return false;
        value = value * 10 + (*cursor->at - '0');
    }
    *ret_value = value;
    return cursor->at > start;
}

static bool
cursor_instant(struct cursor *cursor, int64_t *ret_ms)
{
    struct text text;

    return cursor_string(cursor, &text) && timestamp_of_text(text, TIME_UNIT_MS, ret_ms);
}

/* The values of attach: strings and numbers, none of them needed. */
static bool
cursor_pass_with(struct cursor *cursor)
{
    struct text text;

    if (!cursor_take(cursor, ",\"with\":{"))
        return true;
    do {
        if (!cursor_string(cursor, &text) || !cursor_take(cursor, ":"))
            return false;
        if (cursor->at < cursor->end && *cursor->at == '"') {
            if (!cursor_string(cursor, &text))
                return false;
        } else {
            while (cursor->at < cursor->end && strchr("+-.0123456789", *cursor->at) != NULL)
                cursor->at++;
        }
    } while (cursor_take(cursor, ","));
    return cursor_take(cursor, "}");
}

static struct member_stay *
member_add(struct arena *arena, struct member_stay *stays, uint32_t *count)
{
    bool full = *count >= MEMBER_STAYS_MIN && (*count & (*count - 1)) == 0;

    if (*count == 0 || full) {
        uint32_t capacity = *count == 0 ? MEMBER_STAYS_MIN : 2 * *count;
        struct member_stay *grown = arena_take_zeroed(arena, capacity * sizeof(*grown));

        if (*count > 0)
            memcpy(grown, stays, *count * sizeof(*grown));
        stays = grown;
    }
    ++*count;
    return stays;
}

static bool
member_read_stay(struct cursor *cursor, struct member_stay *stay)
{
    struct text until;

    if (!cursor_string(cursor, &stay->segment) || !cursor_take(cursor, ":{\"since\":") ||
        !cursor_instant(cursor, &stay->at))
        return false;
    if (cursor_take(cursor, ",\"until\":") && !cursor_string(cursor, &until))
        return false;
    return cursor_pass_with(cursor) && cursor_take(cursor, "}");
}

static bool
member_read_stays(struct cursor *cursor, struct arena *arena, struct member_record *record)
{
    if (cursor_take(cursor, "}"))
        return true;
    do {
        record->stays = member_add(arena, record->stays, &record->stay_count);
        if (!member_read_stay(cursor, &record->stays[record->stay_count - 1]))
            return false;
    } while (cursor_take(cursor, ","));
    return cursor_take(cursor, "}");
}

static bool
member_read_left(struct cursor *cursor, struct arena *arena, struct member_record *record)
{
    if (cursor_take(cursor, "}"))
        return true;
    do {
        struct member_stay *stay;

        record->left = member_add(arena, record->left, &record->left_count);
        stay = &record->left[record->left_count - 1];
        if (!cursor_string(cursor, &stay->segment) || !cursor_take(cursor, ":") ||
            !cursor_instant(cursor, &stay->at))
            return false;
    } while (cursor_take(cursor, ","));
    return cursor_take(cursor, "}");
}

bool
member_read(struct text json, struct arena *arena, struct member_record *ret_record)
{
    struct cursor cursor = {json.bytes, json.bytes + json.length};
    struct text user;
    int64_t seq = 0;

    memset(ret_record, 0, sizeof(*ret_record));
    if (!cursor_take(&cursor, "{\"user\":") || !cursor_string(&cursor, &user) ||
        !cursor_take(&cursor, ",\"life\":") || !cursor_int(&cursor, &ret_record->life) ||
        !cursor_take(&cursor, ",\"seq\":") || !cursor_int(&cursor, &seq) ||
        !cursor_take(&cursor, ",\"as_of\":") || !cursor_instant(&cursor, &ret_record->as_of))
        return false;
    ret_record->seq = (uint64_t)seq;
    return cursor_take(&cursor, ",\"segments\":{") &&
           member_read_stays(&cursor, arena, ret_record) && cursor_take(&cursor, ",\"left\":{") &&
           member_read_left(&cursor, arena, ret_record) && cursor_take(&cursor, ",\"rules\":\"");
}
