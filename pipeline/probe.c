/* Asks the brokers where the log ends: for the clock of silent partitions, and to see them answer.
 */
#include <stdio.h>
#include <string.h>

#include "config/base/check.h"
#include "config/base/drill.h"
#include "pipeline/work.h"

#define PROBE_EVERY_US INT64_C(50000)
#define LOOK_EVERY_US INT64_C(1000000) /* at the ends of partitions that are not silent */
#define SLOW_US INT64_C(500000)        /* an answer that took longer proves nothing */
#define COUNT_EVERY_US INT64_C(5000000)
#define UNSEEN_US INT64_C(8000000) /* no answer for so long: the brokers are gone */

static void
probe_work(struct pipeline_job *job)
{
    struct probe *probe = (struct probe *)job;
    struct source_prober *prober = probe->pipeline->shared.prober;

    probe->code = ERR_NONE;
    if (probe->wants_partition_count)
        probe->code = source_prober_partitions(prober, &probe->partition_count, &probe->err);
    for (size_t i = 0; i < probe->count && probe->code == ERR_NONE; i++)
        probe->code = source_prober_end(prober, probe->partitions[i], &probe->ends[i], &probe->err);
}

static void
probe_answered(struct pipeline *pipeline)
{
    struct probe *probe = &pipeline->probe;

    if (!work_wall_is_true(pipeline)) /* it was set while we asked */
        return;
    if (probe->count > 0)
        trust_answered(&pipeline->shared.trust, probe->asked_wall_ms,
            (probe->asked_us - probe->seen_us) / 1000);
    for (size_t i = 0; i < probe->count; i++) {
        struct partition *partition = pipeline->partitions[probe->partitions[i]];

        if (partition == NULL)
            continue;
        partition_end_heard(partition, probe->ends[i], probe->asked_wall_ms);
        if (probe->wants_end)
            partition_end_proved(partition, probe->ends[i], probe->asked_wall_ms);
    }
}

/* With another number of partitions the keys of users lie elsewhere: all that we have here stops.
 */
static void
probe_count(struct pipeline *pipeline)
{
    struct probe *probe = &pipeline->probe;
    int32_t then = pipeline->topics.partition_count;

    if (probe->code == ERR_NONE && probe->partition_count > 0)
        pipeline->partitions_now = probe->partition_count;
    if (pipeline->partitions_now == 0 || pipeline->partitions_now == then)
        return;
    for (int32_t i = 0; i < then; i++)
        if (pipeline->partitions[i] != NULL)
            partition_stop_moved(pipeline->partitions[i], then, pipeline->partitions_now);
}

static void
probe_done(struct pipeline_job *job)
{
    struct probe *probe = (struct probe *)job;
    struct pipeline *pipeline = probe->pipeline;
    int64_t now_us = work_now_us(pipeline), slow_us;

    pipeline->jobs--;
    probe->running = false;
    probe->next_us = now_us + PROBE_EVERY_US;
    slow_us = probe->wants_end ? SLOW_US : SLOW_US * (int64_t)(probe->count + 1);
    if (probe->code != ERR_NONE || now_us - probe->asked_us > slow_us)
        trust_failed(&pipeline->shared.trust, pipeline->host->wall_ms(pipeline->host->opaque));
    else
        probe_answered(pipeline);
    if (probe->code == ERR_NONE)
        probe->seen_us = now_us;
    if (probe->wants_partition_count)
        probe_count(pipeline);
}

/*
 * How far the log has grown, a few partitions at a time in turn: what a partition has read does not
 * tell that while it is busy, or stopped. Without partitions, to see whether the brokers answer.
 */
static void
probe_look(struct pipeline *pipeline)
{
    struct probe *probe = &pipeline->probe;
    int32_t count = pipeline->topics.partition_count;

    for (int32_t i = 0; i < count && probe->count < LOOKS_MAX; i++) {
        probe->look_next = probe->look_next + 1 < count ? probe->look_next + 1 : 0;
        if (pipeline->partitions[probe->look_next] != NULL)
            probe->partitions[probe->count++] = probe->look_next;
    }
    if (probe->count == 0)
        probe->partitions[probe->count++] = 0;
}

/* The partitions whose clock could move, or from time to time others. */
static void
probe_choose(struct pipeline *pipeline, int64_t now_us)
{
    struct probe *probe = &pipeline->probe;
    bool may_move = work_wall_is_true(pipeline);

    probe->wants_partition_count =
        now_us - probe->counted_us >= COUNT_EVERY_US && !DRILL_WITHOUT(DRILL_END);
    if (probe->wants_partition_count)
        probe->counted_us = now_us;
    probe->count = 0;
    probe->wants_end = false;
    if (now_us - probe->looked_us >= LOOK_EVERY_US) {
        probe->looked_us = now_us;
        probe_look(pipeline);
        return;
    }
    for (int32_t i = 0;
         may_move && i < pipeline->topics.partition_count && probe->count < PROBES_MAX; i++)
        if (pipeline->partitions[i] != NULL &&
            partition_wants_probe(pipeline->partitions[i], now_us))
            probe->partitions[probe->count++] = i;
    probe->wants_end = probe->count > 0;
}

void
probe_turn(struct pipeline *pipeline)
{
    struct probe *probe = &pipeline->probe;
    int64_t now_us = work_now_us(pipeline);

    if (probe->running || now_us < probe->next_us || pipeline->stopping)
        return;
    probe_choose(pipeline, now_us);
    if (probe->count == 0 && !probe->wants_partition_count)
        return;
    probe->running = true;
    probe->asked_us = now_us;
    probe->asked_wall_ms = pipeline->host->wall_ms(pipeline->host->opaque);
    probe->job.work = probe_work;
    probe->job.done = probe_done;
    work_run(pipeline, LANE_PROBE, &probe->job);
}

bool
probe_brokers_answer(const struct pipeline *pipeline)
{
    return work_now_us(pipeline) - pipeline->probe.seen_us < UNSEEN_US;
}
