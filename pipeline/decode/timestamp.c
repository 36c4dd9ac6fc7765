/* Reads instants: numbers in four units, and RFC 3339. */
#include "pipeline/decode/timestamp.h"

#include "config/base/check.h"
#include "config/base/civil.h"
#include "config/base/decimal.h"
#include "config/base/digits.h"
#include "config/base/inline.h"

#define TIMESTAMP_LEAP_MS 59999 /* a second 60 */

/* What is left to read. Every step below takes its part off the front, or is false. */
struct timestamp_rest {
    const char *at, *end;
};

/* The power of ten from the unit to milliseconds. */
static int
timestamp_shift(enum mapping_time_unit unit, int64_t whole_digits)
{
    switch (unit) {
    case TIME_UNIT_S:
        return 3;
    case TIME_UNIT_MS:
        return 0;
    case TIME_UNIT_US:
        return -3;
    case TIME_UNIT_NS:
        return -6;
    case TIME_UNIT_AUTO:
        break;
    }
    if (whole_digits <= 11)
        return 3;
    if (whole_digits <= 14)
        return 0;
    return whole_digits <= 17 ? -3 : -6;
}

static bool
timestamp_of_ms(uint64_t ms, int64_t *ret_ms)
{
    if (ms > (uint64_t)TIMESTAMP_MS_MAX)
        return false;
    *ret_ms = (int64_t)ms;
    return true;
}

static INLINE_NEVER bool
timestamp_of_decimal(struct text token, enum mapping_time_unit unit, int64_t *ret_ms)
{
    struct decimal decimal = decimal_read(token);
    enum decimal_rest rest;
    uint64_t ms;

    if (decimal.negative && !decimal.zero)
        return false;
    return decimal_scale(&decimal, timestamp_shift(unit, decimal.point), &ms, &rest) &&
           timestamp_of_ms(ms, ret_ms);
}

/* Nearly every event has digits alone, and few enough to reckon with. */
bool
timestamp_of_number(struct text token, enum mapping_time_unit unit, int64_t *ret_ms)
{
    static const uint64_t tens[] = {1, 10, 100, 1000, 10000, 100000, 1000000};
    uint64_t number;
    int shift;

    CHECK(token.length > 0);
    if (token.length > DIGITS_READ_MAX || token.bytes[0] == '0' || !digits_read(token, &number))
        return timestamp_of_decimal(token, unit, ret_ms);
    shift = timestamp_shift(unit, token.length);
    return timestamp_of_ms(shift < 0 ? number / tens[-shift] : number * tens[shift], ret_ms);
}

static bool
timestamp_is_digit(const struct timestamp_rest *rest)
{
    return rest->at < rest->end && *rest->at >= '0' && *rest->at <= '9';
}

static bool
timestamp_byte(struct timestamp_rest *rest, const char *allowed)
{
    if (rest->at == rest->end || *rest->at == '\0' || strchr(allowed, *rest->at) == NULL)
        return false;
    rest->at++;
    return true;
}

/* Exactly `count` digits, a number from low to high. */
static bool
timestamp_field(
    struct timestamp_rest *rest, int count, uint32_t low, uint32_t high, uint32_t *ret_field)
{
    uint32_t field = 0;

    for (; count > 0; count--) {
        if (!timestamp_is_digit(rest))
            return false;
        field = field * 10 + (uint32_t)(*rest->at++ - '0');
    }
    *ret_field = field;
    return field >= low && field <= high;
}

static bool
timestamp_date(struct timestamp_rest *rest, int64_t *ret_days)
{
    uint32_t year, month, day;

    if (!timestamp_field(rest, 4, 0, 9999, &year) || !timestamp_byte(rest, "-"))
        return false;
    if (!timestamp_field(rest, 2, 1, 12, &month) || !timestamp_byte(rest, "-"))
        return false;
    if (!timestamp_field(rest, 2, 1, civil_month_days(year, month), &day))
        return false;
    *ret_days = civil_days(year, month, day);
    return true;
}

/* ("." digits)?, at least one; past the third they do not count. */
static bool
timestamp_fraction(struct timestamp_rest *rest, uint32_t *ret_ms)
{
    uint32_t place = 100;

    *ret_ms = 0;
    if (!timestamp_byte(rest, "."))
        return true;
    if (!timestamp_is_digit(rest))
        return false;
    for (; timestamp_is_digit(rest); rest->at++, place /= 10)
        *ret_ms += (uint32_t)(*rest->at - '0') * place;
    return true;
}

static bool
timestamp_time(struct timestamp_rest *rest, int64_t *ret_ms)
{
    uint32_t hour, minute, second, ms;

    if (!timestamp_field(rest, 2, 0, 23, &hour) || !timestamp_byte(rest, ":"))
        return false;
    if (!timestamp_field(rest, 2, 0, 59, &minute) || !timestamp_byte(rest, ":"))
        return false;
    if (!timestamp_field(rest, 2, 0, 60, &second) || !timestamp_fraction(rest, &ms))
        return false;
    ms = second == 60 ? TIMESTAMP_LEAP_MS : second * 1000 + ms;
    *ret_ms = ((int64_t)hour * 60 + minute) * 60000 + ms;
    return true;
}

static bool
timestamp_offset(struct timestamp_rest *rest, int64_t *ret_ms)
{
    uint32_t hour, minute;
    bool west = rest->at < rest->end && *rest->at == '-';

    *ret_ms = 0;
    if (timestamp_byte(rest, "Zz"))
        return true;
    if (!timestamp_byte(rest, "+-") || !timestamp_field(rest, 2, 0, 23, &hour))
        return false;
    if (!timestamp_byte(rest, ":") || !timestamp_field(rest, 2, 0, 59, &minute))
        return false;
    *ret_ms = ((int64_t)hour * 60 + minute) * (west ? -60000 : 60000);
    return true;
}

static bool
timestamp_rfc3339(struct text text, int64_t *ret_ms)
{
    struct timestamp_rest rest = {text.bytes, text.bytes + text.length};
    int64_t days, time_ms, offset_ms, ms;

    if (!timestamp_date(&rest, &days) || !timestamp_byte(&rest, "Tt "))
        return false;
    if (!timestamp_time(&rest, &time_ms) || !timestamp_offset(&rest, &offset_ms))
        return false;
    ms = days * CIVIL_DAY_S * 1000 + time_ms - offset_ms;
    if (rest.at != rest.end || ms < 0 || ms > TIMESTAMP_MS_MAX)
        return false;
    *ret_ms = ms;
    return true;
}

/* digits ("." digits)? */
static bool
timestamp_is_number(struct text text)
{
    struct timestamp_rest rest = {text.bytes, text.bytes + text.length};

    if (!timestamp_is_digit(&rest))
        return false;
    while (timestamp_is_digit(&rest))
        rest.at++;
    if (!timestamp_byte(&rest, "."))
        return rest.at == rest.end;
    if (!timestamp_is_digit(&rest))
        return false;
    while (timestamp_is_digit(&rest))
        rest.at++;
    return rest.at == rest.end;
}

bool
timestamp_of_text(struct text text, enum mapping_time_unit unit, int64_t *ret_ms)
{
    CHECK(ret_ms != NULL);
    if (timestamp_is_number(text))
        return timestamp_of_number(text, unit, ret_ms);
    return timestamp_rfc3339(text, ret_ms);
}
