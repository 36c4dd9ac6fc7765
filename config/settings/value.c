/* Durations, sizes, times and whole numbers as a person writes them. */
#include "config/settings/value.h"

#include <inttypes.h>
#include <stdio.h>

#include "config/base/civil.h"

struct value_unit {
    struct text name;
    int64_t scale;
};

static const struct value_unit value_durations[] = {
    {TEXT("ms"), 1},
    {TEXT("s"), 1000},
    {TEXT("m"), 60 * 1000},
    {TEXT("h"), 3600 * 1000},
    {TEXT("d"), 24 * 3600 * 1000},
    {TEXT("w"), 7 * 24 * 3600 * 1000},
};

static const struct value_unit value_sizes[] = {
    {TEXT("B"), 1},
    {TEXT("KiB"), INT64_C(1) << 10},
    {TEXT("MiB"), INT64_C(1) << 20},
    {TEXT("GiB"), INT64_C(1) << 30},
    {TEXT("TiB"), INT64_C(1) << 40},
};

#define VALUE_COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool
value_is_digit(struct text text)
{
    return text.length > 0 && text.bytes[0] >= '0' && text.bytes[0] <= '9';
}

static struct text
value_rest(struct text text, uint32_t taken)
{
    return (struct text){text.bytes + taken, text.length - taken};
}

/* Takes digits off the text, at least one. */
static bool
value_take_number(struct text *text, int64_t *ret_value)
{
    int64_t value = 0;

    if (!value_is_digit(*text))
        return false;
    for (; value_is_digit(*text); *text = value_rest(*text, 1))
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, text->bytes[0] - '0', &value))
            value = INT64_MAX;
    *ret_value = value;
    return true;
}

/* Takes letters off the text; false when they are no unit. */
static bool
value_take_unit(struct text *text, const struct value_unit *units, size_t count, int64_t *ret_scale)
{
    uint32_t length = 0;

    while (length < text->length && !value_is_digit(value_rest(*text, length)))
        length++;
    for (size_t i = 0; i < count; i++) {
        if (!text_equal(units[i].name, (struct text){text->bytes, length}))
            continue;
        *text = value_rest(*text, length);
        *ret_scale = units[i].scale;
        return true;
    }
    return false;
}

static int64_t
value_scaled(int64_t value, int64_t scale)
{
    int64_t scaled;

    return __builtin_mul_overflow(value, scale, &scaled) ? INT64_MAX : scaled;
}

bool
value_int(struct text text, int64_t *ret_value)
{
    bool negative = text.length > 0 && text.bytes[0] == '-';

    if (negative)
        text = value_rest(text, 1);
    if (!value_take_number(&text, ret_value) || text.length > 0)
        return false;
    if (negative)
        *ret_value = -*ret_value;
    return true;
}

bool
value_duration(struct text text, int64_t *ret_ms)
{
    int64_t total = 0, number, scale;

    if (text_equal(text, TEXT("0"))) {
        *ret_ms = 0;
        return true;
    }
    if (text.length == 0)
        return false;
    while (text.length > 0) {
        if (!value_take_number(&text, &number) ||
            !value_take_unit(&text, value_durations, VALUE_COUNT(value_durations), &scale))
            return false;
        if (__builtin_add_overflow(total, value_scaled(number, scale), &total))
            total = INT64_MAX;
    }
    *ret_ms = total;
    return true;
}

bool
value_bytes(struct text text, int64_t *ret_bytes)
{
    int64_t number, scale = 1;

    if (!value_take_number(&text, &number))
        return false;
    if (text.length > 0 && !value_take_unit(&text, value_sizes, VALUE_COUNT(value_sizes), &scale))
        return false;
    if (text.length > 0)
        return false;
    *ret_bytes = value_scaled(number, scale);
    return true;
}

/* Exactly `width` digits, and behind them one of the characters of `ends`, if there are any. */
static bool
value_take_field(struct text *text, uint32_t width, const char *ends, int64_t *ret_value)
{
    struct text digits = {text->bytes, width};

    if (text->length < width || !value_take_number(&digits, ret_value) || digits.length > 0)
        return false;
    *text = value_rest(*text, width);
    if (ends[0] == '\0')
        return true;
    if (text->length == 0 || strchr(ends, text->bytes[0]) == NULL)
        return false;
    *text = value_rest(*text, 1);
    return true;
}

/* ".25": as far as milliseconds. */
static bool
value_take_fraction(struct text *text, int64_t *ret_ms)
{
    int64_t scale = 100;

    *ret_ms = 0;
    if (text->length == 0 || text->bytes[0] != '.')
        return true;
    *text = value_rest(*text, 1);
    if (!value_is_digit(*text))
        return false;
    for (; value_is_digit(*text); *text = value_rest(*text, 1), scale /= 10)
        *ret_ms += (text->bytes[0] - '0') * scale;
    return true;
}

/* "Z" or "+02:00": seconds east of UTC. */
static bool
value_take_offset(struct text *text, int64_t *ret_s)
{
    int64_t hours, minutes, sign;

    if (text->length == 0)
        return false;
    sign = text->bytes[0] == '-' ? -1 : 1;
    *ret_s = 0;
    if (strchr("Zz+-", text->bytes[0]) == NULL)
        return false;
    if (text->bytes[0] == 'Z' || text->bytes[0] == 'z') {
        *text = value_rest(*text, 1);
        return true;
    }
    *text = value_rest(*text, 1);
    if (!value_take_field(text, 2, ":", &hours) || !value_take_field(text, 2, "", &minutes))
        return false;
    *ret_s = sign * (hours * 3600 + minutes * 60);
    return hours <= 23 && minutes <= 59;
}

bool
value_time(struct text text, int64_t *ret_ms)
{
    int64_t year, month, day, hour, minute, second, ms, offset;

    if (!value_take_field(&text, 4, "-", &year) || !value_take_field(&text, 2, "-", &month) ||
        !value_take_field(&text, 2, "Tt ", &day))
        return false;
    if (!value_take_field(&text, 2, ":", &hour) || !value_take_field(&text, 2, ":", &minute) ||
        !value_take_field(&text, 2, "", &second))
        return false;
    if (!value_take_fraction(&text, &ms) || !value_take_offset(&text, &offset) || text.length > 0)
        return false;
    if (month < 1 || month > 12 || day < 1 || day > civil_month_days(year, (uint32_t)month))
        return false;
    if (hour > 23 || minute > 59 || second > 59)
        return false;
    *ret_ms = (civil_days(year, (uint32_t)month, (uint32_t)day) * CIVIL_DAY_S + hour * 3600 +
                  minute * 60 + second - offset) *
                  1000 +
              ms;
    return *ret_ms >= 0;
}

void
value_duration_text(int64_t ms, char out[VALUE_TEXT_BYTES_MAX])
{
    size_t length = 0;

    snprintf(out, VALUE_TEXT_BYTES_MAX, "0");
    for (size_t i = VALUE_COUNT(value_durations) - 1; i-- > 0;) { /* weeks are read only */
        const struct value_unit *unit = &value_durations[i];

        if (ms < unit->scale)
            continue;
        length += (size_t)snprintf(out + length, VALUE_TEXT_BYTES_MAX - length, "%" PRId64 "%s",
            ms / unit->scale, unit->name.bytes);
        ms %= unit->scale;
    }
}

void
value_bytes_text(int64_t bytes, char out[VALUE_TEXT_BYTES_MAX])
{
    size_t i = VALUE_COUNT(value_sizes) - 1;

    while (i > 0 && (bytes == 0 || bytes % value_sizes[i].scale != 0))
        i--;
    snprintf(out, VALUE_TEXT_BYTES_MAX, "%" PRId64 "%s", bytes / value_sizes[i].scale,
        i > 0 ? value_sizes[i].name.bytes : "");
}
