/* Reads decimal numbers of any size without loss. */
#include "config/base/decimal.h"

#include "config/base/check.h"

#define DECIMAL_WHOLE_DIGITS_MAX 19 /* 10^19 - 1 fits 64 bits */
/* Past any text's length: an exponent this large is as good as a larger one. */
#define DECIMAL_EXPONENT_MAX INT64_C(1000000000000)

static bool
decimal_is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* After the 'e': a sign, digits. Stops at the bound. */
static int64_t
decimal_read_exponent(const char *at, const char *end)
{
    bool negative = at < end && *at == '-';
    int64_t exponent = 0;

    if (at < end && (*at == '-' || *at == '+'))
        at++;
    for (; at < end && exponent < DECIMAL_EXPONENT_MAX; at++)
        exponent = exponent * 10 + (*at - '0');
    return negative ? -exponent : exponent;
}

struct decimal
decimal_read(struct text token)
{
    struct decimal decimal = {.zero = true};
    const char *at = token.bytes, *end = token.bytes + token.length;
    const char *first = NULL;
    int64_t whole = 0, skipped = 0;
    bool fraction = false;

    CHECK(token.length > 0);
    decimal.negative = *at == '-';
    if (decimal.negative)
        at++;
    for (; at < end && (*at == '.' || decimal_is_digit(*at)); at++) {
        if (*at == '.') {
            fraction = true;
            continue;
        }
        if (first == NULL && *at != '0')
            first = at;
        if (first != NULL && !fraction)
            whole++;
        if (first == NULL && fraction)
            skipped++;
    }
    if (first == NULL)
        return decimal;
    decimal.zero = false;
    decimal.digits = (struct text){first, (uint32_t)(at - first)};
    decimal.point = whole - skipped + (at < end ? decimal_read_exponent(at + 1, end) : 0);
    return decimal;
}

static bool
decimal_is_any(const char *at, const char *end)
{
    for (; at < end; at++) {
        if (*at != '0' && *at != '.')
            return true;
    }
    return false;
}

/* The digits from `at` on as a fraction of one. */
static enum decimal_rest
decimal_rest_of(const char *at, const char *end)
{
    if (at < end && *at == '.')
        at++;
    if (at == end)
        return REST_NONE;
    if (*at == '5')
        return decimal_is_any(at + 1, end) ? REST_ABOVE_HALF : REST_HALF;
    if (*at > '5')
        return REST_ABOVE_HALF;
    return decimal_is_any(at, end) ? REST_BELOW_HALF : REST_NONE;
}

bool
decimal_scale(
    const struct decimal *decimal, int shift, uint64_t *ret_whole, enum decimal_rest *ret_rest)
{
    int64_t left = decimal->point + shift; /* whole digits to take */
    const char *at, *end;
    uint64_t whole = 0;

    CHECK(shift >= -100 && shift <= 100);
    *ret_whole = 0;
    *ret_rest = REST_NONE;
    if (decimal->zero)
        return true;
    if (left > DECIMAL_WHOLE_DIGITS_MAX)
        return false;
    if (left < 0) {
        *ret_rest = REST_BELOW_HALF;
        return true;
    }
    at = decimal->digits.bytes;
    end = at + decimal->digits.length;
    for (; left > 0 && at < end; at++) {
        if (*at == '.')
            continue;
        whole = whole * 10 + (uint64_t)(*at - '0');
        left--;
    }
    for (; left > 0; left--)
        whole *= 10;
    *ret_whole = whole;
    *ret_rest = decimal_rest_of(at, end);
    return true;
}
