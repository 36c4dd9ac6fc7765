/* Decimals with six places, exact: read, write, and the four operations. */
#include "config/base/number.h"

#include <float.h>
#include <math.h>

#include "config/base/check.h"
#include "config/base/decimal.h"
#include "config/base/digits.h"
#include "config/base/inline.h"

#define NUMBER_PLACES 6
#define NUMBER_SHORT_DIGITS_MAX 18 /* any 18 digits fit 64 bits */
#define NUMBER_HIGH_TOTAL ((number_total)NUMBER_MAX)

static const int64_t number_powers[NUMBER_PLACES + 1] = {
    1000000, 100000, 10000, 1000, 100, 10, 1 /* by places written */
};
/* What such a power may be multiplied with. */
static const uint64_t number_highest[NUMBER_PLACES + 1] = {NUMBER_MAX / 1000000,
    NUMBER_MAX / 100000, NUMBER_MAX / 10000, NUMBER_MAX / 1000, NUMBER_MAX / 100, NUMBER_MAX / 10,
    NUMBER_MAX};

static int64_t
number_stop(number_total value)
{
    if (value > NUMBER_HIGH_TOTAL)
        return NUMBER_MAX;
    return value < -NUMBER_HIGH_TOTAL ? -NUMBER_MAX : (int64_t)value;
}

/* dividend / divisor, half to even; divisor > 0. */
static number_total
number_round_quotient(number_total dividend, number_total divisor)
{
    number_total quotient = dividend / divisor, rest = dividend % divisor;
    number_total twice = rest < 0 ? -2 * rest : 2 * rest;

    CHECK(divisor > 0);
    if (twice > divisor || (twice == divisor && (quotient & 1) != 0))
        return quotient + (dividend < 0 ? -1 : 1);
    return quotient;
}

/* A value whose last digits are places; false when it needs rounding or is too large. */
static inline bool
number_of_digits(bool negative, uint64_t value, uint64_t places, int64_t *ret_number)
{
    if (places > NUMBER_PLACES || value > number_highest[places])
        return false;
    value *= (uint64_t)number_powers[places];
    *ret_number = negative ? -(int64_t)value : (int64_t)value;
    return true;
}

/* Plain tokens that need no rounding: at most 18 digits, at most six of them places. */
static bool
number_parse_plain(bool negative, struct text digits, int64_t *ret_number)
{
    const char *at = digits.bytes, *end = digits.bytes + digits.length, *point = end - 1;
    uint64_t value = 0;

    if (digits.length > NUMBER_SHORT_DIGITS_MAX)
        return false;
    for (; at < end; at++) {
        if (*at >= '0' && *at <= '9')
            value = value * 10 + (uint64_t)(*at - '0');
        else if (*at == '.')
            point = at;
        else
            return false;
    }
    return number_of_digits(negative, value, (uint64_t)(end - point - 1), ret_number);
}

static INLINE_NEVER bool
number_parse_any(struct text token, int64_t *ret_number)
{
    bool negative = *token.bytes == '-';
    struct text digits = {token.bytes + negative, token.length - negative};
    struct decimal decimal;
    enum decimal_rest rest;
    uint64_t whole;

    if (number_parse_plain(negative, digits, ret_number))
        return true;
    decimal = decimal_read(token);
    if (!decimal_scale(&decimal, NUMBER_PLACES, &whole, &rest))
        return false;
    if (whole > (uint64_t)NUMBER_MAX || (whole == (uint64_t)NUMBER_MAX && rest != REST_NONE))
        return false;
    if (rest == REST_ABOVE_HALF || (rest == REST_HALF && (whole & 1) != 0))
        whole++;
    *ret_number = decimal.negative ? -(int64_t)whole : (int64_t)whole;
    return true;
}

/* Most numbers of events have so few digits that they are read in one go. */
bool
number_parse(struct text token, int64_t *ret_number)
{
    uint64_t value;
    uint32_t places;

    CHECK(token.length > 0);
    if (token.length >= DIGITS_POINT_MIN && token.length <= DIGITS_POINT_MAX &&
        digits_read_point(token, &value, &places) &&
        number_of_digits(false, value, places, ret_number))
        return true;
    return number_parse_any(token, ret_number);
}

/* Writes the digits of a value backwards from `at`, at least `count_min` of them. */
static char *
number_format_digits(char *at, uint64_t value, int count_min)
{
    for (; value > 0 || count_min > 0; count_min--, value /= 10)
        *--at = (char)('0' + value % 10);
    return at;
}

size_t
number_format(int64_t number, char out[NUMBER_TEXT_BYTES_MAX])
{
    char buffer[NUMBER_TEXT_BYTES_MAX];
    char *end = buffer + sizeof(buffer), *at = end;
    uint64_t magnitude = number < 0 ? -(uint64_t)number : (uint64_t)number;
    uint64_t fraction = magnitude % (uint64_t)NUMBER_ONE;
    int places = NUMBER_PLACES;

    if (fraction != 0) {
        for (; fraction % 10 == 0; fraction /= 10)
            places--;
        at = number_format_digits(at, fraction, places);
        *--at = '.';
    }
    at = number_format_digits(at, magnitude / (uint64_t)NUMBER_ONE, 1);
    if (number < 0)
        *--at = '-';
    CHECK(at >= buffer);
    memcpy(out, at, (size_t)(end - at));
    return (size_t)(end - at);
}

int64_t
number_of_total(number_total total)
{
    return number_stop(total);
}

int64_t
number_add(int64_t a, int64_t b)
{
    return number_stop((number_total)a + b);
}

int64_t
number_subtract(int64_t a, int64_t b)
{
    return number_stop((number_total)a - b);
}

int64_t
number_multiply(int64_t a, int64_t b)
{
    return number_stop(number_round_quotient((number_total)a * b, NUMBER_ONE));
}

bool
number_divide(int64_t a, int64_t b, int64_t *ret_quotient)
{
    number_total dividend = (number_total)a * NUMBER_ONE;

    if (b == 0)
        return false;
    if (b < 0)
        dividend = -dividend;
    *ret_quotient = number_stop(number_round_quotient(dividend, b < 0 ? -(number_total)b : b));
    return true;
}

int64_t
number_average(number_total total, int64_t count)
{
    CHECK(count > 0);
    return number_stop(number_round_quotient(total, count));
}

int64_t
number_of_int(int64_t whole)
{
    return number_stop((number_total)whole * NUMBER_ONE);
}

/* A double is mantissa * 2^exponent exactly, so its millionths are rounded once, here. */
int64_t
number_of_double(double value)
{
    number_total scaled;
    int exponent;

    if (isnan(value))
        return 0;
    if (fabs(value) >= (double)(NUMBER_MAX / NUMBER_ONE))
        return value < 0 ? -NUMBER_MAX : NUMBER_MAX;
    scaled = (number_total)ldexp(frexp(value, &exponent), DBL_MANT_DIG) * NUMBER_ONE;
    exponent -= DBL_MANT_DIG;
    CHECK(exponent < 0);
    if (exponent < -100) /* scaled has 73 bits: far less than half a millionth is left */
        return 0;
    return number_stop(number_round_quotient(scaled, (number_total)1 << -exponent));
}
