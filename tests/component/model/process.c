/* Virtual time, calls under way, and processes that live, sleep and die in it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/check.h"
#include "pipeline/partition/trial.h"
#include "tests/component/model/model.h"

#define EPOCH_MS INT64_C(1700000000000)
#define TURN_US 10000
#define DROWSY_US_MIN INT64_C(3000000) /* longer than most sessions last */

struct world world;

uint64_t
model_random(uint64_t below)
{
    world.random ^= world.random << 13;
    world.random ^= world.random >> 7;
    world.random ^= world.random << 17;
    return below == 0 ? 0 : world.random % below;
}

bool
model_chance(unsigned per_mille)
{
    return model_random(1000) < per_mille;
}

void
model_after(int64_t delay_us, struct model_process *owner, model_call_fn *call, void *context)
{
    struct model_call *made = calloc(1, sizeof(*made)), **place = &world.calls;

    CHECK(made != NULL);
    made->at_us = world.now_us + delay_us;
    made->owner = owner;
    made->call = call;
    made->context = context;
    while (*place != NULL && (*place)->at_us <= made->at_us)
        place = &(*place)->next;
    made->next = *place;
    *place = made;
}

/* --- a host ---------------------------------------------------------------------------------- */

int64_t
model_wall_ms(void)
{
    return EPOCH_MS + world.now_us / 1000 * world.pace;
}

static int64_t
host_wall_ms(void *opaque)
{
    (void)opaque;
    return model_wall_ms();
}

static int64_t
host_mono_us(void *opaque)
{
    struct model_process *process = opaque;

    return world.now_us + process->skew_us;
}

struct host_work {
    struct model_process *process;
    struct pipeline_job *job;
};

static void
host_done(void *context)
{
    struct host_work *work = context;

    work->job->done(work->job);
    free(work);
}

static void
host_work(void *context)
{
    struct host_work *work = context;

    work->job->work(work->job);
    model_after((int64_t)model_random(20000), work->process, host_done, work);
}

static void
host_run(void *opaque, enum pipeline_lane lane, struct pipeline_job *job)
{
    struct host_work *work = calloc(1, sizeof(*work));

    CHECK(work != NULL);
    work->process = opaque;
    work->job = job;
    model_after((int64_t)model_random(20000), opaque, host_work, work);
    if (lane != LANE_TRANSACTION || work->process->drowsy_us == 0 || work->process->dead)
        return;
    work->process->asleep_until_us = world.now_us + work->process->drowsy_us;
    work->process->drowsy_us = 0;
    model_rebalance();
}

static void
host_notice(void *opaque, const struct pipeline_notice *notice)
{
    struct model_process *process = opaque;

    if (world.verbose && !process->dead)
        printf("%10.3f place %d partition %d: %s: %s\n", (double)world.now_us / 1e6, process->place,
            notice->partition, notice->id, notice->text);
}

static void
host_give_up(void *opaque, const char *why)
{
    (void)opaque;
    printf("gave up: %s\n", why);
    world.gave_up++;
}

/* --- processes ------------------------------------------------------------------------------- */

struct model_process *
model_process_of(const struct config *config)
{
    return (struct model_process *)((uintptr_t)config - offsetof(struct model_process, config));
}

void
model_start(int place)
{
    struct model_process *process = calloc(1, sizeof(*process));
    struct topics topics = {MODEL_PARTITIONS, 1};
    static char names[MODEL_PLACES][16];
    struct err err;

    CHECK(process != NULL && world.processes[place] == NULL);
    process->place = place;
    process->config = *world.config;
    snprintf(names[place], sizeof(names[place]), "place%d", place);
    process->config.settings.instance = names[place];
    process->host = (struct pipeline_host){
        .opaque = process,
        .wall_ms = host_wall_ms,
        .mono_us = host_mono_us,
        .run = host_run,
        .notice = host_notice,
        .give_up = host_give_up,
    };
    process->wakes_us = world.now_us;
    world.processes[place] = process;
    process->pipeline = pipeline_new(
        &process->config, &topics, 0, 1, (struct uv_loop_s *)process, &process->host, &err);
    CHECK(process->pipeline != NULL);
    model_rebalance();
}

static void
model_free_process(struct model_process *process)
{
    pipeline_free(process->pipeline);
    model_source_forget(process);
    free(process);
}

/* Runs the process's own calls at once: it is dead, they have no effect, but they must end. */
static void
model_drain(struct model_process *process)
{
    struct model_call **place = &world.calls;

    while (*place != NULL) {
        struct model_call *call = *place;

        if (call->owner != process) {
            place = &call->next;
            continue;
        }
        *place = call->next;
        call->call(call->context);
        free(call);
        place = &world.calls;
    }
}

void
model_kill(int place)
{
    struct model_process *process = world.processes[place];

    CHECK(process != NULL);
    process->dead = true;
    world.processes[place] = NULL;
    pipeline_stop(process->pipeline, process->config.settings.stop_drain_ms);
    while (!pipeline_stopped(process->pipeline)) {
        model_drain(process);
        pipeline_turn(process->pipeline);
        process->skew_us += 1000000;
        CHECK(process->skew_us < INT64_C(600000000));
    }
    model_drain(process);
    model_free_process(process);
}

void
model_sleep(int place, int64_t us)
{
    struct model_process *process = world.processes[place];

    switch (model_random(3)) {
    case 0:
        process->asleep_until_us = world.now_us + us;
        break;
    case 1:
        process->sleepy_us = us;
        break;
    case 2:
        process->drowsy_us = us + DROWSY_US_MIN;
        break;
    }
    world.faults.sleeps++;
}

void
model_stop(int place)
{
    world.processes[place]->stopping = true;
    pipeline_stop(world.processes[place]->pipeline, world.config->settings.stop_drain_ms);
}

/* --- time ------------------------------------------------------------------------------------ */

static bool
model_is_asleep(const struct model_process *process)
{
    return process != NULL && process->asleep_until_us > world.now_us;
}

/* The next call that may happen: those of a sleeping process wait until it wakes. */
static struct model_call *
model_next_call(int64_t until_us)
{
    for (struct model_call **place = &world.calls; *place != NULL; place = &(*place)->next) {
        struct model_call *call = *place;

        if (call->at_us > until_us)
            return NULL;
        if (model_is_asleep(call->owner))
            continue;
        *place = call->next;
        return call;
    }
    return NULL;
}

/* Rules that decide the same would publish nothing, whatever happens meanwhile. */
static void
model_tried(struct model_process *process)
{
    struct trial *trial = pipeline_tried(process->pipeline);

    if (trial == NULL)
        return;
    CHECK(trial->count == 0);
    world.tried += trial->partitions;
    process->trying = false;
    trial_free(trial);
}

static void
model_turns(void)
{
    for (int place = 0; place < MODEL_PLACES; place++) {
        struct model_process *process = world.processes[place];

        if (process == NULL || model_is_asleep(process) || process->wakes_us > world.now_us)
            continue;
        process->wakes_us = world.now_us + TURN_US;
        model_tried(process);
        if (pipeline_turn(process->pipeline))
            process->wakes_us = world.now_us + 200;
        if (process->stopping && pipeline_stopped(process->pipeline)) {
            world.processes[place] = NULL;
            model_free_process(process);
            model_rebalance();
        }
    }
}

void
model_run(int64_t until_us)
{
    while (world.now_us < until_us) {
        struct model_call *call;

        while ((call = model_next_call(world.now_us)) != NULL) {
            call->call(call->context);
            free(call);
        }
        model_turns();
        world.now_us += 1000;
        model_backlog_turn();
    }
}

void
model_lines_free(struct model_line *line)
{
    while (line != NULL) {
        struct model_line *next = line->next;

        free(line->text);
        free(line);
        line = next;
    }
}

void
model_init(uint64_t seed, const struct config *config, int64_t pace)
{
    memset(&world, 0, sizeof(world));
    world.random = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    world.config = config;
    world.pace = pace;
    for (int i = 0; i < MODEL_PARTITIONS; i++) {
        world.holder[i] = -1;
        world.lines_end[i] = &world.lines[i];
    }
    model_redis_init();
}

void
model_fini(void)
{
    for (int place = 0; place < MODEL_PLACES; place++)
        if (world.processes[place] != NULL)
            model_kill(place);
    while (world.calls != NULL) {
        struct model_call *call = world.calls;

        world.calls = call->next;
        call->call(call->context); /* frees its context */
        free(call);
    }
    for (int i = 0; i < MODEL_PARTITIONS; i++) {
        free(world.logs[i].records);
        free(world.held[i].records);
        free(world.jumps[i].at);
        model_lines_free(world.lines[i]);
        model_lines_free(world.members[i]);
    }
    model_redis_fini();
}
