/* Prints the table of settings as a JSON Schema, two levels deep as the file is. */
#include "config/settings/schema.h"

#include "config/base/text.h"
#include "config/settings/table.h"

#define SCHEMA_GIVEN                                                                               \
    "{\"type\": \"object\", \"minProperties\": 1, \"maxProperties\": 1, "                          \
    "\"additionalProperties\": false, \"properties\": {\"file\": {\"type\": \"string\"}, "         \
    "\"credential\": {\"type\": \"string\"}}}"
#define SCHEMA_POINTERS                                                                            \
    "{\"type\": [\"string\", \"array\"], \"items\": {\"type\": \"string\"}, \"maxItems\": 8}"

static const char schema_mapping[] =
    "\"type\": \"object\", \"additionalProperties\": false, \"properties\": {"
    "\"user\": " SCHEMA_POINTERS ", \"type\": " SCHEMA_POINTERS ", \"time\": " SCHEMA_POINTERS
    ", \"id\": " SCHEMA_POINTERS
    ", \"time_unit\": {\"enum\": [\"auto\", \"s\", \"ms\", \"us\", \"ns\"]}, "
    "\"fields\": {\"type\": \"object\", \"additionalProperties\": " SCHEMA_POINTERS
    "}, \"fields_from\": " SCHEMA_POINTERS "}";

static const char schema_properties[] =
    "\"type\": \"object\", \"additionalProperties\": {\"anyOf\": ["
    "{\"type\": [\"string\", \"number\", \"boolean\"]}, " SCHEMA_GIVEN "]}";

/* The words of an enum as JSON strings. */
static void
schema_words(struct buffer *out, const char *words)
{
    buffer_add_char(out, '[');
    for (const char *separator = ""; *words != '\0'; separator = ", ") {
        size_t length = strcspn(words, " ");

        buffer_printf(out, "%s\"%.*s\"", separator, (int)length, words);
        words += length + strspn(words + length, " ");
    }
    buffer_add_char(out, ']');
}

static void
schema_enum(struct buffer *out, const struct setting_row *row)
{
    if (row[1].type != SETTING_TYPE_TIME) {
        buffer_add_literal(out, "\"enum\": ");
        schema_words(out, row->words);
        return;
    }
    buffer_add_literal(out, "\"anyOf\": [{\"enum\": ");
    schema_words(out, row->words);
    buffer_add_literal(out, "}, {\"type\": \"string\", \"format\": \"date-time\"}]");
}

static void
schema_int(struct buffer *out, const struct setting_row *row)
{
    if (row->word != NULL)
        buffer_printf(out,
            "\"anyOf\": [{\"type\": \"integer\", \"minimum\": %s, \"maximum\": %s}, {\"const\": "
            "\"%s\"}]",
            row->min, row->max, row->word);
    else
        buffer_printf(
            out, "\"type\": \"integer\", \"minimum\": %s, \"maximum\": %s", row->min, row->max);
}

/* Durations and sizes: digits with units, and perhaps one word. */
static void
schema_units(struct buffer *out, const struct setting_row *row)
{
    const char *bar = row->word != NULL ? "|" : "", *word = row->word != NULL ? row->word : "";

    if (row->type == SETTING_TYPE_DURATION)
        buffer_printf(out,
            "\"type\": [\"string\", \"integer\"], \"pattern\": "
            "\"^(0|([0-9]+(ms|s|m|h|d|w))+%s%s)$\", \"maximum\": 0",
            bar, word);
    else
        buffer_printf(out,
            "\"type\": [\"string\", \"integer\"], \"pattern\": "
            "\"^([0-9]+(B|KiB|MiB|GiB|TiB)?%s%s)$\"",
            bar, word);
}

static void
schema_tree(struct buffer *out, const struct setting_row *row)
{
    if (row == &table[SETTING_ROW_input_mapping])
        buffer_add_literal(out, schema_mapping);
    else if (row == &table[SETTING_ROW_kafka_properties])
        buffer_add_literal(out, schema_properties);
    else if (row == &table[SETTING_ROW_segments])
        buffer_add_literal(
            out, "\"type\": [\"string\", \"array\"], \"items\": {\"type\": \"string\"}");
    else
        buffer_add_literal(out, "\"const\": 1");
}

static void
schema_row(struct buffer *out, const struct setting_row *row, const char *key)
{
    buffer_add_json(out, text_of(key));
    buffer_add_literal(out, ": {\"description\": ");
    buffer_add_json(out, text_of(row->help));
    buffer_add_literal(out, ", ");
    switch (row->type) {
    case SETTING_TYPE_TEXT:
    case SETTING_TYPE_SECRET:
        buffer_add_literal(out,
            "\"anyOf\": [{\"type\": [\"string\", \"number\", \"boolean\"]}, " SCHEMA_GIVEN "]");
        break;
    case SETTING_TYPE_BOOL:
        buffer_add_literal(out, "\"type\": \"boolean\"");
        break;
    case SETTING_TYPE_ENUM:
        schema_enum(out, row);
        break;
    case SETTING_TYPE_INT:
        schema_int(out, row);
        break;
    case SETTING_TYPE_DURATION:
    case SETTING_TYPE_BYTES:
        schema_units(out, row);
        break;
    case SETTING_TYPE_TIME:
    case SETTING_TYPE_TREE:
        schema_tree(out, row);
        break;
    }
    buffer_add_char(out, '}');
}

static bool
schema_same_group(const struct setting_row *a, const struct setting_row *b)
{
    size_t length = strcspn(a->path, ".");

    return length == strcspn(b->path, ".") && memcmp(a->path, b->path, length) == 0;
}

/* The rows of a group stand together in the table; returns how many there are. */
static size_t
schema_group(struct buffer *out, size_t first)
{
    size_t length = strcspn(table[first].path, "."), at = first;

    buffer_printf(out,
        "    \"%.*s\": {\"type\": [\"object\", \"null\"], \"additionalProperties\": false, "
        "\"properties\": {\n",
        (int)length, table[first].path);
    for (; at < SETTING_ROW_COUNT && schema_same_group(&table[first], &table[at]); at++) {
        if (table[at].type == SETTING_TYPE_TIME)
            continue;
        buffer_add_text(out, at > first ? TEXT(",\n      ") : TEXT("      "));
        schema_row(out, &table[at], table[at].path + length + 1);
    }
    buffer_add_literal(out, "\n    }}");
    return at - first;
}

void
schema_print(struct buffer *out)
{
    buffer_add_literal(out, "{\n"
                            "  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
                            "  \"title\": \"footprint.yaml\",\n"
                            "  \"type\": \"object\",\n"
                            "  \"required\": [\"version\"],\n"
                            "  \"additionalProperties\": false,\n"
                            "  \"properties\": {\n");
    for (size_t i = 0; i < SETTING_ROW_COUNT;) {
        if (i > 0)
            buffer_add_literal(out, ",\n");
        if (strchr(table[i].path, '.') != NULL) {
            i += schema_group(out, i);
            continue;
        }
        buffer_add_literal(out, "    ");
        schema_row(out, &table[i], table[i].path);
        i++;
    }
    buffer_add_literal(out, "\n  }\n}\n");
}
