/* Payload and mapping to event, and every reason of a reject. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "config/base/hash.h"
#include "config/base/number.h"
#include "pipeline/decode/decode.h"

/* The fields of the plan below, in its order. */
enum field {
    CATEGORY,
    HOUR,
    ITEM,
    PRICE,
    TYPE,
    VALUE,
    WEEKDAY,
    FIELDS
};

#define EVENT_BYTES 4096

struct bench {
    struct mapping mapping;
    struct mapping_field named[2];
    struct plan plan;
    struct plan_field fields[FIELDS];
    struct zone *zone;
    struct decode *decode;
    struct arena arena;
    struct event event;
    struct decode_fault fault;
};

static struct mapping_pointers
pointers(const char *first, const char *second)
{
    struct mapping_pointers pointers = {.at = {text_of(first)}, .count = 1};

    if (second != NULL)
        pointers.at[pointers.count++] = text_of(second);
    return pointers;
}

static void
bench_open(struct bench *bench)
{
    static struct plan_type types[] = {{.name = TEXT("view")}, {.name = TEXT("7")}};
    struct err err;

    bench->plan.types = types;
    bench->plan.type_count = 2;
    bench->plan.fields = bench->fields;
    bench->plan.field_count = FIELDS;
    assert_int_equal(zone_new(TEXT("UTC"), &bench->zone, &err), ERR_NONE);
    bench->decode = decode_new(&bench->mapping, &bench->plan, bench->zone, EVENT_BYTES);
}

static int
setup(void **state)
{
    static const struct plan_field fields[FIELDS] = {
        [CATEGORY] = {TEXT("category"), FIELD_MAPPED, true},
        [HOUR] = {TEXT("hour"), FIELD_HOUR, true},
        [ITEM] = {TEXT("item"), FIELD_MAPPED, true},
        [PRICE] = {TEXT("price"), FIELD_MAPPED, true},
        [TYPE] = {TEXT("type"), FIELD_MAPPED, true},
        [VALUE] = {TEXT("value"), FIELD_MAPPED, true},
        [WEEKDAY] = {TEXT("weekday"), FIELD_WEEKDAY, true},
    };
    struct bench *bench = calloc(1, sizeof(*bench));

    memcpy(bench->fields, fields, sizeof(fields));
    bench->named[0] =
        (struct mapping_field){TEXT("category"), pointers("/product/category", "/cat")};
    bench->named[1] = (struct mapping_field){TEXT("price"), pointers("/items/0/price", NULL)};
    bench->mapping = (struct mapping){
        .user = pointers("/user", "/anonymous"),
        .type = pointers("/type", "/event"),
        .time = pointers("/ts", "/time"),
        .id = pointers("/id", NULL),
        .fields = bench->named,
        .field_count = 2,
        .fields_from = pointers("", "/properties"),
    };
    arena_init(&bench->arena);
    bench_open(bench);
    *state = bench;
    return 0;
}

static int
teardown(void **state)
{
    struct bench *bench = *state;

    decode_free(bench->decode);
    zone_free(bench->zone);
    arena_fini(&bench->arena);
    free(bench);
    return 0;
}

static enum decode_result
decode(struct bench *bench, const char *payload)
{
    arena_reset(&bench->arena);
    memset(&bench->fault, 0, sizeof(bench->fault));
    memset(&bench->event, 0, sizeof(bench->event));
    return decode_event(
        bench->decode, text_of(payload), &bench->arena, &bench->event, &bench->fault);
}

/* An event with this member added to the three that every event has. */
static const struct value *
decode_with(struct bench *bench, const char *member, enum field field)
{
    char payload[EVENT_BYTES];

    snprintf(payload, sizeof(payload), "{\"user\":\"u\",\"type\":\"view\",\"ts\":1,%s}", member);
    assert_int_equal(decode(bench, payload), DECODE_OK);
    return &bench->event.fields[field];
}

static void
expect_text(const struct value *value, const char *text)
{
    assert_int_equal(value->kind, VALUE_TEXT);
    assert_int_equal(value->text.length, strlen(text));
    assert_memory_equal(value->text.bytes, text, value->text.length);
}

static void
expect_number(const struct value *value, int64_t number)
{
    assert_int_equal(value->kind, VALUE_NUMBER);
    assert_int_equal(value->number, number);
}

static void
expect_null(const struct value *value)
{
    assert_int_equal(value->kind, VALUE_NULL);
}

static void
expect_user(struct bench *bench, const char *payload, const char *user)
{
    assert_int_equal(decode(bench, payload), DECODE_OK);
    assert_true(text_equal(bench->event.user, text_of(user)));
}

static void
a_flat_event_is_read(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(
        decode(bench, "{\"user\":\"u42\",\"type\":\"view\",\"ts\":\"2025-11-25T01:02:03.456Z\","
                      "\"id\":\"e1\",\"cat\":\"shoes\",\"value\":59.90,\"item\":\"sku-9\"}"),
        DECODE_OK);
    assert_true(text_equal(bench->event.user, TEXT("u42")));
    assert_true(bench->event.user_hash == hash_text(TEXT("u42")));
    assert_int_equal(bench->event.type, 0);
    assert_int_equal(bench->event.ts, INT64_C(1764032523456));
    assert_true(bench->event.has_id);
    assert_true(text_equal(bench->event.id, TEXT("e1")));
    expect_text(&bench->event.fields[CATEGORY], "shoes");
    expect_number(&bench->event.fields[VALUE], 59900000);
    expect_text(&bench->event.fields[ITEM], "sku-9");
    expect_number(&bench->event.fields[HOUR], NUMBER_ONE);
    expect_text(&bench->event.fields[WEEKDAY], "tue");
    expect_null(&bench->event.fields[PRICE]);
}

static void
the_first_pointer_with_a_text_or_a_number_wins(void **state)
{
    struct bench *bench = *state;

    expect_user(bench, "{\"user\":\"a\",\"anonymous\":\"b\",\"type\":1,\"ts\":1}", "a");
    expect_user(bench, "{\"user\":\"\",\"anonymous\":\"b\",\"type\":1,\"ts\":1}", "b");
    expect_user(bench, "{\"user\":null,\"anonymous\":\"b\",\"type\":1,\"ts\":1}", "b");
    expect_user(bench, "{\"user\":true,\"anonymous\":\"b\",\"type\":1,\"ts\":1}", "b");
    expect_user(bench, "{\"user\":{},\"anonymous\":\"b\",\"type\":1,\"ts\":1}", "b");
    expect_user(bench, "{\"anonymous\":\"b\",\"type\":1,\"ts\":1}", "b");
    expect_user(bench, "{\"user\":0,\"anonymous\":\"b\",\"type\":1,\"ts\":1}", "0");
}

static void
a_number_as_user_or_id_is_its_token(void **state)
{
    struct bench *bench = *state;

    expect_user(bench, "{\"user\":12,\"type\":\"view\",\"ts\":1,\"id\":1e3}", "12");
    assert_true(text_equal(bench->event.id, TEXT("1e3")));
    expect_user(bench, "{\"user\":12.0,\"type\":7,\"ts\":1,\"id\":\"\"}", "12.0");
    assert_int_equal(bench->event.type, 1);
    assert_false(bench->event.has_id);
    expect_user(
        bench, "{\"user\":\"\\u0075\\n\",\"type\":\"\\u0076iew\",\"ts\":\"\\u0035\"}", "u\n");
    assert_int_equal(bench->event.type, 0);
    assert_int_equal(bench->event.ts, 5000);
    expect_user(bench, "{\"user\":\"u\",\"type\":\"odd\",\"ts\":1}", "u");
    assert_int_equal(bench->event.type, PLAN_TYPE_OTHER);
}

static void
fields_are_texts_numbers_or_missing(void **state)
{
    struct bench *bench = *state;

    expect_text(decode_with(bench, "\"value\":true", VALUE), "true");
    expect_text(decode_with(bench, "\"value\":false", VALUE), "false");
    expect_text(decode_with(bench, "\"value\":\"12\"", VALUE), "12");
    expect_text(decode_with(bench, "\"value\":\"\"", VALUE), "");
    expect_text(decode_with(bench, "\"value\":\"a\\tb\"", VALUE), "a\tb");
    expect_number(decode_with(bench, "\"value\":-0.0000015", VALUE), -2);
    expect_null(decode_with(bench, "\"value\":null", VALUE));
    expect_null(decode_with(bench, "\"value\":[1]", VALUE));
    expect_null(decode_with(bench, "\"value\":{\"value\":1}", VALUE));
    expect_null(decode_with(bench, "\"other\":1", VALUE));
    expect_number(decode_with(bench, "\"value\":1,\"value\":2", VALUE), 2 * NUMBER_ONE);
}

static void
a_field_is_found_where_the_mapping_says(void **state)
{
    struct bench *bench = *state;

    expect_text(
        decode_with(bench, "\"product\":{\"category\":\"x\"},\"cat\":\"y\"", CATEGORY), "x");
    expect_text(decode_with(bench, "\"product\":{\"category\":null},\"cat\":\"y\"", CATEGORY), "y");
    expect_null(decode_with(bench, "\"category\":\"x\"", CATEGORY));
    expect_number(decode_with(bench, "\"items\":[{\"price\":3}]", PRICE), 3 * NUMBER_ONE);
    expect_text(decode_with(bench, "\"properties\":{\"item\":\"p\"}", ITEM), "p");
    expect_text(decode_with(bench, "\"properties\":{\"item\":\"p\"},\"item\":\"q\"", ITEM), "q");
    expect_null(decode_with(bench, "\"a\":1", TYPE)); /* the type is no field */
}

static void
hour_and_weekday_are_derived_and_win(void **state)
{
    struct bench *bench = *state;

    expect_number(decode_with(bench, "\"hour\":5", HOUR), 0);
    expect_text(decode_with(bench, "\"weekday\":\"x\"", WEEKDAY), "thu");
}

static void
numbers_past_the_bound_are_texts_and_counted(void **state)
{
    struct bench *bench = *state;

    expect_number(decode_with(bench, "\"value\":9200000000000", VALUE), NUMBER_MAX);
    assert_int_equal(decode_counts(bench->decode)->numbers_out_of_range, 0);
    expect_text(
        decode_with(bench, "\"value\":9200000000000.0000001", VALUE), "9200000000000.0000001");
    expect_text(decode_with(bench, "\"value\":1e999", VALUE), "1e999");
    assert_int_equal(decode_counts(bench->decode)->numbers_out_of_range, 2);
    expect_null(decode_with(bench, "\"other\":1e999", VALUE));
    assert_int_equal(decode_counts(bench->decode)->numbers_out_of_range, 2);
}

/* member:"xxx", its text `count` times `piece`. */
static const char *
long_member(const char *name, const char *piece, uint32_t count)
{
    static char member[EVENT_BYTES * 8];
    size_t length = (size_t)snprintf(member, sizeof(member), "\"%s\":\"", name);

    for (uint32_t i = 0; i < count; i++, length += strlen(piece))
        memcpy(member + length, piece, strlen(piece));
    memcpy(member + length, "\"", 2);
    return member;
}

static void
texts_past_1024_bytes_are_missing_and_counted(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(decode_with(bench, long_member("value", "x", 1024), VALUE)->kind, VALUE_TEXT);
    assert_int_equal(
        decode_with(bench, long_member("value", "\\n", 1024), VALUE)->text.length, 1024);
    assert_int_equal(decode_counts(bench->decode)->texts_too_long, 0);
    expect_null(decode_with(bench, long_member("value", "x", 1025), VALUE));
    expect_null(decode_with(bench, long_member("value", "\\n", 1025), VALUE));
    expect_null(decode_with(bench, long_member("value", "\\u00e9", 513), VALUE));
    assert_int_equal(decode_counts(bench->decode)->texts_too_long, 3);
}

static enum decode_result
decode_long_user(struct bench *bench, const char *piece, uint32_t count)
{
    static char payload[EVENT_BYTES * 8];

    snprintf(
        payload, sizeof(payload), "{%s,\"type\":1,\"ts\":1}", long_member("user", piece, count));
    return decode(bench, payload);
}

static void
a_user_has_at_most_256_bytes(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(decode_long_user(bench, "u", 256), DECODE_OK);
    assert_int_equal(decode_long_user(bench, "\\u0075", 256), DECODE_OK);
    assert_int_equal(bench->event.user.length, 256);
    assert_int_equal(decode_long_user(bench, "u", 257), DECODE_BAD_USER);
    assert_int_equal(decode_long_user(bench, "\\u0075", 257), DECODE_BAD_USER);
    assert_int_equal(decode_long_user(bench, "\\u00e9", 129), DECODE_BAD_USER);
    assert_string_equal(bench->fault.detail, "the user has more than 256 bytes");
}

static void
each_reason_has_its_payload(void **state)
{
    static const struct {
        const char *payload;
        const char *reason, *detail;
    } rejects[] = {
        {"", "empty", "the record has no value"},
        {" ", "empty", "nothing but white space"},
        {"{\"user\" 1}", "not_json", "byte 8: expected a colon"},
        {"[1]", "not_json", "a JSON value, but not an object"},
        {"\"x\"", "not_json", "a JSON value, but not an object"},
        {"{\"user\":\"\xff\"}", "bad_utf8", "byte 9: expected UTF-8"},
        {"{}", "no_user", "no text and no number at \"/user\" or \"/anonymous\""},
        {"{\"user\":[\"u\"]}", "no_user", "no text and no number at \"/user\" or \"/anonymous\""},
        {"{\"user\":\"u\",\"ts\":1}", "no_type",
            "no text and no number at \"/type\" or \"/event\""},
        {"{\"user\":\"u\",\"type\":\"\"}", "no_type",
            "no text and no number at \"/type\" or \"/event\""},
        {"{\"user\":\"u\",\"type\":\"v\"}", "no_time",
            "no text and no number at \"/ts\" or \"/time\""},
        {"{\"user\":\"u\",\"type\":\"v\",\"ts\":null}", "no_time",
            "no text and no number at \"/ts\" or \"/time\""},
        {"{\"user\":\"u\",\"type\":\"v\",\"ts\":\"soon\",\"time\":1}", "bad_time",
            "the time is neither RFC 3339 with an offset nor a number of 1970 to 9999"},
        {"{\"user\":\"u\",\"type\":\"v\",\"ts\":-1}", "bad_time",
            "the time is neither RFC 3339 with an offset nor a number of 1970 to 9999"},
    };

    for (size_t i = 0; i < sizeof(rejects) / sizeof(rejects[0]); i++) {
        enum decode_result result = decode(*state, rejects[i].payload);

        assert_string_equal(decode_reason(result), rejects[i].reason);
        assert_string_equal(((struct bench *)*state)->fault.detail, rejects[i].detail);
    }
}

static void
size_and_depth_have_their_bounds(void **state)
{
    struct bench *bench = *state;
    char payload[EVENT_BYTES + 2];

    memset(payload, ' ', sizeof(payload));
    memcpy(payload, "{\"user\":1,\"type\":1,\"ts\":1}", 26);
    payload[EVENT_BYTES] = '\0';
    assert_int_equal(decode(bench, payload), DECODE_OK);
    payload[EVENT_BYTES] = ' ';
    payload[EVENT_BYTES + 1] = '\0';
    assert_int_equal(decode(bench, payload), DECODE_TOO_LARGE);
    assert_string_equal(bench->fault.detail, "4097 bytes, more than limits.event_bytes (4096)");
    payload[EVENT_BYTES] = '\0';
    memcpy(payload, "{\"a\":", 5);
    memset(payload + 5, '[', 63);
    assert_int_equal(decode(bench, payload), DECODE_NOT_JSON);
    payload[68] = '[';
    assert_int_equal(decode(bench, payload), DECODE_TOO_DEEP);
    assert_int_equal(bench->fault.offset, 68);
}

static void
a_byte_order_mark_is_skipped(void **state)
{
    expect_user(*state, "\xef\xbb\xbf{\"user\":\"u\",\"type\":1,\"ts\":1}", "u");
}

static void
without_a_mapping_there_is_no_id(void **state)
{
    struct bench *bench = *state;

    decode_free(bench->decode);
    zone_free(bench->zone);
    bench->mapping.id.count = 0;
    bench->mapping.time_unit = TIME_UNIT_MS;
    bench_open(bench);
    expect_user(bench, "{\"user\":\"u\",\"type\":1,\"ts\":1764032523456,\"id\":\"x\"}", "u");
    assert_false(bench->event.has_id);
    assert_int_equal(bench->event.ts, INT64_C(1764032523456));
    expect_user(bench, "{\"user\":\"u\",\"type\":1,\"ts\":12}", "u");
    assert_int_equal(bench->event.ts, 12);
}

static void
every_result_has_a_reason(void **state)
{
    (void)state;
    for (int result = DECODE_EMPTY; result < DECODE_RESULT_COUNT; result++)
        assert_true(strlen(decode_reason((enum decode_result)result)) > 3);
    assert_string_equal(decode_reason(DECODE_AHEAD), "ahead");
    assert_string_equal(decode_reason(DECODE_MISPLACED), "misplaced");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_flat_event_is_read, setup, teardown),
        cmocka_unit_test_setup_teardown(
            the_first_pointer_with_a_text_or_a_number_wins, setup, teardown),
        cmocka_unit_test_setup_teardown(a_number_as_user_or_id_is_its_token, setup, teardown),
        cmocka_unit_test_setup_teardown(fields_are_texts_numbers_or_missing, setup, teardown),
        cmocka_unit_test_setup_teardown(a_field_is_found_where_the_mapping_says, setup, teardown),
        cmocka_unit_test_setup_teardown(hour_and_weekday_are_derived_and_win, setup, teardown),
        cmocka_unit_test_setup_teardown(
            numbers_past_the_bound_are_texts_and_counted, setup, teardown),
        cmocka_unit_test_setup_teardown(
            texts_past_1024_bytes_are_missing_and_counted, setup, teardown),
        cmocka_unit_test_setup_teardown(a_user_has_at_most_256_bytes, setup, teardown),
        cmocka_unit_test_setup_teardown(each_reason_has_its_payload, setup, teardown),
        cmocka_unit_test_setup_teardown(size_and_depth_have_their_bounds, setup, teardown),
        cmocka_unit_test_setup_teardown(a_byte_order_mark_is_skipped, setup, teardown),
        cmocka_unit_test_setup_teardown(without_a_mapping_there_is_no_id, setup, teardown),
        cmocka_unit_test(every_result_has_a_reason),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
