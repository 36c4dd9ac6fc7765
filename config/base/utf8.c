/* Checks and writes UTF-8. */
#include "config/base/utf8.h"

#include <string.h>

#include "config/base/check.h"

#define UTF8_HIGH_BITS UINT64_C(0x8080808080808080)

static bool
utf8_is_tail(unsigned char byte)
{
    return (byte & 0xc0) == 0x80;
}

/* The range of the second byte excludes overlong forms, surrogates and what is past U+10FFFF. */
static bool
utf8_second_fits(unsigned char first, unsigned char second)
{
    switch (first) {
    case 0xe0:
        return second >= 0xa0 && second <= 0xbf;
    case 0xed:
        return second >= 0x80 && second <= 0x9f;
    case 0xf0:
        return second >= 0x90 && second <= 0xbf;
    case 0xf4:
        return second >= 0x80 && second <= 0x8f;
    default:
        return utf8_is_tail(second);
    }
}

static uint32_t
utf8_length(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first < 0xc2 || first > 0xf4)
        return 0;
    if (first < 0xe0)
        return 2;
    return first < 0xf0 ? 3 : 4;
}

uint32_t
utf8_sequence(const char *at, const char *end)
{
    const unsigned char *bytes = (const unsigned char *)at;
    uint32_t length;

    CHECK(at < end);
    length = utf8_length(bytes[0]);
    if (length <= 1)
        return length;
    if ((size_t)(end - at) < length || !utf8_second_fits(bytes[0], bytes[1]))
        return 0;
    for (uint32_t i = 2; i < length; i++) {
        if (!utf8_is_tail(bytes[i]))
            return 0;
    }
    return length;
}

/* Most text is ASCII: eight bytes at a time. */
static const char *
utf8_skip_ascii(const char *at, const char *end)
{
    uint64_t word;

    while (end - at >= (ptrdiff_t)sizeof(word)) {
        memcpy(&word, at, sizeof(word));
        if ((word & UTF8_HIGH_BITS) != 0)
            break;
        at += sizeof(word);
    }
    return at;
}

bool
utf8_valid(struct text text, uint32_t *ret_offset)
{
    const char *at = text.bytes, *end = text.bytes + text.length;
    uint32_t length;

    while ((at = utf8_skip_ascii(at, end)) < end) {
        length = utf8_sequence(at, end);
        if (length == 0) {
            *ret_offset = (uint32_t)(at - text.bytes);
            return false;
        }
        at += length;
    }
    return true;
}

uint32_t
utf8_encode(uint32_t code, char out[UTF8_SEQUENCE_BYTES_MAX])
{
    CHECK(code <= 0x10ffff);
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xc0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3f));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xe0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3f));
        out[2] = (char)(0x80 | (code & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3f));
    out[2] = (char)(0x80 | (code >> 6 & 0x3f));
    out[3] = (char)(0x80 | (code & 0x3f));
    return 4;
}
