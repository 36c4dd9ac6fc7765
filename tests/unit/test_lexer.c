/* Tokens of expressions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "config/language/duration.h"
#include "config/language/lexer.h"

/* A lexer over a text that stands in a YAML scalar of its own. */
struct bench {
    struct arena arena;
    struct report *report;
    struct yaml_document *file;
    struct origin origin;
    struct lexer lexer;
};

static void
bench_init(struct bench *bench, const char *source)
{
    struct buffer yaml;

    arena_init(&bench->arena);
    bench->report = report_new();
    buffer_init(&yaml);
    buffer_add_json(&yaml, text_of(source));
    bench->file = yaml_parse("x", (struct text){yaml.bytes, (uint32_t)yaml.length}, bench->report);
    buffer_fini(&yaml);
    assert_non_null(bench->file);
    bench->origin = (struct origin){bench->file->root, bench->report};
    lexer_init(&bench->lexer, bench->file->root->text, &bench->arena, &bench->origin);
}

static void
bench_fini(struct bench *bench)
{
    yaml_free(bench->file);
    report_free(bench->report);
    arena_fini(&bench->arena);
}

static void
expect_kinds(const char *source, const enum token_kind *kinds, size_t count)
{
    struct bench bench;

    bench_init(&bench, source);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(lexer_next(&bench.lexer).kind, kinds[i]);
    assert_int_equal(report_error_count(bench.report), 0);
    bench_fini(&bench);
}

static void
every_sign_is_a_token(void **state)
{
    static const enum token_kind kinds[] = {TOKEN_LEFT_PAREN, TOKEN_RIGHT_PAREN, TOKEN_LEFT_BRACE,
        TOKEN_RIGHT_BRACE, TOKEN_LEFT_BRACKET, TOKEN_RIGHT_BRACKET, TOKEN_COMMA, TOKEN_DOT,
        TOKEN_BAR, TOKEN_STAR, TOKEN_PLUS, TOKEN_MINUS, TOKEN_SLASH, TOKEN_ASSIGN, TOKEN_EQUAL,
        TOKEN_NOT_EQUAL, TOKEN_MATCHES, TOKEN_MATCHES_NOT, TOKEN_LESS, TOKEN_LESS_EQUAL, TOKEN_MORE,
        TOKEN_MORE_EQUAL, TOKEN_END, TOKEN_END};

    (void)state;
    expect_kinds("(){}[],.|*+-/= == != =~ !~<<=>>=", kinds, 24);
}

static void
comments_end_with_their_line(void **state)
{
    static const enum token_kind kinds[] = {TOKEN_WORD, TOKEN_WORD, TOKEN_END};

    (void)state;
    expect_kinds("a # b c \"\n\t b # the end", kinds, 3);
}

static void
expect_number(const char *source, enum token_kind kind, int64_t number, uint32_t length)
{
    struct bench bench;
    struct token token;

    bench_init(&bench, source);
    token = lexer_next(&bench.lexer);
    assert_int_equal(token.kind, kind);
    assert_int_equal(token.number, number);
    assert_int_equal(token.source.length, length);
    bench_fini(&bench);
}

static void
numbers_have_six_places_half_to_even(void **state)
{
    (void)state;
    expect_number("3", TOKEN_NUMBER, 3000000, 1);
    expect_number("007", TOKEN_NUMBER, 7000000, 3);
    expect_number("0.5]", TOKEN_NUMBER, 500000, 3);
    expect_number("1e3", TOKEN_NUMBER, 1000000000, 3);
    expect_number("2.5E-3 ", TOKEN_NUMBER, 2500, 6);
    expect_number("1e+2", TOKEN_NUMBER, 100000000, 4);
    expect_number("0.0000005", TOKEN_NUMBER, 0, 9);
    expect_number("0.0000015", TOKEN_NUMBER, 2, 9);
    expect_number("9.2e12", TOKEN_NUMBER, INT64_C(9200000000000000000), 6);
}

static void
durations_are_milliseconds(void **state)
{
    (void)state;
    expect_number("90s", TOKEN_DURATION, 90000, 3);
    expect_number("1h30m", TOKEN_DURATION, 5400000, 5);
    expect_number("7d", TOKEN_DURATION, 604800000, 2);
    expect_number("2w", TOKEN_DURATION, 1209600000, 2);
    expect_number("1w1d1h1m1s1ms", TOKEN_DURATION, 694861001, 13);
    expect_number("0s", TOKEN_DURATION, 0, 2);
    expect_number("9200000000000s", TOKEN_DURATION, INT64_C(9200000000000000), 14);
}

static void
expect_bad(const char *source)
{
    struct bench bench;
    struct token token;

    bench_init(&bench, source);
    do {
        token = lexer_next(&bench.lexer);
        assert_int_not_equal(token.kind, TOKEN_END);
    } while (token.kind != TOKEN_BAD);
    assert_int_equal(lexer_next(&bench.lexer).kind, TOKEN_BAD);
    assert_int_equal(report_error_count(bench.report), 1);
    bench_fini(&bench);
}

static void
what_is_no_token_is_said_once(void **state)
{
    static const char *const sources[] = {"9.3e12", "9200000000001s", "9200000000000001ms", "1.",
        ".5", "1e", "1.5h", "1e3s", "3x", "1h3", "\"abc", "\"\\x\"", "\"\\u12\"", "\"\\udc00\"",
        "\"\\ud800x\"", "&&", "||", "<>", "!", "'a'", "@", "\x01", "\xc3\xa9"};

    (void)state;
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
        expect_bad(sources[i]);
}

static void
strings_take_the_escapes_of_json(void **state)
{
    static const char expected[] = "\"\\/\b\f\n\r\t\xc3\xa9\xf0\x9f\x98\x80\0x";
    struct bench bench;
    struct token token;

    (void)state;
    bench_init(&bench, "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\\u0000x\" ");
    token = lexer_next(&bench.lexer);
    assert_int_equal(token.kind, TOKEN_STRING);
    assert_int_equal(token.text.length, sizeof(expected) - 1);
    assert_memory_equal(token.text.bytes, expected, sizeof(expected));
    bench_fini(&bench);
}

static void
a_byte_of_a_string_is_found_in_its_source(void **state)
{
    (void)state;
    assert_int_equal(lexer_string_offset(TEXT("\"abc\""), 0), 1);
    assert_int_equal(lexer_string_offset(TEXT("\"abc\""), 2), 3);
    assert_int_equal(lexer_string_offset(TEXT("\"\\\\d\\u00e9[\""), 1), 3);
    assert_int_equal(lexer_string_offset(TEXT("\"\\\\d\\u00e9[\""), 4), 10);
}

static void
durations_print_in_their_largest_units(void **state)
{
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {{0, "0s"}, {1, "1ms"}, {90000, "1m30s"}, {604800000, "7d"}, {5400000, "1h30m"},
        {86401001, "1d1s1ms"}};
    struct buffer out;

    (void)state;
    buffer_init(&out);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t ms;
        uint32_t offset;

        buffer_clear(&out);
        duration_print(&out, cases[i].ms);
        buffer_add_char(&out, '\0');
        assert_string_equal(out.bytes, cases[i].text);
        assert_int_equal(duration_parse(text_of(out.bytes), &ms, &offset), DURATION_OK);
        assert_int_equal(ms, cases[i].ms);
    }
    buffer_fini(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_sign_is_a_token),
        cmocka_unit_test(comments_end_with_their_line),
        cmocka_unit_test(numbers_have_six_places_half_to_even),
        cmocka_unit_test(durations_are_milliseconds),
        cmocka_unit_test(what_is_no_token_is_said_once),
        cmocka_unit_test(strings_take_the_escapes_of_json),
        cmocka_unit_test(a_byte_of_a_string_is_found_in_its_source),
        cmocka_unit_test(durations_print_in_their_largest_units),
    };

    return cmocka_run_group_tests_name("lexer", tests, NULL, NULL);
}
