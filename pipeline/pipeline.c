/* The spine: the whole way of a batch, from the brokers and back, is read in pipeline_turn. */
#include "pipeline/pipeline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/check.h"
#include "pipeline/work.h"

/* --- one turn -------------------------------------------------------------------------------- */

/* Some partition has enough to do: what is not read now stays with the brokers. */
static bool
pipeline_is_full(const struct pipeline *pipeline)
{
    for (int32_t i = 0; i < pipeline->topics.partition_count; i++)
        if (pipeline->partitions[i] != NULL && partition_is_full(pipeline->partitions[i]))
            return true;
    return false;
}

static void
pipeline_take(void *opaque, const struct source_message *message)
{
    struct pipeline *pipeline = opaque;
    struct partition *partition = pipeline->partitions[message->partition];

    if (partition != NULL)
        partition_take(partition, message);
}

static bool
pipeline_apply(struct pipeline *pipeline)
{
    bool more = false;

    for (int32_t i = 0; i < pipeline->topics.partition_count; i++)
        if (pipeline->partitions[i] != NULL && partition_turn(pipeline->partitions[i]))
            more = true;
    return more;
}

static void pipeline_renew_source(struct pipeline *pipeline);
static void pipeline_stop_turn(struct pipeline *pipeline);

bool
pipeline_turn(struct pipeline *pipeline)
{
    bool more = false;

    CHECK(pipeline->magic == PIPELINE_MAGIC);
    pipeline->shared.wall_ms = pipeline->host->wall_ms(pipeline->host->opaque);
    pipeline->shared.turn_us = pipeline->host->mono_us(pipeline->host->opaque);
    if (pipeline->shared.source != NULL && !pipeline->renewing) {
        source_serve(pipeline->shared.source);
        if (!pipeline_is_full(pipeline) && !pipeline->source_failed)
            more =
                source_read(pipeline->shared.source, BATCH_EVENTS_MAX, pipeline_take, pipeline) > 0;
    }
    if (pipeline_apply(pipeline))
        more = true;
    transaction_turn(pipeline);
    assignment_turn(pipeline);
    probe_turn(pipeline);
    rules_turn(pipeline);
    if (pipeline->source_failed)
        pipeline_renew_source(pipeline);
    if (pipeline->stopping)
        pipeline_stop_turn(pipeline);
    return more;
}

/* --- the consumer ---------------------------------------------------------------------------- */

static void
pipeline_brokers_down(void *opaque, bool down, const char *why)
{
    struct pipeline *pipeline;

    CHECK_CAST(pipeline, opaque, PIPELINE_MAGIC);
    if (!down && pipeline->source_why[0] == '\0')
        return;
    snprintf(pipeline->source_why, sizeof(pipeline->source_why), "%s", down ? why : "");
    work_notice(pipeline, down ? NOTICE_WARN : NOTICE_INFO, down ? "kafka-down" : "kafka-up", "%s",
        down ? why : "brokers answer again");
}

static void
pipeline_assigned(void *opaque, const int32_t *partitions, size_t count)
{
    struct pipeline *pipeline;

    CHECK_CAST(pipeline, opaque, PIPELINE_MAGIC);
    /* What an earlier consumer said of them is over. */
    pipeline_brokers_down(pipeline, false, NULL);
    assignment_given(pipeline, partitions, count);
}

static void
pipeline_revoked(void *opaque, const int32_t *partitions, size_t count, bool lost)
{
    struct pipeline *pipeline;

    CHECK_CAST(pipeline, opaque, PIPELINE_MAGIC);
    assignment_taken(pipeline, partitions, count, lost);
}

static void
pipeline_source_fatal(void *opaque, const char *why)
{
    struct pipeline *pipeline;

    CHECK_CAST(pipeline, opaque, PIPELINE_MAGIC);
    if (pipeline->source_failed)
        return;
    pipeline->source_failed = true;
    work_notice(pipeline, NOTICE_WARN, "consumer-lost", "%s; joining again", why);
}

static enum err_code
pipeline_source_new(struct pipeline *pipeline, struct err *reterr)
{
    struct source_callbacks callbacks = {
        .opaque = pipeline,
        .assigned = pipeline_assigned,
        .revoked = pipeline_revoked,
        .brokers_down = pipeline_brokers_down,
        .fatal = pipeline_source_fatal,
    };
    struct source *source = source_new(pipeline->config, pipeline->name, &callbacks, reterr);

    if (source == NULL)
        return reterr->code;
    pipeline->shared.source = source;
    return source_subscribe(source, reterr);
}

struct source_end_job {
    struct pipeline_job job;
    struct pipeline *pipeline;
    struct source *source;
};

static void
pipeline_source_end_work(struct pipeline_job *job)
{
    source_free(((struct source_end_job *)job)->source);
}

static void
pipeline_source_end_done(struct pipeline_job *job)
{
    struct source_end_job *end = (struct source_end_job *)job;
    struct pipeline *pipeline = end->pipeline;
    struct err err;

    pipeline->jobs--;
    pipeline->renewing = false;
    free(end);
    if (pipeline->stopping) {
        pipeline->source_closed = true;
        return;
    }
    pipeline->source_failed = false;
    pipeline->assignment.joined = false;
    if (pipeline_source_new(pipeline, &err) != ERR_NONE)
        pipeline->host->give_up(pipeline->host->opaque, err.msg);
}

/* Frees the consumer on the helper thread: leaving the group may wait for brokers. */
static void
pipeline_source_end(struct pipeline *pipeline)
{
    struct source_end_job *end = calloc(1, sizeof(*end));

    CHECK(end != NULL);
    end->job.work = pipeline_source_end_work;
    end->job.done = pipeline_source_end_done;
    end->pipeline = pipeline;
    end->source = pipeline->shared.source;
    pipeline->shared.source = NULL;
    pipeline->renewing = true;
    work_run(pipeline, LANE_QUERY, &end->job);
}

/* The consumer is at its end: all partitions are lost, then a new one joins. */
static void
pipeline_renew_source(struct pipeline *pipeline)
{
    if (pipeline->renewing || pipeline->shared.source == NULL)
        return;
    assignment_release_all(pipeline, true);
    pipeline->assignment.taken_count = 0;
    pipeline->assignment.taking = false;
    assignment_turn(pipeline);
    if (assignment_is_empty(pipeline) && !transaction_is_running(pipeline))
        pipeline_source_end(pipeline);
}

/* --- the store ------------------------------------------------------------------------------- */

static void
pipeline_store_up(void *opaque)
{
    struct pipeline *pipeline;

    CHECK_CAST(pipeline, opaque, PIPELINE_MAGIC);
    pipeline->store_why[0] = '\0';
    pipeline->shared.store_epoch++;
    work_notice(pipeline, NOTICE_INFO, "redis-up", "connected");
    for (int32_t i = 0; i < pipeline->topics.partition_count; i++)
        if (pipeline->partitions[i] != NULL)
            partition_store_up(pipeline->partitions[i]);
}

static void
pipeline_store_down(void *opaque, const char *why)
{
    struct pipeline *pipeline;

    CHECK_CAST(pipeline, opaque, PIPELINE_MAGIC);
    snprintf(pipeline->store_why, sizeof(pipeline->store_why), "%s", why);
    work_notice(pipeline, NOTICE_WARN, "redis-down", "%s", why);
}

/* --- life ------------------------------------------------------------------------------------ */

static enum err_code
pipeline_start_edges(struct pipeline *pipeline, struct uv_loop_s *loop, struct err *reterr)
{
    struct store_callbacks callbacks = {pipeline, pipeline_store_up, pipeline_store_down};
    struct partition_shared *shared = &pipeline->shared;

    shared->prober = source_prober_new(pipeline->config, reterr);
    if (shared->prober == NULL)
        return reterr->code;
    shared->store = store_new(pipeline->config, loop, &callbacks, reterr);
    if (shared->store == NULL)
        return reterr->code;
    return pipeline_source_new(pipeline, reterr);
}

static void
pipeline_name(struct pipeline *pipeline)
{
    const struct settings *settings = &pipeline->config->settings;

    snprintf(pipeline->name, sizeof(pipeline->name), "%s-%d", settings->instance, pipeline->worker);
    snprintf(pipeline->transactional_id, sizeof(pipeline->transactional_id), "%s-%s",
        settings->kafka_group, pipeline->name);
}

static void
pipeline_share(struct pipeline *pipeline, int worker_count)
{
    const struct config *config = pipeline->config;
    struct partition_shared *shared = &pipeline->shared;
    size_t workers = (size_t)worker_count,
           partitions = ((size_t)pipeline->topics.partition_count + workers - 1) / workers;

    shared->config = config;
    shared->topics = &pipeline->topics;
    shared->host = pipeline->host;
    shared->counters = pipeline->counters;
    shared->profile_bytes_max =
        (size_t)config->settings.profiles_memory_bytes / workers / partitions;
    batch_pool_init(&shared->batches);
    chunk_pool_init(&shared->chunks);
}

struct pipeline *
pipeline_new(const struct config *config, const struct topics *topics, int worker, int worker_count,
    struct uv_loop_s *loop, const struct pipeline_host *host, struct err *reterr)
{
    struct pipeline *pipeline = calloc(1, sizeof(*pipeline));

    CHECK(pipeline != NULL && worker_count > 0);
    CHECK(topics->partition_count > 0 && topics->partition_count <= PARTITIONS_MAX);
    pipeline->magic = PIPELINE_MAGIC;
    pipeline->config = config;
    pipeline->topics = *topics;
    pipeline->worker = worker;
    pipeline->host = host;
    pipeline->counters = calloc(1, sizeof(*pipeline->counters));
    pipeline->partitions = calloc(PARTITIONS_MAX, sizeof(pipeline->partitions[0]));
    CHECK(pipeline->counters != NULL && pipeline->partitions != NULL);
    counters_init(pipeline->counters, config->plan);
    rules_take(pipeline, config);
    pipeline->transaction.pipeline = pipeline;
    pipeline->probe.pipeline = pipeline;
    pipeline->probe.seen_us = work_now_us(pipeline);
    pipeline->shared.trust.seen_ms = host->wall_ms(host->opaque);
    snprintf(pipeline->store_why, sizeof(pipeline->store_why), "connecting");
    pipeline_name(pipeline);
    pipeline_share(pipeline, worker_count);
    if (pipeline_start_edges(pipeline, loop, reterr) == ERR_NONE)
        return pipeline;
    pipeline_free(pipeline);
    return NULL;
}

void
pipeline_fds(const struct pipeline *pipeline, int *ret_control_fd, int *ret_data_fd)
{
    const struct source *source = pipeline->shared.source;

    *ret_control_fd = source == NULL ? -1 : source_control_fd(source);
    *ret_data_fd = source == NULL ? -1 : source_data_fd(source);
}

void
pipeline_stop(struct pipeline *pipeline, int64_t drain_ms)
{
    if (pipeline->stopping)
        return;
    pipeline->stopping = true;
    pipeline->stop_until_us = work_now_us(pipeline) + drain_ms * 1000;
    assignment_release_all(pipeline, false);
}

void
pipeline_hold(struct pipeline *pipeline, const enum pipeline_hold *holds)
{
    for (int32_t i = 0; i < pipeline->topics.partition_count; i++) {
        pipeline->holds[i] = holds[i];
        if (pipeline->partitions[i] != NULL)
            partition_hold(pipeline->partitions[i], holds[i]);
    }
}

static void
pipeline_store_closed(void *opaque)
{
    struct pipeline *pipeline;

    CHECK_CAST(pipeline, opaque, PIPELINE_MAGIC);
    pipeline->store_closed = true;
    pipeline->shared.store = NULL;
}

/* Step by step: partitions, then the consumer, then Redis. */
static void
pipeline_stop_turn(struct pipeline *pipeline)
{
    if (work_now_us(pipeline) >= pipeline->stop_until_us)
        assignment_release_all(pipeline, true);
    if (!assignment_is_empty(pipeline) || transaction_is_running(pipeline))
        return;
    if (pipeline->shared.source != NULL && !pipeline->renewing)
        pipeline_source_end(pipeline);
    else if (pipeline->source_closed && !pipeline->store_closing) {
        pipeline->store_closing = true;
        store_close(pipeline->shared.store, pipeline_store_closed, pipeline);
    }
}

int64_t
pipeline_wait_ms(const struct pipeline *pipeline)
{
    int64_t ripe_us = pipeline->transaction.ripe_us, wait_us;

    if (ripe_us == 0)
        return TURN_MS_MAX;
    wait_us = ripe_us - work_now_us(pipeline);
    if (wait_us <= 0)
        return 1;
    return wait_us >= TURN_MS_MAX * 1000 ? TURN_MS_MAX : (wait_us + 999) / 1000;
}

bool
pipeline_stopped(const struct pipeline *pipeline)
{
    return pipeline->store_closed && pipeline->jobs == 0;
}

void
pipeline_free(struct pipeline *pipeline)
{
    if (pipeline == NULL)
        return;
    CHECK(pipeline->jobs == 0);
    sink_free(pipeline->transaction.sink);
    source_prober_free(pipeline->shared.prober);
    batch_pool_fini(&pipeline->shared.batches);
    chunk_pool_fini(&pipeline->shared.chunks);
    rules_free(pipeline);
    counters_fini(pipeline->counters);
    free(pipeline->counters);
    free(pipeline->partitions);
    pipeline->magic = 0;
    free(pipeline);
}

/* --- what is seen from outside --------------------------------------------------------------- */

static void
pipeline_partition_reason(const struct partition *partition, struct buffer *lines)
{
    if (partition_is_held(partition))
        buffer_printf(lines, "partition %d: %s by an operator\n", partition_number(partition),
            partition_state_name(partition));
    else if (partition_is_taking_over(partition))
        buffer_printf(lines, "partition %d: taking over what was published%s\n",
            partition_number(partition),
            partition_is_switching(partition) ? "; its rules have changed" : "");
    else if (partition_state(partition) != PARTITION_LIVE)
        buffer_printf(lines, "partition %d: %s: %s\n", partition_number(partition),
            partition_state_name(partition), partition_reason(partition));
}

void
pipeline_reasons(const struct pipeline *pipeline, struct buffer *lines)
{
    if (pipeline->stopping)
        buffer_add_literal(lines, "stopping\n");
    if (pipeline->store_why[0] != '\0')
        buffer_printf(lines, "redis: %s\n", pipeline->store_why);
    if (pipeline->source_why[0] != '\0')
        buffer_printf(lines, "kafka: %s\n", pipeline->source_why);
    else if (!probe_brokers_answer(pipeline))
        buffer_printf(lines, "kafka: brokers do not answer%s%s\n",
            pipeline->probe.running ? "" : ": ", /* the helper thread writes it meanwhile */
            pipeline->probe.running ? "" : pipeline->probe.err.msg);
    else if (!pipeline->assignment.joined)
        buffer_add_literal(lines, "kafka: joining the group\n");
    transaction_reason(pipeline, lines);
    for (int32_t i = 0; i < pipeline->topics.partition_count; i++)
        if (pipeline->partitions[i] != NULL)
            pipeline_partition_reason(pipeline->partitions[i], lines);
}

bool
pipeline_replaying(const struct pipeline *pipeline)
{
    for (int32_t i = 0; i < pipeline->topics.partition_count; i++)
        if (pipeline->partitions[i] != NULL &&
            partition_state(pipeline->partitions[i]) == PARTITION_REPLAYING)
            return true;
    return false;
}

static void
pipeline_counters_store(const struct store *store, struct counters *counters)
{
    const struct store_counts *counts = store_counts(store);

    counters->redis_commands = counts->commands;
    counters->redis_bytes_out = counts->bytes_out;
    counters->redis_bytes_in = counts->bytes_in;
    counters->redis_reconnects = counts->reconnects;
    counters->redis_round_trip = counts->round_trip;
}

void
pipeline_counters(const struct pipeline *pipeline, struct counters *counters)
{
    struct decode_counts decoded;

    rules_decoded(pipeline, &decoded);
    counters_copy(counters, pipeline->counters);
    counters->texts_too_long = decoded.texts_too_long;
    counters->numbers_out_of_range = decoded.numbers_out_of_range;
    if (pipeline->shared.store != NULL)
        pipeline_counters_store(pipeline->shared.store, counters);
    for (int32_t i = 0; i < pipeline->topics.partition_count; i++)
        if (pipeline->partitions[i] != NULL)
            partition_counters(pipeline->partitions[i], counters);
}
