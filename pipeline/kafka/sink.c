/* One transaction after another: outboxes and offsets go out together, or not at all. */
#include "pipeline/kafka/sink.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/base/check.h"
#include "config/base/drill.h"
#include "config/base/limits.h"
#include "pipeline/kafka/conf.h"
#include "pipeline/kafka/group.h"

#define SINK_MAGIC 0x51dec0deu
#define SINK_INIT_MS 20000
#define SINK_WARM_UP_MS 5000
#define SINK_OFFSETS_MS 10000
#define SINK_FLUSH_MS 2000 /* before an abort */
#define SINK_ABORT_MS 10000
#define SINK_REST_MS (-1) /* what is left of the transaction's time-out */
#define SINK_TRIES_MAX 5  /* of one step while the library says that it may be tried again */
#define SINK_FULL_MS 10   /* one wait for room in the queue */
#define SINK_FULL_WAITS_MAX 3000
#define SINK_ID_BYTES 2048

struct sink {
    uint32_t magic;
    rd_kafka_t *rk;
    rd_kafka_topic_t *topics[OUTBOX_TOPIC_COUNT];
    const char *input, *group; /* the config's */
    int64_t timestamp_ms;
    /* The first record of this transaction that a broker has refused. */
    rd_kafka_resp_err_t refused;
    int32_t refused_partition;
    /* A record of this transaction may be in the log though its producer was not told so. */
    bool unsure;
};

/* --- made and freed -------------------------------------------------------------------------- */

/* Without it the library polls every 10 ms inside commit; and it tells which record was refused. */
static void
sink_delivered(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    struct sink *sink;

    (void)rk;
    CHECK_CAST(sink, opaque, SINK_MAGIC);
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    if (rd_kafka_message_status(message) == RD_KAFKA_MSG_STATUS_POSSIBLY_PERSISTED)
        sink->unsure = true;
    if (message->err == RD_KAFKA_RESP_ERR__PURGE_QUEUE ||
        message->err == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT ||
        sink->refused != RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    sink->refused = message->err;
    sink->refused_partition = message->partition;
}

/* The transactional id: the same for whoever comes after, so that brokers refuse who was before. */
static const char *
sink_id(const char *name, char *room, size_t room_bytes)
{
    static atomic_int made;

    if (!DRILL_WITHOUT(DRILL_FENCING))
        return name;
    snprintf(room, room_bytes, "%s-%d-%d", name, (int)getpid(), atomic_fetch_add(&made, 1));
    return room;
}

static rd_kafka_t *
sink_start(struct sink *sink, const struct config *config, const char *name, struct err *reterr)
{
    struct conf_request request = {CONF_TRANSACTIONAL, config->settings.kafka_brokers,
        config->properties, config->property_count, name};
    rd_kafka_conf_t *conf = conf_new(&request, reterr);
    char id[SINK_ID_BYTES];

    if (conf == NULL)
        return NULL;
    rd_kafka_conf_set_opaque(conf, sink);
    rd_kafka_conf_set_dr_msg_cb(conf, sink_delivered);
    if (conf_set(conf, "transactional.id", sink_id(name, id, sizeof(id)), reterr) == ERR_NONE &&
        conf_set_int(conf, "transaction.timeout.ms", config->settings.kafka_transaction_timeout_ms,
            reterr) == ERR_NONE)
        return conf_start(conf, RD_KAFKA_PRODUCER, reterr);
    rd_kafka_conf_destroy(conf);
    return NULL;
}

struct sink *
sink_new(const struct config *config, const char *name, struct err *reterr)
{
    const struct settings *settings = &config->settings;
    const char *const names[OUTBOX_TOPIC_COUNT] = {
        [OUTBOX_CHANGES] = settings->output_changes,
        [OUTBOX_MEMBERS] = settings->output_members,
        [OUTBOX_REJECTS] = settings->output_rejects,
    };
    struct sink *sink = calloc(1, sizeof(*sink));

    CHECK(sink != NULL);
    sink->magic = SINK_MAGIC;
    sink->input = settings->input_topic;
    sink->group = settings->kafka_group;
    sink->rk = sink_start(sink, config, name, reterr);
    if (sink->rk == NULL)
        goto fail;
    for (int i = 0; i < OUTBOX_TOPIC_COUNT; i++) {
        sink->topics[i] = rd_kafka_topic_new(sink->rk, names[i], NULL);
        if (sink->topics[i] == NULL) {
            err_set(reterr, ERR_INPUT, "kafka: topic '%s': %s", names[i],
                rd_kafka_err2str(rd_kafka_last_error()));
            goto fail;
        }
    }
    return sink;
fail:
    sink_free(sink);
    return NULL;
}

void
sink_free(struct sink *sink)
{
    if (sink == NULL)
        return;
    CHECK(sink->magic == SINK_MAGIC);
    for (int i = 0; i < OUTBOX_TOPIC_COUNT; i++) {
        if (sink->topics[i] != NULL)
            rd_kafka_topic_destroy(sink->topics[i]);
    }
    if (sink->rk != NULL) {
        rd_kafka_purge(sink->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        rd_kafka_destroy(sink->rk);
    }
    sink->magic = 0;
    free(sink);
}

/* The first record to a topic whose leaders are not known waits a second for them. */
static enum err_code
sink_warm_up(struct sink *sink, struct err *reterr)
{
    for (int i = 0; i < OUTBOX_TOPIC_COUNT; i++) {
        const struct rd_kafka_metadata *answer;
        rd_kafka_resp_err_t error =
            rd_kafka_metadata(sink->rk, 0, sink->topics[i], &answer, SINK_WARM_UP_MS);

        if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
            return err_set(reterr, ERR_RETRY, "kafka: topic '%s': %s",
                rd_kafka_topic_name(sink->topics[i]), rd_kafka_err2str(error));
        rd_kafka_metadata_destroy(answer);
    }
    return ERR_NONE;
}

enum err_code
sink_init(struct sink *sink, struct err *reterr)
{
    rd_kafka_error_t *error;
    enum err_code code;

    CHECK(sink->magic == SINK_MAGIC);
    error = rd_kafka_init_transactions(sink->rk, SINK_INIT_MS);
    if (error == NULL)
        return sink_warm_up(sink, reterr);
    code = rd_kafka_error_is_retriable(error) ? ERR_RETRY : ERR_FATAL;
    err_set(reterr, code, "kafka: begin as a producer: %s", rd_kafka_error_string(error));
    rd_kafka_error_destroy(error);
    return code;
}

void
sink_stamp(struct sink *sink, int64_t timestamp_ms)
{
    CHECK(sink->magic == SINK_MAGIC);
    sink->timestamp_ms = timestamp_ms;
}

/* --- what a failure means -------------------------------------------------------------------- */

/* The same records or offsets will be refused again, by any producer. */
static bool
sink_is_refusal(rd_kafka_resp_err_t code)
{
    switch ((int)code) {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT:
    case RD_KAFKA_RESP_ERR_OFFSET_METADATA_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
        return true;
    default:
        return false;
    }
}

static void
sink_fail(struct sink_outcome *outcome, enum sink_result result, const char *step, const char *why)
{
    static const enum err_code codes[] = {
        [SINK_RETRY] = ERR_RETRY, [SINK_RENEW] = ERR_FATAL, [SINK_REFUSED] = ERR_INPUT};

    outcome->result = result;
    outcome->partition = -1;
    err_set(&outcome->err, codes[result], "kafka: %s: %s", step, why);
}

/*
 * Takes the error. What must be done about it, before any abort: SINK_RENEW when this producer
 * is at its end, else whether the same again has a chance.
 */
static void
sink_judge(
    struct sink *sink, const char *step, rd_kafka_error_t *error, struct sink_outcome *outcome)
{
    rd_kafka_resp_err_t code = rd_kafka_error_code(error);
    bool at_end = rd_kafka_error_is_fatal(error) || code == RD_KAFKA_RESP_ERR__FENCED ||
                  code == RD_KAFKA_RESP_ERR__FATAL ||
                  rd_kafka_fatal_error(sink->rk, NULL, 0) != RD_KAFKA_RESP_ERR_NO_ERROR;
    bool refused = sink_is_refusal(code);

    sink_fail(outcome,
        at_end    ? SINK_RENEW
        : refused ? SINK_REFUSED
                  : SINK_RETRY,
        step, rd_kafka_error_string(error));
    rd_kafka_error_destroy(error);
}

/* A refused record fails the whole transaction under a vaguer name; its own report tells more. */
static void
sink_judge_records(struct sink *sink, struct sink_outcome *outcome)
{
    if (outcome->result == SINK_RENEW || !sink_is_refusal(sink->refused))
        return;
    sink_fail(outcome, SINK_REFUSED, "a record was refused", rd_kafka_err2str(sink->refused));
    outcome->partition = sink->refused_partition;
}

/* --- the steps of a transaction -------------------------------------------------------------- */

/* The library wants what it does not change without const. */
static void *
sink_bytes(const struct outbox *outbox, size_t at)
{
    return outbox->bytes.bytes + at;
}

static rd_kafka_error_t *
sink_produce_once(
    struct sink *sink, const struct sink_part *part, const struct outbox_record *record)
{
    const struct outbox *outbox = part->outbox;
    rd_kafka_vu_t values[5 + OUTBOX_HEADERS_MAX];
    size_t count = 0;

    values[count].vtype = RD_KAFKA_VTYPE_RKT;
    values[count++].u.rkt = sink->topics[record->topic];
    values[count].vtype = RD_KAFKA_VTYPE_PARTITION;
    values[count++].u.i32 = part->partition;
    values[count].vtype = RD_KAFKA_VTYPE_TIMESTAMP;
    values[count++].u.i64 = sink->timestamp_ms;
    values[count].vtype = RD_KAFKA_VTYPE_KEY;
    values[count].u.mem.ptr = record->has_key ? sink_bytes(outbox, record->key_at) : NULL;
    values[count++].u.mem.size = record->key_length;
    values[count].vtype = RD_KAFKA_VTYPE_VALUE;
    values[count].u.mem.ptr = record->has_value ? sink_bytes(outbox, record->value_at) : NULL;
    values[count++].u.mem.size = record->value_length;
    for (uint8_t i = 0; i < record->header_count; i++) {
        values[count].vtype = RD_KAFKA_VTYPE_HEADER;
        values[count].u.header.name = record->headers[i].name;
        values[count].u.header.val = sink_bytes(outbox, record->headers[i].value_at);
        values[count++].u.header.size = (ssize_t)record->headers[i].value_length;
    }
    return rd_kafka_produceva(sink->rk, values, count);
}

static rd_kafka_error_t *
sink_produce(struct sink *sink, const struct sink_part *part, const struct outbox_record *record)
{
    rd_kafka_error_t *error = sink_produce_once(sink, part, record);

    for (int waits = 0; error != NULL && waits < SINK_FULL_WAITS_MAX; waits++) {
        if (rd_kafka_error_code(error) != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            return error;
        rd_kafka_error_destroy(error);
        rd_kafka_poll(sink->rk, SINK_FULL_MS);
        error = sink_produce_once(sink, part, record);
    }
    return error;
}

/* A drill that ends here wants the records with the brokers, not in a queue. */
static void
sink_drill(struct sink *sink, enum drill_point point)
{
    (void)point; /* where there are no drills */
    if (!DRILL_IS_DUE(point))
        return;
    rd_kafka_flush(sink->rk, SINK_FLUSH_MS);
    DRILL_END();
}

static bool
sink_produce_all(struct sink *sink, const struct sink_part *parts, size_t part_count,
    struct sink_outcome *outcome)
{
    for (size_t i = 0; i < part_count; i++) {
        const struct outbox *outbox = parts[i].outbox;

        for (size_t j = 0; j < outbox->record_count; j++) {
            rd_kafka_error_t *error = sink_produce(sink, &parts[i], &outbox->records[j]);

            if (error == NULL)
                continue;
            sink_judge(sink, "produce", error, outcome);
            if (outcome->result == SINK_REFUSED && outcome->partition < 0)
                outcome->partition = parts[i].partition;
            return false;
        }
    }
    sink_drill(sink, DRILL_K2);
    return true;
}

static rd_kafka_topic_partition_list_t *
sink_offsets(struct sink *sink, const struct sink_part *parts, size_t part_count)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)part_count);

    for (size_t i = 0; i < part_count; i++) {
        size_t length = strlen(parts[i].metadata);
        rd_kafka_topic_partition_t *one =
            rd_kafka_topic_partition_list_add(list, sink->input, parts[i].partition);

        CHECK(length <= METADATA_BYTES_MAX);
        one->offset = parts[i].offset;
        one->metadata = strndup(parts[i].metadata, length); /* the list frees it */
        CHECK(one->metadata != NULL);
        one->metadata_size = length;
    }
    return list;
}

static bool
sink_send_offsets(struct sink *sink, const rd_kafka_consumer_group_metadata_t *group,
    const struct sink_part *parts, size_t part_count, struct sink_outcome *outcome)
{
    rd_kafka_topic_partition_list_t *list = sink_offsets(sink, parts, part_count);
    rd_kafka_error_t *error = NULL;

    for (int tries = 0; tries < SINK_TRIES_MAX; tries++) {
        error = rd_kafka_send_offsets_to_transaction(sink->rk, list, group, SINK_OFFSETS_MS);
        if (error == NULL || !rd_kafka_error_is_retriable(error) ||
            rd_kafka_error_txn_requires_abort(error) || tries == SINK_TRIES_MAX - 1)
            break;
        rd_kafka_error_destroy(error);
    }
    rd_kafka_topic_partition_list_destroy(list);
    if (error == NULL) {
        sink_drill(sink, DRILL_K3);
        return true;
    }
    sink_judge(sink, "send offsets", error, outcome);
    return false;
}

/* A commit that goes on failing without a verdict is in doubt: only another producer can tell. */
static bool
sink_commit_end(struct sink *sink, struct sink_outcome *outcome)
{
    rd_kafka_error_t *error = NULL;
    bool abortable;

    if (DRILL_IS_DUE(DRILL_K9))
        DRILL_END_SOON();
    for (int tries = 0; tries < SINK_TRIES_MAX; tries++) {
        error = rd_kafka_commit_transaction(sink->rk, SINK_REST_MS);
        if (error == NULL)
            return true;
        if (!rd_kafka_error_is_retriable(error) || tries == SINK_TRIES_MAX - 1)
            break;
        rd_kafka_error_destroy(error);
    }
    abortable = rd_kafka_error_txn_requires_abort(error) != 0;
    sink_judge(sink, "commit", error, outcome);
    if (!abortable)
        outcome->result = SINK_RENEW;
    return false;
}

/*
 * An abort within milliseconds of its produce requests is fatal to the producer, hence the flush.
 * Afterwards nothing may refer to the outboxes any more. The library gives the numbers of records
 * that it purges to the next ones: if those are in the log after all, a broker takes the next ones
 * for repeats, and drops them with a yes. So a producer with unanswered records ends here.
 */
static void
sink_abort(struct sink *sink, struct sink_outcome *outcome)
{
    rd_kafka_error_t *error = NULL;

    if (rd_kafka_flush(sink->rk, SINK_FLUSH_MS) != RD_KAFKA_RESP_ERR_NO_ERROR)
        sink->unsure = true;
    for (int tries = 0; tries < SINK_TRIES_MAX; tries++) {
        error = rd_kafka_abort_transaction(sink->rk, SINK_ABORT_MS);
        if (error == NULL || !rd_kafka_error_is_retriable(error) || tries == SINK_TRIES_MAX - 1)
            break;
        rd_kafka_error_destroy(error);
    }
    if (error != NULL) {
        sink_fail(outcome, SINK_RENEW, "abort", rd_kafka_error_string(error));
        rd_kafka_error_destroy(error);
    } else if (rd_kafka_outq_len(sink->rk) > 0) {
        sink_fail(outcome, SINK_RENEW, "abort", "records are still under way");
    } else if (sink->unsure) {
        sink_fail(outcome, SINK_RENEW, "abort", "records went without an answer");
    }
}

static void
sink_commit_member(struct sink *sink, const rd_kafka_consumer_group_metadata_t *group,
    const struct sink_part *parts, size_t part_count, struct sink_outcome *outcome)
{
    rd_kafka_error_t *error;

    DRILL_POINT(DRILL_K1);
    error = rd_kafka_begin_transaction(sink->rk);
    if (error != NULL) { /* a producer that can't begin does not recover by itself */
        sink_judge(sink, "begin", error, outcome);
        outcome->result = SINK_RENEW;
        return;
    }
    if (sink_produce_all(sink, parts, part_count, outcome) &&
        sink_send_offsets(sink, group, parts, part_count, outcome) &&
        sink_commit_end(sink, outcome)) {
        DRILL_POINT(DRILL_K4);
        outcome->result = SINK_COMMITTED;
        return;
    }
    if (outcome->result != SINK_RENEW)
        sink_abort(sink, outcome);
    sink_judge_records(sink, outcome);
}

void
sink_commit(struct sink *sink, void *group_metadata, const struct sink_part *parts,
    size_t part_count, struct sink_outcome *ret_outcome)
{
    CHECK(sink->magic == SINK_MAGIC);
    CHECK(part_count > 0);
    sink->refused = RD_KAFKA_RESP_ERR_NO_ERROR;
    sink->refused_partition = -1;
    sink->unsure = false;
    ret_outcome->partition = -1;
    if (DRILL_WITHOUT(DRILL_GENERATION)) {
        group_free(group_metadata);
        group_metadata = rd_kafka_consumer_group_metadata_new(sink->group);
    }
    if (group_metadata == NULL)
        sink_fail(ret_outcome, SINK_RETRY, "transaction", "not a member of the group now");
    else
        sink_commit_member(sink, group_metadata, parts, part_count, ret_outcome);
    group_free(group_metadata);
}
