/* The control thread: signals, start and stop, readiness, metrics, the service manager. */
#include "daemon/control.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "config/base/check.h"
#include "daemon/board.h"
#include "daemon/clock.h"
#include "daemon/crew.h"
#include "daemon/desk.h"
#include "daemon/http.h"
#include "daemon/lane.h"
#include "daemon/listen.h"
#include "daemon/log.h"
#include "daemon/notify.h"
#include "daemon/rehearsal.h"
#include "daemon/reload.h"
#include "daemon/reporter.h"
#include "daemon/stall.h"
#include "daemon/vitals.h"
#include "pipeline/kafka/topics.h"

#define CONTROL_MAGIC 0x6374726cu
#define CONTROL_TICK_MS 250
#define CONTROL_RETRY_MS_MIN 500
#define CONTROL_RETRY_MS_MAX 5000
#define CONTROL_STATUS_US INT64_C(1000000)
#define CONTROL_EXTEND_US INT64_C(60000000)
#define CONTROL_STOP_EXTRA_MS 15000 /* past stop.drain we do not wait for workers any longer */

enum control_state {
    CONTROL_PREPARING,
    CONTROL_RUNNING,
    CONTROL_STOPPING
};

struct control {
    struct pipeline_job prepare; /* first: the job is the control */
    uint32_t magic;
    const struct config *config; /* of the start; a reload has the one in force */
    enum control_state state;
    enum control_exit exit;
    uv_loop_t loop;
    uv_signal_t terminate, interrupt, hangup;
    uv_timer_t tick, retry;
    uv_async_t prepared;
    struct lane *lane;
    bool preparing; /* the job is under way */
    int64_t retry_ms;
    struct topics topics;
    enum err_code prepare_code;
    struct err prepare_err;
    struct err waiting_for; /* the last of them, while the lane writes the next */
    struct http *http;
    struct socket *socket; /* NULL: off */
    struct desk_view view;
    struct crew *crew;
    struct reload *reload;
    struct rehearsal *rehearsal;
    struct reporter *reporter;
    struct board board;
    /* What the board gets, collected anew at each tick. */
    struct counters counters;
    struct metrics_process process;
    struct stall stall;
    uint32_t stalled; /* partitions, at the last look */
    struct buffer reasons, stalls;
    bool replaying;
    bool ready, was_ready; /* now; ever */
    enum clock_trust trust;
    int64_t start_us, status_us, fed_us, stop_until_us;
};

/* --- end --------------------------------------------------------------------------------------- */

static void
control_leave(struct control *control)
{
    uv_stop(&control->loop);
}

static int64_t
control_drain_ms(const struct control *control)
{
    return reload_settings(control->reload)->stop_drain_ms;
}

/* Takes back what was started, in reverse. */
static void
control_stop(struct control *control, enum control_exit exit_code)
{
    if (control->state == CONTROL_STOPPING)
        return;
    control->state = CONTROL_STOPPING;
    control->exit = exit_code;
    control->stop_until_us =
        clock_mono_us() + INT64_C(1000) * (control_drain_ms(control) + CONTROL_STOP_EXTRA_MS);
    notify_stopping();
    notify_status("stopping");
    uv_timer_stop(&control->retry);
    if (control->crew != NULL)
        crew_stop(control->crew, control_drain_ms(control));
}

/* Brokers may keep the helper thread for a while, and workers may hang: then nobody waits. */
static void
control_stop_turn(struct control *control)
{
    bool over = clock_mono_us() > control->stop_until_us;

    if (control->crew != NULL && !crew_has_stopped(control->crew) && !over)
        return;
    if (control->preparing || reload_is_loading(control->reload) ||
        rehearsal_is_loading(control->rehearsal) ||
        (control->crew != NULL && !crew_has_stopped(control->crew))) {
        if (over)
            log_line(LOG_ERROR_LINE, "stop-late", LOG_NOBODY, LOG_NOBODY,
                "workers did not end in time; what is not committed comes again");
        log_flush(true);
        _exit((int)(over ? CONTROL_GAVE_UP : control->exit));
    }
    control_leave(control);
}

/* Other rules: all that shows numbers of segments follows. */
static void
control_reload_turn(struct control *control)
{
    const struct config *config;

    if (control->state == CONTROL_STOPPING)
        return;
    rehearsal_turn(control->rehearsal, control->crew);
    if (!reload_turn(control->reload, control->crew))
        return;
    config = reload_config(control->reload);
    counters_follow(&control->counters, config->plan);
    board_follow(&control->board, config);
    control->view.metrics.config = config;
}

static void
control_terminated(uv_signal_t *handle, int number)
{
    struct control *control;

    CHECK_CAST(control, handle->data, CONTROL_MAGIC);
    if (control->state == CONTROL_STOPPING) {
        log_line(LOG_WARN_LINE, "stop-at-once", LOG_NOBODY, LOG_NOBODY,
            "asked again; what is not committed comes again");
        log_flush(true);
        _exit((int)control->exit);
    }
    log_line(LOG_INFO_LINE, "stop", LOG_NOBODY, LOG_NOBODY, "%s: finishing what is under way",
        number == SIGTERM ? "SIGTERM" : "SIGINT");
    control_stop(control, CONTROL_STOPPED);
}

static void
control_hung_up(uv_signal_t *handle, int number)
{
    struct control *control;

    (void)number;
    CHECK_CAST(control, handle->data, CONTROL_MAGIC);
    reload_ask(control->reload);
    control_reload_turn(control);
}

/* --- start: topics, then workers ---------------------------------------------------------------- */

static void
control_start_workers(struct control *control)
{
    struct err err;

    control->crew = crew_new(control->config, &control->topics, &err);
    if (control->crew != NULL)
        control->reporter = reporter_new(control->config, &err);
    if (control->crew == NULL || control->reporter == NULL) {
        log_line(LOG_ERROR_LINE, "start-failed", LOG_NOBODY, LOG_NOBODY, "%s", err.msg);
        control_stop(control, err.code == ERR_INPUT ? CONTROL_INPUT : CONTROL_GAVE_UP);
        return;
    }
    control->view.crew = control->crew;
    control->state = CONTROL_RUNNING;
    log_line(LOG_INFO_LINE, "start", LOG_NOBODY, LOG_NOBODY,
        "%zu workers for the %d partitions of %s, %u segments, rules %s", crew_size(control->crew),
        control->topics.partition_count, control->config->settings.input_topic,
        control->config->plan->segment_count, control->config->plan->rules_id);
}

/* On the lane's thread: brokers may take their time. */
static void
control_prepare(struct pipeline_job *job)
{
    struct control *control = (struct control *)job;

    control->prepare_code =
        topics_prepare(control->config, &control->topics, &control->prepare_err);
}

static void
control_prepare_again(uv_timer_t *retry)
{
    struct control *control;

    CHECK_CAST(control, retry->data, CONTROL_MAGIC);
    control->preparing = true;
    lane_run(control->lane, &control->prepare);
}

static void
control_prepare_done(struct pipeline_job *job)
{
    struct control *control = (struct control *)job;

    control->preparing = false;
    if (control->state != CONTROL_PREPARING)
        return;
    switch (control->prepare_code) {
    case ERR_NONE:
        control_start_workers(control);
        break;
    case ERR_RETRY:
        control->waiting_for = control->prepare_err;
        log_line(
            LOG_WARN_LINE, "kafka-waiting", LOG_NOBODY, LOG_NOBODY, "%s", control->prepare_err.msg);
        uv_timer_start(&control->retry, control_prepare_again, (uint64_t)control->retry_ms, 0);
        control->retry_ms *= 2;
        if (control->retry_ms > CONTROL_RETRY_MS_MAX)
            control->retry_ms = CONTROL_RETRY_MS_MAX;
        break;
    case ERR_INPUT:
    case ERR_FATAL:
        log_line(LOG_ERROR_LINE, "topics", LOG_NOBODY, LOG_NOBODY, "%s", control->prepare_err.msg);
        control_stop(control, control->prepare_code == ERR_INPUT ? CONTROL_INPUT : CONTROL_GAVE_UP);
        break;
    }
}

static void
control_prepared(uv_async_t *prepared)
{
    struct control *control;
    struct pipeline_job *job;

    CHECK_CAST(control, prepared->data, CONTROL_MAGIC);
    job = lane_finished(control->lane);
    if (job != NULL)
        job->done(job);
    control_reload_turn(control);
}

static void
control_wake(void *opaque)
{
    struct control *control;

    CHECK_CAST(control, opaque, CONTROL_MAGIC);
    uv_async_send(&control->prepared);
}

/* --- look ---------------------------------------------------------------------------------------- */

static void
control_look_clock(struct metrics_process *process)
{
    int64_t ahead_ms;

    process->clock_trusted = clock_is_trusted();
    clock_trust(&ahead_ms);
    process->clock_ahead = ahead_ms == CLOCK_APART_UNSAID ? 0 : (double)ahead_ms / 1e3;
}

static void
control_look(struct control *control)
{
    struct metrics_process *process = &control->process;
    struct reload_report report;
    uint32_t stalled;

    counters_clear(&control->counters);
    buffer_clear(&control->reasons);
    buffer_clear(&control->stalls);
    control->replaying = false;
    if (control->crew != NULL)
        control->replaying =
            crew_look(control->crew, &control->counters, &control->reasons, &control->stalls);
    else if (control->retry_ms > CONTROL_RETRY_MS_MIN)
        buffer_printf(&control->reasons, "%s\n", control->waiting_for.msg);
    else
        buffer_add_literal(&control->reasons, "starting\n");
    if (control->state == CONTROL_STOPPING && control->reasons.length == 0)
        buffer_add_literal(&control->reasons, "stopping\n");
    control->ready = control->reasons.length == 0;
    stalled = stall_look(&control->stall, &control->counters, clock_mono_us());
    if (stalled != control->stalled)
        log_line(stalled > control->stalled ? LOG_WARN_LINE : LOG_INFO_LINE, "stalled", LOG_NOBODY,
            LOG_NOBODY, "%u partitions have messages waiting and apply none", stalled);
    control->stalled = stalled;
    process->ready = control->ready;
    process->workers = control->crew == NULL ? 0 : (int64_t)crew_size(control->crew);
    process->uptime = (double)(clock_mono_us() - control->start_us) / 1e6;
    reload_report(control->reload, &report);
    process->reload_good = report.good;
    process->reload_settled = report.settled;
    process->reload_time = (double)report.at_ms / 1e3;
    process->reloads = report.count;
    process->reloads_refused = report.refused;
    process->resident_bytes = vitals_resident_bytes();
    process->cpu = vitals_cpu_seconds();
    control_look_clock(process);
    process->log_errors = log_count(LOG_ERROR_LINE);
    process->log_warnings = log_count(LOG_WARN_LINE);
    if (control->reporter != NULL)
        process->metrics_lost = reporter_lost(control->reporter);
    control->view.partition_count = control->topics.partition_count;
    board_renew(&control->board, &control->counters, process, &control->reasons, &control->stalls);
}

static int
control_first_line(const struct buffer *lines)
{
    const char *end = memchr(lines->bytes, '\n', lines->length);

    return (int)(end - lines->bytes);
}

/* Tells when readiness comes and goes. */
static void
control_tell(struct control *control, bool before)
{
    if (control->ready && !before)
        log_line(LOG_INFO_LINE, "ready", LOG_NOBODY, LOG_NOBODY, "%u of %d partitions are here",
            control->counters.partition_count, control->topics.partition_count);
    if (!control->ready && before && control->state == CONTROL_RUNNING)
        log_line(LOG_WARN_LINE, "not-ready", LOG_NOBODY, LOG_NOBODY, "%.*s",
            control_first_line(&control->reasons), control->reasons.bytes);
    if (control->ready && !control->was_ready) {
        control->was_ready = true;
        notify_ready();
    }
}

/* Tells once what is to be thought of this host's clock, and again when that changes. */
static void
control_tell_clock(struct control *control)
{
    const char *topic = control->config->settings.output_metrics;
    int64_t ahead_ms;
    enum clock_trust trust = clock_trust(&ahead_ms), before = control->trust;

    if (trust == before)
        return;
    control->trust = trust;
    if (trust == CLOCK_UNCHECKED)
        log_line(LOG_WARN_LINE, "clock-unchecked", LOG_NOBODY, LOG_NOBODY,
            "brokers do not stamp the records of topic '%s': this host's clock can't be held "
            "against theirs; set its message.timestamp.type to LogAppendTime",
            topic);
    else if (trust == CLOCK_DIFFERS && ahead_ms == CLOCK_APART_UNSAID)
        log_line(LOG_ERROR_LINE, "clock-wrong", LOG_NOBODY, LOG_NOBODY,
            "brokers refuse this host's time as too far from theirs; nobody leaves by time alone "
            "until they agree");
    else if (trust == CLOCK_DIFFERS)
        log_line(LOG_ERROR_LINE, "clock-wrong", LOG_NOBODY, LOG_NOBODY,
            "this host's clock is %.1f s %s the brokers'; nobody leaves by time alone until they "
            "agree within %d s",
            (double)(ahead_ms < 0 ? -ahead_ms : ahead_ms) / 1e3,
            ahead_ms < 0 ? "behind" : "ahead of", CLOCK_APART_MS / 1000);
    else if (before == CLOCK_DIFFERS)
        log_line(LOG_INFO_LINE, "clock-right", LOG_NOBODY, LOG_NOBODY,
            "this host's clock agrees with the brokers' again");
}

static int64_t
control_lag(const struct counters *counters)
{
    int64_t lag = 0;

    for (uint32_t i = 0; i < counters->partition_count; i++)
        lag += counters->partitions[i].lag;
    return lag;
}

/* Status and patience of the service manager, about once a second. */
static void
control_notify(struct control *control)
{
    int64_t now_us = clock_mono_us();

    if (now_us - control->status_us < CONTROL_STATUS_US || control->state == CONTROL_STOPPING)
        return;
    control->status_us = now_us;
    if (!control->was_ready && control->stalls.length == 0)
        notify_extend(CONTROL_EXTEND_US);
    if (control->ready)
        notify_status("%u of %d partitions, %jd messages behind, %jd users in memory",
            control->counters.partition_count, control->topics.partition_count,
            (intmax_t)control_lag(&control->counters), (intmax_t)control->counters.profiles);
    else
        notify_status("%s%.*s", control->replaying ? "replaying: " : "not ready: ",
            control_first_line(&control->reasons), control->reasons.bytes);
}

/* The watchdog is fed only while every worker moves. */
static void
control_feed(struct control *control)
{
    int64_t now_us = clock_mono_us();
    int64_t watchdog_us = notify_watchdog_us();

    if (watchdog_us == 0 || control->stalls.length > 0 ||
        now_us - control->fed_us < watchdog_us / 4)
        return;
    control->fed_us = now_us;
    notify_watchdog();
}

static void
control_check_workers(struct control *control)
{
    const char *why = control->crew == NULL ? NULL : crew_gave_up(control->crew);

    if (why == NULL || control->state == CONTROL_STOPPING)
        return;
    log_line(LOG_ERROR_LINE, "gave-up", LOG_NOBODY, LOG_NOBODY, "%s", why);
    control_stop(control, CONTROL_GAVE_UP);
}

static void
control_ticked(uv_timer_t *tick)
{
    struct control *control;
    bool before;

    CHECK_CAST(control, tick->data, CONTROL_MAGIC);
    before = control->ready;
    control_reload_turn(control);
    control_look(control);
    control_tell(control, before);
    control_tell_clock(control);
    control_notify(control);
    control_feed(control);
    control_check_workers(control);
    desk_hold_turn();
    desk_sight_turn();
    desk_top_turn();
    desk_reload_turn();
    desk_trial_turn();
    if (control->reporter != NULL)
        reporter_turn(control->reporter,
            &(struct metrics_view){
                reload_config(control->reload), &control->counters, &control->process},
            reload_settings(control->reload)->metrics_interval_ms);
    if (control->http != NULL)
        http_turn(control->http);
    log_flush(false);
    if (control->state == CONTROL_STOPPING)
        control_stop_turn(control);
}

/* --- life ------------------------------------------------------------------------------------------- */

void
control_block_signals(void)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static void
control_unblock_signals(void)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
}

static void
control_watch_signal(struct control *control, uv_signal_t *handle, int number, uv_signal_cb called)
{
    CHECK(uv_signal_init(&control->loop, handle) == 0);
    handle->data = control;
    CHECK(uv_signal_start(handle, called, number) == 0);
}

static void
control_init(struct control *control, const struct config *config)
{
    *control = (struct control){
        .prepare = {.work = control_prepare, .done = control_prepare_done},
        .magic = CONTROL_MAGIC,
        .config = config,
        .retry_ms = CONTROL_RETRY_MS_MIN,
        .start_us = clock_mono_us(),
        .process = {.start_time = (double)clock_wall_ms() / 1e3},
    };
    counters_init(&control->counters, config->plan);
    buffer_init(&control->reasons);
    buffer_init(&control->stalls);
    board_init(&control->board, config);
    control->view = (struct desk_view){
        .metrics = {config, &control->counters, &control->process},
        .settings = &config->settings,
        .reasons = &control->reasons,
        .stalls = &control->stalls,
    };
    CHECK(uv_loop_init(&control->loop) == 0);
    CHECK(uv_timer_init(&control->loop, &control->tick) == 0);
    CHECK(uv_timer_init(&control->loop, &control->retry) == 0);
    CHECK(uv_async_init(&control->loop, &control->prepared, control_prepared) == 0);
    control->tick.data = control->retry.data = control->prepared.data = control;
}

static void
control_fini_loop(struct control *control)
{
    uv_handle_t *const handles[] = {
        (uv_handle_t *)&control->terminate,
        (uv_handle_t *)&control->interrupt,
        (uv_handle_t *)&control->hangup,
        (uv_handle_t *)&control->tick,
        (uv_handle_t *)&control->retry,
        (uv_handle_t *)&control->prepared,
    };

    for (size_t i = 0; i < sizeof(handles) / sizeof(handles[0]); i++)
        uv_close(handles[i], NULL);
    uv_run(&control->loop, UV_RUN_DEFAULT);
    CHECK(uv_loop_close(&control->loop) == 0);
}

/* In reverse of the start; the last record of the metrics goes out before its producer. */
static void
control_fini(struct control *control)
{
    if (control->reporter != NULL) {
        control_look(control);
        reporter_turn(control->reporter,
            &(struct metrics_view){
                reload_config(control->reload), &control->counters, &control->process},
            0);
    }
    reporter_free(control->reporter);
    control->view.crew = NULL; /* the socket's calls end behind the workers */
    crew_free(control->crew);
    rehearsal_free(control->rehearsal);
    reload_free(control->reload);
    lane_free(control->lane);
    http_free(control->http);
    socket_free(control->socket);
    control_fini_loop(control);
    desk_sight_close();
    board_fini(&control->board);
    buffer_fini(&control->stalls);
    buffer_fini(&control->reasons);
    counters_fini(&control->counters);
}

/* HTTP first, so that the wait for Kafka is seen from outside. */
static enum err_code
control_start_http(struct control *control, struct err *reterr)
{
    const char *listen = control->config->settings.http_listen;

    if (strcmp(listen, "off") == 0)
        return ERR_NONE;
    control->http = http_new(listen, &control->board, reterr);
    if (control->http == NULL)
        return reterr->code;
    log_line(LOG_INFO_LINE, "http", LOG_NOBODY, LOG_NOBODY,
        "http://%s/metrics /livez /readyz /healthz", http_address(control->http));
    return ERR_NONE;
}

/* With the socket it can be asked why it waits. */
static enum err_code
control_start_socket(struct control *control, struct err *reterr)
{
    char room[256];
    const char *path = listen_path(&control->config->settings, room);

    if (path == NULL)
        return ERR_NONE;
    control->socket = socket_new(control->config, path, &control->loop, reterr);
    if (control->socket == NULL)
        return reterr->code;
    desk_open(control->socket, &control->view);
    desk_hold_open(control->socket, &control->view);
    desk_sight_open(control->socket, &control->view);
    desk_top_open(control->socket, &control->view);
    desk_reload_open(control->socket, control->reload);
    desk_trial_open(&control->view, control->rehearsal);
    log_line(LOG_INFO_LINE, "socket", LOG_NOBODY, LOG_NOBODY, "%s", path);
    return ERR_NONE;
}

enum control_exit
control_run(const struct config *config, const struct options *options)
{
    static struct control control; /* large, and there is one */
    struct err err;

    control_init(&control, config);
    control.reload = reload_new(options, config, control_wake, &control);
    control.rehearsal = rehearsal_new(control.reload, control_wake, &control);
    control_watch_signal(&control, &control.terminate, SIGTERM, control_terminated);
    control_watch_signal(&control, &control.interrupt, SIGINT, control_terminated);
    control_watch_signal(&control, &control.hangup, SIGHUP, control_hung_up);
    control_unblock_signals();
    if (control_start_http(&control, &err) == ERR_NONE &&
        control_start_socket(&control, &err) == ERR_NONE) {
        control.lane = lane_new(control_wake, &control);
        uv_timer_start(&control.retry, control_prepare_again, 0, 0);
        uv_timer_start(&control.tick, control_ticked, 0, CONTROL_TICK_MS);
        uv_run(&control.loop, UV_RUN_DEFAULT);
    } else {
        log_line(LOG_ERROR_LINE, "listen", LOG_NOBODY, LOG_NOBODY, "%s", err.msg);
        control.exit = err.code == ERR_INPUT ? CONTROL_INPUT : CONTROL_GAVE_UP;
    }
    control_fini(&control);
    log_flush(true);
    log_line(LOG_INFO_LINE, "end", LOG_NOBODY, LOG_NOBODY, "stopped");
    return control.exit;
}
