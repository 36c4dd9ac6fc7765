#ifndef FOOTPRINT_FAULT_H
#define FOOTPRINT_FAULT_H

/*
 * Errors and warnings at a node of a file, or at an override, whose name says all ("--set K=V").
 */

#include <stdbool.h>
#include <stddef.h>

#include "config/base/report.h"
#include "config/yaml/yaml.h"

/* What an override's document is called begins with it. */
#define FAULT_OVERRIDE "--set "

bool fault_is_override(const struct yaml_node *node);
void fault(struct report *report, const struct yaml_node *node, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Without showing the line. */
void fault_hidden(struct report *report, const struct yaml_node *node, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void fault_warn(struct report *report, const struct yaml_node *node, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* "unknown key 'topik' in input; did you mean 'topic'? allowed: topic, preset, ..." */
void fault_unknown(struct report *report, const struct yaml_node *key, const char *where,
    const char *const *allowed, size_t count);
/* "a list", "nothing", "the text 'x'", ... */
const char *fault_kind(const struct yaml_node *node);

#endif
