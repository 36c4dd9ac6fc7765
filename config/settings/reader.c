/* Reads settings by their rows: wrong keys, wrong types and wrong ranges end here. */
#include "config/settings/reader.h"

#include <stdio.h>
#include <stdlib.h>

#include "config/base/buffer.h"
#include "config/base/check.h"
#include "config/base/suggest.h"
#include "config/settings/fault.h"
#include "config/settings/given.h"
#include "config/settings/value.h"

#define READER_PATH_BYTES_MAX 256
#define READER_WORDS_MAX 8

static size_t
reader_index(const struct setting_row *row)
{
    return (size_t)(row - table);
}

static void *
reader_member(struct reader *reader, const struct setting_row *row)
{
    return (char *)&reader->settings + row->offset;
}

/* --- one number, one word ----------------------------------------------------------------------- */

static bool
reader_number(const struct setting_row *row, struct text text, int64_t *ret_value)
{
    if (row->word != NULL && text_equal(text, text_of(row->word))) {
        *ret_value = row->word_value;
        return true;
    }
    if (row->type == SETTING_TYPE_DURATION)
        return value_duration(text, ret_value);
    if (row->type == SETTING_TYPE_BYTES)
        return value_bytes(text, ret_value);
    return value_int(text, ret_value);
}

static bool
reader_in_range(const struct setting_row *row, struct text text, int64_t value)
{
    int64_t low, high;

    if (row->word != NULL && text_equal(text, text_of(row->word)))
        return true;
    CHECK(reader_number(row, text_of(row->min), &low));
    CHECK(reader_number(row, text_of(row->max), &high));
    return value >= low && value <= high;
}

static const char *
reader_examples(const struct setting_row *row)
{
    if (row->type == SETTING_TYPE_DURATION)
        return "a duration; write it as 500ms, 90s, 1h30m or 7d";
    if (row->type == SETTING_TYPE_BYTES)
        return "a size; write it as 65536, 64KiB, 512MiB or 1GiB";
    return "a whole number; write it in digits";
}

static void
reader_read_number(
    struct reader *reader, const struct setting_row *row, const struct yaml_node *node)
{
    const char *or_word = row->word != NULL ? row->word : "";
    const char * or = row->word != NULL ? ", or " : "";
    int64_t value;

    if (!reader_number(row, node->text, &value))
        fault(reader->report, node, "'%s' is not %s%s%s", node->text.bytes, reader_examples(row),
            or, or_word);
    else if (!reader_in_range(row, node->text, value))
        fault(reader->report, node, "'%s' is out of range; write %s to %s%s%s", node->text.bytes,
            row->min, row->max, or, or_word);
    else
        *(int64_t *)reader_member(reader, row) = value;
}

/* Takes the next of the words off the list; false at its end. */
static bool
reader_next_word(struct text *words, struct text *ret_word)
{
    uint32_t length = 0;

    while (words->length > 0 && words->bytes[0] == ' ')
        *words = (struct text){words->bytes + 1, words->length - 1};
    while (length < words->length && words->bytes[length] != ' ')
        length++;
    *ret_word = (struct text){words->bytes, length};
    *words = (struct text){words->bytes + length, words->length - length};
    return length > 0;
}

static void
reader_complain_word(
    struct reader *reader, const struct setting_row *row, const struct yaml_node *node)
{
    const char *candidates[READER_WORDS_MAX], *meant;
    struct text words = text_of(row->words), word;
    struct buffer list;
    size_t count = 0;

    buffer_init(&list);
    while (count < READER_WORDS_MAX && reader_next_word(&words, &word)) {
        buffer_printf(&list, "%s%.*s", count > 0 ? ", " : "", (int)word.length, word.bytes);
        candidates[count++] = arena_copy(reader->arena, word).bytes;
    }
    if (row[1].type == SETTING_TYPE_TIME)
        buffer_add_literal(&list, ", or a time such as 2026-11-24T00:00:00Z");
    meant = suggest(node->text, candidates, count);
    if (meant != NULL)
        fault(reader->report, node, "'%s' is not known here; did you mean '%s'? allowed: %.*s",
            node->text.bytes, meant, (int)list.length, list.bytes);
    else
        fault(reader->report, node, "'%s' is not known here; allowed: %.*s", node->text.bytes,
            (int)list.length, list.bytes);
    buffer_fini(&list);
}

/* A word, or the time that may stand in its place: then the enum is one past its words. */
static void
reader_read_enum(struct reader *reader, const struct setting_row *row, const struct yaml_node *node)
{
    struct text words = text_of(row->words), word;
    int64_t time_ms;
    int index = 0;

    while (reader_next_word(&words, &word)) {
        if (text_equal(word, node->text)) {
            *(int *)reader_member(reader, row) = index;
            return;
        }
        index++;
    }
    if (row[1].type == SETTING_TYPE_TIME && value_time(node->text, &time_ms)) {
        *(int *)reader_member(reader, row) = index;
        *(int64_t *)reader_member(reader, row + 1) = time_ms;
        return;
    }
    reader_complain_word(reader, row, node);
}

static void
reader_read_bool(struct reader *reader, const struct setting_row *row, const struct yaml_node *node)
{
    bool *member = reader_member(reader, row);

    if (node->style == YAML_PLAIN && text_equal(node->text, TEXT("true")))
        *member = true;
    else if (node->style == YAML_PLAIN && text_equal(node->text, TEXT("false")))
        *member = false;
    else
        fault(reader->report, node, "'%s' is no truth; write true or false, without quotes",
            node->text.bytes);
}

static void
reader_read_text(struct reader *reader, const struct setting_row *row, const struct yaml_node *node)
{
    struct text text;
    bool read = row->type == SETTING_TYPE_SECRET
                    ? given_secret(node, reader->arena, reader->report, &text)
                    : given_text(node, reader->arena, reader->report, &text);

    if (!read)
        return;
    if (text.length == 0 && row->default_text[0] != '\0')
        fault(reader->report, node, "an empty text; write a text, or leave %s out", row->path);
    else
        *(const char **)reader_member(reader, row) = text.bytes;
}

static void
reader_read_value(
    struct reader *reader, const struct setting_row *row, const struct yaml_node *node)
{
    reader->nodes[reader_index(row)] = node;
    if (row->type == SETTING_TYPE_TREE)
        return;
    if (row->type == SETTING_TYPE_TEXT || row->type == SETTING_TYPE_SECRET)
        reader_read_text(reader, row, node);
    else if (node->kind != YAML_SCALAR || yaml_is_null(node))
        fault(reader->report, node, "%s where one value is needed, such as %s", fault_kind(node),
            row->default_text);
    else if (row->type == SETTING_TYPE_ENUM)
        reader_read_enum(reader, row, node);
    else if (row->type == SETTING_TYPE_BOOL)
        reader_read_bool(reader, row, node);
    else
        reader_read_number(reader, row, node);
}

/* --- keys --------------------------------------------------------------------------------------- */

/* The keys that may stand under a group ("" is the file itself), each once. */
static size_t
reader_allowed(struct reader *reader, struct text group, const char *allowed[SETTING_ROW_COUNT])
{
    size_t skip = group.length > 0 ? group.length + 1 : 0, count = 0;

    for (size_t i = 0; i < SETTING_ROW_COUNT; i++) {
        struct text path = text_of(table[i].path), key;
        bool known = false;

        if (path.length <= skip || memcmp(path.bytes, group.bytes, group.length) != 0 ||
            (skip > 0 && path.bytes[skip - 1] != '.'))
            continue;
        key.bytes = path.bytes + skip;
        key.length = (uint32_t)strcspn(key.bytes, ".");
        for (size_t j = 0; j < count && !known; j++)
            known = text_equal(text_of(allowed[j]), key);
        if (!known)
            allowed[count++] = arena_copy(reader->arena, key).bytes;
    }
    return count;
}

/* "lateness" at the top: the row that ends in it, or NULL. */
static const struct setting_row *
reader_elsewhere(struct text key)
{
    for (size_t i = 0; i < SETTING_ROW_COUNT; i++) {
        const char *dot = strrchr(table[i].path, '.');

        if (text_equal(text_of(dot == NULL ? table[i].path : dot + 1), key))
            return &table[i];
    }
    return NULL;
}

/* The key stands in another place: say which. */
static void
reader_complain_place(
    struct reader *reader, const struct yaml_node *key, const struct setting_row *row)
{
    const char *dot = strchr(row->path, '.');

    if (dot == NULL)
        fault(reader->report, key, "unknown key '%s' here; did you mean the one at the top?",
            key->text.bytes);
    else
        fault(reader->report, key, "unknown key '%s' here; did you mean %.*s: {%s: ...}?",
            key->text.bytes, (int)(dot - row->path), row->path, dot + 1);
}

static void
reader_complain_key(struct reader *reader, const struct yaml_node *key, struct text group)
{
    const struct setting_row *row = table_find(key->text);
    const char *allowed[SETTING_ROW_COUNT];
    size_t count = reader_allowed(reader, group, allowed);

    if (row == NULL && suggest(key->text, allowed, count) == NULL)
        row = reader_elsewhere(key->text);
    if (row != NULL)
        reader_complain_place(reader, key, row);
    else
        fault_unknown(reader->report, key, arena_copy(reader->arena, group).bytes, allowed, count);
}

static void reader_read_map(struct reader *reader, const struct yaml_node *map, struct text group);

static void
reader_read_pair(struct reader *reader, const struct yaml_pair *pair, struct text group)
{
    char bytes[READER_PATH_BYTES_MAX];
    int length = snprintf(bytes, sizeof(bytes), "%.*s%s%s", (int)group.length, group.bytes,
        group.length > 0 ? "." : "", pair->key->text.bytes);
    const struct setting_row *row = NULL;
    struct text path;

    if (length < 0 || length >= (int)sizeof(bytes))
        length = 0;
    path = (struct text){bytes, (uint32_t)length};
    if (strchr(pair->key->text.bytes, '.') == NULL)
        row = table_find(path);
    if (row != NULL)
        reader_read_value(reader, row, pair->value);
    else if (length > 0 && pair->key->text.length > 0 && table_is_group(path))
        reader_read_map(reader, pair->value, path);
    else
        reader_complain_key(reader, pair->key, group);
}

/* A group without anything in it is fine: all of it may be commented out. */
static void
reader_read_map(struct reader *reader, const struct yaml_node *map, struct text group)
{
    const char *allowed[SETTING_ROW_COUNT];

    if (yaml_is_null(map))
        return;
    if (map->kind != YAML_MAP) {
        reader_allowed(reader, group, allowed);
        fault(reader->report, map, "%s where a map is needed, such as {%s: ...}", fault_kind(map),
            allowed[0]);
        return;
    }
    for (uint32_t i = 0; i < map->count; i++)
        reader_read_pair(reader, &map->pairs[i], group);
}

/* --- from outside ------------------------------------------------------------------------------- */

static void
reader_default(struct reader *reader, const struct setting_row *row)
{
    struct text text = text_of(row->default_text != NULL ? row->default_text : "");
    struct text words = text_of(row->words != NULL ? row->words : ""), word;
    int index = 0;

    switch (row->type) {
    case SETTING_TYPE_TEXT:
    case SETTING_TYPE_SECRET:
        *(const char **)reader_member(reader, row) = row->default_text;
        break;
    case SETTING_TYPE_BOOL:
        *(bool *)reader_member(reader, row) = text_equal(text, TEXT("true"));
        break;
    case SETTING_TYPE_ENUM:
        while (reader_next_word(&words, &word) && !text_equal(word, text))
            index++;
        CHECK(word.length > 0);
        *(int *)reader_member(reader, row) = index;
        break;
    case SETTING_TYPE_INT:
    case SETTING_TYPE_DURATION:
    case SETTING_TYPE_BYTES:
        CHECK(reader_number(row, text, reader_member(reader, row)));
        break;
    case SETTING_TYPE_TIME:
    case SETTING_TYPE_TREE:
        break;
    }
}

void
reader_init(struct reader *reader, struct arena *arena, struct report *report)
{
    CHECK(arena != NULL && report != NULL);
    *reader = (struct reader){.arena = arena, .report = report};
    for (size_t i = 0; i < SETTING_ROW_COUNT; i++)
        reader_default(reader, &table[i]);
}

void
reader_fini(struct reader *reader)
{
    free(reader->inner);
    reader->inner = NULL;
}

void
reader_file(struct reader *reader, const struct yaml_document *document)
{
    const struct yaml_node *version = NULL;

    if (document->root != NULL)
        reader_read_map(reader, document->root, TEXT(""));
    if (document->root != NULL && document->root->kind != YAML_MAP)
        return;
    version = reader->nodes[SETTING_ROW_version];
    if (version == NULL)
        report_error(reader->report, document->file, "no version; begin with 'version: 1'");
    else if (version->kind != YAML_SCALAR || !text_equal(version->text, TEXT("1")))
        fault(reader->report, version, "%s%s%s is no version that is known; write 1",
            version->kind == YAML_SCALAR ? "'" : "",
            version->kind == YAML_SCALAR ? version->text.bytes : fault_kind(version),
            version->kind == YAML_SCALAR ? "'" : "");
}

static void
reader_add_inner(struct reader *reader, const struct setting_row *row, struct text path,
    const struct yaml_node *value)
{
    uint32_t skip = (uint32_t)strlen(row->path) + 1;

    if (reader->inner_count == reader->inner_capacity) {
        reader->inner_capacity = reader->inner_capacity > 0 ? reader->inner_capacity * 2 : 8;
        reader->inner = realloc(reader->inner, reader->inner_capacity * sizeof(*reader->inner));
        CHECK(reader->inner != NULL);
    }
    path = arena_copy(reader->arena, (struct text){path.bytes + skip, path.length - skip});
    reader->inner[reader->inner_count++] = (struct reader_inner){row, path, value};
}

void
reader_override(struct reader *reader, const struct yaml_document *document, struct text path)
{
    const struct setting_row *row = table_find(path), *above = table_find_above(path);
    const char *paths[SETTING_ROW_COUNT], *meant;

    if (document->root == NULL) {
        report_error(
            reader->report, document->file, "no value; write KEY=VALUE, an empty text as ''");
    } else if (row == &table[SETTING_ROW_version]) {
        report_error(reader->report, document->file, "the version is that of a file");
    } else if (row != NULL) {
        reader_read_value(reader, row, document->root);
    } else if (above != NULL && path.length > strlen(above->path) + 1) {
        reader_add_inner(reader, above, path, document->root);
    } else if (table_is_group(path)) {
        report_error(reader->report, document->file,
            "'%.*s' is a group of settings; name one of them, such as %.*s.KEY=VALUE",
            (int)path.length, path.bytes, (int)path.length, path.bytes);
    } else {
        for (size_t i = 0; i < SETTING_ROW_COUNT; i++)
            paths[i] = table[i].path;
        meant = suggest(path, paths, SETTING_ROW_COUNT);
        if (meant == NULL && reader_elsewhere(path) != NULL)
            meant = reader_elsewhere(path)->path;
        report_error(reader->report, document->file, "unknown setting '%.*s'%s%s%s",
            (int)path.length, path.bytes, meant != NULL ? "; did you mean '" : "",
            meant != NULL ? meant : "", meant != NULL ? "'?" : "; the manual lists them");
    }
}
