#ifndef FOOTPRINT_BASE_NUMBER_H
#define FOOTPRINT_BASE_NUMBER_H

/*
 * Decimals with six places: the only numbers of the language (segments.md 2).
 *
 * A number is an int64_t of millionths. Each is rounded half to even when it is read, and so is
 * the result of every operation; a result beyond +-9.2e12 stops at that bound. A total is kept
 * exactly in 128 bits and meets this rule only where it is used (number_of_total).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/base/text.h"

#define NUMBER_ONE INT64_C(1000000)
#define NUMBER_MAX (INT64_C(9200000000000) * NUMBER_ONE)
#define NUMBER_TEXT_BYTES_MAX 24

typedef __int128 number_total;

/*
 * Reads a JSON number token, which the caller has checked for its grammar. False when its value
 * (before rounding) lies outside +-9.2e12: such a token is a string to the language.
 */
bool number_parse(struct text token, int64_t *ret_number);

/* The shortest decimal form, without exponent (59.9, 3, -0.5). Returns its length. */
size_t number_format(int64_t number, char out[NUMBER_TEXT_BYTES_MAX]);

int64_t number_of_total(number_total total); /* stops at the bound */
int64_t number_add(int64_t a, int64_t b);
int64_t number_subtract(int64_t a, int64_t b);
int64_t number_multiply(int64_t a, int64_t b);
/* False when b is 0 (the quotient is null). */
bool number_divide(int64_t a, int64_t b, int64_t *ret_quotient);
/* total / count, half to even; count > 0. */
int64_t number_average(number_total total, int64_t count);
int64_t number_of_int(int64_t whole);
/* Millionths from a double, half to even, stopping at the bound. */
int64_t number_of_double(double value);

#endif
