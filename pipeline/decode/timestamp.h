#ifndef FOOTPRINT_TIMESTAMP_H
#define FOOTPRINT_TIMESTAMP_H

/*
 * Instants as payloads write them, to milliseconds since the epoch, rounded down.
 *
 * A number is seconds, milliseconds, microseconds or nanoseconds; TIME_UNIT_AUTO tells them apart
 * by size (below 1e11 s, below 1e14 ms, below 1e17 us, else ns). Fractions and exponents are
 * exact. A text is RFC 3339 with an offset, or digits with an optional fraction, read as a number.
 * A second 60 is 59.999. False for anything else, for instants before 1970 and past the year 9999.
 */

#include <stdbool.h>
#include <stdint.h>

#include "config/base/text.h"
#include "config/mapping.h"

#define TIMESTAMP_MS_MAX INT64_C(253402300799999) /* 9999-12-31T23:59:59.999Z */

/* token: a JSON number. */
bool timestamp_of_number(struct text token, enum mapping_time_unit unit, int64_t *ret_ms);
bool timestamp_of_text(struct text text, enum mapping_time_unit unit, int64_t *ret_ms);

#endif
