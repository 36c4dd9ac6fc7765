#ifndef FOOTPRINT_REACH_H
#define FOOTPRINT_REACH_H

/*
 * Whether the log goes back far enough for windows to be filled from it.
 *
 *   log     | gone ... | first event ................ committed position |
 *   needed                  | <- longest window and waits, lateness ---> | committed clock
 *
 * What is gone came before what is there: so an event that is gone is at most `lateness` later than
 * the first one that is there and was on time. Rules that look at everything ([ever], trait, age,
 * ...) need the log from where the state began. Memberships are not in question: they are read
 * from the members topic. Source: exactly-once 1.5 of the design.
 */

#include <stdbool.h>
#include <stdint.h>

#include "config/base/buffer.h"
#include "config/plan.h"

enum reach_state {
    REACH_NOT_ASKED,
    REACH_LOOKING,
    REACH_ENOUGH,
    REACH_SHORT
};

struct reach {
    enum reach_state state;
    const struct plan *plan;
    int64_t lateness_ms;
    int64_t clock_ms;  /* of the position that is rebuilt */
    int64_t begins_ms; /* events after it are all there; INT64_MAX: there is none at all */
    int64_t first_ms, newest_ms; /* of the events looked at */
    int looks;
};

/* clock_ms: INT64_MIN before the first event: then nothing is needed. */
void reach_begin(
    struct reach *reach, const struct plan *plan, int64_t lateness_ms, int64_t clock_ms);
/* The next event from the log's beginning, and its record's own time (-1: none). */
void reach_look(struct reach *reach, int64_t ts, int64_t record_ms);
/* There is no further event. */
void reach_end(struct reach *reach);
/* In REACH_SHORT: what is missing and which segments need it; one line, at most bytes_max. */
void reach_tell(const struct reach *reach, struct buffer *out, size_t bytes_max);

#endif
