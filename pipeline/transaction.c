/* What all partitions of the worker have to say, and how far they are, in one transaction. */
#include <stdio.h>
#include <string.h>

#include "config/base/check.h"
#include "config/base/drill.h"
#include "pipeline/work.h"

#define SILENT_COMMIT_US INT64_C(1000000) /* offsets alone may wait so long */
#define HEAVY_RECORDS 2000 /* applied since the last transaction: their number outweighs it */
#define LIGHT_REST 4       /* a transaction's time to the pause behind it, while little comes in */
#define FAILURES_LOUD 3
#define BACKOFF_US INT64_C(50000)
#define BACKOFF_US_MAX INT64_C(5000000)
#define SLOW_US INT64_C(8000000) /* a call that lasts so long is told about */

static int64_t
transaction_backoff(const struct transaction *transaction)
{
    int64_t wait = BACKOFF_US;

    for (int i = 1; i < transaction->failures && wait < BACKOFF_US_MAX; i++)
        wait *= 2;
    return wait < BACKOFF_US_MAX ? wait : BACKOFF_US_MAX;
}

static void
transaction_failed(struct pipeline *pipeline, const char *what)
{
    struct transaction *transaction = &pipeline->transaction;

    transaction->failures++;
    pipeline->counters->transaction_failures++;
    transaction->retry_at_us = work_now_us(pipeline) + transaction_backoff(transaction);
    snprintf(transaction->why, sizeof(transaction->why), "%s", what);
    if (transaction->failures == FAILURES_LOUD)
        work_notice(pipeline, NOTICE_WARN, "transaction-failing", "%s", what);
}

static void
transaction_succeeded(struct pipeline *pipeline)
{
    if (pipeline->transaction.failures >= FAILURES_LOUD)
        work_notice(pipeline, NOTICE_INFO, "transaction-well", "transactions commit again");
    pipeline->transaction.failures = 0;
}

/* --- the sink -------------------------------------------------------------------------------- */

static void
transaction_start_work(struct pipeline_job *job)
{
    struct transaction *transaction = (struct transaction *)job;
    struct pipeline *pipeline = transaction->pipeline;
    struct err *err = &transaction->outcome.err;

    if (transaction->sink == NULL)
        transaction->sink = sink_new(pipeline->config, pipeline->transactional_id, err);
    transaction->code = transaction->sink == NULL ? ERR_RETRY : sink_init(transaction->sink, err);
    if (transaction->code == ERR_NONE)
        return;
    sink_free(transaction->sink);
    transaction->sink = NULL;
}

static void
transaction_start_done(struct pipeline_job *job)
{
    struct transaction *transaction = (struct transaction *)job;
    struct pipeline *pipeline = transaction->pipeline;

    pipeline->jobs--;
    transaction->state = transaction->sink == NULL ? SINK_NONE : SINK_IDLE;
    if (transaction->sink == NULL)
        transaction_failed(pipeline, transaction->outcome.err.msg);
}

static void
transaction_start(struct pipeline *pipeline)
{
    struct transaction *transaction = &pipeline->transaction;

    transaction->state = SINK_STARTING;
    transaction->called_us = work_now_us(pipeline);
    transaction->job.work = transaction_start_work;
    transaction->job.done = transaction_start_done;
    work_run(pipeline, LANE_TRANSACTION, &transaction->job);
}

/* --- a doubtful end -------------------------------------------------------------------------- */

/* A new producer of the same name ends what the old one left; then Kafka says what is committed. */
static void
transaction_renew_work(struct pipeline_job *job)
{
    struct transaction *transaction = (struct transaction *)job;
    struct source_committed committed;

    sink_free(transaction->sink);
    transaction->sink = NULL;
    transaction_start_work(job);
    for (size_t i = 0; i < transaction->part_count && transaction->code == ERR_NONE; i++) {
        const struct sink_part *part = &transaction->parts[i];

        transaction->code = source_committed(transaction->pipeline->shared.source, part->partition,
            &committed, &transaction->outcome.err);
        transaction->found_committed[i] =
            transaction->code == ERR_NONE && !DRILL_WITHOUT(DRILL_DOUBT) &&
            committed.offset == part->offset && strcmp(committed.metadata, part->metadata) == 0;
    }
}

static void transaction_drop_ended(struct pipeline *pipeline);

static void
transaction_renew_done(struct pipeline_job *job)
{
    struct transaction *transaction = (struct transaction *)job;
    struct pipeline *pipeline = transaction->pipeline;

    pipeline->jobs--;
    if (transaction->code != ERR_NONE) {
        transaction->state = SINK_RENEWING;
        transaction_failed(pipeline, transaction->outcome.err.msg);
        return;
    }
    for (size_t i = 0; i < transaction->part_count; i++) {
        if (!transaction->found_committed[i])
            continue;
        partition_committed(transaction->partitions[i]);
        transaction->partitions[i] = NULL;
    }
    transaction->state = SINK_IDLE;
    transaction_drop_ended(pipeline);
}

static void
transaction_renew(struct pipeline *pipeline)
{
    struct transaction *transaction = &pipeline->transaction;

    transaction->state = SINK_STARTING;
    transaction->called_us = work_now_us(pipeline);
    transaction->job.work = transaction_renew_work;
    transaction->job.done = transaction_renew_done;
    work_run(pipeline, LANE_TRANSACTION, &transaction->job);
}

/* --- one transaction ------------------------------------------------------------------------- */

/* Takes parts out that are ended (NULL) or whose partition is someone else's. */
static void
transaction_drop_ended(struct pipeline *pipeline)
{
    struct transaction *transaction = &pipeline->transaction;
    size_t kept = 0;

    for (size_t i = 0; i < transaction->part_count; i++) {
        struct partition *partition = transaction->partitions[i];

        if (partition != NULL && partition_is_lost(partition)) {
            partition_dropped(partition, NULL);
            partition = NULL;
        }
        if (partition == NULL)
            continue;
        transaction->partitions[kept] = partition;
        transaction->parts[kept++] = transaction->parts[i];
    }
    transaction->part_count = kept;
}

static void
transaction_refused(struct pipeline *pipeline)
{
    struct transaction *transaction = &pipeline->transaction;
    const struct sink_outcome *outcome = &transaction->outcome;

    for (size_t i = 0; i < transaction->part_count; i++) {
        if (outcome->partition != -1 && transaction->parts[i].partition != outcome->partition)
            continue;
        partition_dropped(transaction->partitions[i], outcome->err.msg);
        transaction->partitions[i] = NULL;
    }
    transaction_failed(pipeline, outcome->err.msg);
}

static void
transaction_commit_work(struct pipeline_job *job)
{
    struct transaction *transaction = (struct transaction *)job;

    sink_commit(transaction->sink, transaction->group_metadata, transaction->parts,
        transaction->part_count, &transaction->outcome);
}

static void
transaction_commit_done(struct pipeline_job *job)
{
    struct transaction *transaction = (struct transaction *)job;
    struct pipeline *pipeline = transaction->pipeline;
    int64_t now_us = work_now_us(pipeline);

    pipeline->jobs--;
    transaction->state = SINK_IDLE;
    transaction->ended_us = now_us;
    counters_observe(
        &pipeline->counters->transaction_time, (double)(now_us - transaction->begun_us) / 1e6);
    switch (transaction->outcome.result) {
    case SINK_COMMITTED:
        for (size_t i = 0; i < transaction->part_count; i++)
            partition_committed(transaction->partitions[i]);
        transaction->part_count = 0;
        pipeline->counters->transactions++;
        transaction_succeeded(pipeline);
        break;
    case SINK_RETRY:
        transaction_failed(pipeline, transaction->outcome.err.msg);
        break;
    case SINK_RENEW:
        transaction->state = SINK_RENEWING;
        transaction_failed(pipeline, transaction->outcome.err.msg);
        break;
    case SINK_REFUSED:
        transaction_refused(pipeline);
        break;
    }
    transaction_drop_ended(pipeline);
}

static void
transaction_send(struct pipeline *pipeline)
{
    struct transaction *transaction = &pipeline->transaction;

    transaction->group_metadata = source_group_metadata(pipeline->shared.source);
    if (transaction->group_metadata == NULL)
        return;
    transaction->state = SINK_WORKING;
    transaction->begun_us = transaction->called_us = work_now_us(pipeline);
    transaction->begun_records = pipeline->counters->records;
    transaction->ripe_us = 0;
    sink_stamp(transaction->sink,
        work_wall_is_true(pipeline) ? 0 : pipeline->host->wall_ms(pipeline->host->opaque));
    transaction->job.work = transaction_commit_work;
    transaction->job.done = transaction_commit_done;
    work_run(pipeline, LANE_TRANSACTION, &transaction->job);
}

/*
 * When changes have gathered for long enough. Little comes in: one transaction every commit.min,
 * and between slow ones a pause in which the brokers get over the last. Much comes in: as long as
 * allowed, and no more than half the time in commits, for a transaction costs the same whether it
 * says much or little.
 */
static int64_t
transaction_ripe_us(const struct pipeline *pipeline)
{
    const struct transaction *transaction = &pipeline->transaction;
    const struct settings *settings = &pipeline->config->settings;
    bool heavy = pipeline->counters->records - transaction->begun_records >= HEAVY_RECORDS;
    int64_t most_us = settings->commit_max_ms * 1000;
    int64_t gathered_us =
        transaction->begun_us + (heavy ? most_us : settings->commit_min_ms * 1000);
    int64_t rest_us = (transaction->ended_us - transaction->begun_us) / (heavy ? 1 : LIGHT_REST);
    int64_t rested_us = transaction->ended_us + (rest_us < most_us ? rest_us : most_us);

    return gathered_us > rested_us ? gathered_us : rested_us;
}

static bool
transaction_is_due(struct pipeline *pipeline)
{
    int64_t now_us = work_now_us(pipeline);
    bool news = false, said = false;

    for (int32_t i = 0; i < pipeline->topics.partition_count; i++) {
        const struct partition *partition = pipeline->partitions[i];
        enum partition_need need;

        if (partition == NULL)
            continue;
        need = partition_need(partition);
        if (need == PARTITION_MUST_COMMIT)
            return true;
        news = news || need != PARTITION_NEEDS_NOTHING;
        said = said || need == PARTITION_HAS_RECORDS;
    }
    if (news && now_us - pipeline->transaction.ended_us >= SILENT_COMMIT_US)
        return true;
    pipeline->transaction.ripe_us = said ? transaction_ripe_us(pipeline) : 0;
    return said && now_us >= pipeline->transaction.ripe_us;
}

static void
transaction_collect(struct pipeline *pipeline)
{
    struct transaction *transaction = &pipeline->transaction;

    CHECK(transaction->part_count == 0);
    for (int32_t i = 0; i < pipeline->topics.partition_count; i++) {
        struct partition *partition = pipeline->partitions[i];

        if (partition == NULL || partition_need(partition) == PARTITION_NEEDS_NOTHING)
            continue;
        transaction->partitions[transaction->part_count] = partition;
        partition_close(partition, &transaction->parts[transaction->part_count++]);
    }
}

bool
transaction_is_running(const struct pipeline *pipeline)
{
    enum sink_state state = pipeline->transaction.state;

    return pipeline->transaction.part_count > 0 || state == SINK_WORKING || state == SINK_STARTING;
}

void
transaction_reason(const struct pipeline *pipeline, struct buffer *lines)
{
    const struct transaction *transaction = &pipeline->transaction;
    int64_t since_us = work_now_us(pipeline) - transaction->called_us;
    bool called = transaction->state == SINK_WORKING || transaction->state == SINK_STARTING;

    if (transaction->failures >= FAILURES_LOUD)
        buffer_printf(lines, "kafka: transactions fail: %s\n", transaction->why);
    else if (called && since_us >= SLOW_US)
        buffer_printf(lines, "kafka: a transaction has been under way for %lld s\n",
            (long long)(since_us / 1000000));
}

void
transaction_turn(struct pipeline *pipeline)
{
    struct transaction *transaction = &pipeline->transaction;

    if (transaction->state == SINK_WORKING || transaction->state == SINK_STARTING)
        return;
    transaction_drop_ended(pipeline);
    if (pipeline->shared.source == NULL || pipeline->source_failed ||
        work_now_us(pipeline) < transaction->retry_at_us)
        return;
    if (transaction->state == SINK_NONE && !pipeline->stopping)
        transaction_start(pipeline);
    else if (transaction->state == SINK_RENEWING)
        transaction_renew(pipeline);
    if (transaction->state != SINK_IDLE)
        return;
    if (transaction->part_count == 0 && transaction_is_due(pipeline))
        transaction_collect(pipeline);
    if (transaction->part_count > 0)
        transaction_send(pipeline);
}
