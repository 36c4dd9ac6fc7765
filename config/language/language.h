#ifndef FOOTPRINT_LANGUAGE_H
#define FOOTPRINT_LANGUAGE_H

/*
 * Rule files to a plan: lexer, parser, checker, compiler in one call.
 *
 * Input:   the parsed files that hold `segments:`, in any order.
 * Result:  a plan; NULL when the report has got at least one error (all of them are reported, up to
 *          RULE_ERRORS_MAX). Warnings alone do not stop it.
 * Source:  segments.md 1 and 3.
 */

#include <stddef.h>

#include "config/base/report.h"
#include "config/plan.h"
#include "config/yaml/yaml.h"

struct language_limits {
    uint32_t events_per_window; /* a rule that needs more by its own constant is an error */
};

struct plan *language_compile(const struct yaml_document *const *files, size_t file_count,
    const struct language_limits *limits, struct report *report);

#endif
