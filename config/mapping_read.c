/* Presets of the mapping, and what a file changes in them. */
#include "config/mapping_read.h"

#include <stdlib.h>

#include "config/base/check.h"
#include "config/base/pointer.h"
#include "config/base/suggest.h"
#include "config/settings/fault.h"

#define MAPPING_COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const mapping_keys[] = {
    "user", "type", "time", "id", "time_unit", "fields", "fields_from"};
static const char *const mapping_units[] = {"auto", "s", "ms", "us", "ns"};

static const struct mapping mapping_presets[] = {
    [PRESET_FOOTPRINT] =
        {
            .user = {{TEXT("/user")}, 1},
            .type = {{TEXT("/type")}, 1},
            .time = {{TEXT("/ts")}, 1},
            .id = {{TEXT("/id")}, 1},
            .fields_from = {{TEXT("")}, 1},
        },
    /* track has the event's name in "event"; identify, page and screen are types by themselves. */
    [PRESET_SEGMENT] =
        {
            .user = {{TEXT("/userId"), TEXT("/anonymousId")}, 2},
            .type = {{TEXT("/event"), TEXT("/type")}, 2},
            .time = {{TEXT("/timestamp"), TEXT("/originalTimestamp"), TEXT("/sentAt"),
                         TEXT("/receivedAt")},
                4},
            .id = {{TEXT("/messageId")}, 1},
            .fields_from = {{TEXT("/properties"), TEXT("/traits"), TEXT("/context/traits")}, 3},
        },
};

struct mapping_reader {
    const struct reader *reader;
    struct mapping *mapping;
    struct buffer fields; /* of struct mapping_field */
};

static bool
mapping_read_pointer(
    struct mapping_reader *from, const struct yaml_node *node, bool whole, struct text *ret_pointer)
{
    struct report *report = from->reader->report;

    if (node->kind != YAML_SCALAR || yaml_is_null(node)) {
        fault(report, node, "%s where a JSON pointer is needed, such as /user", fault_kind(node));
        return false;
    }
    if (memchr(node->text.bytes, '\0', node->text.length) != NULL || !pointer_valid(node->text)) {
        fault(report, node,
            "'%s' is no JSON pointer; write '/' before each name, as in "
            "/product/category, '~1' for a '/' in a name and '~0' for a '~'",
            node->text.bytes);
        return false;
    }
    if (node->text.length == 0 && !whole) {
        fault(report, node, "'' is the whole payload; name a part of it, such as /user");
        return false;
    }
    *ret_pointer = arena_copy(from->reader->arena, node->text);
    return true;
}

/* One pointer or a list of them; `whole`: "" is fine. The result is set when all are right. */
static void
mapping_read_pointers(struct mapping_reader *from, const struct yaml_node *node, bool whole,
    struct mapping_pointers *ret_pointers)
{
    struct mapping_pointers pointers = {.count = 0};
    bool list = node->kind == YAML_LIST;
    uint32_t count = list ? node->count : 1;

    if (count > POINTERS_MAX) {
        fault(from->reader->report, node, "%u pointers; %d at most", count, POINTERS_MAX);
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct yaml_node *item = list ? node->items[i] : node;

        if (mapping_read_pointer(from, item, whole, &pointers.at[pointers.count]))
            pointers.count++;
    }
    if (pointers.count == count)
        *ret_pointers = pointers;
}

static void
mapping_read_needed(struct mapping_reader *from, const struct yaml_node *node, const char *what,
    struct mapping_pointers *ret_pointers)
{
    if (node->kind == YAML_LIST && node->count == 0)
        fault(from->reader->report, node, "an empty list; every event needs a %s", what);
    else
        mapping_read_pointers(from, node, false, ret_pointers);
}

/* --- fields ------------------------------------------------------------------------------------- */

static struct mapping_field *
mapping_read_fields_at(struct mapping_reader *from)
{
    return (struct mapping_field *)(void *)from->fields.bytes;
}

static size_t
mapping_read_fields_count(const struct mapping_reader *from)
{
    return from->fields.length / sizeof(struct mapping_field);
}

/* node: where the name stands. */
static bool
mapping_read_name(struct mapping_reader *from, struct text name, const struct yaml_node *node)
{
    static const char *const taken[] = {"user", "type", "ts", "id"};
    struct report *report = from->reader->report;

    if (name.length == 0 || memchr(name.bytes, '\0', name.length) != NULL) {
        fault(report, node, "an empty name of a field, or one with a zero byte");
        return false;
    }
    for (size_t i = 0; i < MAPPING_COUNT(taken); i++) {
        if (!text_equal(name, text_of(taken[i])))
            continue;
        fault(report, node, "'%s' is no field; rules can't name it, so give it another name",
            taken[i]);
        return false;
    }
    if (text_equal(name, TEXT("hour")) || text_equal(name, TEXT("weekday")))
        fault_warn(report, node, "'%s' comes from the event's time, so this field is never seen",
            name.bytes);
    return true;
}

/* A later one of the same name takes the place of the earlier. */
static void
mapping_read_field(struct mapping_reader *from, struct text name, const struct yaml_node *value)
{
    struct mapping_field field = {.name = arena_copy(from->reader->arena, name)};
    struct mapping_field *fields = mapping_read_fields_at(from);

    if (value->kind == YAML_LIST && value->count == 0) {
        fault(from->reader->report, value, "an empty list; name a JSON pointer for '%s'",
            field.name.bytes);
        return;
    }
    mapping_read_pointers(from, value, false, &field.pointers);
    if (field.pointers.count == 0)
        return;
    for (size_t i = 0; i < mapping_read_fields_count(from); i++) {
        if (!text_equal(fields[i].name, field.name))
            continue;
        fields[i] = field;
        return;
    }
    if (mapping_read_fields_count(from) == FIELDS_MAX)
        fault(from->reader->report, value, "more than %d fields", FIELDS_MAX);
    else
        buffer_add(&from->fields, &field, sizeof(field));
}

static void
mapping_read_fields(struct mapping_reader *from, const struct yaml_node *node)
{
    if (yaml_is_null(node))
        return;
    if (node->kind != YAML_MAP) {
        fault(from->reader->report, node,
            "%s where a map is needed, such as {category: /product/category}", fault_kind(node));
        return;
    }
    for (uint32_t i = 0; i < node->count; i++) {
        const struct yaml_node *key = node->pairs[i].key;

        if (mapping_read_name(from, key->text, key))
            mapping_read_field(from, key->text, node->pairs[i].value);
    }
}

static int
mapping_read_compare(const void *left, const void *right)
{
    const struct mapping_field *a = left, *b = right;

    return text_compare(a->name, b->name);
}

static void
mapping_read_fields_done(struct mapping_reader *from)
{
    size_t count = mapping_read_fields_count(from);
    struct mapping *mapping = from->mapping;

    mapping->fields = arena_take(from->reader->arena, from->fields.length);
    mapping->field_count = (uint32_t)count;
    if (count > 0)
        memcpy(mapping->fields, from->fields.bytes, from->fields.length);
    qsort(mapping->fields, count, sizeof(*mapping->fields), mapping_read_compare);
}

/* --- keys --------------------------------------------------------------------------------------- */

static void
mapping_read_unit(struct mapping_reader *from, const struct yaml_node *node)
{
    const char *meant;

    if (node->kind == YAML_SCALAR)
        for (size_t i = 0; i < MAPPING_COUNT(mapping_units); i++)
            if (text_equal(node->text, text_of(mapping_units[i]))) {
                from->mapping->time_unit = (enum mapping_time_unit)i;
                return;
            }
    meant = suggest(node->text, mapping_units, MAPPING_COUNT(mapping_units));
    fault(from->reader->report, node,
        "%s%s%s is no unit of time%s%s%s; write auto, s, ms, us "
        "or ns",
        node->kind == YAML_SCALAR ? "'" : "",
        node->kind == YAML_SCALAR ? node->text.bytes : fault_kind(node),
        node->kind == YAML_SCALAR ? "'" : "", meant != NULL ? "; did you mean '" : "",
        meant != NULL ? meant : "", meant != NULL ? "'?" : "");
}

/* False: there is no such key. */
static bool
mapping_read_value(struct mapping_reader *from, struct text key, const struct yaml_node *value)
{
    struct mapping *mapping = from->mapping;

    if (text_equal(key, TEXT("user")))
        mapping_read_needed(from, value, "user", &mapping->user);
    else if (text_equal(key, TEXT("type")))
        mapping_read_needed(from, value, "type", &mapping->type);
    else if (text_equal(key, TEXT("time")))
        mapping_read_needed(from, value, "time", &mapping->time);
    else if (text_equal(key, TEXT("id")))
        mapping_read_pointers(from, value, false, &mapping->id);
    else if (text_equal(key, TEXT("fields_from")))
        mapping_read_pointers(from, value, true, &mapping->fields_from);
    else if (text_equal(key, TEXT("fields")))
        mapping_read_fields(from, value);
    else if (text_equal(key, TEXT("time_unit")))
        mapping_read_unit(from, value);
    else
        return false;
    return true;
}

static void
mapping_read_map(struct mapping_reader *from, const struct yaml_node *map)
{
    if (map == NULL || yaml_is_null(map))
        return;
    if (map->kind != YAML_MAP) {
        fault(from->reader->report, map, "%s where a map is needed, such as {user: /user}",
            fault_kind(map));
        return;
    }
    for (uint32_t i = 0; i < map->count; i++)
        if (!mapping_read_value(from, map->pairs[i].key->text, map->pairs[i].value))
            fault_unknown(from->reader->report, map->pairs[i].key, "input.mapping", mapping_keys,
                MAPPING_COUNT(mapping_keys));
}

/* "user", or "fields.NAME" */
static void
mapping_read_inner(struct mapping_reader *from, const struct reader_inner *inner)
{
    static const struct text fields = TEXT("fields.");
    struct text path = inner->path;

    if (path.length > fields.length && memcmp(path.bytes, fields.bytes, fields.length) == 0) {
        path = (struct text){path.bytes + fields.length, path.length - fields.length};
        if (mapping_read_name(from, path, inner->value))
            mapping_read_field(from, path, inner->value);
    } else if (!mapping_read_value(from, path, inner->value)) {
        fault(from->reader->report, inner->value,
            "unknown setting 'input.mapping.%s'; allowed: user, type, time, id, time_unit, "
            "fields, fields_from",
            path.bytes);
    }
}

void
mapping_read(const struct reader *reader, struct mapping *ret_mapping)
{
    struct mapping_reader from = {.reader = reader, .mapping = ret_mapping};

    CHECK((size_t)reader->settings.input_preset < MAPPING_COUNT(mapping_presets));
    *ret_mapping = mapping_presets[reader->settings.input_preset];
    buffer_init(&from.fields);
    mapping_read_map(&from, reader->nodes[SETTING_ROW_input_mapping]);
    for (size_t i = 0; i < reader->inner_count; i++)
        if (reader->inner[i].row == &table[SETTING_ROW_input_mapping])
            mapping_read_inner(&from, &reader->inner[i]);
    mapping_read_fields_done(&from);
    buffer_fini(&from.fields);
}

static void
mapping_read_canonical_pointers(
    const char *name, const struct mapping_pointers *pointers, struct buffer *out)
{
    buffer_printf(out, "%s", name);
    for (uint32_t i = 0; i < pointers->count; i++) {
        buffer_add_char(out, ' ');
        buffer_add_json(out, pointers->at[i]);
    }
    buffer_add_char(out, '\n');
}

void
mapping_read_canonical(const struct mapping *mapping, struct buffer *out)
{
    mapping_read_canonical_pointers("user", &mapping->user, out);
    mapping_read_canonical_pointers("type", &mapping->type, out);
    mapping_read_canonical_pointers("time", &mapping->time, out);
    mapping_read_canonical_pointers("id", &mapping->id, out);
    mapping_read_canonical_pointers("fields_from", &mapping->fields_from, out);
    buffer_printf(out, "time_unit %s\n", mapping_units[mapping->time_unit]);
    for (uint32_t i = 0; i < mapping->field_count; i++) {
        buffer_add_json(out, mapping->fields[i].name);
        mapping_read_canonical_pointers("", &mapping->fields[i].pointers, out);
    }
}
