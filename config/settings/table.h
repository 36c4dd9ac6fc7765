#ifndef FOOTPRINT_TABLE_H
#define FOOTPRINT_TABLE_H

/*
 * The rows of settings.def as data, in their order.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/base/text.h"

enum setting_type {
    SETTING_TYPE_TEXT,
    SETTING_TYPE_SECRET,
    SETTING_TYPE_BOOL,
    SETTING_TYPE_ENUM,
    SETTING_TYPE_INT,
    SETTING_TYPE_DURATION, /* milliseconds */
    SETTING_TYPE_BYTES,
    SETTING_TYPE_TIME, /* milliseconds since the epoch; belongs to the enum before it */
    SETTING_TYPE_TREE
};

/* One constant a row: SETTING_ROW_input_topic, and by their place for trees. */
enum {
    SETTING_ROWS_BEFORE = -1,
#define SETTING_TEXT(path, member, ...) SETTING_ROW_##member,
#define SETTING_SECRET(path, member, ...) SETTING_ROW_##member,
#define SETTING_BOOL(path, member, ...) SETTING_ROW_##member,
#define SETTING_ENUM(path, member, ...) SETTING_ROW_##member,
#define SETTING_INT(path, member, ...) SETTING_ROW_##member,
#define SETTING_DURATION(path, member, ...) SETTING_ROW_##member,
#define SETTING_BYTES(path, member, ...) SETTING_ROW_##member,
#define SETTING_TIME(path, member, ...) SETTING_ROW_##member,
#define SETTING_TREE(path, member, ...) SETTING_ROW_##member,
#include "config/settings/settings.def"
    SETTING_ROW_COUNT
};

struct setting_row {
    const char *path;
    enum setting_type type;
    size_t offset; /* of the member in struct settings; not for a tree */
    const char *default_text;
    const char *min, *max; /* as text; NULL: none */
    const char *word;      /* allowed beside numbers, or NULL */
    int64_t word_value;
    const char *words; /* of an enum, separated by spaces */
    bool live;
    bool decides;
    const char *help;
};

extern const struct setting_row table[SETTING_ROW_COUNT];

/* The row of a whole path, or NULL; of an enum with a time, the enum. */
const struct setting_row *table_find(struct text path);
/* Whether some row's path begins with it and goes on with a dot. */
bool table_is_group(struct text path);
/* The row to which a path below a tree belongs ("kafka.properties.linger.ms"), or NULL. */
const struct setting_row *table_find_above(struct text path);

#endif
