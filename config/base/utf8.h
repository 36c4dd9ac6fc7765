#ifndef FOOTPRINT_BASE_UTF8_H
#define FOOTPRINT_BASE_UTF8_H

/*
 * UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing past U+10FFFF.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/base/text.h"

#define UTF8_SEQUENCE_BYTES_MAX 4

/* The bytes of the sequence that starts at `at` (1 to 4), or 0 when it is malformed or cut. */
uint32_t utf8_sequence(const char *at, const char *end);

/* Whether all of the text is UTF-8. If not, *ret_offset is where the first bad sequence starts. */
bool utf8_valid(struct text text, uint32_t *ret_offset);

/* Writes one code point, which is no surrogate, and returns how many bytes it took. */
uint32_t utf8_encode(uint32_t code, char out[UTF8_SEQUENCE_BYTES_MAX]);

#endif
