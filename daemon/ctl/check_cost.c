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
check_cost_figures(struct text name, const struct cost *cost, struct buffer *out)
{
    buffer_printf(out, "  %-28.*s %7zu %8zu %7u %6u %6" PRIu64 " %7" PRIu64, (int)name.length,
        name.bytes, cost->bytes_usual, cost->bytes_most, cost->leaf_count, cost->node_count,
        cost->reads_usual, cost->reads_most);
}

static void
check_cost_line(const struct plan_segment *segment, const struct cost *cost,
    const struct cost_case *given, struct buffer *out)
{
    check_cost_figures(segment->name, cost, out);
    buffer_add_literal(out, "   ");
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
        "  %-28s %7s %8s %7s %6s %6s %7s   %s\n",
        USUAL_EVENTS, "segment", "bytes", "at most", "changes", "nodes", "reads", "at most",
        "exact");
    for (uint32_t i = 0; i < plan->segment_count; i++) {
        cost_segment(plan, i, &given, &cost);
        check_cost_line(&plan->segments[i], &cost, &given, out);
    }
    cost_user(plan, &given, &cost);
    check_cost_figures(text_of("a user, shared once"), &cost, out);
    buffer_printf(out,
        "\n  bytes: of the profile, in memory and in Redis; %d more beside it in memory; an id of\n"
        "  an event is about 20 more for as long as input.dedupe, where the mapping has ids\n"
        "  an event that touches all of a segment changes that many lists and numbers, computes\n"
        "  that many nodes, shared ones once, and looks at (reads) that many entries\n"
        "  past limits.events_per_window (%u) the two oldest entries that are alike are merged, "
        "or\n"
        "  the oldest is dropped where none are; both are counted\n",
        COST_BESIDE_BYTES, given.events_per_window);
}
