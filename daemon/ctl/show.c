/* footprintctl config: every setting that holds, and where it came from. */
#include "daemon/ctl/show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "config/base/buffer.h"
#include "config/base/secret.h"
#include "config/settings/fault.h"
#include "config/settings/reader.h"
#include "config/settings/value.h"
#include "daemon/ctl/load.h"

static const char show_usage[] =
    "usage: footprintctl config [-c FILE] [--set KEY=VALUE]... [--origin] [--json]\n"
    "\n"
    "Every setting that holds, one a line. Secrets are not shown.\n"
    "\n"
    "  -c, --config FILE    settings of the daemon (the installed ones)\n"
    "      --set KEY=VALUE  one setting, its value in YAML (may be repeated)\n"
    "      --origin         also where each came from: FILE:LINE:COLUMN, --set or default\n"
    "      --json           for programs, with the origin\n"
    "\n"
    "Exit: 0 fine, 1 settings or rules are wrong, 2 wrong usage.\n";

struct show {
    const struct config *config;
    bool origin, json, any;
    struct buffer out;
};

/* --- one setting ------------------------------------------------------------------------------- */

static void
show_origin(struct show *show, const struct yaml_node *node)
{
    if (node == NULL)
        buffer_add_literal(&show->out, "default");
    else if (fault_is_override(node)) /* its text may be a secret's */
        buffer_add_literal(&show->out, "--set");
    else
        buffer_printf(
            &show->out, "%s:%" PRIu32 ":%" PRIu32, node->document->file, node->line, node->column);
}

static void
show_origin_json(struct show *show, const struct yaml_node *node)
{
    struct show quoted = {.config = show->config};

    buffer_init(&quoted.out);
    show_origin(&quoted, node);
    buffer_add_json(&show->out, (struct text){quoted.out.bytes, (uint32_t)quoted.out.length});
    buffer_fini(&quoted.out);
}

/* Values are YAML's: texts in quotes where they need them, which JSON's are always. */
static void
show_line(struct show *show, struct text path, struct text value, bool quote,
    const struct yaml_node *node)
{
    struct buffer *out = &show->out;

    if (show->json) {
        buffer_add_text(out, show->any ? TEXT(",\n{\"setting\":") : TEXT("{\"setting\":"));
        buffer_add_json(out, path);
        buffer_add_literal(out, ",\"value\":");
        buffer_add_json(out, value);
        buffer_add_literal(out, ",\"origin\":");
        show_origin_json(show, node);
        buffer_add_char(out, '}');
    } else {
        buffer_add_text(out, path);
        buffer_add_literal(out, ": ");
        if (quote)
            buffer_add_json(out, value);
        else
            buffer_add_text(out, value);
        if (show->origin) {
            buffer_add_literal(out, "  # ");
            show_origin(show, node);
        }
        buffer_add_char(out, '\n');
    }
    show->any = true;
}

/* --- what a row of the table holds -------------------------------------------------------------- */

static const void *
show_member(const struct show *show, const struct setting_row *row)
{
    return (const char *)&show->config->settings + row->offset;
}

/* The n-th of words separated by spaces. */
static struct text
show_word(const char *words, int number)
{
    while (number-- > 0)
        words += strcspn(words, " ") + 1;
    return (struct text){words, (uint32_t)strcspn(words, " ")};
}

static void
show_number(const struct show *show, const struct setting_row *row, char out[VALUE_TEXT_BYTES_MAX])
{
    int64_t value = *(const int64_t *)show_member(show, row);

    if (row->word != NULL && value == row->word_value)
        snprintf(out, VALUE_TEXT_BYTES_MAX, "%s", row->word);
    else if (row->type == SETTING_TYPE_DURATION)
        value_duration_text(value, out);
    else if (row->type == SETTING_TYPE_BYTES)
        value_bytes_text(value, out);
    else
        snprintf(out, VALUE_TEXT_BYTES_MAX, "%" PRId64, value);
}

/* What stands before an "@" of an address may be a password. */
static const char *
show_address(const char *value, char *room, size_t bytes)
{
    const char *at = strrchr(value, '@');

    if (at == NULL)
        return value;
    snprintf(room, bytes, "(hidden)%s", at);
    return room;
}

static void
show_text(struct show *show, const struct setting_row *row, const struct yaml_node *node)
{
    const char *value = *(const char *const *)show_member(show, row);
    char room[1024];

    if (row->type == SETTING_TYPE_SECRET && value[0] != '\0')
        value = "(hidden)";
    else if (row == &table[SETTING_ROW_redis_url])
        value = show_address(value, room, sizeof(room));
    show_line(show, text_of(row->path), text_of(value), true, node);
}

/* A time stands in the place of the enum's word. */
static void
show_enum(struct show *show, const struct setting_row *row, const struct yaml_node *node)
{
    int number = *(const int *)show_member(show, row);

    if (row == &table[SETTING_ROW_input_start_at] && number == START_AT_TIME && node != NULL)
        show_line(show, text_of(row->path), node->text, false, node);
    else
        show_line(show, text_of(row->path), show_word(row->words, number), false, node);
}

/* --- trees ------------------------------------------------------------------------------------------ */

static void
show_list(const struct yaml_node *list, struct buffer *out)
{
    buffer_add_char(out, '[');
    for (uint32_t i = 0; i < list->count; i++) {
        if (i > 0)
            buffer_add_literal(out, ", ");
        buffer_add_json(out, list->items[i]->text); /* lists of trees have scalars only */
    }
    buffer_add_char(out, ']');
}

/* A map line by line; below a name that is a secret's, a text is not shown. */
static void
show_tree(struct show *show, struct text path, const struct yaml_node *node, bool secret)
{
    struct buffer room;

    buffer_init(&room);
    if (node->kind == YAML_MAP) {
        for (uint32_t i = 0; i < node->count; i++) {
            const struct yaml_pair *pair = &node->pairs[i];

            buffer_clear(&room);
            buffer_add_text(&room, path);
            buffer_add_char(&room, '.');
            buffer_add_text(&room, pair->key->text);
            show_tree(show, (struct text){room.bytes, (uint32_t)room.length}, pair->value,
                secret_key(pair->key->text) && pair->value->kind != YAML_MAP);
        }
    } else if (node->kind == YAML_LIST) {
        show_list(node, &room);
        show_line(show, path, (struct text){room.bytes, (uint32_t)room.length}, false, node);
    } else {
        show_line(show, path, secret ? TEXT("(hidden)") : node->text, true, node);
    }
    buffer_fini(&room);
}

/* What the file gives below it, then overrides; the default where there is neither. */
static void
show_trees(struct show *show, const struct setting_row *row, const struct yaml_node *node)
{
    const struct reader *given = show->config->given;
    bool any = node != NULL;

    if (row == &table[SETTING_ROW_version]) { /* a number, for all that the table calls it */
        show_line(show, text_of(row->path), node != NULL ? node->text : text_of(row->default_text),
            false, node);
        return;
    }
    if (node != NULL)
        show_tree(show, text_of(row->path), node, false);
    for (size_t i = 0; i < given->inner_count; i++) {
        char path[256];

        if (given->inner[i].row != row || given->inner[i].value == NULL)
            continue;
        snprintf(path, sizeof(path), "%s.%.*s", row->path, (int)given->inner[i].path.length,
            given->inner[i].path.bytes);
        show_tree(show, text_of(path), given->inner[i].value, secret_key(given->inner[i].path));
        any = true;
    }
    if (!any)
        show_line(show, text_of(row->path), text_of(row->default_text), false, NULL);
}

/* --- all of them ---------------------------------------------------------------------------------------- */

static void
show_row(struct show *show, const struct setting_row *row)
{
    const struct yaml_node *node = show->config->given->nodes[row - table];
    char number[VALUE_TEXT_BYTES_MAX];

    switch (row->type) {
    case SETTING_TYPE_TEXT:
    case SETTING_TYPE_SECRET:
        show_text(show, row, node);
        break;
    case SETTING_TYPE_BOOL:
        show_line(show, text_of(row->path),
            *(const bool *)show_member(show, row) ? TEXT("true") : TEXT("false"), false, node);
        break;
    case SETTING_TYPE_ENUM:
        show_enum(show, row, node);
        break;
    case SETTING_TYPE_INT:
    case SETTING_TYPE_DURATION:
    case SETTING_TYPE_BYTES:
        show_number(show, row, number);
        show_line(show, text_of(row->path), text_of(number), false, node);
        break;
    case SETTING_TYPE_TIME: /* shown with its enum */
        break;
    case SETTING_TYPE_TREE:
        show_trees(show, row, node);
        break;
    }
}

static int
show_all(struct show *show)
{
    size_t length;

    buffer_init(&show->out);
    if (show->json)
        buffer_add_char(&show->out, '[');
    for (size_t i = 0; i < SETTING_ROW_COUNT; i++)
        show_row(show, &table[i]);
    if (show->json)
        buffer_add_literal(&show->out, "]\n");
    length = show->out.length;
    if (fwrite(show->out.bytes, 1, length, stdout) != length || fflush(stdout) != 0)
        length = 0;
    buffer_fini(&show->out);
    return length == 0;
}

int
ctl_config(int argc, char **argv)
{
    static const struct option options[] = {
        LOAD_OPTION_FILE,
        LOAD_OPTION_SET,
        {"origin", no_argument, NULL, 'o'},
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct load load = {.file = NULL};
    struct show show = {.config = NULL};
    struct config *config;
    int option, status;

    while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
        if (option == 'o')
            show.origin = true;
        else if (option == 'j')
            show.json = true;
        else if (option == 'h')
            return fputs(show_usage, stdout) < 0;
        else if (!load_take(&load, option, optarg))
            return fputs(show_usage, stderr), 2;
    }
    if (optind < argc)
        return fputs(show_usage, stderr), 2;
    load_installed(&load);
    config = load_config(&load);
    if (config == NULL)
        return 1;
    show.config = config;
    status = show_all(&show);
    config_free(config);
    return status;
}
