/* YAML text to a tree: libfyaml's events, and what it lets pass refused. */
#include "config/yaml/yaml.h"

#include <errno.h>
#include <fcntl.h>
#include <libfyaml.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "config/base/arena.h"
#include "config/base/check.h"
#include "config/base/hash.h"
#include "config/base/limits.h"
#include "config/yaml/scalar.h"
#include "config/yaml/lines.h"

#define YAML_READ_BYTES 65536

struct yaml_memory {
    struct arena arena;
    struct lines lines;
    struct yaml_document document;
};

struct yaml_reader {
    struct yaml_memory *memory;
    struct report *report;
    struct fy_parser *parser;
    struct fy_diag *diag;
    struct buffer nodes; /* children of the maps and lists that are open: a stack of pointers */
    struct buffer slots; /* of the table that finds duplicate keys */
    bool failed;
};

static struct yaml_node *yaml_read_node(
    struct yaml_reader *reader, struct fy_event *event, uint32_t offset, uint32_t depth);

/* libfyaml speaks of a few errors beside the collected ones; nobody listens. */
static void
yaml_hush(struct fy_diag *diag, void *user, const char *bytes, size_t length)
{
    (void)diag;
    (void)user;
    (void)bytes;
    (void)length;
}

static void __attribute__((format(printf, 3, 4)))
yaml_fail(struct yaml_reader *reader, uint32_t offset, const char *fmt, ...)
{
    struct report_place place = lines_place(&reader->memory->lines, offset);
    va_list args;

    va_start(args, fmt);
    report_vadd(reader->report, REPORT_ERROR, &place, fmt, args);
    va_end(args);
    reader->failed = true;
}

/* What would be right, for what libfyaml says is wrong. */
static const char *
yaml_advice(const char *message)
{
    static const struct {
        const char *message, *advice;
    } table[] = {
        {"invalid multiline plain key",
            "; a ':' is missing, or this or the next line is indented wrongly"},
        {"invalid nested block mapping", "; put a text that contains ': ' in quotes"},
        {"plain scalar cannot start", "; put the text in quotes"},
        {"invalid escape", "; write '\\\\' for a backslash, or use single quotes"},
        {"invalid trailing content", "; put all of the text in other quotes, or behind a '|'"},
        {"block sequence on the same line", "; start the list on a line of its own"},
        {"invalid indentation", "; indent it as the lines that it belongs to"},
        {"invalid value after mapping", "; put the text in quotes, or indent it as its key"},
        {"did not find expected key", "; write 'KEY: VALUE' here"},
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (strstr(message, table[i].message) != NULL)
            return table[i].advice;
    return "";
}

/* The line, or the one after it, if it is indented by a tab: then that is what is wrong. */
static uint32_t
yaml_tab_line(const struct lines *lines, uint32_t line)
{
    for (uint32_t i = line; i <= line + 1 && i <= lines->line_count; i++) {
        struct text text = lines_text(lines, i);
        uint32_t at = 0;

        while (at < text.length && text.bytes[at] == ' ')
            at++;
        if (at < text.length && text.bytes[at] == '\t')
            return i;
    }
    return 0;
}

static void
yaml_fail_syntax(struct yaml_reader *reader)
{
    const struct lines *lines = &reader->memory->lines;
    void *iterator = NULL;
    struct fy_diag_error *error = fy_diag_errors_iterate(reader->diag, &iterator);
    struct report_place place;
    uint32_t tab_line;

    reader->failed = true;
    if (error == NULL || error->line < 1 || error->column < 1) {
        place = (struct report_place){.file = lines->file};
        report_add(reader->report, REPORT_ERROR, &place, "not YAML");
        return;
    }
    place = lines_place_characters(lines, (uint32_t)error->line, (uint32_t)error->column - 1);
    tab_line = yaml_tab_line(lines, place.line);
    if (tab_line > 0) {
        place = lines_place(lines, lines_offset(lines, tab_line, 1));
        report_add(
            reader->report, REPORT_ERROR, &place, "a tab in the indentation; indent by spaces");
        return;
    }
    report_add(reader->report, REPORT_ERROR, &place, "%s%s", error->msg, yaml_advice(error->msg));
}

/* The next event, or NULL when the text is no YAML. */
static struct fy_event *
yaml_next(struct yaml_reader *reader)
{
    struct fy_event *event = fy_parser_parse(reader->parser);

    if (event == NULL)
        yaml_fail_syntax(reader);
    return event;
}

/* A value that is left out: libfyaml 0.8 gives it a place, 0.7 does not. */
static bool
yaml_is_left_out(struct fy_event *event)
{
    struct fy_token *value = event->type == FYET_SCALAR ? event->scalar.value : NULL;

    return value != NULL && fy_token_scalar_style(value) == FYSS_PLAIN &&
           fy_token_get_text_length(value) == 0;
}

/* Where an event stands; `otherwise` for a value that is left out. */
static uint32_t
yaml_offset(struct yaml_reader *reader, struct fy_event *event, uint32_t otherwise)
{
    const struct fy_mark *mark = fy_event_start_mark(event);

    if (mark == NULL || yaml_is_left_out(event))
        return otherwise;
    CHECK(mark->input_pos <= reader->memory->lines.bytes.length);
    return (uint32_t)mark->input_pos;
}

static struct yaml_node *
yaml_node_new(struct yaml_reader *reader, enum yaml_kind kind, uint32_t offset)
{
    struct yaml_node *node = arena_take_zeroed(&reader->memory->arena, sizeof(*node));
    struct report_place place = lines_place(&reader->memory->lines, offset);

    node->kind = kind;
    node->line = place.line;
    node->column = place.column;
    node->document = &reader->memory->document;
    return node;
}

static struct yaml_node *
yaml_read_scalar(struct yaml_reader *reader, struct fy_event *event, uint32_t offset)
{
    struct text source = reader->memory->lines.bytes;
    enum yaml_style style = YAML_PLAIN;
    struct yaml_node *node;
    const char *bytes = "";
    size_t length = 0;

    if (event->scalar.value != NULL) {
        enum fy_scalar_style written = fy_token_scalar_style(event->scalar.value);

        bytes = fy_token_get_text(event->scalar.value, &length);
        CHECK(bytes != NULL || length == 0);
        if (written == FYSS_SINGLE_QUOTED || written == FYSS_DOUBLE_QUOTED) {
            style = YAML_QUOTED;
            offset -= offset > 0; /* libfyaml points behind the quote */
        } else if (written != FYSS_PLAIN) {
            style = YAML_BLOCK;
            while (offset < source.length && memchr(" \t\r\n", source.bytes[offset], 4) != NULL)
                offset++;
        }
    }
    node = yaml_node_new(reader, YAML_SCALAR, offset);
    node->style = style;
    node->text = arena_copy(&reader->memory->arena, (struct text){bytes, (uint32_t)length});
    return node;
}

static void
yaml_push(struct yaml_reader *reader, const struct yaml_node *node)
{
    buffer_add(&reader->nodes, &node, sizeof(node));
}

/* Takes what was pushed since `mark` off the stack. */
static void
yaml_pop(struct yaml_reader *reader, size_t mark, void *ret_nodes)
{
    if (reader->nodes.length > mark)
        memcpy(ret_nodes, reader->nodes.bytes + mark, reader->nodes.length - mark);
    reader->nodes.length = mark;
}

static void
yaml_read_list(struct yaml_reader *reader, struct yaml_node *list, uint32_t offset, uint32_t depth)
{
    size_t mark = reader->nodes.length;
    const struct yaml_node **items;
    struct fy_event *event;

    while ((event = yaml_next(reader)) != NULL && event->type != FYET_SEQUENCE_END) {
        struct yaml_node *item = yaml_read_node(reader, event, offset, depth);

        if (item == NULL)
            return;
        yaml_push(reader, item);
        list->count++;
    }
    if (event == NULL)
        return;
    fy_parser_event_free(reader->parser, event);
    items = arena_take(&reader->memory->arena, list->count * sizeof(*items));
    yaml_pop(reader, mark, items);
    list->items = items;
}

static uint32_t
yaml_node_offset(const struct yaml_node *node)
{
    const struct yaml_memory *memory = node->document->memory;

    return lines_offset(&memory->lines, node->line, node->column);
}

/* Open addressing over the pairs of one map, so that a large one is checked in linear time. */
static void
yaml_check_duplicates(struct yaml_reader *reader, const struct yaml_node *map)
{
    size_t capacity = 8, bytes;
    uint32_t *slots;

    while (capacity < (size_t)map->count * 2)
        capacity *= 2;
    bytes = capacity * sizeof(*slots);
    buffer_clear(&reader->slots);
    slots = memset(buffer_reserve(&reader->slots, bytes), 0, bytes);
    for (uint32_t i = 0; i < map->count; i++) {
        const struct yaml_node *key = map->pairs[i].key, *other;
        size_t slot = hash_text(key->text) & (capacity - 1);

        if (key->kind != YAML_SCALAR)
            continue;
        while (slots[slot] != 0) {
            other = map->pairs[slots[slot] - 1].key;
            if (text_equal(other->text, key->text))
                break;
            slot = (slot + 1) & (capacity - 1);
        }
        if (slots[slot] == 0)
            slots[slot] = i + 1;
        else
            yaml_fail(reader, yaml_node_offset(key),
                "duplicate key '%s'; it is given in line %u already", key->text.bytes, other->line);
    }
}

static void
yaml_read_map(struct yaml_reader *reader, struct yaml_node *map, uint32_t offset, uint32_t depth)
{
    size_t mark = reader->nodes.length;
    struct yaml_pair *pairs;
    struct fy_event *event;

    while ((event = yaml_next(reader)) != NULL && event->type != FYET_MAPPING_END) {
        struct yaml_node *key = yaml_read_node(reader, event, offset, depth), *value;

        if (key == NULL || (event = yaml_next(reader)) == NULL)
            return;
        if (key->kind != YAML_SCALAR)
            yaml_fail(reader, yaml_node_offset(key), "a key is a text; '%s' stands here",
                key->kind == YAML_MAP ? "{" : "[");
        value = yaml_read_node(reader, event, yaml_node_offset(key), depth);
        if (value == NULL)
            return;
        yaml_push(reader, key);
        yaml_push(reader, value);
        map->count++;
    }
    if (event == NULL)
        return;
    fy_parser_event_free(reader->parser, event);
    pairs = arena_take(&reader->memory->arena, map->count * sizeof(*pairs));
    yaml_pop(reader, mark, pairs);
    map->pairs = pairs;
    yaml_check_duplicates(reader, map);
}

/* Anchors and tags are refused where they stand; what they belong to is read on. */
static void
yaml_check_plainness(struct yaml_reader *reader, struct fy_event *event)
{
    struct fy_token *anchor = NULL, *tag = NULL;

    if (event->type == FYET_SCALAR) {
        anchor = event->scalar.anchor;
        tag = event->scalar.tag;
    } else if (event->type == FYET_MAPPING_START) {
        anchor = event->mapping_start.anchor;
        tag = event->mapping_start.tag;
    } else if (event->type == FYET_SEQUENCE_START) {
        anchor = event->sequence_start.anchor;
        tag = event->sequence_start.tag;
    } else if (event->type == FYET_ALIAS) {
        yaml_fail(reader, yaml_offset(reader, event, 1) - 1,
            "'*' begins an alias, and there are none here; put a text in quotes");
    }
    if (anchor != NULL)
        yaml_fail(reader, (uint32_t)fy_token_start_mark(anchor)->input_pos - 1,
            "'&' begins an anchor, and there are none here; put a text in quotes");
    if (tag != NULL)
        yaml_fail(reader, (uint32_t)fy_token_start_mark(tag)->input_pos,
            "'!' begins a tag, and there are none here; put a text in quotes");
}

/* Takes the event. `offset` is where a value that is left out is said to stand. NULL: no YAML. */
static struct yaml_node *
yaml_read_node(struct yaml_reader *reader, struct fy_event *event, uint32_t offset, uint32_t depth)
{
    enum fy_event_type type = event->type;
    struct yaml_node *node;

    offset = yaml_offset(reader, event, offset);
    yaml_check_plainness(reader, event);
    if (type == FYET_SCALAR)
        node = yaml_read_scalar(reader, event, offset);
    else if (type == FYET_MAPPING_START || type == FYET_SEQUENCE_START)
        node = yaml_node_new(reader, type == FYET_MAPPING_START ? YAML_MAP : YAML_LIST, offset);
    else
        node = yaml_node_new(reader, YAML_SCALAR, offset);
    fy_parser_event_free(reader->parser, event);
    if (node->kind == YAML_SCALAR)
        return node;
    if (depth == YAML_DEPTH_MAX) {
        yaml_fail(reader, offset, "nested more than %d levels deep", YAML_DEPTH_MAX);
        return NULL;
    }
    if (node->kind == YAML_MAP)
        yaml_read_map(reader, node, offset, depth + 1);
    else
        yaml_read_list(reader, node, offset, depth + 1);
    /* Without children, not even none of them, the text ended in the middle. */
    return node->pairs != NULL ? node : NULL;
}

static void
yaml_read_stream(struct yaml_reader *reader)
{
    struct yaml_document *document = &reader->memory->document;
    bool ended = false;

    while (!ended) {
        struct fy_event *event = yaml_next(reader);
        enum fy_event_type type = event == NULL ? FYET_STREAM_END : event->type;

        ended = type == FYET_STREAM_END;
        if (type == FYET_DOCUMENT_START && document->root != NULL) {
            yaml_fail(reader, yaml_offset(reader, event, 0),
                "a second document; a file has one, without a '---' in the middle");
            ended = true;
        } else if (type == FYET_SCALAR || type == FYET_MAPPING_START ||
                   type == FYET_SEQUENCE_START || type == FYET_ALIAS) {
            document->root = yaml_read_node(reader, event, 0, 0);
            ended = document->root == NULL;
            event = NULL;
        }
        if (event != NULL)
            fy_parser_event_free(reader->parser, event);
    }
}

/* "%YAML" and "%TAG" change what follows. */
static bool
yaml_check_directives(struct yaml_reader *reader)
{
    const struct lines *lines = &reader->memory->lines;

    for (uint32_t line = 1; line <= lines->line_count; line++) {
        struct text text = lines_text(lines, line);

        if (text.length == 0 || text.bytes[0] == '#' || text.bytes[0] == ' ')
            continue;
        if (text.bytes[0] != '%')
            return true;
        yaml_fail(reader, lines_offset(lines, line, 1), "a directive; leave this line out");
        return false;
    }
    return true;
}

static void
yaml_read(struct yaml_reader *reader)
{
    struct text bytes = reader->memory->lines.bytes;
    struct fy_diag_cfg diag_config;
    struct fy_parse_cfg config = {
        .flags = FYPCF_QUIET | FYPCF_JSON_NONE | FYPCF_DEFAULT_VERSION_1_2};

    fy_diag_cfg_default(&diag_config);
    diag_config.fp = NULL;
    diag_config.output_fn = yaml_hush;
    reader->diag = fy_diag_create(&diag_config);
    CHECK(reader->diag != NULL);
    fy_diag_set_collect_errors(reader->diag, true);
    config.diag = reader->diag;
    reader->parser = fy_parser_create(&config);
    CHECK(reader->parser != NULL);
    buffer_init(&reader->nodes);
    buffer_init(&reader->slots);
    if (fy_parser_set_string(reader->parser, bytes.bytes, bytes.length) == 0)
        yaml_read_stream(reader);
    else
        yaml_fail(reader, 0, "not YAML");
    buffer_fini(&reader->nodes);
    buffer_fini(&reader->slots);
    fy_parser_destroy(reader->parser);
    fy_diag_destroy(reader->diag);
}

struct yaml_document *
yaml_parse(const char *file, struct text bytes, struct report *report)
{
    struct yaml_memory *memory = calloc(1, sizeof(*memory));
    struct yaml_reader reader = {.memory = memory, .report = report};
    struct text name = text_of(file);

    CHECK(memory != NULL);
    arena_init(&memory->arena);
    memory->document.file = arena_copy(&memory->arena, name).bytes;
    memory->document.memory = memory;
    if (bytes.length >= 3 && memcmp(bytes.bytes, "\xef\xbb\xbf", 3) == 0)
        bytes = (struct text){bytes.bytes + 3, bytes.length - 3};
    bytes = arena_copy(&memory->arena, bytes);
    lines_init(&memory->lines, memory->document.file, bytes, &memory->arena);
    if (!lines_check(&memory->lines, report) || !yaml_check_directives(&reader))
        reader.failed = true;
    else if (bytes.length > 0)
        yaml_read(&reader);
    if (!reader.failed)
        return &memory->document;
    yaml_free(&memory->document);
    return NULL;
}

/* All of an open file: 0, or what errno says; EFBIG past the limit. */
static int
yaml_read_file(int fd, struct buffer *bytes)
{
    while (bytes->length <= CONFIG_FILE_BYTES_MAX) {
        ssize_t got = read(fd, buffer_reserve(bytes, YAML_READ_BYTES), YAML_READ_BYTES);

        if (got == 0)
            return 0;
        if (got > 0)
            bytes->length += (size_t)got;
        else if (errno != EINTR)
            return errno;
    }
    return EFBIG;
}

struct yaml_document *
yaml_load(const char *file, struct report *report)
{
    struct yaml_document *document = NULL;
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY), error;
    struct buffer bytes;

    if (fd < 0) {
        report_error(report, file, "can't be opened: %s", strerror(errno));
        return NULL;
    }
    buffer_init(&bytes);
    error = yaml_read_file(fd, &bytes);
    if (error == 0)
        document = yaml_parse(file, (struct text){bytes.bytes, (uint32_t)bytes.length}, report);
    else if (error == EFBIG)
        report_error(
            report, file, "is larger than %d MiB; split it", CONFIG_FILE_BYTES_MAX / (1024 * 1024));
    else
        report_error(report, file, "can't be read: %s", strerror(error));
    close(fd);
    buffer_fini(&bytes);
    return document;
}

void
yaml_free(struct yaml_document *document)
{
    struct yaml_memory *memory;

    if (document == NULL)
        return;
    memory = document->memory;
    arena_fini(&memory->arena);
    free(memory);
}

const struct yaml_node *
yaml_get(const struct yaml_node *map, const char *key)
{
    struct text name = text_of(key);

    CHECK(map != NULL && map->kind == YAML_MAP);
    for (uint32_t i = 0; i < map->count; i++)
        if (text_equal(map->pairs[i].key->text, name))
            return map->pairs[i].value;
    return NULL;
}

bool
yaml_is_null(const struct yaml_node *node)
{
    if (node->kind != YAML_SCALAR || node->style != YAML_PLAIN)
        return false;
    return node->text.length == 0 || text_equal(node->text, TEXT("~")) ||
           text_equal(node->text, TEXT("null"));
}

struct report_place
yaml_place(const struct yaml_node *node, uint32_t offset)
{
    const struct yaml_memory *memory = node->document->memory;
    const struct lines *lines = &memory->lines;
    enum scalar_quote quote = SCALAR_UNQUOTED;
    uint32_t start = yaml_node_offset(node);
    struct text rest;

    if (node->kind != YAML_SCALAR || node->text.length == 0)
        return lines_place(lines, start);
    if (node->style == YAML_QUOTED) {
        quote = lines->bytes.bytes[start] == '"' ? SCALAR_DOUBLE : SCALAR_SINGLE;
        start++;
    }
    if (offset > node->text.length)
        offset = node->text.length;
    rest = (struct text){lines->bytes.bytes + start, lines->bytes.length - start};
    return lines_place(lines, start + scalar_source_offset(rest, quote, node->text, offset));
}
