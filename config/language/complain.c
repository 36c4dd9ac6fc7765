/* Messages with the place of a byte of an expression. */
#include "config/language/complain.h"

#include <stdarg.h>
#include <stdio.h>

#include "config/base/limits.h"

#define COMPLAIN_BYTES_MAX 1024

/* Nobody sees the place of what is only counted, and finding it takes its time in a long text. */
static bool
complain_is_shown(const struct report *report, enum report_severity severity)
{
    size_t found =
        severity == REPORT_ERROR ? report_error_count(report) : report_warning_count(report);

    return found < RULE_ERRORS_MAX;
}

static void
complain_add(const struct origin *origin, enum report_severity severity, uint32_t offset,
    const char *fmt, va_list args)
{
    struct report_place place = {.file = origin->node->document->file};
    char message[COMPLAIN_BYTES_MAX];

    vsnprintf(message, sizeof(message), fmt, args);
    if (complain_is_shown(origin->report, severity))
        place = yaml_place(origin->node, offset);
    report_add(origin->report, severity, &place, "%s", message);
}

bool
complain(const struct origin *origin, uint32_t offset, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    complain_add(origin, REPORT_ERROR, offset, fmt, args);
    va_end(args);
    return false;
}

void
complain_softly(const struct origin *origin, uint32_t offset, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    complain_add(origin, REPORT_WARNING, offset, fmt, args);
    va_end(args);
}
