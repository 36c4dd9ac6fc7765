#ifndef FOOTPRINT_VALUE_H
#define FOOTPRINT_VALUE_H

/*
 * Texts of settings to numbers, and back in their shortest form.
 *
 *   duration   500ms  90s  1h30m  7d  2w  0      milliseconds
 *   bytes      1048576  64KiB  1GiB              bytes
 *   time       2026-11-24T00:00:00Z  ...+02:00   milliseconds since the epoch
 *
 * Numbers are whole; past INT64_MAX they stay there.
 */

#include <stdbool.h>
#include <stdint.h>

#include "config/base/text.h"

#define VALUE_TEXT_BYTES_MAX 64

bool value_int(struct text text, int64_t *ret_value);
bool value_duration(struct text text, int64_t *ret_ms);
bool value_bytes(struct text text, int64_t *ret_bytes);
bool value_time(struct text text, int64_t *ret_ms);

void value_duration_text(int64_t ms, char out[VALUE_TEXT_BYTES_MAX]);
void value_bytes_text(int64_t bytes, char out[VALUE_TEXT_BYTES_MAX]);

#endif
