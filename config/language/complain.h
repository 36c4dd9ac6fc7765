#ifndef FOOTPRINT_LANGUAGE_COMPLAIN_H
#define FOOTPRINT_LANGUAGE_COMPLAIN_H

/*
 * Says what is wrong with a text of a rule file, at the byte where it is wrong.
 */

#include <stdbool.h>
#include <stdint.h>

#include "config/base/report.h"
#include "config/yaml/yaml.h"

/* For "%.*s": at most 64 bytes of a text. */
#define COMPLAIN_TEXT(text) (int)((text).length > 64 ? 64 : (text).length), (text).bytes

/* Where the text of an expression comes from. */
struct origin {
    const struct yaml_node *node;
    struct report *report;
};

/* Always false, so that a failure is one line: return complain(...). */
bool complain(const struct origin *origin, uint32_t offset, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void complain_softly(const struct origin *origin, uint32_t offset, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
