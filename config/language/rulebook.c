/* Rule files: the list of segments, their options, and the expressions in them. */
#include "config/language/rulebook.h"

#include "config/base/check.h"
#include "config/base/limits.h"
#include "config/base/suggest.h"
#include "config/language/complain.h"
#include "config/language/duration.h"
#include "config/language/grow.h"
#include "config/language/parser.h"

static const char *const rulebook_file_keys[] = {"segments"};
static const char *const rulebook_segment_keys[] = {
    "name", "description", "when", "attach", "for", "keep", "cooldown"};

#define RULEBOOK_COUNT(array) (sizeof(array) / sizeof((array)[0]))

void
rulebook_init(struct rulebook *book, struct arena *arena, struct report *report)
{
    *book = (struct rulebook){.arena = arena, .report = report};
    intern_init(&book->names, arena);
}

/* --- faults ---------------------------------------------------------------------------------- */

#define rulebook_fail(book, node, ...)                                                             \
    complain(&(struct origin){(node), (book)->report}, 0, __VA_ARGS__)

static void
rulebook_refuse_key(struct rulebook *book, const struct yaml_node *key, const char *const *allowed,
    size_t count, const char *list)
{
    const char *near = suggest(key->text, allowed, count);

    if (near != NULL)
        rulebook_fail(
            book, key, "unknown key '%.*s'; did you mean '%s'?", COMPLAIN_TEXT(key->text), near);
    else
        rulebook_fail(book, key, "unknown key '%.*s'; %s", COMPLAIN_TEXT(key->text), list);
}

static bool
rulebook_scalar(struct rulebook *book, const struct yaml_node *node, const char *what)
{
    if (node->kind == YAML_SCALAR && !yaml_is_null(node))
        return true;
    return rulebook_fail(book, node, "%s", what);
}

/* --- options --------------------------------------------------------------------------------- */

static void
rulebook_duration(struct rulebook *book, const struct yaml_node *node, int64_t *ret_ms)
{
    static const char *const what = "expected a duration such as 30s, 10m or 1d";
    const struct origin origin = {node, book->report};
    const char *unit;
    struct text letters;
    uint32_t offset;

    *ret_ms = 0;
    if (!rulebook_scalar(book, node, what) || text_equal(node->text, TEXT("0")))
        return;
    switch (duration_parse(node->text, ret_ms, &offset)) {
    case DURATION_OK:
        return;
    case DURATION_NO_NUMBER:
        complain(&origin, offset, "%s", what);
        return;
    case DURATION_NO_UNIT:
        complain(&origin, offset, "'%.*s' has no unit; the units are ms s m h d w",
            COMPLAIN_TEXT(node->text));
        return;
    case DURATION_BAD_UNIT:
        letters = duration_letters(node->text, offset);
        unit = duration_suggest_unit(letters);
        if (unit != NULL)
            complain(&origin, offset, "unknown unit '%.*s'; did you mean '%s'?",
                COMPLAIN_TEXT(letters), unit);
        else
            complain(&origin, offset, "unknown unit '%.*s'; the units are ms s m h d w",
                COMPLAIN_TEXT(letters));
        return;
    case DURATION_TOO_LONG:
        complain(&origin, 0, "a duration is at most 9200000000000s");
        return;
    }
}

static struct expr *
rulebook_expression(struct rulebook *book, const struct yaml_node *node)
{
    const struct origin origin = {node, book->report};

    if (!rulebook_scalar(book, node,
            "expected an expression; put it in quotes or after '|' where it starts with one of "
            "* { [ \" or has ': ' or ' #' in it"))
        return NULL;
    return parser_parse(node->text, book->arena, &origin);
}

static bool
rulebook_value_name_valid(struct rulebook *book, const struct yaml_node *key)
{
    if (key->text.length > 0 && key->text.length <= NAME_BYTES_MAX)
        return true;
    return rulebook_fail(book, key, "the name of a value has 1 to %d bytes", NAME_BYTES_MAX);
}

static void
rulebook_attach(struct rulebook *book, const struct yaml_node *node, struct rule *rule)
{
    if (yaml_is_null(node))
        return;
    if (node->kind != YAML_MAP) {
        rulebook_fail(
            book, node, "'attach' is a map: a name and an expression on each line below it");
        return;
    }
    if (node->count > ATTACH_MAX) {
        rulebook_fail(
            book, node->pairs[ATTACH_MAX].key, "a segment attaches at most %d values", ATTACH_MAX);
        return;
    }
    rule->values = arena_take_zeroed(book->arena, (node->count + 1) * sizeof(*rule->values));
    for (uint32_t i = 0; i < node->count; i++) {
        struct rule_value *value = &rule->values[rule->value_count];

        if (!rulebook_value_name_valid(book, node->pairs[i].key))
            continue;
        value->name = node->pairs[i].key->text;
        value->node = node->pairs[i].value;
        value->expr = rulebook_expression(book, value->node);
        rule->value_count++;
    }
}

/* --- segments -------------------------------------------------------------------------------- */

static bool
rulebook_name_valid(struct text name)
{
    if (name.length == 0 || name.length > NAME_BYTES_MAX)
        return false;
    for (uint32_t i = 0; i < name.length; i++) {
        char c = name.bytes[i];
        bool letter = c >= 'a' && c <= 'z', digit = c >= '0' && c <= '9';

        if (!letter && (i == 0 || (!digit && c != '_')))
            return false;
    }
    return true;
}

static bool
rulebook_name(struct rulebook *book, const struct yaml_node *node, struct rule *rule)
{
    if (!rulebook_scalar(book, node, "expected the name of a segment"))
        return false;
    if (!rulebook_name_valid(node->text))
        return rulebook_fail(book, node,
            "'%.*s' is no name for a segment; it is made of a-z, 0-9 and _, starts with a letter "
            "and has at most %d bytes",
            COMPLAIN_TEXT(node->text), NAME_BYTES_MAX);
    rule->name = node->text;
    rule->name_node = node;
    return true;
}

static void
rulebook_option(struct rulebook *book, const struct yaml_pair *pair, struct rule *rule)
{
    struct text key = pair->key->text;

    if (text_equal(key, TEXT("name"))) {
        rulebook_name(book, pair->value, rule);
    } else if (text_equal(key, TEXT("description"))) {
        if (yaml_is_null(pair->value) ||
            rulebook_scalar(book, pair->value, "expected a description as text"))
            rule->description = pair->value->text;
    } else if (text_equal(key, TEXT("when"))) {
        rule->when_node = pair->value;
        rule->when = rulebook_expression(book, pair->value);
    } else if (text_equal(key, TEXT("attach"))) {
        rulebook_attach(book, pair->value, rule);
    } else if (text_equal(key, TEXT("for"))) {
        rulebook_duration(book, pair->value, &rule->for_ms);
    } else if (text_equal(key, TEXT("keep"))) {
        rulebook_duration(book, pair->value, &rule->keep_ms);
    } else if (text_equal(key, TEXT("cooldown"))) {
        rulebook_duration(book, pair->value, &rule->cooldown_ms);
    } else {
        rulebook_refuse_key(book, pair->key, rulebook_segment_keys,
            RULEBOOK_COUNT(rulebook_segment_keys),
            "a segment has name, description, when, attach, for, keep and cooldown");
    }
}

static void
rulebook_add(struct rulebook *book, const struct rule *rule)
{
    uint32_t number;
    bool new;

    number = intern_add(&book->names, rule->name, &new);
    if (!new) {
        struct report_place first = yaml_place(book->rules[number].name_node, 0);

        rulebook_fail(book, rule->name_node,
            "segment '%.*s' is there already, at %s:%u:%u; a name is given once",
            COMPLAIN_TEXT(rule->name), first.file, first.line, first.column);
        return;
    }
    CHECK(number == book->count);
    book->rules =
        grow(book->arena, book->rules, book->count, &book->capacity, sizeof(*book->rules));
    book->rules[book->count++] = *rule;
}

static void
rulebook_segment(struct rulebook *book, const struct yaml_node *node)
{
    struct rule rule = {.when = NULL};

    if (node->kind != YAML_MAP) {
        rulebook_fail(book, node, "expected a segment: a map with 'name' and 'when'");
        return;
    }
    for (uint32_t i = 0; i < node->count; i++)
        rulebook_option(book, &node->pairs[i], &rule);
    if (yaml_get(node, "name") == NULL)
        rulebook_fail(book, node, "this segment has no 'name'");
    if (yaml_get(node, "when") == NULL)
        rulebook_fail(book, node, "this segment has no 'when'; a condition goes there");
    if (rule.name_node != NULL)
        rulebook_add(book, &rule);
}

static void
rulebook_segments(struct rulebook *book, const struct yaml_node *list)
{
    if (yaml_is_null(list))
        return;
    if (list->kind != YAML_LIST) {
        rulebook_fail(book, list, "'segments' is a list; each segment starts with '- name:'");
        return;
    }
    for (uint32_t i = 0; i < list->count; i++) {
        if (book->count == SEGMENTS_MAX) {
            rulebook_fail(book, list->items[i], "there are at most %d segments", SEGMENTS_MAX);
            return;
        }
        rulebook_segment(book, list->items[i]);
    }
}

void
rulebook_read(struct rulebook *book, const struct yaml_document *file)
{
    const struct yaml_node *root = file->root;

    if (root == NULL || yaml_is_null(root)) {
        struct report_place place = {.file = file->file};

        report_add(book->report, REPORT_WARNING, &place, "there are no segments in this file");
        return;
    }
    if (root->kind != YAML_MAP) {
        rulebook_fail(book, root, "a rule file starts with 'segments:' and a list below it");
        return;
    }
    for (uint32_t i = 0; i < root->count; i++) {
        if (text_equal(root->pairs[i].key->text, TEXT("segments")))
            rulebook_segments(book, root->pairs[i].value);
        else
            rulebook_refuse_key(book, root->pairs[i].key, rulebook_file_keys,
                RULEBOOK_COUNT(rulebook_file_keys), "a rule file has the key 'segments' only");
    }
    if (yaml_get(root, "segments") == NULL)
        rulebook_fail(book, root, "there is no key 'segments' in this file");
}
