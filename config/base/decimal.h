#ifndef FOOTPRINT_BASE_DECIMAL_H
#define FOOTPRINT_BASE_DECIMAL_H

/*
 * A decimal number as it is written, of any length and any exponent, read without loss.
 *
 *   -0.00120e5   negative, digits 1 2 0 from the first that is not 0, point 3:
 *                |value| = 0.120 * 10^3, so `point` digits stand before the decimal point
 *
 * The digits stay where they are written; a decimal borrows its text.
 */

#include <stdbool.h>
#include <stdint.h>

#include "config/base/text.h"

struct decimal {
    bool negative;
    bool zero;          /* then point and digits say nothing */
    int64_t point;      /* 10^(point - 1) <= |value| < 10^point */
    struct text digits; /* from the first significant one; may contain one '.' */
};

/* What follows the last whole digit. */
enum decimal_rest {
    REST_NONE,
    REST_BELOW_HALF,
    REST_HALF,
    REST_ABOVE_HALF
};

/* Reads a JSON number token, or digits ("." digits)?, whose grammar the caller has checked. */
struct decimal decimal_read(struct text token);

/*
 * |value| * 10^shift as a whole number, rounded down, and what was cut off. False when it has more
 * than 19 digits. shift -100 to 100.
 */
bool decimal_scale(
    const struct decimal *decimal, int shift, uint64_t *ret_whole, enum decimal_rest *ret_rest);

#endif
