/* Figures of the plan as a table: bytes per user, entries per event, where it stops being exact. */
#include "daemon/ctl/check_cost.h"

#include <inttypes.h>

#include "pipeline/engine/cost.h"

#define USUAL_EVENTS 10
#define USUAL_TEXT_BYTES 16

static struct cost_case
check_cost_case(const struct config *config)
{
    return (struct cost_case){.events = USUAL_EVENTS,
        .text_bytes = USUAL_TEXT_BYTES,
        .events_per_window = (uint32_t)config->settings.limits_events_per_window};
}

void
check_cost_memory(const struct config *config, struct buffer *out)
{
    struct cost_case given = check_cost_case(config);
    struct cost cost;
    size_t usual;

    cost_user(config->plan, &given, &cost);
    usual = cost.bytes_usual + COST_BESIDE_BYTES;
    buffer_printf(out,
        "memory: about %zu bytes for a user with %d events of each kind, at most %zu;\n", usual,
        USUAL_EVENTS, cost.bytes_most + COST_BESIDE_BYTES);
    buffer_printf(out, "  so about %zu users fit into profiles.memory; the others wait in Redis\n",
        (size_t)config->settings.profiles_memory_bytes / usual);
}

static void
check_cost_line(const struct plan_segment *segment, const struct cost *cost,
    const struct cost_case *given, struct buffer *out)
{
    buffer_printf(out, "  %-32.*s %8zu %9zu %7" PRIu64 " %8" PRIu64 "   ",
        (int)segment->name.length, segment->name.bytes, cost->bytes_usual, cost->bytes_most,
        cost->reads_usual, cost->reads_most);
    if (cost->is_bounded)
        buffer_printf(out, "up to %u entries", given->events_per_window);
    else
        buffer_add_literal(out, "always");
    if (cost->is_score)
        buffer_add_literal(out, ", scores to 1 ms");
    buffer_add_char(out, '\n');
}

void
check_cost_segments(const struct config *config, struct buffer *out)
{
    struct cost_case given = check_cost_case(config);
    const struct plan *plan = config->plan;
    struct cost cost;

    buffer_printf(out,
        "\ncost, for a user with %d events of each kind; what segments share is counted in each\n"
        "  %-32s %8s %9s %7s %8s   %s\n",
        USUAL_EVENTS, "segment", "bytes", "at most", "reads", "at most", "exact");
    for (uint32_t i = 0; i < plan->segment_count; i++) {
        cost_segment(plan, i, &given, &cost);
        check_cost_line(&plan->segments[i], &cost, &given, out);
    }
    cost_user(plan, &given, &cost);
    buffer_printf(out, "  %-32s %8zu %9zu %7" PRIu64 " %8" PRIu64 "\n", "a user, shared once",
        cost.bytes_usual, cost.bytes_most, cost.reads_usual, cost.reads_most);
    buffer_printf(out,
        "  bytes: of the profile, in memory and in Redis; %d more beside it in memory\n"
        "  reads: entries that an event looks at, which touches the segment\n"
        "  past limits.events_per_window (%u) the two oldest entries that are alike are merged, "
        "or\n"
        "  the oldest is dropped where none are; both are counted\n",
        COST_BESIDE_BYTES, given.events_per_window);
}
