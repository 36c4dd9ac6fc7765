#ifndef FOOTPRINT_LANGUAGE_DURATION_H
#define FOOTPRINT_LANGUAGE_DURATION_H

/*
 * Durations as they are written in rules: 90s, 15m, 1h30m, 7d, 2w. Whole numbers, the units ms s m
 * h d w, added up. In milliseconds; at most as many as a number of seconds can say.
 */

#include <stdint.h>

#include "config/base/buffer.h"
#include "config/base/text.h"

#define DURATION_MS_MAX INT64_C(9200000000000000)

enum duration_fault {
    DURATION_OK,
    DURATION_NO_NUMBER, /* a digit was expected at the offset */
    DURATION_NO_UNIT,   /* it ends without a unit */
    DURATION_BAD_UNIT,  /* the letters at the offset are no unit */
    DURATION_TOO_LONG
};

/* *ret_offset says where the fault is. */
enum duration_fault duration_parse(struct text text, int64_t *ret_ms, uint32_t *ret_offset);

/* The letters of a unit that stand at the offset. */
struct text duration_letters(struct text text, uint32_t offset);
/* The unit that was probably meant by some letters, or NULL. */
const char *duration_suggest_unit(struct text letters);

/* The shortest form, largest unit d: 5400000 is 1h30m. */
void duration_print(struct buffer *out, int64_t ms);

#endif
