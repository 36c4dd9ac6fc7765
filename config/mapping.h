#ifndef FOOTPRINT_MAPPING_H
#define FOOTPRINT_MAPPING_H

/*
 * Where user, type, time, id and the fields stand in a payload: JSON pointers (RFC 6901).
 *
 * Of several pointers the first with a non-empty string or a number wins (for a field: the first
 * that is there). Plain data, immutable once loaded, owned by the config. Source: interfaces.md 2.
 */

#include <stdbool.h>
#include <stdint.h>

#include "config/base/limits.h"
#include "config/base/text.h"

enum mapping_time_unit {
    TIME_UNIT_AUTO,
    TIME_UNIT_S,
    TIME_UNIT_MS,
    TIME_UNIT_US,
    TIME_UNIT_NS
};

struct mapping_pointers {
    struct text at[POINTERS_MAX];
    uint32_t count;
};

struct mapping_field {
    struct text name;
    struct mapping_pointers pointers;
};

struct mapping {
    struct mapping_pointers user;
    struct mapping_pointers type;
    struct mapping_pointers time;
    struct mapping_pointers id; /* count 0: events have no id, nothing is deduplicated */
    enum mapping_time_unit time_unit;
    struct mapping_field *fields; /* named ones, sorted by name */
    uint32_t field_count;
    struct mapping_pointers fields_from; /* an unnamed field f is found at <fields_from>/f */
};

#endif
