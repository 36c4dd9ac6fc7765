#ifndef FOOTPRINT_BASE_REPORT_H
#define FOOTPRINT_BASE_REPORT_H

/*
 * What a check of files found: errors and warnings with their places, as a person reads them.
 *
 *   segments.d/shop.yaml:12:15: unknown function 'cuont'; did you mean 'count'?
 *       when: cuont(view[30m]) >= 3
 *             ^
 *
 * Kept in the order of (file, line, column) within a file as they were found; RULE_ERRORS_MAX
 * errors at most, then one line says how many more there are. The same place is reported once.
 */

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "config/base/buffer.h"
#include "config/base/text.h"

enum report_severity {
    REPORT_ERROR,
    REPORT_WARNING
};

/* A place in a file; line and column count from 1, a column is a byte. line 0: the whole file. */
struct report_place {
    const char *file;
    uint32_t line;
    uint32_t column;
    struct text line_text; /* the source line without its end, or empty */
};

struct report;

struct report *report_new(void);
void report_free(struct report *report);
void report_add(struct report *report, enum report_severity severity,
    const struct report_place *place, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void report_vadd(struct report *report, enum report_severity severity,
    const struct report_place *place, const char *fmt, va_list args);
/* Of a file as a whole; NULL: of none. */
void report_error(struct report *report, const char *file, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
size_t report_error_count(const struct report *report);
size_t report_warning_count(const struct report *report);
/* All of it as text. */
void report_print(const struct report *report, struct buffer *out);
void report_write(const struct report *report, FILE *to);

#endif
