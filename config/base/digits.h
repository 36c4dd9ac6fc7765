#ifndef FOOTPRINT_BASE_DIGITS_H
#define FOOTPRINT_BASE_DIGITS_H

/* A whole number as text, without printf: for what is written once per record, key or command. */

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

#endif
