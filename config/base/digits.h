#ifndef FOOTPRINT_BASE_DIGITS_H
#define FOOTPRINT_BASE_DIGITS_H

/*
 * Whole numbers to text and back, without printf and scanf: for what is written once per record,
 * key or command, and read once per event.
 */

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>

#include "config/base/text.h"

#define DIGITS_BYTES_MAX 20 /* "-9223372036854775808" */

/* The text lies at the end of `room`. */
static inline struct text
digits_of(int64_t value, char room[DIGITS_BYTES_MAX])
{
    char *end = room + DIGITS_BYTES_MAX, *at = end;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0)
        *--at = '-';
    return (struct text){at, (uint32_t)(end - at)};
}

#define DIGITS_READ_MAX 16

/* Eight characters as they are written, less '0' each; the first in the lowest byte. */
static inline uint64_t
digits_load(const char *at)
{
    uint64_t word;

    memcpy(&word, at, sizeof(word));
    return le64toh(word) - UINT64_C(0x3030303030303030);
}

/* Whether all eight are 0 to 9: adding moves a larger one, and a borrow, into the high bits. */
static inline bool
digits_eight(uint64_t digits)
{
    return ((digits | (digits + UINT64_C(0x0606060606060606))) & UINT64_C(0xf0f0f0f0f0f0f0f0)) == 0;
}

/* The number that they spell: pairs first, then the pairs weighed in two multiplications. */
static inline uint64_t
digits_weigh(uint64_t digits)
{
    const uint64_t pair = UINT64_C(0x000000ff000000ff);

    digits = digits * 10 + (digits >> 8);
    return ((digits & pair) * UINT64_C(0x000f424000000064) +
               (digits >> 16 & pair) * UINT64_C(0x0000271000000001)) >>
           32;
}

/* Reads 1 to DIGITS_READ_MAX digits; false if something else is among them. */
static inline bool
digits_read(struct text text, uint64_t *ret_value)
{
    static const uint64_t tens[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
    uint64_t value = 0, first, last;

    if (text.length < 8) {
        for (uint32_t i = 0; i < text.length; i++) {
            uint32_t digit = (uint32_t)(unsigned char)text.bytes[i] - '0';

            if (digit > 9)
                return false;
            value = value * 10 + digit;
        }
        *ret_value = value;
        return true;
    }
    /* The last eight overlap the first: what both have counts in the first. */
    first = digits_load(text.bytes);
    last = digits_load(text.bytes + text.length - 8);
    if (!digits_eight(first) || !digits_eight(last))
        return false;
    value = digits_weigh(first) * tens[text.length - 8];
    if (text.length > 8)
        value += digits_weigh(last & UINT64_MAX << 8 * (16 - text.length));
    *ret_value = value;
    return true;
}

#define DIGITS_POINT_MIN 4
#define DIGITS_POINT_MAX 8

/*
 * Reads as many characters, digits with at most one point among them, as if it were not there;
 * *ret_places stand behind it. False for anything else.
 */
static inline bool
digits_read_point(struct text text, uint64_t *ret_value, uint32_t *ret_places)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint32_t head, tail, unused = 8 * (8 - text.length);
    uint64_t word, other, point;

    memcpy(&head, text.bytes, sizeof(head));
    memcpy(&tail, text.bytes + text.length - sizeof(tail), sizeof(tail));
    word = le32toh(head) | (uint64_t)le32toh(tail) << (32 - unused);
    *ret_places = 0;
    other = word ^ '.' * ones;
    point = (other - ones) & ~other & 0x80 * ones; /* the first zero byte's high bit, if any */
    if (point != 0) {
        uint64_t before = (point & (0 - point)) / 0x80 - 1; /* the bytes in front of it */

        word = (word & before) | (word >> 8 & ~before);
        *ret_places = text.length - 1 - (uint32_t)__builtin_ctzll(point) / 8;
        unused += 8;
    }
    word = (word << unused) - ('0' * ones << unused);
    *ret_value = digits_weigh(word);
    return digits_eight(word);
}

#endif
