#ifndef FOOTPRINT_LANGUAGE_CENSUS_H
#define FOOTPRINT_LANGUAGE_CENSUS_H

/*
 * Names that nobody declares (event types, fields), and how often the rules use them: one that
 * stands in one place only and looks like a common one is probably a slip.
 */

#include <stdint.h>

#include "config/base/arena.h"
#include "config/language/complain.h"
#include "config/language/intern.h"

struct census_entry {
    uint32_t uses;
    struct origin origin; /* where it stood first */
    uint32_t offset;
};

struct census {
    struct intern names;
    struct census_entry *entries; /* the same numbers as names */
    uint32_t capacity;
};

void census_init(struct census *census, struct arena *arena);
void census_count(
    struct census *census, struct text name, const struct origin *origin, uint32_t offset);
/* Warns of probable slips; `what` is "field" or "event type". */
void census_warn(const struct census *census, const char *what);

#endif
