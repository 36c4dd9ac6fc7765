/* What a check found, as a person reads it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "config/base/limits.h"
#include "config/base/report.h"
#include "config/base/secret.h"

static void
expect_print(const struct report *report, const char *expected)
{
    struct buffer out;

    buffer_init(&out);
    report_print(report, &out);
    buffer_add_char(&out, '\0');
    assert_string_equal(out.bytes, expected);
    buffer_fini(&out);
}

static struct report_place
place(const char *file, uint32_t line, uint32_t column, const char *text)
{
    return (struct report_place){file, line, column, text_of(text)};
}

static void
an_error_shows_its_line_and_a_caret(void **state)
{
    struct report *report = report_new();
    struct report_place at = place("shop.yaml", 12, 11, "    when: cuont(view[30m]) >= 3");

    (void)state;
    report_add(report, REPORT_ERROR, &at, "unknown function '%s'", "cuont");
    expect_print(report, "shop.yaml:12:11: unknown function 'cuont'\n"
                         "    when: cuont(view[30m]) >= 3\n"
                         "          ^\n");
    assert_int_equal(report_error_count(report), 1);
    assert_int_equal(report_warning_count(report), 0);
    report_free(report);
}

static void
entries_are_ordered_by_place_within_files_as_they_came(void **state)
{
    struct report *report = report_new();
    struct report_place places[] = {
        place("b.yaml", 2, 1, ""), place("a.yaml", 9, 1, ""), place("b.yaml", 1, 7, "")};

    (void)state;
    report_add(report, REPORT_ERROR, &places[0], "two");
    report_add(report, REPORT_ERROR, &places[1], "three");
    report_add(report, REPORT_WARNING, &places[2], "one");
    expect_print(report, "b.yaml:1:7: warning: one\nb.yaml:2:1: two\na.yaml:9:1: three\n");
    report_free(report);
}

static void
a_place_is_reported_once(void **state)
{
    struct report *report = report_new();
    struct report_place at = place("a.yaml", 1, 1, "");
    struct report_place file = place("a.yaml", 0, 0, "");

    (void)state;
    report_add(report, REPORT_ERROR, &at, "first");
    report_add(report, REPORT_ERROR, &at, "second");
    report_add(report, REPORT_ERROR, &file, "not there");
    report_add(report, REPORT_ERROR, &file, "not readable");
    expect_print(report, "a.yaml: not there\na.yaml: not readable\na.yaml:1:1: first\n");
    assert_int_equal(report_error_count(report), 3);
    report_free(report);
}

static void
past_the_limit_errors_are_counted(void **state)
{
    struct report *report = report_new();
    struct buffer out;

    (void)state;
    for (uint32_t i = 1; i <= RULE_ERRORS_MAX + 2; i++) {
        struct report_place at = place("a.yaml", i, 1, "");

        report_add(report, REPORT_ERROR, &at, "wrong");
    }
    buffer_init(&out);
    report_print(report, &out);
    buffer_add_char(&out, '\0');
    assert_non_null(strstr(out.bytes, "a.yaml:20:1: wrong\nand 2 more errors\n"));
    assert_int_equal(report_error_count(report), RULE_ERRORS_MAX + 2);
    buffer_fini(&out);
    report_free(report);
}

static void
a_long_line_is_cut_round_the_caret(void **state)
{
    struct report *report = report_new();
    char line[401];
    struct report_place at;
    struct buffer out;

    (void)state;
    memset(line, 'x', 400);
    line[400] = '\0';
    line[300] = 'Y';
    at = place("a.yaml", 1, 301, line);
    report_add(report, REPORT_ERROR, &at, "wrong");
    buffer_init(&out);
    report_print(report, &out);
    assert_true(out.length < 300);
    buffer_add_char(&out, '\0');
    assert_int_equal(strchr(out.bytes, 'Y') - strchr(out.bytes, '\n'),
        strchr(out.bytes, '^') - strchr(strchr(out.bytes, '\n') + 1, '\n'));
    buffer_fini(&out);
    report_free(report);
}

static void
the_caret_counts_characters_not_bytes(void **state)
{
    struct report *report = report_new();
    struct report_place at = place("a.yaml", 1, 6, "\xc3\xbc\xc3\xbc\tx");

    (void)state;
    report_add(report, REPORT_ERROR, &at, "wrong");
    expect_print(report, "a.yaml:1:6: wrong\n    \xc3\xbc\xc3\xbc x\n       ^\n");
    report_free(report);
}

static void
a_line_with_a_secret_is_not_shown(void **state)
{
    struct report *report = report_new();
    struct report_place at = place("a.yaml", 3, 1, "  sasl.password: hunter2");

    (void)state;
    report_add(report, REPORT_ERROR, &at, "wrong");
    expect_print(report, "a.yaml:3:1: wrong\n");
    assert_true(secret_in_line(TEXT("{\"redis\": {\"password\" : \"hunter2\"}}")));
    assert_true(secret_in_line(TEXT("url: redis://:hunter2@localhost")));
    assert_true(secret_in_line(TEXT("--set redis.password=hunter2")));
    assert_true(secret_in_line(TEXT("ssl.key.pem: |")));
    assert_false(secret_in_line(TEXT("when: any(password_reset[1d])")));
    assert_false(secret_in_line(TEXT("url: redis://localhost/0 # me@home")));
    assert_true(secret_key(TEXT("sasl.oauthbearer.client.secret")));
    assert_false(secret_key(TEXT("linger.ms")));
    report_free(report);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_shows_its_line_and_a_caret),
        cmocka_unit_test(entries_are_ordered_by_place_within_files_as_they_came),
        cmocka_unit_test(a_place_is_reported_once),
        cmocka_unit_test(past_the_limit_errors_are_counted),
        cmocka_unit_test(a_long_line_is_cut_round_the_caret),
        cmocka_unit_test(the_caret_counts_characters_not_bytes),
        cmocka_unit_test(a_line_with_a_secret_is_not_shown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
