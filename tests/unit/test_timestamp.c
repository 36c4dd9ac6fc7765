/* Instants of payloads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "config/base/digits.h"
#include "pipeline/decode/timestamp.h"

#define BAD INT64_C(-1)

static int64_t
text_ms(const char *text)
{
    int64_t ms;

    return timestamp_of_text(text_of(text), TIME_UNIT_AUTO, &ms) ? ms : BAD;
}

static int64_t
number_ms(const char *token, enum mapping_time_unit unit)
{
    int64_t ms;

    return timestamp_of_number(text_of(token), unit, &ms) ? ms : BAD;
}

static void
rfc3339_is_read_with_any_offset(void **state)
{
    (void)state;
    assert_int_equal(text_ms("2025-11-25T01:02:03.456Z"), INT64_C(1764032523456));
    assert_int_equal(text_ms("2025-11-25t01:02:03.456z"), INT64_C(1764032523456));
    assert_int_equal(text_ms("2025-11-25 01:02:03.456Z"), INT64_C(1764032523456));
    assert_int_equal(text_ms("2025-11-25T06:32:03.456+05:30"), INT64_C(1764032523456));
    assert_int_equal(text_ms("2025-11-24T17:02:03.456-08:00"), INT64_C(1764032523456));
    assert_int_equal(text_ms("1970-01-01T00:00:00-00:00"), 0);
    assert_int_equal(text_ms("1970-01-01T01:00:00+01:00"), 0);
    assert_int_equal(text_ms("1969-12-31T23:00:00-01:00"), 0);
    assert_int_equal(text_ms("2000-02-29T00:00:00Z"), INT64_C(951782400000));
    assert_int_equal(text_ms("9999-12-31T23:59:59.999Z"), TIMESTAMP_MS_MAX);
}

static void
fractions_are_rounded_down_to_the_millisecond(void **state)
{
    (void)state;
    assert_int_equal(text_ms("1970-01-01T00:00:01.1Z"), 1100);
    assert_int_equal(text_ms("1970-01-01T00:00:01.12Z"), 1120);
    assert_int_equal(text_ms("1970-01-01T00:00:01.1239999999999999999999Z"), 1123);
    assert_int_equal(text_ms("1970-01-01T00:00:01.0009Z"), 1000);
    assert_int_equal(number_ms("1.9999999", TIME_UNIT_S), 1999);
    assert_int_equal(number_ms("1999.999", TIME_UNIT_MS), 1999);
    assert_int_equal(number_ms("1999999", TIME_UNIT_US), 1999);
    assert_int_equal(number_ms("1999999999.9", TIME_UNIT_NS), 1999);
    assert_int_equal(number_ms("0.9999", TIME_UNIT_MS), 0);
}

static void
a_second_60_is_the_last_millisecond_of_59(void **state)
{
    (void)state;
    assert_int_equal(text_ms("2016-12-31T23:59:60Z"), INT64_C(1483228799999));
    assert_int_equal(text_ms("2016-12-31T23:59:60.5Z"), INT64_C(1483228799999));
    assert_int_equal(text_ms("2016-12-31T23:59:61Z"), BAD);
}

static void
a_number_is_told_apart_by_its_size(void **state)
{
    (void)state;
    assert_int_equal(number_ms("0", TIME_UNIT_AUTO), 0);
    assert_int_equal(number_ms("-0.0", TIME_UNIT_AUTO), 0);
    assert_int_equal(number_ms("1764032523", TIME_UNIT_AUTO), INT64_C(1764032523000));
    assert_int_equal(number_ms("1764032523.4567", TIME_UNIT_AUTO), INT64_C(1764032523456));
    assert_int_equal(number_ms("1764032523456", TIME_UNIT_AUTO), INT64_C(1764032523456));
    assert_int_equal(number_ms("1764032523456789", TIME_UNIT_AUTO), INT64_C(1764032523456));
    assert_int_equal(number_ms("1764032523456789123", TIME_UNIT_AUTO), INT64_C(1764032523456));
    assert_int_equal(number_ms("1.764032523456e9", TIME_UNIT_AUTO), INT64_C(1764032523456));
    assert_int_equal(number_ms("99999999999.999", TIME_UNIT_AUTO), INT64_C(99999999999999));
    assert_int_equal(number_ms("1e11", TIME_UNIT_AUTO), INT64_C(100000000000));
    assert_int_equal(number_ms("99999999999999", TIME_UNIT_AUTO), INT64_C(99999999999999));
    assert_int_equal(number_ms("100000000000000", TIME_UNIT_AUTO), INT64_C(100000000000));
    assert_int_equal(number_ms("99999999999999999", TIME_UNIT_AUTO), INT64_C(99999999999999));
    assert_int_equal(number_ms("1e17", TIME_UNIT_AUTO), INT64_C(100000000000));
    assert_int_equal(text_ms("1764032523"), INT64_C(1764032523000));
    assert_int_equal(text_ms("0001764032523456"), INT64_C(1764032523456));
    assert_int_equal(text_ms("1764032523.5"), INT64_C(1764032523500));
}

static void
a_fixed_unit_is_taken_as_it_is(void **state)
{
    (void)state;
    assert_int_equal(number_ms("5", TIME_UNIT_MS), 5);
    assert_int_equal(number_ms("5", TIME_UNIT_S), 5000);
    assert_int_equal(number_ms("253402300799.9999", TIME_UNIT_S), TIMESTAMP_MS_MAX);
    assert_int_equal(number_ms("253402300800", TIME_UNIT_S), BAD);
    assert_int_equal(number_ms("253402300800000", TIME_UNIT_MS), BAD);
    assert_int_equal(number_ms("1e30", TIME_UNIT_NS), BAD);
    assert_int_equal(number_ms("1e999999999999999", TIME_UNIT_AUTO), BAD);
    assert_int_equal(number_ms("1e-999999999999999", TIME_UNIT_AUTO), 0);
}

static void
negative_times_are_bad(void **state)
{
    (void)state;
    assert_int_equal(number_ms("-1", TIME_UNIT_AUTO), BAD);
    assert_int_equal(number_ms("-1e-30", TIME_UNIT_S), BAD);
    assert_int_equal(text_ms("-1"), BAD);
    assert_int_equal(text_ms("1969-12-31T23:59:59.9999Z"), BAD);
    assert_int_equal(text_ms("1970-01-01T00:00:00+00:01"), BAD);
    assert_int_equal(text_ms("0000-01-01T00:00:00Z"), BAD);
}

static void
anything_else_is_bad(void **state)
{
    static const char *const texts[] = {"", " ", "now", "2025-11-25", "2025-11-25T01:02:03",
        "2025-11-25T01:02Z", "2025-11-25T01:02:03.Z", "2025-11-25T01:02:03,5Z",
        "2025-11-25T24:00:00Z", "2025-11-25T01:60:00Z", "2025-13-01T00:00:00Z",
        "2025-00-01T00:00:00Z", "2025-02-29T00:00:00Z", "2100-02-29T00:00:00Z",
        "2025-04-31T00:00:00Z", "2025-04-00T00:00:00Z", "2025-11-25T01:02:03+1:00",
        "2025-11-25T01:02:03+24:00", "2025-11-25T01:02:03+00:60", "2025-11-25T01:02:03+0000",
        "2025-11-25T01:02:03Z ", " 2025-11-25T01:02:03Z", "2025-11-25  01:02:03Z",
        "25-11-25T01:02:03Z", "12025-11-25T01:02:03Z", "+2025-11-25T01:02:03Z",
        "2025-11-25_01:02:03Z", "1e9", "1.", ".5", "1.5.5", "+5", "5 ", "0x10",
        "9999-12-31T23:59:59-00:01", "2025-11-25T01:02:03ZZ"};
    int64_t ms;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (text_ms(texts[i]) != BAD)
            fail_msg("'%s' is taken for %ld", texts[i], (long)text_ms(texts[i]));
    }
    assert_false(timestamp_of_text(TEXT("2025-11-25\0T01:02:03Z"), TIME_UNIT_AUTO, &ms));
    assert_false(timestamp_of_text(TEXT("2025-11-25\0001:02:03Z"), TIME_UNIT_AUTO, &ms));
}

static void
every_day_agrees_with_the_c_library(void **state)
{
    char text[64];
    struct tm tm;

    (void)state;
    for (time_t instant = 12345; instant < INT64_C(253402300800); instant += 86400 * 13 + 61) {
        gmtime_r(&instant, &tm);
        strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
        assert_int_equal(text_ms(text), instant * 1000);
    }
}

/* Each length of whole numbers, and anything else at each of their places. */
static void
digits_are_read_eight_at_a_time_and_nothing_else(void **state)
{
    static const char digits[] = "9182736450918273", others[] = "/:.-e \x80\xff\xb0";
    char bytes[DIGITS_READ_MAX + 1];
    uint64_t value;

    (void)state;
    for (uint32_t length = 1; length <= DIGITS_READ_MAX; length++) {
        snprintf(bytes, sizeof(bytes), "%.*s", (int)length, digits);
        assert_true(digits_read((struct text){bytes, length}, &value));
        assert_int_equal(value, strtoull(bytes, NULL, 10));
        for (uint32_t i = 0; i < length * (sizeof(others) - 1); i++) {
            bytes[i % length] = others[i / length];
            assert_false(digits_read((struct text){bytes, length}, &value));
            bytes[i % length] = digits[i % length];
        }
    }
}

/* Each place of the point, or none, and anything else at each place. */
static void
a_point_is_read_over(void **state)
{
    static const char digits[] = "91827364", others[] = "/:-e.\x80\xff\xae";
    char bytes[DIGITS_POINT_MAX + 1], whole[DIGITS_POINT_MAX + 1];
    uint64_t value;
    uint32_t places;

    (void)state;
    for (uint32_t length = DIGITS_POINT_MIN; length <= DIGITS_POINT_MAX; length++) {
        for (uint32_t point = 0; point <= length; point++) {
            struct text text = {bytes, length};

            snprintf(bytes, sizeof(bytes), "%.*s%s%s", (int)point, digits,
                point < length ? "." : "", digits + point);
            snprintf(
                whole, sizeof(whole), "%.*s", (int)(point < length ? length - 1 : length), digits);
            assert_true(digits_read_point(text, &value, &places));
            assert_int_equal(value, strtoull(whole, NULL, 10));
            assert_int_equal(places, point < length ? length - 1 - point : 0);
            for (uint32_t i = 0; i < length * (sizeof(others) - 1); i++) {
                char before = bytes[i % length], other = others[i / length];

                if (other == '.' && (before == '.' || point == length))
                    continue; /* the only point */
                bytes[i % length] = other;
                assert_false(digits_read_point(text, &value, &places));
                bytes[i % length] = before;
            }
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_point_is_read_over),
        cmocka_unit_test(digits_are_read_eight_at_a_time_and_nothing_else),
        cmocka_unit_test(rfc3339_is_read_with_any_offset),
        cmocka_unit_test(fractions_are_rounded_down_to_the_millisecond),
        cmocka_unit_test(a_second_60_is_the_last_millisecond_of_59),
        cmocka_unit_test(a_number_is_told_apart_by_its_size),
        cmocka_unit_test(a_fixed_unit_is_taken_as_it_is),
        cmocka_unit_test(negative_times_are_bad),
        cmocka_unit_test(anything_else_is_bad),
        cmocka_unit_test(every_day_agrees_with_the_c_library),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
