/* Durations, sizes, times and addresses as a person writes them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "config/settings/address.h"
#include "config/settings/value.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void
durations_are_whole_numbers_with_units(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {{"0", 0}, {"0s", 0}, {"500ms", 500}, {"90s", 90000}, {"1h30m", 5400000},
        {"7d", 604800000}, {"2w", 1209600000}, {"1m1s1ms", 61001},
        {"99999999999999999999d", INT64_MAX}};
    static const char *const wrong[] = {"", "5", "s", "1.5h", "-1s", "1S", "1 s", "1h30", "never"};
    int64_t ms;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_true(value_duration(text_of(cases[i].text), &ms));
        assert_true(ms == cases[i].ms);
    }
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_false(value_duration(text_of(wrong[i]), &ms));
}

static void
sizes_are_bytes_or_powers_of_1024(void **state)
{
    int64_t bytes;

    (void)state;
    assert_true(value_bytes(TEXT("1048576"), &bytes) && bytes == 1048576);
    assert_true(value_bytes(TEXT("64KiB"), &bytes) && bytes == 65536);
    assert_true(value_bytes(TEXT("1GiB"), &bytes) && bytes == 1 << 30);
    assert_false(value_bytes(TEXT("1GB"), &bytes));
    assert_false(value_bytes(TEXT("1MiB2"), &bytes));
    assert_false(value_bytes(TEXT("-1"), &bytes));
}

static void
numbers_are_whole(void **state)
{
    int64_t value;

    (void)state;
    assert_true(value_int(TEXT("-12"), &value) && value == -12);
    assert_false(value_int(TEXT("1e3"), &value));
    assert_false(value_int(TEXT("0x10"), &value));
    assert_false(value_int(TEXT("-"), &value));
}

static void
times_have_an_offset(void **state)
{
    static const char *const wrong[] = {"2026-11-24", "2026-11-24T00:00:00", "2026-02-29T00:00:00Z",
        "2026-11-24T24:00:00Z", "2026-11-24T00:00:00.Z", "2026-11-24T00:00:00+2:00",
        "1969-12-31T23:59:59Z", "2026-11-24T00:00:00Zx", "1795478400"};
    int64_t ms;

    (void)state;
    assert_true(value_time(TEXT("2026-11-24T00:00:00Z"), &ms) && ms == INT64_C(1795478400000));
    assert_true(
        value_time(TEXT("2026-11-24 01:00:00.1239+01:00"), &ms) && ms == INT64_C(1795478400123));
    assert_true(value_time(TEXT("1970-01-01t00:00:00z"), &ms) && ms == 0);
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_false(value_time(text_of(wrong[i]), &ms));
}

static void
the_shortest_form_reads_back(void **state)
{
    static const int64_t durations[] = {0, 1, 1000, 61001, 90000, 5400000, 604800000};
    char text[VALUE_TEXT_BYTES_MAX];
    int64_t value;

    (void)state;
    for (size_t i = 0; i < COUNT(durations); i++) {
        value_duration_text(durations[i], text);
        assert_true(value_duration(text_of(text), &value) && value == durations[i]);
    }
    value_duration_text(5400000, text);
    assert_string_equal(text, "1h30m");
    value_bytes_text(65536, text);
    assert_string_equal(text, "64KiB");
    value_bytes_text(1000, text);
    assert_string_equal(text, "1000");
    value_bytes_text(0, text);
    assert_string_equal(text, "0");
}

static void
an_address_to_listen_on_has_a_port(void **state)
{
    struct address_listen listen;
    struct arena arena;
    struct err err;

    (void)state;
    arena_init(&arena);
    assert_int_equal(address_listen(TEXT("[::]:80"), &arena, &listen, &err), ERR_NONE);
    assert_string_equal(listen.host, "::");
    assert_int_equal(listen.port, 80);
    assert_int_equal(address_listen(TEXT("127.0.0.1"), &arena, &listen, &err), ERR_INPUT);
    assert_int_equal(address_listen(TEXT(":80"), &arena, &listen, &err), ERR_INPUT);
    arena_fini(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_are_whole_numbers_with_units),
        cmocka_unit_test(sizes_are_bytes_or_powers_of_1024),
        cmocka_unit_test(numbers_are_whole),
        cmocka_unit_test(times_have_an_offset),
        cmocka_unit_test(the_shortest_form_reads_back),
        cmocka_unit_test(an_address_to_listen_on_has_a_port),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
