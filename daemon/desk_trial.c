/* Says at the runtime socket what a reload would publish, without one. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/check.h"
#include "daemon/clock.h"
#include "daemon/desk.h"
#include "daemon/log.h"

#define TRIAL_US INT64_C(600000000) /* a longer wait is for whoever asks again */
#define TRIAL_NAME_COLUMNS 30

/* Who waits for it; the control thread's alone, and one socket a process. */
static struct {
    struct rehearsal *rehearsal;
    const struct desk_view *view;
    struct socket_call *call; /* NULL: nobody */
    bool plain;               /* users as they are */
    int64_t until_us;
} desk_trial;

static void
desk_trial_gone(void *own)
{
    (void)own;
    desk_trial.call = NULL;
}

/* --- for programs ----------------------------------------------------------------------------- */

static const char *const desk_trial_ways[] = {[TRIAL_ENTER] = "enter", [TRIAL_EXIT] = "exit"};

static void
desk_trial_sample(const struct trial_segment *segment, enum trial_way way, const char *between,
    struct buffer *out)
{
    for (uint64_t i = 0; i < segment->counts[way] && i < TRIAL_SAMPLE_MAX; i++) {
        if (i > 0)
            buffer_add_text(out, text_of(between));
        desk_user(segment->samples[way][i], desk_trial.plain, out);
    }
}

static void
desk_trial_json_segment(const struct trial_segment *segment, struct buffer *out)
{
    buffer_add_literal(out, "{\"name\":");
    buffer_add_json(out, segment->name);
    for (enum trial_way way = 0; way < TRIAL_WAYS; way++) {
        buffer_printf(out, ",\"%s\":{\"users\":%" PRIu64 ",\"sample\":[", desk_trial_ways[way],
            segment->counts[way]);
        desk_trial_sample(segment, way, ",", out);
        buffer_add_literal(out, "]}");
    }
    buffer_add_char(out, '}');
}

static void
desk_trial_json(const struct rehearsal_report *report, struct buffer *out)
{
    const struct trial *trial = report->trial;
    const struct config *was = desk_trial.view->metrics.config;

    buffer_add_literal(out, "{\"dry_run\":true,\"rules\":");
    buffer_add_json(out, text_of(report->rules));
    buffer_add_literal(out, ",\"before\":");
    buffer_add_json(out, text_of(was->plan->rules_id));
    buffer_printf(out, ",\"partitions\":%" PRIu32 ",\"left_out\":", trial->partitions);
    buffer_add_json(out, (struct text){trial->left_out.length > 0 ? trial->left_out.bytes : "",
                             (uint32_t)trial->left_out.length});
    buffer_add_literal(out, ",\"segments\":[");
    for (size_t i = 0; i < trial->count; i++) {
        if (i > 0)
            buffer_add_char(out, ',');
        desk_trial_json_segment(&trial->segments[i], out);
    }
    buffer_add_literal(out, "],\"text\":");
    buffer_add_json(out, text_of(report->text));
    buffer_add_literal(out, "}\n");
}

/* --- for people ------------------------------------------------------------------------------- */

static void
desk_trial_segment(const struct trial_segment *segment, struct buffer *out)
{
    static const char *const titles[] = {[TRIAL_ENTER] = "enter", [TRIAL_EXIT] = "leave"};

    buffer_printf(out, "%-*.*s %12" PRIu64 " %12" PRIu64 "\n", TRIAL_NAME_COLUMNS,
        (int)segment->name.length, segment->name.bytes, segment->counts[TRIAL_ENTER],
        segment->counts[TRIAL_EXIT]);
    for (enum trial_way way = 0; way < TRIAL_WAYS; way++) {
        if (segment->counts[way] == 0)
            continue;
        buffer_printf(out, "  %s: ", titles[way]);
        desk_trial_sample(segment, way, " ", out);
        buffer_printf(out, "%s\n", segment->counts[way] > TRIAL_SAMPLE_MAX ? " ..." : "");
    }
}

static void
desk_trial_text(const struct rehearsal_report *report, struct buffer *out)
{
    const struct trial *trial = report->trial;

    buffer_add_text(out, text_of(report->text));
    if (trial->count > 0)
        buffer_printf(out, "%-*s %12s %12s\n", TRIAL_NAME_COLUMNS, "SEGMENT", "ENTER", "LEAVE");
    for (size_t i = 0; i < trial->count; i++)
        desk_trial_segment(&trial->segments[i], out);
    buffer_add(out, trial->left_out.bytes, trial->left_out.length);
    if (trial->partitions > 0)
        buffer_printf(out, "counted in %" PRIu32 " partitions here; nothing is published\n",
            trial->partitions);
}

/* --- the call --------------------------------------------------------------------------------- */

void
desk_trial_turn(void)
{
    struct socket_call *call = desk_trial.call;
    struct rehearsal_report report;

    if (call == NULL)
        return;
    rehearsal_report(desk_trial.rehearsal, &report);
    if (!report.over && clock_mono_us() < desk_trial.until_us)
        return;
    if (!report.over)
        socket_call_refuse(call, "late", "not all partitions have counted yet; the log says why");
    else if (!report.good)
        desk_refuse_wrong(call, report.text);
    else if (socket_call_json(call))
        desk_trial_json(&report, socket_call_out(call));
    else
        desk_trial_text(&report, socket_call_out(call));
    socket_call_end(call);
}

void
desk_trial_run(struct socket_call *call, bool users)
{
    const struct peer *peer = socket_call_peer(call);

    if (users && !socket_call_may(call, PEER_ADMIN, "to see users"))
        return;
    if (!rehearsal_ask(desk_trial.rehearsal)) {
        socket_call_refuse(call, "busy", "a dry run is under way; ask again when it is over");
        return;
    }
    log_line(LOG_INFO_LINE, "operator", LOG_NOBODY, LOG_NOBODY,
        "reload --dry-run%s, by uid %u, pid %d", users ? " --users" : "", (unsigned)peer->uid,
        (int)peer->pid);
    desk_trial.call = call;
    desk_trial.plain = users;
    desk_trial.until_us = clock_mono_us() + TRIAL_US;
    socket_call_keep(call, &desk_trial, desk_trial_gone);
}

void
desk_trial_open(const struct desk_view *view, struct rehearsal *rehearsal)
{
    desk_trial.view = view;
    desk_trial.rehearsal = rehearsal;
}
