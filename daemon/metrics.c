/* The table of numbers, walked row by row. */
#include "daemon/metrics.h"

#include <stdio.h>

#define PARTITION_TEXT_BYTES 12

static const struct metrics_labels metrics_none;

static struct metrics_number
metrics_whole(int64_t value)
{
    return (struct metrics_number){.whole = true, .whole_value = value};
}

static struct metrics_number
metrics_real(double value)
{
    return (struct metrics_number){.value = value};
}

static void
metrics_single(const struct metrics_writer *writer, const char *type, const char *name,
    const char *help, struct metrics_number number)
{
    writer->family(writer->opaque, name, type, help);
    writer->sample(writer->opaque, name, &metrics_none, number);
}

static void
metrics_reasons(
    const struct metrics_writer *writer, const char *name, const char *help, const uint64_t *counts)
{
    writer->family(writer->opaque, name, "counter", help);
    for (int i = COUNTERS_REASON_ok + 1; i < COUNTERS_REASON_COUNT; i++) {
        const char *reason = counters_reason_name((enum counters_reason)i);

        writer->sample(writer->opaque, name, &(struct metrics_labels){{{"reason", reason}}, 1},
            metrics_whole((int64_t)counts[i]));
    }
}

static void
metrics_segment(const struct metrics_view *view, const struct metrics_writer *writer,
    const char *name, uint32_t segment, int64_t value)
{
    char text[NAME_BYTES_MAX + 1];
    struct text label = view->config->plan->segments[segment].name;

    snprintf(text, sizeof(text), "%.*s", (int)label.length, label.bytes);
    writer->sample(writer->opaque, name, &(struct metrics_labels){{{"segment", text}}, 1},
        metrics_whole(value));
}

static void
metrics_partition(const struct metrics_writer *writer, const char *name, int32_t partition,
    const char *state, struct metrics_number number)
{
    char text[PARTITION_TEXT_BYTES];
    struct metrics_labels labels = {{{"partition", text}, {"state", state}}, state == NULL ? 1 : 2};

    snprintf(text, sizeof(text), "%d", partition);
    writer->sample(writer->opaque, name, &labels, number);
}

static void
metrics_info_build(
    const struct metrics_view *view, const struct metrics_writer *writer, const char *name)
{
    static const struct metrics_labels labels = {
        {{"version", FOOTPRINT_VERSION}, {"compiler", __VERSION__}}, 2};

    (void)view;
    writer->sample(writer->opaque, name, &labels, metrics_whole(1));
}

static void
metrics_info_config(
    const struct metrics_view *view, const struct metrics_writer *writer, const char *name)
{
    const struct config *config = view->config;
    struct metrics_labels labels = {
        {{"instance_name", config->settings.instance}, {"rules", config->plan->rules_id},
            {"state", config->state_id}},
        3};

    writer->sample(writer->opaque, name, &labels, metrics_whole(1));
}

static void
metrics_walk_workers(const struct metrics_view *view, const struct metrics_writer *writer)
{
    const struct counters *counters = view->counters;

#define COUNTER(member, name, help)                                                                \
    metrics_single(writer, "counter", name, help, metrics_whole((int64_t)counters->member));
#define GAUGE(member, name, help)                                                                  \
    metrics_single(writer, "gauge", name, help, metrics_whole(counters->member));
#define REASONS(member, name, help) metrics_reasons(writer, name, help, counters->member);
#define HISTOGRAM(member, name, help)                                                              \
    writer->family(writer->opaque, name, "histogram", help);                                       \
    writer->spread(writer->opaque, name, counters->member.buckets, counters->member.count,         \
        counters->member.sum);
#define SEGMENT_GAUGE(member, name, help)                                                          \
    writer->family(writer->opaque, name, "gauge", help);                                           \
    for (uint32_t i = 0; i < counters->segment_count; i++)                                         \
        metrics_segment(view, writer, name, i, counters->segments[i].member);
#define SEGMENT_COUNTER(member, name, help)                                                        \
    writer->family(writer->opaque, name, "counter", help);                                         \
    for (uint32_t i = 0; i < counters->segment_count; i++)                                         \
        metrics_segment(view, writer, name, i, (int64_t)counters->segments[i].member);
#include "pipeline/counters/counters.def"
}

static void
metrics_walk_partitions(const struct metrics_view *view, const struct metrics_writer *writer)
{
    const struct counters *counters = view->counters;
    const struct counters_partition *rows = counters->partitions;

#define PARTITION_STATE(member, name, help)                                                        \
    writer->family(writer->opaque, name, "gauge", help);                                           \
    for (uint32_t i = 0; i < counters->partition_count; i++)                                       \
        metrics_partition(writer, name, rows[i].number, rows[i].member, metrics_whole(1));
#define PARTITION_GAUGE(member, name, help)                                                        \
    writer->family(writer->opaque, name, "gauge", help);                                           \
    for (uint32_t i = 0; i < counters->partition_count; i++)                                       \
        metrics_partition(writer, name, rows[i].number, NULL, metrics_whole(rows[i].member));
#define PARTITION_SECONDS(member, name, help)                                                      \
    writer->family(writer->opaque, name, "gauge", help);                                           \
    for (uint32_t i = 0; i < counters->partition_count; i++)                                       \
        metrics_partition(writer, name, rows[i].number, NULL, metrics_real(rows[i].member));
#define PARTITION_INSTANT(member, name, help)                                                      \
    writer->family(writer->opaque, name, "gauge", help);                                           \
    for (uint32_t i = 0; i < counters->partition_count; i++)                                       \
        if (rows[i].member != INT64_MIN)                                                           \
            metrics_partition(                                                                     \
                writer, name, rows[i].number, NULL, metrics_real((double)rows[i].member / 1e3));
#include "pipeline/counters/counters.def"
}

static void
metrics_walk_process(const struct metrics_view *view, const struct metrics_writer *writer)
{
    const struct metrics_process *process = view->process;

    /* The rows of PROCESS_INFO have labels of their own. */
#define PROCESS_INFO(member, name, help)                                                           \
    writer->family(writer->opaque, name, "gauge", help);                                           \
    metrics_info_##member(view, writer, name);

#define PROCESS_GAUGE(member, name, help)                                                          \
    metrics_single(writer, "gauge", name, help, metrics_whole(process->member));
#define PROCESS_SECONDS(member, name, help)                                                        \
    metrics_single(writer, "gauge", name, help, metrics_real(process->member));
#define PROCESS_COUNTER(member, name, help)                                                        \
    metrics_single(writer, "counter", name, help, metrics_whole((int64_t)process->member));
#define PROCESS_COUNTER_SECONDS(member, name, help)                                                \
    metrics_single(writer, "counter", name, help, metrics_real(process->member));
#include "pipeline/counters/counters.def"
}

void
metrics_walk(const struct metrics_view *view, const struct metrics_writer *writer)
{
    metrics_walk_workers(view, writer);
    metrics_walk_partitions(view, writer);
    metrics_walk_process(view, writer);
}
