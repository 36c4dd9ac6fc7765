/* Numbers of the language: reading, writing, arithmetic. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "config/base/decimal.h"
#include "config/base/number.h"

#define OUTSIDE INT64_MIN

struct reading {
    const char *token;
    int64_t number; /* OUTSIDE: beyond the bound */
};

static int64_t
parse(const char *token)
{
    int64_t number;

    return number_parse(text_of(token), &number) ? number : OUTSIDE;
}

static void
tokens_are_read_half_even_at_the_sixth_place(void **state)
{
    static const struct reading readings[] = {
        {"0", 0},
        {"-0", 0},
        {"-0.0", 0},
        {"0e5", 0},
        {"1", 1000000},
        {"-1", -1000000},
        {"59.9", 59900000},
        {"1.5e-6", 2},
        {"0.0000005", 0},
        {"0.0000015", 2},
        {"0.0000025", 2},
        {"0.00000250000000000000000000000001", 3},
        {"0.0000024999999999999999999999999", 2},
        {"-0.0000015", -2},
        {"-0.0000005", 0},
        {"0.00000051", 1},
        {"0.0000001", 0},
        {"123456.7890125", 123456789012},
        {"123456.7890135", 123456789014},
        {"1e-7", 0},
        {"5e-7", 0},
        {"5.1e-7", 1},
        {"15e-7", 2},
        {"1E3", 1000000000},
        {"1e+3", 1000000000},
        {"1.25e1", 12500000},
        {"0.000001e6", 1000000},
        {"1000000e-6", 1000000},
        {"100000000000000000000e-20", 1000000},
        {"000", 0},
        {"9.9999995", 10000000},
        {"1e-999999999999", 0},
        {"1e-99999999999999999999999999999", 0},
        {"0e999999999999", 0},
        {"0.0000000000000000000000000000000000000001e40", 1000000},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(readings) / sizeof(readings[0]); i++) {
        if (parse(readings[i].token) != readings[i].number)
            fail_msg("%s: %ld", readings[i].token, (long)parse(readings[i].token));
    }
}

static void
tokens_past_the_bound_are_outside_before_rounding(void **state)
{
    (void)state;
    assert_int_equal(parse("9200000000000"), NUMBER_MAX);
    assert_int_equal(parse("-9200000000000"), -NUMBER_MAX);
    assert_int_equal(parse("92e11"), NUMBER_MAX);
    assert_int_equal(parse("9200000000000.0000000"), NUMBER_MAX);
    assert_int_equal(parse("9199999999999.9999999"), NUMBER_MAX);
    assert_int_equal(parse("9200000000000.0000001"), OUTSIDE);
    assert_int_equal(parse("-9200000000000.0000001"), OUTSIDE);
    assert_int_equal(parse("9200000000000.00000000000000000000000000001"), OUTSIDE);
    assert_int_equal(parse("9200000000001"), OUTSIDE);
    assert_int_equal(parse("18446744073709551616"), OUTSIDE);
    assert_int_equal(parse("99999999999999999999999999999999"), OUTSIDE);
    assert_int_equal(parse("1e13"), OUTSIDE);
    assert_int_equal(parse("1e999"), OUTSIDE);
    assert_int_equal(parse("-1e99999999999999999999"), OUTSIDE);
}

static void
long_tokens_lose_nothing(void **state)
{
    static char token[70000];

    (void)state;
    memset(token, '0', sizeof(token));
    memcpy(token, "0.", 2);
    snprintf(token + 66002, 20, "15e65996"); /* 0.(66000 zeros)15e65996 = 0.0000 15 */
    assert_int_equal(parse(token), 15);
    snprintf(token + 66002, 20, "15e65995");
    assert_int_equal(parse(token), 2); /* 1.5 millionths */
}

static void
written_numbers_are_shortest_and_come_back(void **state)
{
    static const struct reading writings[] = {{"0", 0}, {"1", 1000000}, {"-1", -1000000},
        {"59.9", 59900000}, {"-0.5", -500000}, {"0.000001", 1}, {"-0.000001", -1}, {"10", 10000000},
        {"1000000", INT64_C(1000000000000)}, {"3.14159", 3141590}, {"9200000000000", NUMBER_MAX},
        {"-9200000000000", -NUMBER_MAX}, {"-9199999999999.999999", -NUMBER_MAX + 1}};
    char out[NUMBER_TEXT_BYTES_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof(writings) / sizeof(writings[0]); i++) {
        size_t length = number_format(writings[i].number, out);

        assert_int_equal(length, strlen(writings[i].token));
        assert_memory_equal(out, writings[i].token, length);
        assert_int_equal(parse(writings[i].token), writings[i].number);
    }
}

static uint64_t
random_next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* Half to even the slow way, on the exact value whole * 10^-places. */
static int64_t
round_slowly(__int128 whole, int places)
{
    __int128 divisor = 1, quotient, rest;

    for (; places < 6; places++)
        whole *= 10;
    for (; places > 6; places--)
        divisor *= 10;
    quotient = whole / divisor;
    rest = whole % divisor;
    if (rest * 2 > divisor || (rest * 2 == divisor && quotient % 2 != 0))
        quotient++;
    return (int64_t)quotient;
}

static void
any_way_to_write_a_value_reads_the_same(void **state)
{
    uint64_t seed = 88172645463325252ull;
    char digits[64], token[96];

    (void)state;
    for (int i = 0; i < 50000; i++) {
        uint64_t whole = random_next(&seed) % 1000000000000ull;
        int places = (int)(random_next(&seed) % 12), length, dot;

        if (i % 2 == 0) { /* a tie at the sixth place, or next to one */
            whole = whole / 100 * 100 + 49 + whole % 3;
            places = 8;
        }
        length = snprintf(digits, sizeof(digits), "%020llu", (unsigned long long)whole);
        dot = length - 1 - (int)(random_next(&seed) % 19); /* digits before the point */
        snprintf(
            token, sizeof(token), "%.*s.%se%d", dot, digits, digits + dot, length - dot - places);
        assert_int_equal(parse(token), round_slowly(whole, places));
        snprintf(token, sizeof(token), "%llue%d", (unsigned long long)whole, -places);
        assert_int_equal(parse(token), round_slowly(whole, places));
    }
}

static void
sums_stop_at_the_bound(void **state)
{
    (void)state;
    assert_int_equal(number_add(NUMBER_MAX, 1), NUMBER_MAX);
    assert_int_equal(number_add(-NUMBER_MAX, -NUMBER_MAX), -NUMBER_MAX);
    assert_int_equal(number_add(3, 4), 7);
    assert_int_equal(number_subtract(-NUMBER_MAX, 1), -NUMBER_MAX);
    assert_int_equal(number_subtract(3, 4), -1);
    assert_int_equal(number_of_int(5), 5 * NUMBER_ONE);
    assert_int_equal(number_of_int(INT64_MAX), NUMBER_MAX);
    assert_int_equal(number_of_int(INT64_MIN), -NUMBER_MAX);
    assert_int_equal(number_of_total((number_total)NUMBER_MAX * 5), NUMBER_MAX);
    assert_int_equal(number_of_total((number_total)NUMBER_MAX * -5), -NUMBER_MAX);
}

static void
products_and_quotients_are_rounded_once_half_even(void **state)
{
    int64_t quotient;

    (void)state;
    assert_int_equal(number_multiply(1, 500000), 0); /* 0.0000005 */
    assert_int_equal(number_multiply(3, 500000), 2); /* 0.0000015 */
    assert_int_equal(number_multiply(-3, 500000), -2);
    assert_int_equal(number_multiply(5, 500000), 2);
    assert_int_equal(number_multiply(2 * NUMBER_ONE, 3 * NUMBER_ONE), 6 * NUMBER_ONE);
    assert_int_equal(number_multiply(NUMBER_MAX, NUMBER_MAX), NUMBER_MAX);
    assert_int_equal(number_multiply(NUMBER_MAX, -NUMBER_MAX), -NUMBER_MAX);
    assert_false(number_divide(1, 0, &quotient));
    assert_true(number_divide(NUMBER_ONE, 3 * NUMBER_ONE, &quotient));
    assert_int_equal(quotient, 333333);
    assert_true(number_divide(-2 * NUMBER_ONE, 3 * NUMBER_ONE, &quotient));
    assert_int_equal(quotient, -666667);
    assert_true(number_divide(1, -2 * NUMBER_ONE, &quotient));
    assert_int_equal(quotient, 0);
    assert_true(number_divide(3, -2 * NUMBER_ONE, &quotient));
    assert_int_equal(quotient, -2);
    assert_true(number_divide(NUMBER_MAX, 1, &quotient));
    assert_int_equal(quotient, NUMBER_MAX);
    assert_int_equal(number_average(5, 2), 2);
    assert_int_equal(number_average(7, 2), 4);
    assert_int_equal(number_average(-5, 2), -2);
    assert_int_equal(number_average((number_total)NUMBER_MAX * 3, 3), NUMBER_MAX);
}

static void
doubles_become_the_nearest_millionth(void **state)
{
    (void)state;
    assert_int_equal(number_of_double(0.1), 100000);
    assert_int_equal(number_of_double(-2.5), -2500000);
    assert_int_equal(number_of_double(0x1p-20), 1); /* 0.95 millionths */
    assert_int_equal(number_of_double(0.0000005), 0);
    assert_int_equal(number_of_double(0.0000015), 2);
    assert_int_equal(number_of_double(0.0000025), 3); /* the double is a little more */
    assert_int_equal(number_of_double(0.0000045), 5);
    assert_int_equal(number_of_double(0.0000035), 3);                     /* a little less */
    assert_int_equal(number_of_double(0.015625 * 0x1p-1 * 0x1p-1), 3906); /* 3906.25 */
    assert_int_equal(number_of_double(0x1p-7), 7812);                     /* 7812.5, a tie */
    assert_int_equal(number_of_double(3 * 0x1p-7), 23438);                /* 23437.5 */
    assert_int_equal(number_of_double(4503599.627370496), INT64_C(4503599627370));
    assert_int_equal(number_of_double(1e300), NUMBER_MAX);
    assert_int_equal(number_of_double(-1e300), -NUMBER_MAX);
    assert_int_equal(number_of_double(1e-300), 0);
    assert_int_equal(number_of_double(9199999999999.5), INT64_C(9199999999999500000));
}

static void
decimals_scale_exactly(void **state)
{
    struct decimal decimal = decimal_read(TEXT("-0.00120e5"));
    enum decimal_rest rest;
    uint64_t whole;

    (void)state;
    assert_true(decimal.negative);
    assert_int_equal(decimal.point, 3);
    assert_true(decimal_scale(&decimal, 0, &whole, &rest));
    assert_int_equal(whole, 120);
    assert_int_equal(rest, REST_NONE);
    assert_true(decimal_scale(&decimal, -2, &whole, &rest));
    assert_int_equal(whole, 1);
    assert_int_equal(rest, REST_BELOW_HALF);
    assert_true(decimal_scale(&decimal, 16, &whole, &rest));
    assert_false(decimal_scale(&decimal, 17, &whole, &rest));
    decimal = decimal_read(TEXT("7.5000"));
    assert_true(decimal_scale(&decimal, 0, &whole, &rest));
    assert_int_equal(rest, REST_HALF);
    decimal = decimal_read(TEXT("7.50001"));
    assert_true(decimal_scale(&decimal, 0, &whole, &rest));
    assert_int_equal(rest, REST_ABOVE_HALF);
    assert_true(decimal_scale(&decimal, -1, &whole, &rest));
    assert_int_equal(whole, 0);
    assert_int_equal(rest, REST_ABOVE_HALF);
    assert_true(decimal_scale(&decimal, -2, &whole, &rest));
    assert_int_equal(rest, REST_BELOW_HALF);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_are_read_half_even_at_the_sixth_place),
        cmocka_unit_test(tokens_past_the_bound_are_outside_before_rounding),
        cmocka_unit_test(long_tokens_lose_nothing),
        cmocka_unit_test(written_numbers_are_shortest_and_come_back),
        cmocka_unit_test(any_way_to_write_a_value_reads_the_same),
        cmocka_unit_test(sums_stop_at_the_bound),
        cmocka_unit_test(products_and_quotients_are_rounded_once_half_even),
        cmocka_unit_test(doubles_become_the_nearest_millionth),
        cmocka_unit_test(decimals_scale_exactly),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
