/* A pipeline on a libuv loop: descriptors, a clock and finished jobs turn it. */
#include "daemon/worker.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "config/base/check.h"
#include "config/base/inline.h"
#include "daemon/clock.h"
#include "daemon/lane.h"
#include "daemon/log.h"
#include "pipeline/partition/trial.h"
#include "pipeline/pipeline.h"

#define WORKER_MAGIC 0x776f726bu
#define SHOW_US INT64_C(250000)

struct worker {
    uint32_t magic;
    int number;
    pthread_t thread;
    uv_loop_t loop;
    uv_async_t wake;  /* a job has ended, or the control thread wants something */
    uv_timer_t clock; /* nothing may wait longer than TURN_MS_MAX */
    uv_check_t turn;  /* runs behind every round of the loop */
    uv_idle_t eager;  /* active while there is more to do: the loop does not sleep */
    uv_poll_t polls[2];
    int fds[2];
    bool polling[2];
    bool closing;
    struct lane *lanes[LANE_COUNT];
    struct pipeline *pipeline;
    struct pipeline_host host;
    atomic_bool stop_asked, stopped, has_given_up;
    _Atomic int64_t drain_ms;
    _Atomic(const struct config *) wanted; /* not yet given to the pipeline, or NULL */
    const struct config *config;           /* the newest that the pipeline has */
    _Atomic(const struct config *) try; /* rules to try, not yet given to the pipeline, or NULL */
    _Atomic(struct trial *) tried;      /* not yet taken, or NULL */
    struct sights sights;
    atomic_uint_fast64_t turns;
    atomic_bool holds_changed; /* holds, under the lock, are to be taken over */
    char gave_up[1024];        /* written once, before has_given_up */
    /* What others may see, under the lock. */
    pthread_mutex_t lock;
    struct counters counters;
    struct buffer reasons;
    bool replaying;
    const struct config *settled; /* under whose rules; NULL: some partitions are on their way */
    enum pipeline_hold holds[PARTITIONS_MAX];
    int64_t shown_us;
};

/* --- a host for the pipeline -------------------------------------------------------------------- */

static int64_t
worker_wall_ms(void *opaque)
{
    (void)opaque;
    return clock_corrected_ms();
}

static bool
worker_wall_is_true(void *opaque)
{
    (void)opaque;
    return clock_is_trusted();
}

static int64_t
worker_mono_us(void *opaque)
{
    (void)opaque;
    return clock_mono_us();
}

static void
worker_run(void *opaque, enum pipeline_lane lane, struct pipeline_job *job)
{
    struct worker *worker;

    CHECK_CAST(worker, opaque, WORKER_MAGIC);
    lane_run(worker->lanes[lane], job);
}

static void
worker_notice(void *opaque, const struct pipeline_notice *notice)
{
    static const enum log_level levels[] = {
        [NOTICE_INFO] = LOG_INFO_LINE,
        [NOTICE_WARN] = LOG_WARN_LINE,
        [NOTICE_ERROR] = LOG_ERROR_LINE,
    };
    struct worker *worker;

    CHECK_CAST(worker, opaque, WORKER_MAGIC);
    log_line(
        levels[notice->level], notice->id, worker->number, notice->partition, "%s", notice->text);
}

static void
worker_saw(void *opaque, const struct pipeline_sighting *sighting)
{
    struct worker *worker;

    CHECK_CAST(worker, opaque, WORKER_MAGIC);
    sights_saw(&worker->sights, sighting, clock_wall_ms());
}

static void
worker_give_up(void *opaque, const char *why)
{
    struct worker *worker;

    CHECK_CAST(worker, opaque, WORKER_MAGIC);
    if (atomic_load(&worker->has_given_up))
        return;
    snprintf(worker->gave_up, sizeof(worker->gave_up), "%s", why);
    atomic_store(&worker->has_given_up, true);
}

static void
worker_wake(void *opaque)
{
    struct worker *worker;

    CHECK_CAST(worker, opaque, WORKER_MAGIC);
    uv_async_send(&worker->wake);
}

/* --- the loop ------------------------------------------------------------------------------------- */

static void
worker_show(struct worker *worker)
{
    int64_t now_us = clock_mono_us();

    if (now_us - worker->shown_us < SHOW_US)
        return;
    worker->shown_us = now_us;
    pthread_mutex_lock(&worker->lock);
    pipeline_counters(worker->pipeline, &worker->counters);
    buffer_clear(&worker->reasons);
    pipeline_reasons(worker->pipeline, &worker->reasons);
    worker->replaying = pipeline_replaying(worker->pipeline);
    worker->settled = pipeline_settled(worker->pipeline) ? worker->config : NULL;
    pthread_mutex_unlock(&worker->lock);
}

static void
worker_end_jobs(struct worker *worker)
{
    for (int i = 0; i < LANE_COUNT; i++) {
        struct pipeline_job *job = lane_finished(worker->lanes[i]);

        while (job != NULL) {
            struct pipeline_job *next = job->next;

            job->done(job); /* may free it, or run it again */
            job = next;
        }
    }
}

/* The library writes once when a queue is no longer empty; the turn then reads until it is. */
static void
worker_readable(uv_poll_t *poll, int status, int events)
{
    struct worker *worker;
    uint64_t count;

    (void)status;
    (void)events;
    CHECK_CAST(worker, poll->data, WORKER_MAGIC);
    if (read(worker->fds[poll - worker->polls], &count, sizeof(count)) < 0)
        return; /* the turn has drained it */
}

static void
worker_poll_closed(uv_handle_t *handle)
{
    struct worker *worker;

    CHECK_CAST(worker, handle->data, WORKER_MAGIC);
    worker->polling[(uv_poll_t *)handle - worker->polls] = false;
}

/* The descriptors change when the pipeline makes a new consumer. */
static void
worker_follow(struct worker *worker)
{
    int fds[2];

    pipeline_fds(worker->pipeline, &fds[0], &fds[1]);
    for (int i = 0; i < 2; i++) {
        uv_handle_t *handle = (uv_handle_t *)&worker->polls[i];

        if (worker->polling[i] && worker->fds[i] != fds[i] && !uv_is_closing(handle))
            uv_close(handle, worker_poll_closed);
        if (worker->polling[i] || fds[i] < 0)
            continue;
        worker->fds[i] = fds[i];
        worker->polling[i] = true;
        CHECK(uv_poll_init(&worker->loop, &worker->polls[i], fds[i]) == 0);
        worker->polls[i].data = worker;
        CHECK(uv_poll_start(&worker->polls[i], UV_READABLE, worker_readable) == 0);
    }
}

static void
worker_nothing(uv_idle_t *eager)
{
    (void)eager;
}

static void
worker_close(struct worker *worker)
{
    worker->closing = true;
    uv_close((uv_handle_t *)&worker->wake, NULL);
    uv_close((uv_handle_t *)&worker->clock, NULL);
    uv_close((uv_handle_t *)&worker->turn, NULL);
    uv_close((uv_handle_t *)&worker->eager, NULL);
}

/* Not inlined: its array would be cleared at every turn. */
static INLINE_NEVER void
worker_take_holds(struct worker *worker)
{
    enum pipeline_hold holds[PARTITIONS_MAX];

    pthread_mutex_lock(&worker->lock);
    memcpy(holds, worker->holds, sizeof(holds));
    atomic_store(&worker->holds_changed, false);
    pthread_mutex_unlock(&worker->lock);
    pipeline_hold(worker->pipeline, holds);
}

/* What the control thread wants. */
static void
worker_obey(struct worker *worker)
{
    const struct config *wanted = atomic_exchange(&worker->wanted, NULL);

    if (wanted != NULL) {
        worker->config = wanted;
        pipeline_reload(worker->pipeline, wanted);
    }
    wanted = atomic_exchange(&worker->try, NULL);
    if (wanted != NULL)
        pipeline_try(worker->pipeline, wanted);
    if (atomic_load_explicit(&worker->holds_changed, memory_order_relaxed))
        worker_take_holds(worker);
    if (atomic_load(&worker->stop_asked))
        pipeline_stop(worker->pipeline, atomic_load(&worker->drain_ms));
}

static void
worker_tick(uv_timer_t *clock)
{
    (void)clock;
}

static void
worker_turn(uv_check_t *turn)
{
    struct worker *worker;
    struct trial *trial;
    int64_t wait_ms;
    bool more;

    CHECK_CAST(worker, turn->data, WORKER_MAGIC);
    worker_end_jobs(worker);
    worker_obey(worker);
    more = pipeline_turn(worker->pipeline);
    atomic_fetch_add(&worker->turns, 1);
    trial = pipeline_tried(worker->pipeline);
    if (trial != NULL)
        atomic_store(&worker->tried, trial);
    worker_follow(worker);
    worker_show(worker);
    if (more)
        uv_idle_start(&worker->eager, worker_nothing);
    else
        uv_idle_stop(&worker->eager);
    wait_ms = pipeline_wait_ms(worker->pipeline);
    if (wait_ms < TURN_MS_MAX && !worker->closing)
        uv_timer_start(&worker->clock, worker_tick, (uint64_t)wait_ms, TURN_MS_MAX);
    if (pipeline_stopped(worker->pipeline) && !worker->closing)
        worker_close(worker);
}

static void
worker_woken(uv_async_t *wake)
{
    (void)wake; /* the turn behind this round looks at everything */
}

static void *
worker_main(void *opaque)
{
    struct worker *worker;

    CHECK_CAST(worker, opaque, WORKER_MAGIC);
    uv_run(&worker->loop, UV_RUN_DEFAULT);
    atomic_store(&worker->stopped, true);
    return NULL;
}

/* --- life ------------------------------------------------------------------------------------------- */

static void
worker_init_loop(struct worker *worker)
{
    CHECK(uv_loop_init(&worker->loop) == 0);
    CHECK(uv_async_init(&worker->loop, &worker->wake, worker_woken) == 0);
    CHECK(uv_timer_init(&worker->loop, &worker->clock) == 0);
    CHECK(uv_check_init(&worker->loop, &worker->turn) == 0);
    CHECK(uv_idle_init(&worker->loop, &worker->eager) == 0);
    worker->turn.data = worker;
    uv_timer_start(&worker->clock, worker_tick, 0, TURN_MS_MAX);
    uv_check_start(&worker->turn, worker_turn);
}

struct worker *
worker_start(const struct config *config, const struct topics *topics, int number, int worker_count,
    struct err *reterr)
{
    struct worker *worker = calloc(1, sizeof(*worker));

    CHECK(worker != NULL);
    worker->magic = WORKER_MAGIC;
    worker->number = number;
    worker->config = config;
    worker->host = (struct pipeline_host){
        .opaque = worker,
        .wall_ms = worker_wall_ms,
        .mono_us = worker_mono_us,
        .run = worker_run,
        .notice = worker_notice,
        .give_up = worker_give_up,
        .sights = &worker->sights.wanted,
        .saw = worker_saw,
        .wall_is_true = worker_wall_is_true,
    };
    pthread_mutex_init(&worker->lock, NULL);
    sights_init(&worker->sights);
    buffer_init(&worker->reasons);
    buffer_add_literal(&worker->reasons, "starting\n");
    counters_init(&worker->counters, config->plan);
    worker_init_loop(worker);
    for (int i = 0; i < LANE_COUNT; i++)
        worker->lanes[i] = lane_new(worker_wake, worker);
    worker->pipeline =
        pipeline_new(config, topics, number, worker_count, &worker->loop, &worker->host, reterr);
    if (worker->pipeline != NULL && pthread_create(&worker->thread, NULL, worker_main, worker) == 0)
        return worker;
    return NULL; /* the process ends with the reason in reterr */
}

void
worker_stop(struct worker *worker, int64_t drain_ms)
{
    atomic_store(&worker->drain_ms, drain_ms);
    atomic_store(&worker->stop_asked, true);
    uv_async_send(&worker->wake);
}

void
worker_reload(struct worker *worker, const struct config *config)
{
    atomic_store(&worker->wanted, config);
    uv_async_send(&worker->wake);
}

void
worker_try(struct worker *worker, const struct config *config)
{
    atomic_store(&worker->try, config);
    uv_async_send(&worker->wake);
}

struct trial *
worker_tried(struct worker *worker)
{
    return atomic_exchange(&worker->tried, NULL);
}

bool
worker_has_settled(struct worker *worker, const struct config *config)
{
    bool settled;

    pthread_mutex_lock(&worker->lock);
    settled = worker->settled == config;
    pthread_mutex_unlock(&worker->lock);
    return settled;
}

void
worker_hold(struct worker *worker, const enum pipeline_hold *holds, size_t count)
{
    CHECK(count <= PARTITIONS_MAX);
    pthread_mutex_lock(&worker->lock);
    memcpy(worker->holds, holds, count * sizeof(holds[0]));
    atomic_store(&worker->holds_changed, true);
    pthread_mutex_unlock(&worker->lock);
    uv_async_send(&worker->wake);
}

struct sights *
worker_sights(struct worker *worker)
{
    return &worker->sights;
}

bool
worker_has_stopped(const struct worker *worker)
{
    return atomic_load(&worker->stopped);
}

void
worker_free(struct worker *worker)
{
    if (worker == NULL)
        return;
    CHECK(worker->magic == WORKER_MAGIC);
    pthread_join(worker->thread, NULL);
    pipeline_free(worker->pipeline);
    trial_free(atomic_load(&worker->tried));
    for (int i = 0; i < LANE_COUNT; i++)
        lane_free(worker->lanes[i]);
    CHECK(uv_loop_close(&worker->loop) == 0);
    counters_fini(&worker->counters);
    buffer_fini(&worker->reasons);
    sights_fini(&worker->sights);
    pthread_mutex_destroy(&worker->lock);
    worker->magic = 0;
    free(worker);
}

uint64_t
worker_turns(const struct worker *worker)
{
    return atomic_load(&worker->turns);
}

const char *
worker_gave_up(const struct worker *worker)
{
    return atomic_load(&worker->has_given_up) ? worker->gave_up : NULL;
}

bool
worker_look(struct worker *worker, struct counters *counters, struct buffer *reasons)
{
    bool replaying;

    pthread_mutex_lock(&worker->lock);
    counters_merge(counters, &worker->counters);
    buffer_add(reasons, worker->reasons.bytes, worker->reasons.length);
    replaying = worker->replaying;
    pthread_mutex_unlock(&worker->lock);
    return replaying;
}
