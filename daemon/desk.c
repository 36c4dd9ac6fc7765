/* Answers of the runtime socket that are read off the numbers. */
#include "daemon/desk.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "config/base/check.h"
#include "config/language/duration.h"
#include "daemon/log.h"

/* --- how it is written ----------------------------------------------------------------------- */

bool
desk_begin(struct socket_call *call)
{
    struct err err;

    if (request_end(socket_call_request(call), &err) == ERR_NONE)
        return true;
    socket_call_refuse(call, "usage", "%s", err.msg);
    return false;
}

static void
desk_key(struct buffer *out, const char *name)
{
    if (out->length > 0 && out->bytes[out->length - 1] != '{')
        buffer_add_char(out, ',');
    buffer_printf(out, "\"%s\":", name);
}

static void
desk_json_text(struct buffer *out, const char *name, const char *value)
{
    desk_key(out, name);
    buffer_add_json(out, text_of(value));
}

static void
desk_json_int(struct buffer *out, const char *name, int64_t value)
{
    desk_key(out, name);
    buffer_add_int(out, value);
}

static void
desk_json_real(struct buffer *out, const char *name, double value)
{
    desk_key(out, name);
    buffer_printf(out, "%.15g", value);
}

static void
desk_json_bool(struct buffer *out, const char *name, bool value)
{
    desk_key(out, name);
    buffer_printf(out, "%s", value ? "true" : "false");
}

static void
desk_json_instant(struct buffer *out, const char *name, int64_t ms)
{
    desk_key(out, name);
    if (ms == INT64_MIN)
        buffer_add_literal(out, "null");
    else
        buffer_add_instant(out, ms);
}

/* Each line of `lines` through `print`. */
static void
desk_lines(const struct buffer *lines, struct buffer *out,
    void (*print)(struct buffer *out, struct text line, bool first))
{
    const char *at = lines->bytes, *end = lines->bytes + lines->length;

    for (bool first = true; at < end; first = false) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        struct text line = {at, (uint32_t)((stop == NULL ? end : stop) - at)};

        print(out, line, first);
        at += line.length + 1;
    }
}

static void
desk_line_json(struct buffer *out, struct text line, bool first)
{
    if (!first)
        buffer_add_char(out, ',');
    buffer_add_json(out, line);
}

static void
desk_line_text(struct buffer *out, struct text line, bool first)
{
    (void)first;
    buffer_add_literal(out, "            ");
    buffer_add_text(out, line);
    buffer_add_char(out, '\n');
}

static void
desk_json_lines(struct buffer *out, const char *name, const struct buffer *lines)
{
    desk_key(out, name);
    buffer_add_char(out, '[');
    desk_lines(lines, out, desk_line_json);
    buffer_add_char(out, ']');
}

/* --- status ------------------------------------------------------------------------------------- */

struct desk_sum {
    int64_t lag;
    double lag_seconds; /* of the partition that is furthest behind */
    uint64_t rejects, enters, exits;
};

static struct desk_sum
desk_sum(const struct counters *counters)
{
    struct desk_sum sum = {0};

    for (uint32_t i = 0; i < counters->partition_count; i++) {
        sum.lag += counters->partitions[i].lag;
        if (counters->partitions[i].lag_seconds > sum.lag_seconds)
            sum.lag_seconds = counters->partitions[i].lag_seconds;
    }
    for (int i = COUNTERS_REASON_ok + 1; i < COUNTERS_REASON_COUNT; i++)
        sum.rejects += counters->rejects[i];
    for (uint32_t i = 0; i < counters->segment_count; i++) {
        sum.enters += counters->segments[i].enters;
        sum.exits += counters->segments[i].exits;
    }
    return sum;
}

static void
desk_status_json(const struct desk_view *view, struct buffer *out)
{
    const struct counters *counters = view->metrics.counters;
    const struct metrics_process *process = view->metrics.process;
    const struct config *config = view->metrics.config;
    struct desk_sum sum = desk_sum(counters);

    buffer_add_char(out, '{');
    desk_json_text(out, "instance", view->settings->instance);
    desk_json_text(out, "version", FOOTPRINT_VERSION);
    desk_json_int(out, "pid", getpid());
    desk_json_instant(out, "started", (int64_t)(process->start_time * 1e3));
    desk_json_real(out, "uptime", process->uptime);
    desk_json_bool(out, "ready", view->reasons->length == 0);
    desk_json_lines(out, "reasons", view->reasons);
    desk_json_lines(out, "stalls", view->stalls);
    desk_json_text(out, "group", view->settings->kafka_group);
    desk_json_text(out, "input", view->settings->input_topic);
    desk_json_int(out, "partitions_here", counters->partition_count);
    desk_json_int(out, "partitions", view->partition_count);
    desk_json_int(out, "workers", process->workers);
    desk_json_text(out, "rules", config->plan->rules_id);
    desk_json_int(out, "segments", config->plan->segment_count);
    desk_json_int(out, "lag_messages", sum.lag);
    desk_json_real(out, "lag_seconds", sum.lag_seconds);
    desk_json_int(out, "events", (int64_t)counters->events);
    desk_json_int(out, "changes", (int64_t)counters->changes_out);
    desk_json_int(out, "rejects", (int64_t)sum.rejects);
    desk_json_int(out, "transactions", (int64_t)counters->transactions);
    desk_json_int(out, "profiles", counters->profiles);
    desk_json_int(out, "profile_bytes", counters->profile_bytes);
    desk_json_int(out, "resident_bytes", process->resident_bytes);
    desk_json_text(out, "log_level", log_level_name(log_level_get()));
    buffer_add_literal(out, "}\n");
}

static void
desk_status_text(const struct desk_view *view, struct buffer *out)
{
    const struct counters *counters = view->metrics.counters;
    const struct metrics_process *process = view->metrics.process;
    const struct config *config = view->metrics.config;
    struct desk_sum sum = desk_sum(counters);

    buffer_printf(out, "instance    %s (group %s), footprintd %s, pid %d\n",
        view->settings->instance, view->settings->kafka_group, FOOTPRINT_VERSION, (int)getpid());
    buffer_add_literal(out, "up          ");
    duration_print(out, (int64_t)process->uptime * 1000);
    buffer_printf(out, "\nready       %s\n", view->reasons->length == 0 ? "yes" : "no");
    desk_lines(view->reasons, out, desk_line_text);
    buffer_printf(out,
        "partitions  %" PRIu32 " of %" PRId32 " of %s are here, %" PRId64 " workers\n",
        counters->partition_count, view->partition_count, view->settings->input_topic,
        process->workers);
    buffer_printf(out, "behind      %" PRId64 " messages, %.1f s\n", sum.lag, sum.lag_seconds);
    buffer_printf(out, "rules       %s, %" PRIu32 " segments\n", config->plan->rules_id,
        config->plan->segment_count);
    buffer_printf(
        out, "events      %" PRIu64 ", rejects %" PRIu64 "\n", counters->events, sum.rejects);
    buffer_printf(out, "changes     %" PRIu64 " (%" PRIu64 " enters, %" PRIu64 " exits)\n",
        counters->changes_out, sum.enters, sum.exits);
    buffer_printf(out, "users       %" PRId64 " in memory, %.1f MiB; the process has %.1f MiB\n",
        counters->profiles, (double)counters->profile_bytes / 1048576.0,
        (double)process->resident_bytes / 1048576.0);
    buffer_printf(out, "log level   %s\n", log_level_name(log_level_get()));
}

static void
desk_status(void *opaque, struct socket_call *call)
{
    const struct desk_view *view = opaque;

    if (!desk_begin(call))
        return;
    if (socket_call_json(call))
        desk_status_json(view, socket_call_out(call));
    else
        desk_status_text(view, socket_call_out(call));
}

/* --- partitions ---------------------------------------------------------------------------------- */

/* The members of a row are those of the table, so a new one shows here too. */
static void
desk_partition_json(const struct counters_partition *row, struct buffer *out)
{
    buffer_add_char(out, '{');
    desk_json_int(out, "partition", row->number);
#define PARTITION_STATE(member, name, help) desk_json_text(out, #member, row->member);
#define PARTITION_GAUGE(member, name, help) desk_json_int(out, #member, row->member);
#define PARTITION_SECONDS(member, name, help) desk_json_real(out, #member, row->member);
#define PARTITION_INSTANT(member, name, help) desk_json_instant(out, #member, row->member);
#include "pipeline/counters/counters.def"
    buffer_add_char(out, '}');
}

static void
desk_partition_text(const struct counters_partition *row, struct buffer *out)
{
    buffer_printf(out,
        "%9" PRId32 "  %-10s %14" PRId64 " %10" PRId64 " %8.1f %11.1f %10" PRId64 "\n", row->number,
        row->state, row->offset, row->lag, row->lag_seconds, row->watermark_lag_seconds,
        row->backlog_bytes / 1024);
}

static void
desk_partitions(void *opaque, struct socket_call *call)
{
    const struct desk_view *view = opaque;
    const struct counters *counters = view->metrics.counters;
    struct buffer *out = socket_call_out(call);
    bool json = socket_call_json(call);

    if (!desk_begin(call))
        return;
    if (json)
        buffer_add_literal(out, "{\"partitions\":[");
    else
        buffer_printf(out, "%9s  %-10s %14s %10s %8s %11s %10s\n", "partition", "state", "offset",
            "lag", "lag s", "clock lag s", "waits KiB");
    for (uint32_t i = 0; i < counters->partition_count; i++) {
        if (json && i > 0)
            buffer_add_char(out, ',');
        if (json)
            desk_partition_json(&counters->partitions[i], out);
        else
            desk_partition_text(&counters->partitions[i], out);
    }
    if (json)
        buffer_printf(out, "],\"of\":%" PRId32 "}\n", view->partition_count);
}

/* --- rules ---------------------------------------------------------------------------------------- */

static void
desk_segment_json(
    const struct plan_segment *segment, const struct counters_segment *numbers, struct buffer *out)
{
    buffer_add_literal(out, "{\"segment\":");
    buffer_add_json(out, segment->name);
    desk_json_int(out, "level", (int64_t)segment->level);
#define SEGMENT_GAUGE(member, name, help) desk_json_int(out, #member, numbers->member);
#define SEGMENT_COUNTER(member, name, help) desk_json_int(out, #member, (int64_t)numbers->member);
#include "pipeline/counters/counters.def"
    desk_json_int(out, "for_ms", segment->for_ms);
    desk_json_int(out, "keep_ms", segment->keep_ms);
    desk_json_int(out, "cooldown_ms", segment->cooldown_ms);
    desk_key(out, "description");
    buffer_add_json(out, segment->description);
    buffer_add_char(out, '}');
}

static void
desk_segment_text(
    const struct plan_segment *segment, const struct counters_segment *numbers, struct buffer *out)
{
    buffer_printf(out, "%-32.*s %12" PRId64 " %12" PRIu64 " %12" PRIu64 "\n",
        (int)segment->name.length, segment->name.bytes, numbers->members, numbers->enters,
        numbers->exits);
}

static void
desk_rules(void *opaque, struct socket_call *call)
{
    const struct desk_view *view = opaque;
    const struct plan *plan = view->metrics.config->plan;
    const struct counters *counters = view->metrics.counters;
    struct buffer *out = socket_call_out(call);
    bool json = socket_call_json(call);

    if (!desk_begin(call))
        return;
    if (json)
        buffer_printf(out, "{\"rules\":\"%s\",\"segments\":[", plan->rules_id);
    else
        buffer_printf(out, "rules %s, %" PRIu32 " segments\n%-32s %12s %12s %12s\n", plan->rules_id,
            plan->segment_count, "segment", "members", "enters", "exits");
    for (uint32_t i = 0; i < counters->segment_count; i++) {
        if (json && i > 0)
            buffer_add_char(out, ',');
        if (json)
            desk_segment_json(&plan->segments[i], &counters->segments[i], out);
        else
            desk_segment_text(&plan->segments[i], &counters->segments[i], out);
    }
    if (json)
        buffer_add_literal(out, "]}\n");
}

/* --- loglevel --------------------------------------------------------------------------------------- */

static bool
desk_level_set(struct socket_call *call, const char *name)
{
    const struct peer *peer = socket_call_peer(call);
    enum log_level level;

    if (!socket_call_may(call, PEER_OPERATE, "a change of the log level"))
        return false;
    if (!log_level_read(name, &level)) {
        socket_call_refuse(
            call, "usage", "there is no log level '%s'; write debug, info, warn or error", name);
        return false;
    }
    log_level_set(LOG_INFO_LINE); /* so that this line is there at any level */
    log_line(LOG_INFO_LINE, "log-level", LOG_NOBODY, LOG_NOBODY, "%s, by uid %u, pid %d", name,
        (unsigned)peer->uid, (int)peer->pid);
    log_level_set(level);
    return true;
}

static void
desk_level(void *opaque, struct socket_call *call)
{
    struct buffer *out = socket_call_out(call);
    const char *name = request_value(socket_call_request(call), "level");

    (void)opaque;
    if (!desk_begin(call))
        return;
    if (name != NULL && !desk_level_set(call, name))
        return;
    if (socket_call_json(call))
        buffer_printf(out, "{\"log_level\":\"%s\"}\n", log_level_name(log_level_get()));
    else
        buffer_printf(out, "%s\n", log_level_name(log_level_get()));
}

/* --- the table ---------------------------------------------------------------------------------------- */

static struct socket_command desk_commands[] = {
    {"status", PEER_READ, desk_status, NULL, "how it is, in a few lines"},
    {"partitions", PEER_READ, desk_partitions, NULL, "the partitions that are here"},
    {"rules", PEER_READ, desk_rules, NULL, "the segments, and who is in them"},
    {"loglevel", PEER_READ, desk_level, NULL, "the log level; level=LEVEL changes it (operate)"},
};

void
desk_open(struct socket *socket, const struct desk_view *view)
{
    for (size_t i = 0; i < sizeof(desk_commands) / sizeof(desk_commands[0]); i++) {
        desk_commands[i].opaque = (void *)(uintptr_t)view;
        socket_add(socket, &desk_commands[i]);
    }
}
