/* Messages with the place of a byte of an expression. */
#include "config/language/complain.h"

#include <stdarg.h>
#include <stdio.h>

#define COMPLAIN_BYTES_MAX 1024

static void
complain_add(const struct origin *origin, enum report_severity severity, uint32_t offset,
    const char *message)
{
    struct report_place place = yaml_place(origin->node, offset);

    report_add(origin->report, severity, &place, "%s", message);
}

bool
complain(const struct origin *origin, uint32_t offset, const char *fmt, ...)
{
    char message[COMPLAIN_BYTES_MAX];
    va_list args;

    va_start(args, fmt);
    vsnprintf(message, sizeof(message), fmt, args);
    va_end(args);
    complain_add(origin, REPORT_ERROR, offset, message);
    return false;
}

void
complain_softly(const struct origin *origin, uint32_t offset, const char *fmt, ...)
{
    char message[COMPLAIN_BYTES_MAX];
    va_list args;

    va_start(args, fmt);
    vsnprintf(message, sizeof(message), fmt, args);
    va_end(args);
    complain_add(origin, REPORT_WARNING, offset, message);
}
