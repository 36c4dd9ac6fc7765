/* Appends, with the few forms that every record needs: integers, JSON strings, instants. */
#include "config/base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/check.h"
#include "config/base/digits.h"

#define BUFFER_BYTES_MIN 256
#define MS_PER_DAY INT64_C(86400000)

void
buffer_init(struct buffer *buffer)
{
    CHECK(buffer != NULL);
    memset(buffer, 0, sizeof(*buffer));
}

void
buffer_fini(struct buffer *buffer)
{
    free(buffer->bytes);
    memset(buffer, 0, sizeof(*buffer));
}

void
buffer_clear(struct buffer *buffer)
{
    buffer->length = 0;
}

void
buffer_grow(struct buffer *buffer, size_t bytes)
{
    size_t need = buffer->length + bytes;
    size_t capacity = buffer->capacity > 0 ? buffer->capacity : BUFFER_BYTES_MIN;

    CHECK(need >= bytes);
    while (capacity < need)
        capacity *= 2;
    buffer->bytes = realloc(buffer->bytes, capacity);
    CHECK(buffer->bytes != NULL);
    buffer->capacity = capacity;
}

void
buffer_add(struct buffer *buffer, const void *bytes, size_t length)
{
    if (length == 0)
        return;
    memcpy(buffer_reserve(buffer, length), bytes, length);
    buffer->length += length;
}

void
buffer_add_text(struct buffer *buffer, struct text text)
{
    buffer_add(buffer, text.bytes, text.length);
}

void
buffer_add_char(struct buffer *buffer, char c)
{
    *buffer_reserve(buffer, 1) = c;
    buffer->length++;
}

void
buffer_add_int(struct buffer *buffer, int64_t value)
{
    char digits[DIGITS_BYTES_MAX];

    buffer_add_text(buffer, digits_of(value, digits));
}

void
buffer_printf(struct buffer *buffer, const char *fmt, ...)
{
    va_list args, again;
    int length;

    va_start(args, fmt);
    va_copy(again, args);
    length = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    CHECK(length >= 0);
    vsnprintf(buffer_reserve(buffer, (size_t)length + 1), (size_t)length + 1, fmt, again);
    va_end(again);
    buffer->length += (size_t)length;
}

static void
buffer_add_escaped(struct buffer *buffer, unsigned char c)
{
    static const char short_forms[] = "btn\0fr"; /* of 8 to 13; \v has none */
    char form = c >= 8 && c <= 13 ? short_forms[c - 8] : '\0';

    if (c == '"' || c == '\\')
        form = (char)c;
    buffer_add_char(buffer, '\\');
    if (form != '\0')
        buffer_add_char(buffer, form);
    else
        buffer_printf(buffer, "u%04x", c);
}

void
buffer_add_json(struct buffer *buffer, struct text text)
{
    uint32_t plain = 0;

    buffer_add_char(buffer, '"');
    for (uint32_t i = 0; i < text.length; i++) {
        unsigned char c = (unsigned char)text.bytes[i];

        if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f)
            continue;
        buffer_add(buffer, text.bytes + plain, i - plain);
        buffer_add_escaped(buffer, c);
        plain = i + 1;
    }
    buffer_add(buffer, text.bytes + plain, text.length - plain);
    buffer_add_char(buffer, '"');
}

/* Writes `width` digits of `value` and returns what follows them. */
static char *
buffer_digits(char *out, int64_t value, int width)
{
    for (int i = width - 1; i >= 0; i--) {
        out[i] = (char)('0' + value % 10);
        value /= 10;
    }
    return out + width;
}

void
buffer_add_instant(struct buffer *buffer, int64_t ms)
{
    int64_t days = ms / MS_PER_DAY - (ms % MS_PER_DAY < 0), rest = ms - days * MS_PER_DAY;
    /* Civil date from days, years beginning in March (Howard Hinnant's algorithm). */
    int64_t shifted = days + 719468, era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int64_t doe = shifted - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    int64_t day = doy - (153 * mp + 2) / 5 + 1, month = mp < 10 ? mp + 3 : mp - 9;
    int64_t year = yoe + era * 400 + (month <= 2);
    char *out = buffer_reserve(buffer, 40), *start = out;

    *out++ = '"';
    if (year > 9999 || year < 0) /* RFC 3339 ends at 9999; beyond it the year is written in full */
        out += snprintf(out, 12, "%+06lld", (long long)year);
    else
        out = buffer_digits(out, year, 4);
    *out++ = '-';
    out = buffer_digits(out, month, 2);
    *out++ = '-';
    out = buffer_digits(out, day, 2);
    *out++ = 'T';
    out = buffer_digits(out, rest / 3600000, 2);
    *out++ = ':';
    out = buffer_digits(out, rest / 60000 % 60, 2);
    *out++ = ':';
    out = buffer_digits(out, rest / 1000 % 60, 2);
    *out++ = '.';
    out = buffer_digits(out, rest % 1000, 3);
    *out++ = 'Z';
    *out++ = '"';
    buffer->length += (size_t)(out - start);
}
