#ifndef FOOTPRINT_ENGINE_SEGSET_H
#define FOOTPRINT_ENGINE_SEGSET_H

/*
 * A set of segments that gives them back in order, the order of every decision.
 *
 *   summary   one bit per word that is not 0
 *   words     one bit per segment
 */

#include <stdbool.h>
#include <stdint.h>

#include "config/plan.h"

struct segset {
    uint64_t *words;
    uint64_t *summary;
    uint32_t summary_count;
};

void segset_init(struct segset *set, uint32_t segment_count);
void segset_fini(struct segset *set);
/* True when it was not in. */
bool segset_add(struct segset *set, uint32_t segment);
void segset_add_run(struct segset *set, const struct plan *plan, struct plan_run run);
static inline bool
segset_is_empty(const struct segset *set)
{
    for (uint32_t i = 0; i < set->summary_count; i++)
        if (set->summary[i] != 0)
            return false;
    return true;
}

/* Takes the first one out; PLAN_NONE when the set is empty. */
uint32_t segset_take(struct segset *set);

#endif
