#ifndef FOOTPRINT_LANGUAGE_ASSEMBLE_H
#define FOOTPRINT_LANGUAGE_ASSEMBLE_H

/*
 * A draft and the order of its segments to a plan: keeps what a segment or a value still needs,
 * sorts and numbers it, and adds up how much of each leaf is needed.
 */

#include <stdint.h>

#include "config/base/arena.h"
#include "config/language/draft.h"
#include "config/language/rulebook.h"
#include "config/plan.h"

/* A segment with its draft nodes. */
struct assemble_rule {
    const struct rule *rule;
    uint32_t when;
    uint32_t *values; /* of rule->values */
};

/* The plan lives in `memory`; `rules` are in the order of decision. */
struct plan *assemble_plan(struct draft *draft, const struct rulebook *book,
    const struct assemble_rule *rules, uint32_t count, struct arena *memory);

#endif
