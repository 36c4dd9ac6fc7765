/* Asks for other settings and rules at the runtime socket, and says what became of it. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/check.h"
#include "daemon/clock.h"
#include "daemon/desk.h"
#include "daemon/log.h"

#define RELOAD_LOADED_US INT64_C(60000000)   /* reading files hangs: a network folder, perhaps */
#define RELOAD_SETTLED_US INT64_C(600000000) /* a longer wait is for whoever asks again */

/* Somebody who waits for the end of a reload. */
struct desk_reload {
    struct desk_reload *next;
    struct socket_call *call;
    uint64_t number;
    bool wait; /* until all partitions have followed */
    int64_t until_us;
};

/* The control thread's alone; one socket a process. */
static struct {
    struct reload *reload;
    struct desk_reload *waits;
} desk_reload;

static void
desk_reload_gone(void *own)
{
    struct desk_reload *wait = own, **at = &desk_reload.waits;

    while (*at != wait)
        at = &(*at)->next;
    *at = wait->next;
    free(wait);
}

/* --- answers --------------------------------------------------------------------------------- */

void
desk_refuse_wrong(struct socket_call *call, const char *text)
{
    struct buffer line;

    buffer_init(&line);
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");

        if (length > 0 && *text != ' ')
            buffer_printf(&line, "%s%.*s", line.length > 0 ? "; " : "", (int)length, text);
        text += length + (text[length] == '\n');
    }
    buffer_add_char(&line, '\0');
    socket_call_refuse(call, "wrong", "nothing is changed: %s", line.bytes);
    buffer_fini(&line);
}

static void
desk_reload_answer(const struct desk_reload *wait, const struct reload_report *report)
{
    struct buffer *out = socket_call_out(wait->call);

    if (!socket_call_json(wait->call)) {
        buffer_add_text(out, text_of(report->text));
        buffer_printf(out, "%s\n",
            report->settled ? "every partition here decides by them"
                            : "the partitions here follow one by one");
        return;
    }
    buffer_printf(out, "{\"reload\":%" PRIu64 ",\"rules\":", report->number);
    buffer_add_json(out, text_of(reload_config(desk_reload.reload)->plan->rules_id));
    buffer_printf(out, ",\"settled\":%s,\"text\":", report->settled ? "true" : "false");
    buffer_add_json(out, text_of(report->text));
    buffer_add_literal(out, "}\n");
}

static bool
desk_reload_is_over(const struct desk_reload *wait)
{
    struct reload_report report;
    bool late = clock_mono_us() >= wait->until_us;

    reload_report(desk_reload.reload, &report);
    if (report.number < wait->number) {
        if (late)
            socket_call_refuse(wait->call, "late", "the files are still being read");
        return late;
    }
    if (!report.good) {
        desk_refuse_wrong(wait->call, report.text);
        return true;
    }
    if (wait->wait && !report.settled) {
        if (late)
            socket_call_refuse(wait->call, "late",
                "taken, but not all partitions have followed yet; the log says why");
        return late;
    }
    desk_reload_answer(wait, &report);
    return true;
}

void
desk_reload_turn(void)
{
    struct desk_reload *wait = desk_reload.waits;

    while (wait != NULL) {
        struct desk_reload *next = wait->next;

        if (desk_reload_is_over(wait))
            socket_call_end(wait->call); /* it frees the wait */
        wait = next;
    }
}

/* --- the command ----------------------------------------------------------------------------- */

static void
desk_reload_run(void *opaque, struct socket_call *call)
{
    const struct peer *peer = socket_call_peer(call);
    bool to_the_end = request_word(socket_call_request(call), "wait");
    bool dry = request_word(socket_call_request(call), "dry-run");
    bool users = dry && request_word(socket_call_request(call), "users");
    struct desk_reload *wait;

    (void)opaque;
    if (!desk_begin(call))
        return;
    if (dry) {
        desk_trial_run(call, users);
        return;
    }
    wait = calloc(1, sizeof(*wait));
    CHECK(wait != NULL);
    *wait = (struct desk_reload){
        .next = desk_reload.waits,
        .call = call,
        .number = reload_ask(desk_reload.reload),
        .wait = to_the_end,
        .until_us = clock_mono_us() + (to_the_end ? RELOAD_SETTLED_US : RELOAD_LOADED_US),
    };
    desk_reload.waits = wait;
    log_line(LOG_INFO_LINE, "operator", LOG_NOBODY, LOG_NOBODY,
        "reload %" PRIu64 ", by uid %u, pid %d", wait->number, (unsigned)peer->uid, (int)peer->pid);
    socket_call_keep(call, wait, desk_reload_gone);
}

void
desk_reload_open(struct socket *socket, struct reload *reload)
{
    static const struct socket_command command = {"reload", PEER_OPERATE, desk_reload_run, NULL,
        "settings and rules are read again; wait: until all partitions follow; dry-run: only say "
        "what it would do; users (admin): with users as they are"};

    desk_reload.reload = reload;
    socket_add(socket, &command);
}
