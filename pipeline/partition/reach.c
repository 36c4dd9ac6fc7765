/* Compares where the log begins with what the rules look back to. */
#include "pipeline/partition/reach.h"

#include <string.h>

#include "config/base/check.h"
#include "config/settings/value.h"

#define LOOKS_MAX 100 /* for an event that was on time */

/*
 * Whether an event was a repeat may hang on one before it, and that on one before that; an id that
 * comes again so often, each time within `dedupe`, is none that marks events.
 */
#define REPEATS_MAX 8

bool
reach_since(const struct plan *plan, const struct settings *settings, int64_t clock_ms,
    struct reach_since *ret_since)
{
    int64_t back_ms = plan->settle_ms;

    if (clock_ms <= 0 || back_ms == PLAN_EVER || settings->input_max_ahead_ms == SETTING_NEVER)
        return false;
    if (__builtin_add_overflow(back_ms, settings->input_lateness_ms, &back_ms) ||
        __builtin_add_overflow(back_ms, settings->input_dedupe_ms * REPEATS_MAX, &back_ms))
        return false;
    ret_since->events_ms = clock_ms - back_ms;
    ret_since->records_ms = ret_since->events_ms - settings->input_max_ahead_ms;
    return ret_since->records_ms > 0;
}

void
reach_begin(struct reach *reach, const struct plan *plan, int64_t lateness_ms, int64_t clock_ms)
{
    *reach = (struct reach){
        .state = REACH_LOOKING,
        .plan = plan,
        .lateness_ms = lateness_ms,
        .clock_ms = clock_ms,
        .newest_ms = INT64_MIN,
    };
    if (clock_ms == INT64_MIN || plan->segment_count == 0)
        reach->state = REACH_ENOUGH;
}

/* Where events must be there from, for rules that look so far back. */
static int64_t
reach_needed(const struct reach *reach, int64_t reach_ms)
{
    if (reach_ms == PLAN_EVER || reach->clock_ms < INT64_MIN + reach->lateness_ms + reach_ms)
        return INT64_MIN;
    return reach->clock_ms - reach->lateness_ms - reach_ms;
}

static void
reach_decide(struct reach *reach, int64_t begins_ms)
{
    int64_t reach_ms = reach->plan->reach_ever ? PLAN_EVER : reach->plan->reach_ms;

    reach->begins_ms = begins_ms;
    reach->state = begins_ms > reach_needed(reach, reach_ms) ? REACH_SHORT : REACH_ENOUGH;
}

/*
 * An event far behind its record's time may be a straggler, which says nothing about what came
 * before it: so the first one on time decides, or a later straggler if it is newer. Where all are
 * far behind, a history is being loaded, and that is in order.
 */
void
reach_look(struct reach *reach, int64_t ts, int64_t record_ms)
{
    if (reach->state != REACH_LOOKING)
        return;
    if (reach->looks++ == 0)
        reach->first_ms = ts;
    if (ts > reach->newest_ms)
        reach->newest_ms = ts;
    if (record_ms >= 0 && record_ms - ts <= reach->lateness_ms)
        reach_decide(reach, reach->newest_ms);
    else if (reach->looks == LOOKS_MAX)
        reach_decide(reach, reach->first_ms);
}

void
reach_end(struct reach *reach)
{
    if (reach->state == REACH_LOOKING)
        reach_decide(reach, reach->looks > 0 ? reach->first_ms : INT64_MAX);
}

/* --- in words -------------------------------------------------------------------------------- */

/* Without the quotes of JSON. */
static void
reach_tell_instant(struct buffer *out, int64_t ms)
{
    struct buffer quoted;

    buffer_init(&quoted);
    buffer_add_instant(&quoted, ms);
    buffer_add(out, quoted.bytes + 1, quoted.length - 2);
    buffer_fini(&quoted);
}

static void
reach_tell_missing(const struct reach *reach, struct buffer *out)
{
    int64_t needed_ms = reach_needed(reach, reach->plan->reach_ms), missing_ms;
    char duration[VALUE_TEXT_BYTES_MAX];

    buffer_add_literal(out, "it ");
    if (reach->begins_ms == INT64_MAX)
        buffer_add_literal(out, "has no event before the committed offset");
    else
        buffer_add_literal(out, "begins with events of ");
    if (reach->begins_ms != INT64_MAX)
        reach_tell_instant(out, reach->begins_ms);
    buffer_add_literal(out, ", the rules look back to ");
    if (reach->plan->reach_ever)
        buffer_add_literal(out, "everything since the state began");
    else
        reach_tell_instant(out, needed_ms);
    if (reach->plan->reach_ever || reach->begins_ms == INT64_MAX)
        return;
    missing_ms = reach->begins_ms - needed_ms;
    value_duration_text(missing_ms, duration);
    buffer_printf(out, ", %s are missing", duration);
}

void
reach_tell(const struct reach *reach, struct buffer *out, size_t bytes_max)
{
    size_t limit = out->length + bytes_max;
    uint32_t told = 0, count = 0;

    CHECK(reach->state == REACH_SHORT);
    reach_tell_missing(reach, out);
    for (uint32_t i = 0; i < reach->plan->segment_count; i++) {
        const struct plan_segment *segment = &reach->plan->segments[i];

        if (reach->begins_ms <= reach_needed(reach, segment->reach_ms))
            continue;
        count++;
        if (told + 1 < count || out->length + segment->name.length + 40 > limit)
            continue;
        buffer_printf(out, "%s", told++ == 0 ? "; of: " : ", ");
        buffer_add_text(out, segment->name);
    }
    if (told < count)
        buffer_printf(
            out, "%s%u segments", told > 0 ? " and further " : "; of ", (unsigned)(count - told));
}
