/* A picture of the daemon once a second: rates, who is behind, which segments move. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/check.h"
#include "config/base/limits.h"
#include "daemon/clock.h"
#include "daemon/desk.h"

#define TOP_MAX 8
#define TOP_US INT64_C(1000000)
#define TOP_LINES_FIXED 7 /* of a picture, beside the two tables' rows */
#define TOP_LINE_BYTES 1024

/* Numbers as of the last picture. */
struct top_seen {
    const struct plan *plan; /* of the segments */
    uint64_t events, changes, rejects, transactions;
    double cpu;
    uint64_t delays[COUNTER_BOUND_COUNT + 1];
    struct counters_histogram redis;
    int64_t *offsets;         /* by partition number */
    uint64_t *enters, *exits; /* by plan number */
};

struct desk_top {
    struct desk_top *next;
    struct socket_call *call;
    int64_t columns, lines, left; /* left: pictures to come; 0: without end */
    int64_t seen_us;              /* 0: not yet */
    double seconds;               /* since the last picture */
    struct top_seen seen;
};

static struct {
    const struct desk_view *view;
    struct desk_top *tops;
    int count;
} desk_tops;

/* --- numbers -------------------------------------------------------------------------------------- */

static uint64_t
top_rejects(const struct counters *counters)
{
    uint64_t rejects = 0;

    for (int i = COUNTERS_REASON_ok + 1; i < COUNTERS_REASON_COUNT; i++)
        rejects += counters->rejects[i];
    return rejects;
}

/* A worker that has left takes its numbers along: then nothing is said rather than less than it. */
static double
top_rate(const struct desk_top *top, uint64_t now, uint64_t before)
{
    return top->seconds <= 0 || now < before ? 0 : (double)(now - before) / top->seconds;
}

/* In milliseconds, of what came since the last picture, to the bound of a bucket; -1: nothing. */
static double
top_delay(const struct desk_top *top, double quantile)
{
    const struct counters_histogram *delay = &desk_tops.view->metrics.counters->delay;
    uint64_t total = 0, below = 0;

    for (int i = 0; i <= COUNTER_BOUND_COUNT; i++)
        total += delay->buckets[i] - top->seen.delays[i];
    for (int i = 0; i < COUNTER_BOUND_COUNT && total > 0; i++) {
        below += delay->buckets[i] - top->seen.delays[i];
        if ((double)below >= quantile * (double)total)
            return counters_bounds()[i] * 1e3;
    }
    return total == 0 ? -1 : counters_bounds()[COUNTER_BOUND_COUNT - 1] * 1e3;
}

static double
top_redis_ms(const struct desk_top *top)
{
    const struct counters_histogram *now = &desk_tops.view->metrics.counters->redis_round_trip;
    const struct counters_histogram *before = &top->seen.redis;

    return now->count <= before->count
               ? 0
               : (now->sum - before->sum) * 1e3 / (double)(now->count - before->count);
}

static double
top_partition_rate(const struct desk_top *top, const struct counters_partition *row)
{
    int64_t before = top->seen.offsets[row->number];

    return before == 0 || row->offset < before
               ? 0
               : top_rate(top, (uint64_t)row->offset, (uint64_t)before);
}

static double
top_churn(const struct desk_top *top, uint32_t segment)
{
    const struct counters_segment *now = &desk_tops.view->metrics.counters->segments[segment];

    return top_rate(top, now->enters, top->seen.enters[segment]) +
           top_rate(top, now->exits, top->seen.exits[segment]);
}

/* Other rules: their segments have no past. */
static void
top_follow(struct top_seen *seen, const struct counters *counters)
{
    if (seen->plan == counters->plan && seen->enters != NULL)
        return;
    free(seen->enters);
    free(seen->exits);
    seen->plan = counters->plan;
    seen->enters = calloc(counters->segment_count + 1, sizeof(seen->enters[0]));
    seen->exits = calloc(counters->segment_count + 1, sizeof(seen->exits[0]));
    CHECK(seen->enters != NULL && seen->exits != NULL);
    for (uint32_t i = 0; i < counters->segment_count; i++) {
        seen->enters[i] = counters->segments[i].enters;
        seen->exits[i] = counters->segments[i].exits;
    }
}

static void
top_remember(struct desk_top *top)
{
    const struct counters *counters = desk_tops.view->metrics.counters;
    struct top_seen *seen = &top->seen;

    seen->events = counters->events;
    seen->changes = counters->changes_out;
    seen->rejects = top_rejects(counters);
    seen->transactions = counters->transactions;
    seen->cpu = desk_tops.view->metrics.process->cpu;
    seen->redis = counters->redis_round_trip;
    memcpy(seen->delays, counters->delay.buckets, sizeof(seen->delays));
    for (uint32_t i = 0; i < counters->partition_count; i++)
        seen->offsets[counters->partitions[i].number] = counters->partitions[i].offset;
    for (uint32_t i = 0; i < counters->segment_count; i++) {
        seen->enters[i] = counters->segments[i].enters;
        seen->exits[i] = counters->segments[i].exits;
    }
}

/* --- what comes first ----------------------------------------------------------------------------- */

struct top_row {
    double weight;
    uint32_t index;
};

static int
top_row_order(const void *a, const void *b)
{
    const struct top_row *left = a, *right = b;

    if (left->weight != right->weight)
        return left->weight > right->weight ? -1 : 1;
    return (left->index > right->index) - (left->index < right->index);
}

/* Those furthest behind first. The caller frees it. */
static struct top_row *
top_partitions(void)
{
    const struct counters *counters = desk_tops.view->metrics.counters;
    struct top_row *rows = calloc(counters->partition_count + 1, sizeof(*rows));

    CHECK(rows != NULL);
    for (uint32_t i = 0; i < counters->partition_count; i++)
        rows[i] = (struct top_row){(double)counters->partitions[i].lag, i};
    qsort(rows, counters->partition_count, sizeof(*rows), top_row_order);
    return rows;
}

/* Those that move most first, then the largest. The caller frees it. */
static struct top_row *
top_segments(const struct desk_top *top)
{
    const struct counters *counters = desk_tops.view->metrics.counters;
    struct top_row *rows = calloc(counters->segment_count + 1, sizeof(*rows));

    CHECK(rows != NULL);
    for (uint32_t i = 0; i < counters->segment_count; i++)
        rows[i] =
            (struct top_row){top_churn(top, i) + (double)counters->segments[i].members * 1e-12, i};
    qsort(rows, counters->segment_count, sizeof(*rows), top_row_order);
    return rows;
}

/* --- as text ---------------------------------------------------------------------------------------- */

/* One line, cut at the reader's width: these texts are ASCII but for names, and those come last. */
static void __attribute__((format(printf, 2, 3)))
top_line(struct desk_top *top, const char *fmt, ...)
{
    char line[TOP_LINE_BYTES];
    va_list args;

    va_start(args, fmt);
    vsnprintf(line, sizeof(line), fmt, args);
    va_end(args);
    buffer_printf(socket_call_out(top->call), "%.*s\n", (int)top->columns, line);
}

static void
top_text_head(struct desk_top *top)
{
    const struct desk_view *view = desk_tops.view;
    const struct counters *counters = view->metrics.counters;
    const struct metrics_process *process = view->metrics.process;
    const char *end = view->reasons->length == 0
                          ? NULL
                          : memchr(view->reasons->bytes, '\n', view->reasons->length);
    int reason = end == NULL ? 0 : (int)(end - view->reasons->bytes);
    double p50 = top_delay(top, 0.5), p99 = top_delay(top, 0.99);

    top_line(top, "footprintd %s  up %.0f s  rules %s  %s%.*s", view->settings->instance,
        process->uptime, counters->plan->rules_id,
        view->reasons->length == 0 ? "ready" : "NOT READY: ", reason,
        view->reasons->length == 0 ? "" : view->reasons->bytes);
    top_line(top, "per second: %.0f events, %.0f changes, %.0f rejects, %.1f transactions",
        top_rate(top, counters->events, top->seen.events),
        top_rate(top, counters->changes_out, top->seen.changes),
        top_rate(top, top_rejects(counters), top->seen.rejects),
        top_rate(top, counters->transactions, top->seen.transactions));
    if (p50 < 0)
        top_line(top, "delay: no event  redis %.1f ms", top_redis_ms(top));
    else
        top_line(top, "delay: half within %g ms, 99%% within %g ms  redis %.1f ms", p50, p99,
            top_redis_ms(top));
    top_line(top,
        "%" PRId64 " users in %.1f MiB, %" PRId64 " to be stored  process %.1f MiB, cpu %.0f%%",
        counters->profiles, (double)counters->profile_bytes / 1048576.0, counters->dirty,
        (double)process->resident_bytes / 1048576.0,
        top->seconds <= 0 ? 0 : (process->cpu - top->seen.cpu) * 100 / top->seconds);
}

static void
top_text_partitions(struct desk_top *top, int64_t lines)
{
    const struct counters *counters = desk_tops.view->metrics.counters;
    struct top_row *rows = top_partitions();

    top_line(top, "%9s %-10s %14s %10s %9s %11s %9s", "partition", "state", "offset", "lag",
        "lag s", "clock lag s", "offsets/s");
    for (uint32_t i = 0; i < counters->partition_count && i < lines; i++) {
        const struct counters_partition *row = &counters->partitions[rows[i].index];

        top_line(top, "%9" PRId32 " %-10s %14" PRId64 " %10" PRId64 " %9.1f %11.1f %9.0f",
            row->number, row->state, row->offset, row->lag, row->lag_seconds,
            row->watermark_lag_seconds, top_partition_rate(top, row));
    }
    free(rows);
}

static void
top_text_segments(struct desk_top *top, int64_t lines)
{
    const struct counters *counters = desk_tops.view->metrics.counters;
    struct top_row *rows = top_segments(top);

    top_line(top, "%12s %9s %9s  %s", "members", "enters/s", "exits/s", "segment");
    for (uint32_t i = 0; i < counters->segment_count && i < lines; i++) {
        uint32_t number = rows[i].index;
        const struct counters_segment *segment = &counters->segments[number];
        struct text name = counters->plan->segments[number].name;

        top_line(top, "%12" PRId64 " %9.1f %9.1f  %.*s", segment->members,
            top_rate(top, segment->enters, top->seen.enters[number]),
            top_rate(top, segment->exits, top->seen.exits[number]), (int)name.length, name.bytes);
    }
    free(rows);
}

/* Both tables share the lines that are left; one that needs less leaves more to the other. */
static void
top_text(struct desk_top *top)
{
    const struct counters *counters = desk_tops.view->metrics.counters;
    int64_t room = top->lines - TOP_LINES_FIXED;
    int64_t segments = counters->segment_count, partitions = counters->partition_count;

    if (partitions > room - segments)
        partitions = segments < room / 2 ? room - segments : room / 2;
    if (partitions > counters->partition_count)
        partitions = counters->partition_count;
    if (segments > room - partitions)
        segments = room - partitions;
    top_text_head(top);
    buffer_add_char(socket_call_out(top->call), '\n');
    top_text_partitions(top, partitions);
    buffer_add_char(socket_call_out(top->call), '\n');
    top_text_segments(top, segments);
    buffer_add_literal(socket_call_out(top->call), "\f\n"); /* the end of a picture */
}

/* --- as JSON ------------------------------------------------------------------------------------------ */

static void
top_json_partitions(const struct desk_top *top, struct buffer *out)
{
    const struct counters *counters = desk_tops.view->metrics.counters;
    struct top_row *rows = top_partitions();

    buffer_add_literal(out, ",\"partitions\":[");
    for (uint32_t i = 0; i < counters->partition_count; i++) {
        const struct counters_partition *row = &counters->partitions[rows[i].index];

        buffer_printf(out,
            "%s{\"partition\":%" PRId32 ",\"state\":\"%s\",\"lag\":%" PRId64
            ",\"lag_seconds\":%.3f,\"offsets_per_second\":%.1f}",
            i > 0 ? "," : "", row->number, row->state, row->lag, row->lag_seconds,
            top_partition_rate(top, row));
    }
    buffer_add_char(out, ']');
    free(rows);
}

static void
top_json_segments(const struct desk_top *top, struct buffer *out)
{
    const struct counters *counters = desk_tops.view->metrics.counters;
    struct top_row *rows = top_segments(top);

    buffer_add_literal(out, ",\"segments\":[");
    for (uint32_t i = 0; i < counters->segment_count; i++) {
        uint32_t number = rows[i].index;
        const struct counters_segment *segment = &counters->segments[number];

        buffer_add_text(out, i > 0 ? TEXT(",{\"segment\":") : TEXT("{\"segment\":"));
        buffer_add_json(out, counters->plan->segments[number].name);
        buffer_printf(out,
            ",\"members\":%" PRId64 ",\"enters_per_second\":%.1f,\"exits_per_second\":%.1f}",
            segment->members, top_rate(top, segment->enters, top->seen.enters[number]),
            top_rate(top, segment->exits, top->seen.exits[number]));
    }
    buffer_add_char(out, ']');
    free(rows);
}

static void
top_json(struct desk_top *top)
{
    const struct counters *counters = desk_tops.view->metrics.counters;
    struct buffer *out = socket_call_out(top->call);
    double p50 = top_delay(top, 0.5), p99 = top_delay(top, 0.99);

    buffer_add_literal(out, "{\"at\":");
    buffer_add_instant(out, clock_wall_ms());
    buffer_printf(out,
        ",\"ready\":%s,\"events_per_second\":%.1f,\"changes_per_second\":%.1f"
        ",\"rejects_per_second\":%.1f,\"transactions_per_second\":%.1f,\"redis_ms\":%.3f",
        desk_tops.view->reasons->length == 0 ? "true" : "false",
        top_rate(top, counters->events, top->seen.events),
        top_rate(top, counters->changes_out, top->seen.changes),
        top_rate(top, top_rejects(counters), top->seen.rejects),
        top_rate(top, counters->transactions, top->seen.transactions), top_redis_ms(top));
    if (p50 >= 0)
        buffer_printf(out, ",\"delay_p50_ms\":%g,\"delay_p99_ms\":%g", p50, p99);
    buffer_printf(out, ",\"profiles\":%" PRId64 ",\"profile_bytes\":%" PRId64, counters->profiles,
        counters->profile_bytes);
    top_json_partitions(top, out);
    top_json_segments(top, out);
    buffer_add_literal(out, "}\n");
}

/* --- one picture after another --------------------------------------------------------------------------- */

static void
top_picture(struct desk_top *top, int64_t now_us)
{
    bool last;

    top_follow(&top->seen, desk_tops.view->metrics.counters);
    top->seconds = top->seen_us == 0 ? 0 : (double)(now_us - top->seen_us) / 1e6;
    if (top->seen_us == 0)
        top_remember(top); /* the first one has no rates */
    if (socket_call_json(top->call))
        top_json(top);
    else
        top_text(top);
    top_remember(top);
    top->seen_us = now_us;
    last = top->left > 0 && --top->left == 0;
    socket_call_send(top->call);
    if (last)
        socket_call_end(top->call); /* and the top is gone */
}

void
desk_top_turn(void)
{
    int64_t now_us = clock_mono_us();
    struct desk_top *top = desk_tops.tops;

    while (top != NULL) {
        struct desk_top *next = top->next;

        if (now_us - top->seen_us >= TOP_US)
            top_picture(top, now_us);
        top = next;
    }
}

static void
desk_top_gone(void *own)
{
    struct desk_top *top = own, **at = &desk_tops.tops;

    while (*at != top)
        at = &(*at)->next;
    *at = top->next;
    desk_tops.count--;
    free(top->seen.offsets);
    free(top->seen.enters);
    free(top->seen.exits);
    free(top);
}

static void
desk_top(void *opaque, struct socket_call *call)
{
    static const int64_t sizes[2] = {10, 1000}, counts[2] = {1, INT64_MAX};
    struct request *request = socket_call_request(call);
    int64_t columns = 80, lines = 24, count = 0;
    struct desk_top *top;
    struct err err;

    (void)opaque;
    if (request_number(request, "columns", sizes, &columns, &err) != ERR_NONE ||
        request_number(request, "lines", sizes, &lines, &err) != ERR_NONE ||
        request_number(request, "count", counts, &count, &err) != ERR_NONE) {
        socket_call_refuse(call, "usage", "%s", err.msg);
        return;
    }
    if (!desk_begin(call))
        return;
    if (desk_tops.count == TOP_MAX) {
        socket_call_refuse(call, "busy", "%d others are looking", TOP_MAX);
        return;
    }
    top = calloc(1, sizeof(*top));
    CHECK(top != NULL);
    *top = (struct desk_top){
        .next = desk_tops.tops, .call = call, .columns = columns, .lines = lines, .left = count};
    top->seen.offsets = calloc(PARTITIONS_MAX, sizeof(top->seen.offsets[0]));
    CHECK(top->seen.offsets != NULL);
    desk_tops.tops = top;
    desk_tops.count++;
    socket_call_keep(call, top, desk_top_gone);
}

void
desk_top_open(struct socket *socket, const struct desk_view *view)
{
    static const struct socket_command command = {
        "top", PEER_READ, desk_top, NULL, "a picture each second; columns=N lines=N count=N"};

    desk_tops.view = view;
    socket_add(socket, &command);
}
