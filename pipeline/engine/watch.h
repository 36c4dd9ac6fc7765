#ifndef FOOTPRINT_ENGINE_WATCH_H
#define FOOTPRINT_ENGINE_WATCH_H

/*
 * What rules ask of a list of instants, so that an event which changes no answer decides nothing.
 *
 *   leaf TIMES -> | count 1, since | count 3, 60 s | count 16, 60 s | ...     by count
 *
 * An event moves the instants at which its leaf's truths turn by time only to later ones. So where
 * it turns none of them itself, no segment that reads them does, and what was due stays early
 * enough. Only the first event of a `since` sets such an instant.
 */

#include <stdbool.h>
#include <stdint.h>

#include "config/plan.h"

/* One truth: a NODE_COUNT_GE or a NODE_SINCE_GE. */
struct watch {
    uint32_t count; /* of the newest: the instant of that one decides; 1 for since */
    bool is_since;
    int64_t window_ms;
    uint32_t segment_first, segment_count; /* whose conditions have it */
};

struct watches {
    struct watch *watches; /* those of a leaf beside each other, by count */
    uint32_t *firsts;      /* by leaf, and one more: where its watches begin */
    uint32_t *segments;
};

void watches_init(struct watches *watches, const struct plan *plan);
void watches_fini(struct watches *watches);

#endif
