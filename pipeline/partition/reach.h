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
#include "config/settings/settings.h"

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

/*
 * Where a silent replay may begin and yet decide, from clock_ms on, all that one from the beginning
 * decides: it needs every event of `events_ms` or later. Every one of them stands in a record of
 * `records_ms` or later, for one that is further ahead of its record is refused, whoever set the
 * record's time. False: only the beginning will do.
 */
struct reach_since {
    int64_t events_ms, records_ms;
};
bool reach_since(const struct plan *plan, const struct settings *settings, int64_t clock_ms,
    struct reach_since *ret_since);

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
