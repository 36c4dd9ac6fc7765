#ifndef FOOTPRINT_EVENT_H
#define FOOTPRINT_EVENT_H

/*
 * One accepted event, as decode makes it and the engine reads it.
 *
 * Plain data. Texts are borrowed: from the payload, or from the arena of the batch. `fields` has
 * one value for each plan->fields, by number. Times are milliseconds since the epoch.
 */

#include <stdbool.h>
#include <stdint.h>

#include "config/base/text.h"

enum value_kind {
    VALUE_NULL = 0,
    VALUE_NUMBER,
    VALUE_TEXT
};

struct value {
    enum value_kind kind;
    int64_t number;   /* VALUE_NUMBER: millionths */
    struct text text; /* VALUE_TEXT; booleans are "true" and "false" */
};

struct event {
    struct text user;
    uint64_t user_hash; /* hash_text(user) */
    struct text id;     /* only when has_id */
    bool has_id;
    int64_t ts;
    uint32_t type; /* number in the plan, or PLAN_TYPE_OTHER */
    const struct value *fields;
};

#endif
