/* Says what is wrong at a node, in the forms that all settings share. */
#include "config/settings/fault.h"

#include <stdarg.h>
#include <stdio.h>

#include "config/base/buffer.h"
#include "config/base/err.h"
#include "config/base/suggest.h"

bool
fault_is_override(const struct yaml_node *node)
{
    return strncmp(node->document->file, FAULT_OVERRIDE, strlen(FAULT_OVERRIDE)) == 0;
}

static struct report_place
fault_place(const struct yaml_node *node)
{
    if (fault_is_override(node))
        return (struct report_place){.file = node->document->file};
    return yaml_place(node, 0);
}

void
fault(struct report *report, const struct yaml_node *node, const char *fmt, ...)
{
    struct report_place place = fault_place(node);
    va_list args;

    va_start(args, fmt);
    report_vadd(report, REPORT_ERROR, &place, fmt, args);
    va_end(args);
}

void
fault_hidden(struct report *report, const struct yaml_node *node, const char *fmt, ...)
{
    struct report_place place = fault_place(node);
    va_list args;

    place.line_text = TEXT("");
    va_start(args, fmt);
    report_vadd(report, REPORT_ERROR, &place, fmt, args);
    va_end(args);
}

void
fault_warn(struct report *report, const struct yaml_node *node, const char *fmt, ...)
{
    struct report_place place = fault_place(node);
    va_list args;

    va_start(args, fmt);
    report_vadd(report, REPORT_WARNING, &place, fmt, args);
    va_end(args);
}

void
fault_unknown(struct report *report, const struct yaml_node *key, const char *where,
    const char *const *allowed, size_t count)
{
    const char *meant = suggest(key->text, allowed, count);
    struct buffer message;

    buffer_init(&message);
    buffer_printf(&message, "unknown key '%s'", key->text.bytes);
    if (where[0] != '\0')
        buffer_printf(&message, " in %s", where);
    if (meant != NULL)
        buffer_printf(&message, "; did you mean '%s'? allowed: ", meant);
    else
        buffer_add_literal(&message, "; allowed: ");
    for (size_t i = 0; i < count; i++)
        buffer_printf(&message, "%s%s", i > 0 ? ", " : "", allowed[i]);
    fault(report, key, "%.*s", (int)message.length, message.bytes);
    buffer_fini(&message);
}

const char *
fault_kind(const struct yaml_node *node)
{
    if (node->kind == YAML_MAP)
        return "a map";
    if (node->kind == YAML_LIST)
        return "a list";
    return yaml_is_null(node) ? "nothing" : "a text";
}
