/* Collects the errors and warnings of a check and prints them as a person reads them. */
#include "config/base/report.h"

#include <stdio.h>
#include <stdlib.h>

#include "config/base/arena.h"
#include "config/base/check.h"
#include "config/base/err.h"
#include "config/base/limits.h"
#include "config/base/secret.h"
#include "config/base/utf8.h"

#define REPORT_LINE_BYTES_MAX 120 /* of a source line that are shown */
#define REPORT_BEFORE_BYTES 60    /* of them at least, before the caret, where a line is cut */

struct report_entry {
    enum report_severity severity;
    struct text message;
    struct text file; /* bytes NULL: no file */
    struct text line_text;
    uint32_t line;
    uint32_t column;
    size_t file_index; /* files in the order in which they came up */
    size_t index;      /* the order in which it was found */
};

struct report {
    struct arena arena;
    struct report_entry entries[2 * RULE_ERRORS_MAX];
    size_t entry_count;
    size_t kept[2];  /* by severity, of entries */
    size_t found[2]; /* by severity, the dropped ones too */
    size_t file_count;
};

struct report *
report_new(void)
{
    struct report *report = calloc(1, sizeof(*report));

    CHECK(report != NULL);
    arena_init(&report->arena);
    return report;
}

void
report_free(struct report *report)
{
    if (report == NULL)
        return;
    arena_fini(&report->arena);
    free(report);
}

/* A place says one thing; what has no line can say several. */
static bool
report_same(const struct report_entry *a, const struct report_entry *b)
{
    if (a->severity != b->severity || a->line != b->line || a->column != b->column)
        return false;
    if (!text_equal(a->file, b->file))
        return false;
    return a->line > 0 || text_equal(a->message, b->message);
}

static bool
report_has(const struct report *report, const struct report_entry *entry)
{
    for (size_t i = 0; i < report->entry_count; i++)
        if (report_same(&report->entries[i], entry))
            return true;
    return false;
}

static size_t
report_file_index(struct report *report, struct text file)
{
    for (size_t i = 0; i < report->entry_count; i++)
        if (text_equal(report->entries[i].file, file))
            return report->entries[i].file_index;
    return report->file_count++;
}

void
report_vadd(struct report *report, enum report_severity severity, const struct report_place *place,
    const char *fmt, va_list args)
{
    char message[ERR_MSG_BYTES_MAX];
    struct report_entry entry = {.severity = severity};

    CHECK(report != NULL && place != NULL);
    CHECK(severity == REPORT_ERROR || severity == REPORT_WARNING);
    vsnprintf(message, sizeof(message), fmt, args);
    entry.message = text_of(message);
    entry.line = place->line;
    entry.column = place->column;
    if (place->file != NULL)
        entry.file = text_of(place->file);
    if (report_has(report, &entry))
        return;
    report->found[severity]++;
    if (report->kept[severity] == RULE_ERRORS_MAX)
        return;
    entry.file_index = report_file_index(report, entry.file);
    entry.index = report->entry_count;
    entry.message = arena_copy(&report->arena, entry.message);
    if (place->file != NULL)
        entry.file = arena_copy(&report->arena, entry.file);
    if (place->line_text.length > 0 && !secret_in_line(place->line_text))
        entry.line_text = arena_copy(&report->arena, place->line_text);
    report->kept[severity]++;
    report->entries[report->entry_count++] = entry;
}

void
report_add(struct report *report, enum report_severity severity, const struct report_place *place,
    const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    report_vadd(report, severity, place, fmt, args);
    va_end(args);
}

void
report_error(struct report *report, const char *file, const char *fmt, ...)
{
    struct report_place place = {.file = file};
    va_list args;

    va_start(args, fmt);
    report_vadd(report, REPORT_ERROR, &place, fmt, args);
    va_end(args);
}

size_t
report_error_count(const struct report *report)
{
    return report->found[REPORT_ERROR];
}

size_t
report_warning_count(const struct report *report)
{
    return report->found[REPORT_WARNING];
}

static int
report_compare(const void *left, const void *right)
{
    const struct report_entry *a = left, *b = right;

    if (a->file_index != b->file_index)
        return a->file_index < b->file_index ? -1 : 1;
    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    if (a->column != b->column)
        return a->column < b->column ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

/* Shows bytes [from, to) so that no terminal is upset; returns how many columns they take. */
static size_t
report_print_bytes(struct buffer *out, struct text line, uint32_t from, uint32_t to)
{
    size_t columns = 0;

    for (uint32_t at = from; at < to; columns++) {
        uint32_t length = utf8_sequence(line.bytes + at, line.bytes + to);

        if (length == 0 || (unsigned char)line.bytes[at] < ' ' || line.bytes[at] == 0x7f) {
            buffer_add_char(out, line.bytes[at] == '\t' ? ' ' : '?');
            at++;
            continue;
        }
        buffer_add(out, line.bytes + at, length);
        at += length;
    }
    return columns;
}

static bool
report_mid_sequence(struct text line, uint32_t at)
{
    return at > 0 && at < line.length && ((unsigned char)line.bytes[at] & 0xc0) == 0x80;
}

/* The line without its indentation, cut to what fits round the caret, and the caret. */
static void
report_print_line(const struct report_entry *entry, struct buffer *out)
{
    struct text line = entry->line_text;
    uint32_t caret = entry->column > 0 ? entry->column - 1 : 0;
    uint32_t from = 0, to = line.length;
    size_t columns;

    if (caret > line.length)
        caret = line.length;
    while (from < caret && (line.bytes[from] == ' ' || line.bytes[from] == '\t'))
        from++;
    if (to - from > REPORT_LINE_BYTES_MAX) {
        if (caret - from > REPORT_BEFORE_BYTES)
            from = caret - REPORT_BEFORE_BYTES;
        if (to - from > REPORT_LINE_BYTES_MAX)
            to = from + REPORT_LINE_BYTES_MAX;
    }
    while (report_mid_sequence(line, from))
        from++;
    while (to > caret && report_mid_sequence(line, to))
        to--;
    buffer_add_literal(out, "    ");
    columns = report_print_bytes(out, line, from, caret);
    report_print_bytes(out, line, caret, to);
    buffer_printf(out, "\n    %*s^\n", (int)columns, "");
}

static void
report_print_entry(const struct report_entry *entry, struct buffer *out)
{
    buffer_add_text(out, entry->file);
    if (entry->line > 0)
        buffer_printf(out, ":%u:%u", entry->line, entry->column);
    if (entry->file.length > 0)
        buffer_add_literal(out, ": ");
    if (entry->severity == REPORT_WARNING)
        buffer_add_literal(out, "warning: ");
    buffer_add_text(out, entry->message);
    buffer_add_char(out, '\n');
    if (entry->line > 0 && entry->line_text.length > 0)
        report_print_line(entry, out);
}

static void
report_print_more(const struct report *report, enum report_severity severity, const char *what,
    struct buffer *out)
{
    size_t more = report->found[severity] - report->kept[severity];

    if (more > 0)
        buffer_printf(out, "and %zu more %s%s\n", more, what, more == 1 ? "" : "s");
}

void
report_print(const struct report *report, struct buffer *out)
{
    struct report_entry sorted[2 * RULE_ERRORS_MAX];

    CHECK(report != NULL);
    memcpy(sorted, report->entries, report->entry_count * sizeof(sorted[0]));
    qsort(sorted, report->entry_count, sizeof(sorted[0]), report_compare);
    for (size_t i = 0; i < report->entry_count; i++)
        report_print_entry(&sorted[i], out);
    report_print_more(report, REPORT_WARNING, "warning", out);
    report_print_more(report, REPORT_ERROR, "error", out);
}

void
report_write(const struct report *report, FILE *to)
{
    struct buffer text;

    buffer_init(&text);
    report_print(report, &text);
    if (text.length > 0)
        fwrite(text.bytes, 1, text.length, to);
    buffer_fini(&text);
}
