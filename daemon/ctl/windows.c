/* What a stored profile keeps of one user's events, window by window. */
#include "daemon/ctl/windows.h"

#include <inttypes.h>
#include <stdbool.h>

#include "config/base/number.h"
#include "config/language/describe.h"
#include "pipeline/engine/instant.h"
#include "pipeline/engine/profile.h"
#include "pipeline/engine/trail.h"

#define WINDOW_NONE INT64_MIN

/* What can be said of one cell; a member that is WINDOW_NONE or a null value is not known. */
struct window_fact {
    int64_t count;
    int64_t oldest, newest; /* instants */
    struct value total;
    struct value value;
    bool has_score;
    double score;
};

/* --- by kind of leaf --------------------------------------------------------------------------- */

static void
windows_times(const struct plan_leaf *leaf, const struct cell *cell, int64_t floor,
    struct window_fact *fact)
{
    int64_t at;

    fact->count = 0;
    while (times_newest(leaf, cell, (uint64_t)fact->count + 1, &at) && at > floor) {
        fact->newest = fact->count == 0 ? at : fact->newest;
        fact->oldest = at;
        fact->count++;
    }
}

static void
windows_sums(const struct sums *sums, struct window_fact *fact)
{
    fact->count = sums->count;
    fact->total =
        (struct value){.kind = VALUE_NUMBER, .number = number_of_total(sums->total)};
}

static void
windows_top(const struct cell *cell, int64_t floor, struct window_fact *fact)
{
    struct alike *alike = alike_new(EVENTS_PER_WINDOW_MAX);
    struct records_top top;

    records_top(cell, floor, alike, &top);
    fact->count = top.count;
    if (top.count > 0)
        fact->value = top.value;
    alike_free(alike);
}
