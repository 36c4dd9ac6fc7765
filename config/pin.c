/* Gives a new configuration the running one's values where a restart is needed to change them. */
#include "config/pin.h"

#include <string.h>

#include "config/base/buffer.h"
#include "config/mapping_read.h"
#include "config/settings/table.h"

static size_t
pin_size(enum setting_type type)
{
    switch (type) {
    case SETTING_TYPE_TEXT:
    case SETTING_TYPE_SECRET:
        return sizeof(const char *);
    case SETTING_TYPE_BOOL:
        return sizeof(bool);
    case SETTING_TYPE_ENUM:
        return sizeof(int);
    case SETTING_TYPE_INT:
    case SETTING_TYPE_DURATION:
    case SETTING_TYPE_BYTES:
    case SETTING_TYPE_TIME:
        return sizeof(int64_t);
    case SETTING_TYPE_TREE:
        break;
    }
    return 0;
}

static bool
pin_row(const struct setting_row *row, struct settings *settings, const struct settings *running)
{
    char *member = (char *)settings + row->offset;
    const char *kept = (const char *)running + row->offset;
    size_t size = pin_size(row->type);
    bool same;

    if (row->type == SETTING_TYPE_TEXT || row->type == SETTING_TYPE_SECRET) {
        const char *text, *kept_text;

        memcpy(&text, member, size);
        memcpy(&kept_text, kept, size);
        same = strcmp(text, kept_text) == 0;
    } else {
        same = memcmp(member, kept, size) == 0;
    }
    memcpy(member, kept, size);
    return same;
}

static bool
pin_mapping(struct config *config, const struct config *running)
{
    struct buffer is, was;
    bool same;

    buffer_init(&is);
    buffer_init(&was);
    mapping_read_canonical(&config->mapping, &is);
    mapping_read_canonical(&running->mapping, &was);
    same = is.length == was.length && memcmp(is.bytes, was.bytes, is.length) == 0;
    buffer_fini(&is);
    buffer_fini(&was);
    config->mapping = running->mapping;
    return same;
}

static bool
pin_properties(struct config *config, const struct config *running)
{
    bool same = config->property_count == running->property_count;

    for (size_t i = 0; same && i < config->property_count; i++)
        same = strcmp(config->properties[i].name, running->properties[i].name) == 0 &&
               strcmp(config->properties[i].value, running->properties[i].value) == 0;
    config->properties = running->properties;
    config->property_count = running->property_count;
    return same;
}

/* False: it differed. */
static bool
pin_one(size_t number, struct config *config, const struct config *running)
{
    const struct setting_row *row = &table[number];

    if (row->live || number == SETTING_ROW_version)
        return true;
    if (number == SETTING_ROW_input_mapping)
        return pin_mapping(config, running);
    if (number == SETTING_ROW_kafka_properties)
        return pin_properties(config, running);
    return pin_row(row, &config->settings, &running->settings);
}

const char *
pin_config(struct config *config, const struct config *running, struct arena *arena)
{
    struct buffer names;
    struct text kept;
    size_t named = SETTING_ROW_COUNT; /* an enum and its time share a path: named once */

    buffer_init(&names);
    for (size_t i = 0; i < SETTING_ROW_COUNT; i++) {
        if (pin_one(i, config, running))
            continue;
        if (named == SETTING_ROW_COUNT || strcmp(table[named].path, table[i].path) != 0)
            buffer_printf(&names, "%s%s", names.length > 0 ? ", " : "", table[i].path);
        named = i;
    }
    kept = arena_copy(arena, (struct text){names.bytes, (uint32_t)names.length});
    buffer_fini(&names);
    return kept.length > 0 ? kept.bytes : "";
}
