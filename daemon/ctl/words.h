#ifndef FOOTPRINT_CTL_WORDS_H
#define FOOTPRINT_CTL_WORDS_H

/*
 * Instants and values as a person reads them, or as JSON.
 */

#include <stdbool.h>
#include <stdint.h>

#include "config/base/buffer.h"
#include "pipeline/decode/event.h"

/* With the quotes of JSON, or without. */
void words_instant(struct buffer *out, int64_t ms, bool json);
/* A number, or a text as a JSON string; null where there is none. */
void words_value(struct buffer *out, const struct value *value);

#endif
