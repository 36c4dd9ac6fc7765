/* Makes an event of a payload: one scan, then the mapping's places are read in order. */
#include "pipeline/decode/decode.h"

#include <stdio.h>
#include <stdlib.h>

#include "config/base/check.h"
#include "config/base/hash.h"
#include "config/base/inline.h"
#include "config/base/limits.h"
#include "config/base/number.h"
#include "pipeline/decode/json.h"
#include "pipeline/decode/paths.h"
#include "pipeline/decode/timestamp.h"

#define DECODE_ESCAPE_BYTES 6 /* a byte of text is at most \uXXXX in JSON */

/* Where one thing may stand, the preferred place first. */
struct decode_places {
    uint32_t nodes[POINTERS_MAX];
    uint32_t count;
};

struct decode_field {
    enum plan_field_kind kind;
    struct decode_places places; /* FIELD_MAPPED */
};

struct decode {
    const struct mapping *mapping;
    const struct plan *plan;
    const struct zone *zone;
    size_t event_bytes_max;
    struct paths *types; /* a child of the root for each of the plan's types, in their order */
    struct paths *paths;
    struct json *json;
    struct decode_places user, type, time, id;
    struct decode_field *fields; /* by the plan's numbers */
    struct decode_counts counts;
};

/* --- start ----------------------------------------------------------------------------------- */

static struct decode_places
decode_places(struct paths *paths, const struct mapping_pointers *pointers)
{
    struct decode_places places = {.count = pointers->count};

    CHECK(pointers->count <= POINTERS_MAX);
    for (uint32_t i = 0; i < pointers->count; i++)
        places.nodes[i] = paths_pointer(paths, PATHS_ROOT, pointers->at[i]);
    return places;
}

static const struct mapping_field *
decode_named_field(const struct mapping *mapping, struct text name)
{
    for (uint32_t i = 0; i < mapping->field_count; i++) {
        if (text_equal(mapping->fields[i].name, name))
            return &mapping->fields[i];
    }
    return NULL;
}

/* What an event has of its own is no field, unless the mapping says where such a field stands. */
static bool
decode_is_reserved(struct text name)
{
    return text_equal(name, TEXT("user")) || text_equal(name, TEXT("type")) ||
           text_equal(name, TEXT("ts")) || text_equal(name, TEXT("id"));
}

static struct decode_places
decode_field_places(struct decode *decode, const struct plan_field *field)
{
    const struct mapping_field *named = decode_named_field(decode->mapping, field->name);
    struct decode_places places = {.count = 0};

    if (named != NULL)
        return decode_places(decode->paths, &named->pointers);
    if (decode_is_reserved(field->name))
        return places;
    places = decode_places(decode->paths, &decode->mapping->fields_from);
    for (uint32_t i = 0; i < places.count; i++)
        places.nodes[i] = paths_child(decode->paths, places.nodes[i], field->name);
    return places;
}

static struct paths *
decode_types(const struct plan *plan)
{
    struct paths *types = paths_new();

    for (uint32_t i = 0; i < plan->type_count; i++)
        CHECK(paths_child_new(types, PATHS_ROOT, plan->types[i].name) == i + 1);
    paths_seal(types);
    return types;
}

struct decode *
decode_new(const struct mapping *mapping, const struct plan *plan, const struct zone *zone,
    size_t event_bytes_max)
{
    struct decode *decode = calloc(1, sizeof(*decode));

    CHECK(decode != NULL);
    CHECK(event_bytes_max <= EVENT_BYTES_MAX);
    decode->mapping = mapping;
    decode->plan = plan;
    decode->zone = zone;
    decode->event_bytes_max = event_bytes_max;
    decode->types = decode_types(plan);
    decode->paths = paths_new();
    decode->user = decode_places(decode->paths, &mapping->user);
    decode->type = decode_places(decode->paths, &mapping->type);
    decode->time = decode_places(decode->paths, &mapping->time);
    decode->id = decode_places(decode->paths, &mapping->id);
    decode->fields = calloc((size_t)plan->field_count + 1, sizeof(*decode->fields));
    CHECK(decode->fields != NULL);
    for (uint32_t i = 0; i < plan->field_count; i++) {
        decode->fields[i].kind = plan->fields[i].kind;
        if (plan->fields[i].kind == FIELD_MAPPED)
            decode->fields[i].places = decode_field_places(decode, &plan->fields[i]);
    }
    paths_seal(decode->paths);
    decode->json = json_new(decode->paths);
    return decode;
}

void
decode_free(struct decode *decode)
{
    if (decode == NULL)
        return;
    json_free(decode->json);
    paths_free(decode->paths);
    paths_free(decode->types);
    free(decode->fields);
    free(decode);
}

const struct decode_counts *
decode_counts(const struct decode *decode)
{
    return &decode->counts;
}

/* --- faults ---------------------------------------------------------------------------------- */

static enum decode_result
decode_fault(struct decode_fault *ret_fault, enum decode_result result, const char *detail)
{
    ret_fault->offset = 0;
    snprintf(ret_fault->detail, sizeof(ret_fault->detail), "%s", detail);
    return result;
}

/* "nothing at /user or /userId"; the pointers are the operator's words, not the payload's. */
static enum decode_result
decode_absent(struct decode_fault *ret_fault, enum decode_result result,
    const struct mapping_pointers *pointers)
{
    size_t room = sizeof(ret_fault->detail), length = 0;

    decode_fault(ret_fault, result, "no text and no number");
    for (uint32_t i = 0; i < pointers->count; i++) {
        struct text at = pointers->at[i];

        length = strlen(ret_fault->detail);
        snprintf(ret_fault->detail + length, room - length, " %s \"%.*s\"", i == 0 ? "at" : "or",
            (int)at.length, at.bytes);
    }
    return result;
}

static enum decode_result
decode_json_fault(
    enum json_result result, const struct json_fault *fault, struct decode_fault *ret_fault)
{
    ret_fault->offset = fault->offset;
    snprintf(ret_fault->detail, sizeof(ret_fault->detail), "byte %zu: expected %s", fault->offset,
        fault->wanted);
    switch (result) {
    case JSON_OK:
    case JSON_NOT_JSON:
        break;
    case JSON_EMPTY:
        return decode_fault(ret_fault, DECODE_EMPTY, "nothing but white space");
    case JSON_BAD_UTF8:
        return DECODE_BAD_UTF8;
    case JSON_TOO_DEEP:
        return DECODE_TOO_DEEP;
    }
    return DECODE_NOT_JSON;
}

/* --- one event ------------------------------------------------------------------------------- */

/* The first place with a non-empty string or a number, or NULL. */
static INLINE_ALWAYS const struct json_value *
decode_first(const struct decode *decode, const struct decode_places *places)
{
    uint32_t i = 0;

    if (places->count == 0)
        return NULL;
    do {
        const struct json_value *value = json_value(decode->json, places->nodes[i]);

        if (value->kind == JSON_NUMBER || (value->kind == JSON_STRING && value->length > 0))
            return value;
    } while (++i < places->count);
    return NULL;
}

static INLINE_NEVER struct text
decode_unescape(const struct json_value *value, struct arena *arena)
{
    char *bytes = arena_take(arena, value->length);

    return (struct text){bytes, json_unescape((struct text){value->bytes, value->length}, bytes)};
}

static INLINE_ALWAYS struct text
decode_text(const struct json_value *value, struct arena *arena)
{
    if (value->escaped)
        return decode_unescape(value, arena);
    return (struct text){value->bytes, value->length};
}

/* False when the text is longer than bytes_max. */
static INLINE_ALWAYS bool
decode_short_text(
    const struct json_value *value, uint32_t bytes_max, struct arena *arena, struct text *ret_text)
{
    if (value->length > bytes_max * DECODE_ESCAPE_BYTES)
        return false;
    *ret_text = decode_text(value, arena);
    return ret_text->length <= bytes_max;
}

static enum decode_result
decode_user(
    struct decode *decode, struct arena *arena, struct event *event, struct decode_fault *ret_fault)
{
    const struct json_value *value = decode_first(decode, &decode->user);

    if (value == NULL)
        return decode_absent(ret_fault, DECODE_NO_USER, &decode->mapping->user);
    if (!decode_short_text(value, USER_BYTES_MAX, arena, &event->user))
        return decode_fault(ret_fault, DECODE_BAD_USER, "the user has more than 256 bytes");
    event->user_hash = hash_text(event->user);
    return DECODE_OK;
}

static enum decode_result
decode_type(
    struct decode *decode, struct arena *arena, struct event *event, struct decode_fault *ret_fault)
{
    const struct json_value *value = decode_first(decode, &decode->type);
    uint32_t node;

    if (value == NULL)
        return decode_absent(ret_fault, DECODE_NO_TYPE, &decode->mapping->type);
    node = paths_find(decode->types, PATHS_ROOT, decode_text(value, arena));
    event->type = node == PATHS_NONE ? PLAN_TYPE_OTHER : node - 1;
    return DECODE_OK;
}

static enum decode_result
decode_time(
    struct decode *decode, struct arena *arena, struct event *event, struct decode_fault *ret_fault)
{
    const struct json_value *value = decode_first(decode, &decode->time);
    enum mapping_time_unit unit = decode->mapping->time_unit;
    bool read;

    if (value == NULL)
        return decode_absent(ret_fault, DECODE_NO_TIME, &decode->mapping->time);
    if (value->kind == JSON_NUMBER)
        read = timestamp_of_number((struct text){value->bytes, value->length}, unit, &event->ts);
    else
        read = timestamp_of_text(decode_text(value, arena), unit, &event->ts);
    if (read)
        return DECODE_OK;
    return decode_fault(ret_fault, DECODE_BAD_TIME,
        "the time is neither RFC 3339 with an offset nor a number of 1970 to 9999");
}

static void
decode_id(struct decode *decode, struct arena *arena, struct event *event)
{
    const struct json_value *value = decode_first(decode, &decode->id);

    event->has_id = value != NULL;
    event->id = event->has_id ? decode_text(value, arena) : TEXT("");
}

static void
decode_field_text(struct decode *decode, const struct json_value *value, struct arena *arena,
    struct value *ret_field)
{
    ret_field->kind = VALUE_TEXT;
    if (decode_short_text(value, TEXT_BYTES_MAX, arena, &ret_field->text))
        return;
    ret_field->kind = VALUE_NULL;
    decode->counts.texts_too_long++;
}

static void
decode_field_number(struct decode *decode, const struct json_value *value, struct arena *arena,
    struct value *ret_field)
{
    ret_field->kind = VALUE_NUMBER;
    if (number_parse((struct text){value->bytes, value->length}, &ret_field->number))
        return;
    decode->counts.numbers_out_of_range++;
    decode_field_text(decode, value, arena, ret_field);
}

static void
decode_field_word(const char *word, struct value *ret_field)
{
    ret_field->kind = VALUE_TEXT;
    ret_field->text = text_of(word);
}

/* The first place that has a string, a number or a boolean. */
static INLINE_ALWAYS void
decode_mapped(struct decode *decode, const struct decode_places *places, struct arena *arena,
    struct value *ret_field)
{
    for (uint32_t i = 0; i < places->count; i++) {
        const struct json_value *value = json_value(decode->json, places->nodes[i]);

        switch (value->kind) {
        case JSON_STRING:
            decode_field_text(decode, value, arena, ret_field);
            return;
        case JSON_NUMBER:
            decode_field_number(decode, value, arena, ret_field);
            return;
        case JSON_TRUE:
            decode_field_word("true", ret_field);
            return;
        case JSON_FALSE:
            decode_field_word("false", ret_field);
            return;
        case JSON_MISSING:
        case JSON_NULL:
        case JSON_ARRAY:
        case JSON_OBJECT:
            break;
        }
    }
    ret_field->kind = VALUE_NULL;
}

static INLINE_ALWAYS void
decode_field(struct decode *decode, const struct decode_field *field, int64_t ts,
    struct arena *arena, struct value *ret_field)
{
    switch (field->kind) {
    case FIELD_MAPPED:
        decode_mapped(decode, &field->places, arena, ret_field);
        break;
    case FIELD_HOUR:
        ret_field->kind = VALUE_NUMBER;
        ret_field->number = number_of_int(zone_hour(decode->zone, ts));
        break;
    case FIELD_WEEKDAY:
        ret_field->kind = VALUE_TEXT;
        ret_field->text = zone_weekday_text(zone_weekday(decode->zone, ts));
        break;
    }
}

static void
decode_fields(struct decode *decode, struct arena *arena, struct event *event)
{
    uint32_t count = decode->plan->field_count;
    struct value *fields = arena_take(arena, (count + 1) * sizeof(*fields));

    for (uint32_t i = 0; i < count; i++)
        decode_field(decode, &decode->fields[i], event->ts, arena, &fields[i]);
    event->fields = fields;
}

/* Checks the payload as a whole. */
static enum decode_result
decode_scan(struct decode *decode, struct text payload, struct decode_fault *ret_fault)
{
    struct json_fault fault;
    enum json_result result;

    if (payload.length == 0)
        return decode_fault(ret_fault, DECODE_EMPTY, "the record has no value");
    if (payload.length > decode->event_bytes_max) {
        ret_fault->offset = decode->event_bytes_max;
        snprintf(ret_fault->detail, sizeof(ret_fault->detail),
            "%u bytes, more than limits.event_bytes (%zu)", payload.length,
            decode->event_bytes_max);
        return DECODE_TOO_LARGE;
    }
    result = json_scan(decode->json, payload, &fault);
    if (result != JSON_OK)
        return decode_json_fault(result, &fault, ret_fault);
    if (json_value(decode->json, PATHS_ROOT)->kind != JSON_OBJECT)
        return decode_fault(ret_fault, DECODE_NOT_JSON, "a JSON value, but not an object");
    return DECODE_OK;
}

enum decode_result
decode_event(struct decode *decode, struct text payload, struct arena *arena,
    struct event *ret_event, struct decode_fault *ret_fault)
{
    enum decode_result result = decode_scan(decode, payload, ret_fault);

    if (result == DECODE_OK)
        result = decode_user(decode, arena, ret_event, ret_fault);
    if (result == DECODE_OK)
        result = decode_type(decode, arena, ret_event, ret_fault);
    if (result == DECODE_OK)
        result = decode_time(decode, arena, ret_event, ret_fault);
    if (result != DECODE_OK)
        return result;
    decode_id(decode, arena, ret_event);
    decode_fields(decode, arena, ret_event);
    return DECODE_OK;
}

const char *
decode_reason(enum decode_result result)
{
    static const char *const reasons[DECODE_RESULT_COUNT] = {
        [DECODE_OK] = "",
        [DECODE_EMPTY] = "empty",
        [DECODE_NOT_JSON] = "not_json",
        [DECODE_BAD_UTF8] = "bad_utf8",
        [DECODE_TOO_DEEP] = "too_deep",
        [DECODE_TOO_LARGE] = "too_large",
        [DECODE_NO_USER] = "no_user",
        [DECODE_BAD_USER] = "bad_user",
        [DECODE_NO_TYPE] = "no_type",
        [DECODE_NO_TIME] = "no_time",
        [DECODE_BAD_TIME] = "bad_time",
        [DECODE_AHEAD] = "ahead",
        [DECODE_MISPLACED] = "misplaced",
    };

    CHECK(result < DECODE_RESULT_COUNT);
    return reasons[result];
}
