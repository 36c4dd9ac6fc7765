#ifndef FOOTPRINT_LANGUAGE_REGEX_H
#define FOOTPRINT_LANGUAGE_REGEX_H

/*
 * Regular expressions of matchers: PCRE2 in UTF mode, anchored at both ends, without JIT.
 */

#include <stddef.h>
#include <stdint.h>

#include "config/base/text.h"

#define REGEX_MESSAGE_BYTES_MAX 160

/* A pcre2_code *, or NULL; then the message and the byte of the pattern say why. */
void *regex_compile(
    struct text pattern, char ret_message[REGEX_MESSAGE_BYTES_MAX], uint32_t *ret_offset);
void regex_free(void *regex); /* NULL is fine */

#endif
