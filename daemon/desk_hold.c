/* Lets partitions stand still and go on, and waits until they do. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/check.h"
#include "config/base/limits.h"
#include "daemon/clock.h"
#include "daemon/desk.h"
#include "daemon/log.h"

#define HOLD_WAIT_S 30
#define HOLD_WAIT_S_MAX 3600

/* Somebody who waits until the named partitions are where they should be. */
struct desk_wait {
    struct desk_wait *next;
    struct socket_call *call;
    enum pipeline_hold hold;
    int64_t until_us;
    bool asked[PARTITIONS_MAX];
};

/* The control thread's alone; one socket a process. */
static struct {
    const struct desk_view *view;
    enum pipeline_hold holds[PARTITIONS_MAX];
    struct desk_wait *waits;
} desk_hold;

/* --- which partitions -------------------------------------------------------------------------- */

static bool
desk_hold_number(const char **at, long limit, long *ret_number)
{
    char *end;

    if (**at < '0' || **at > '9')
        return false;
    *ret_number = strtol(*at, &end, 10);
    *at = end;
    return *ret_number < limit;
}

/* "3", "1,2", "4-7", or all of them when none is named. */
static bool
desk_hold_read(const char *text, long count, bool *asked)
{
    long first, last;

    for (long i = 0; text == NULL && i < count; i++)
        asked[i] = true;
    while (text != NULL) {
        if (!desk_hold_number(&text, count, &first))
            return false;
        last = first;
        if (*text == '-' && (text++, !desk_hold_number(&text, count, &last)))
            return false;
        for (long i = first; i <= last; i++)
            asked[i] = true;
        if (*text == '\0')
            return last >= first;
        if (*text++ != ',' || last < first)
            return false;
    }
    return true;
}

/* --- whether they are there -------------------------------------------------------------------- */

static bool
desk_hold_is_held(const char *state)
{
    return strcmp(state, "paused") == 0 || strcmp(state, "draining") == 0 ||
           strcmp(state, "drained") == 0;
}

static bool
desk_hold_is_there(const char *state, enum pipeline_hold hold)
{
    switch (hold) {
    case HOLD_NONE:
        return !desk_hold_is_held(state);
    case HOLD_PAUSE:
        return strcmp(state, "paused") == 0;
    case HOLD_DRAIN:
        break;
    }
    return strcmp(state, "drained") == 0;
}

/* The first partition here that is not; NULL: all are. */
static const struct counters_partition *
desk_hold_missing(const struct desk_wait *wait)
{
    const struct counters *counters = desk_hold.view->metrics.counters;

    for (uint32_t i = 0; i < counters->partition_count; i++) {
        const struct counters_partition *row = &counters->partitions[i];

        if (wait->asked[row->number] && !desk_hold_is_there(row->state, wait->hold))
            return row;
    }
    return NULL;
}

/* --- answers ------------------------------------------------------------------------------------- */

static void
desk_hold_gone(void *own)
{
    struct desk_wait *wait = own, **at = &desk_hold.waits;

    while (*at != wait)
        at = &(*at)->next;
    *at = wait->next;
    free(wait);
}

/* The partitions that are here, with their states. */
static void
desk_hold_answer(const struct desk_wait *wait)
{
    const struct counters *counters = desk_hold.view->metrics.counters;
    struct buffer *out = socket_call_out(wait->call);
    bool json = socket_call_json(wait->call), any = false;

    if (json)
        buffer_add_literal(out, "{\"partitions\":[");
    for (uint32_t i = 0; i < counters->partition_count; i++) {
        const struct counters_partition *row = &counters->partitions[i];

        if (!wait->asked[row->number])
            continue;
        buffer_printf(out,
            json ? "%s{\"partition\":%" PRId32 ",\"state\":\"%s\"}"
                 : "%spartition %" PRId32 ": %s\n",
            json && any ? "," : "", row->number, row->state);
        any = true;
    }
    if (json)
        buffer_add_literal(out, "]}\n");
    else if (!any)
        buffer_add_literal(out, "none of these partitions is here; it holds when they come\n");
}

static bool
desk_hold_is_over(const struct desk_wait *wait)
{
    const struct counters_partition *missing = desk_hold_missing(wait);

    if (missing == NULL) {
        desk_hold_answer(wait);
        return true;
    }
    if (clock_mono_us() < wait->until_us)
        return false;
    socket_call_refuse(wait->call, "late",
        "partition %" PRId32 " is still %s; what was asked for stays asked for", missing->number,
        missing->state);
    return true;
}

void
desk_hold_turn(void)
{
    struct desk_wait *wait = desk_hold.waits;

    while (wait != NULL) {
        struct desk_wait *next = wait->next;

        if (desk_hold_is_over(wait))
            socket_call_end(wait->call); /* it may free the wait */
        wait = next;
    }
}

/* --- the commands --------------------------------------------------------------------------------- */

static void
desk_hold_begin(struct socket_call *call, struct desk_wait *wait, int64_t wait_s)
{
    const struct peer *peer = socket_call_peer(call);
    const char *which = request_value(socket_call_request(call), "partition");
    long count = desk_hold.view->partition_count;

    for (long i = 0; i < count; i++)
        if (wait->asked[i])
            desk_hold.holds[i] = wait->hold;
    crew_hold(desk_hold.view->crew, desk_hold.holds, (size_t)count);
    log_line(LOG_INFO_LINE, "operator", LOG_NOBODY, LOG_NOBODY,
        "%s partition %s, by uid %u, pid %d", socket_call_request(call)->command,
        which == NULL ? "all" : which, (unsigned)peer->uid, (int)peer->pid);
    wait->call = call;
    wait->until_us = clock_mono_us() + wait_s * 1000000;
    wait->next = desk_hold.waits;
    desk_hold.waits = wait;
    socket_call_keep(call, wait, desk_hold_gone);
}

static void
desk_hold_run(struct socket_call *call, enum pipeline_hold hold)
{
    static const int64_t range[2] = {0, HOLD_WAIT_S_MAX};
    struct request *request = socket_call_request(call);
    const char *which = request_value(request, "partition");
    struct desk_wait *wait;
    int64_t wait_s = HOLD_WAIT_S;
    struct err err;

    if (request_number(request, "wait", range, &wait_s, &err) != ERR_NONE) {
        socket_call_refuse(call, "usage", "%s", err.msg);
        return;
    }
    if (!desk_begin(call))
        return;
    if (desk_hold.view->crew == NULL) {
        socket_call_refuse(call, "early", "there are no workers yet");
        return;
    }
    wait = calloc(1, sizeof(*wait));
    CHECK(wait != NULL);
    wait->hold = hold;
    if (desk_hold_read(which, desk_hold.view->partition_count, wait->asked)) {
        desk_hold_begin(call, wait, wait_s);
        return;
    }
    free(wait);
    socket_call_refuse(call, "usage",
        "'%s' names no partitions of the input; write 3, 1,2 or 4-7, up to %" PRId32, which,
        desk_hold.view->partition_count - 1);
}

static void
desk_pause(void *opaque, struct socket_call *call)
{
    (void)opaque;
    desk_hold_run(call, HOLD_PAUSE);
}

static void
desk_resume(void *opaque, struct socket_call *call)
{
    (void)opaque;
    desk_hold_run(call, HOLD_NONE);
}

static void
desk_drain(void *opaque, struct socket_call *call)
{
    (void)opaque;
    desk_hold_run(call, HOLD_DRAIN);
}

void
desk_hold_open(struct socket *socket, const struct desk_view *view)
{
    static const struct socket_command commands[] = {
        {"pause", PEER_OPERATE, desk_pause, NULL, "partitions stand still; partition=N,N-N wait=S"},
        {"resume", PEER_OPERATE, desk_resume, NULL, "they go on"},
        {"drain", PEER_OPERATE, desk_drain, NULL,
            "they finish what is read, commit it, store it, stand still"},
    };

    desk_hold.view = view;
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        socket_add(socket, &commands[i]);
}
