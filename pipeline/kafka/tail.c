/* A consumer of one partition that is no member of any group. */
#include "pipeline/kafka/tail.h"

#include <librdkafka/rdkafka.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/check.h"
#include "pipeline/kafka/conf.h"

#define TAIL_ASK_MS 5000

struct tail {
    rd_kafka_t *rk;
    rd_kafka_topic_t *topic;
    int32_t partition;
    int64_t low, begin;
    bool consuming;
};

static const struct {
    const char *name, *value;
} tail_own[] = {
    {"isolation.level", "read_committed"},
    {"enable.partition.eof", "true"},
    {"auto.offset.reset", "error"},
    {"fetch.wait.max.ms", "50"},
    {"queued.max.messages.kbytes", "16384"},
};

static rd_kafka_t *
tail_client(const struct config *config, struct err *reterr)
{
    struct conf_request request = {CONF_ASKER, config->settings.kafka_brokers, config->properties,
        config->property_count, "footprint-rules"};
    rd_kafka_conf_t *conf = conf_new(&request, reterr);

    for (size_t i = 0; conf != NULL && i < sizeof(tail_own) / sizeof(tail_own[0]); i++)
        if (conf_set(conf, tail_own[i].name, tail_own[i].value, reterr) != ERR_NONE) {
            rd_kafka_conf_destroy(conf);
            return NULL;
        }
    return conf == NULL ? NULL : conf_start(conf, RD_KAFKA_CONSUMER, reterr);
}

/*
 * The broker names the first record of that time or a later one, so all before it are earlier,
 * whether it stamps them itself or their producers do. There is none: all are earlier. A broker
 * that can't tell: then there is no other beginning.
 */
static enum err_code
tail_since(
    struct tail *tail, const char *topic, const struct tail_request *request, struct err *reterr)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_resp_err_t error;
    int64_t offset;

    rd_kafka_topic_partition_list_add(list, topic, request->partition)->offset = request->since_ms;
    error = rd_kafka_offsets_for_times(tail->rk, list, TAIL_ASK_MS);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR)
        error = list->elems[0].err;
    offset = list->elems[0].offset;
    rd_kafka_topic_partition_list_destroy(list);
    if (error == RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT ||
        error == RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE)
        return ERR_NONE;
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
        return err_set(reterr, ERR_RETRY, "kafka: offset of a time in topic '%s': %s", topic,
            rd_kafka_err2str(error));
    if (offset < 0 || offset > request->latest)
        offset = request->latest;
    if (offset > tail->begin)
        tail->begin = offset;
    return ERR_NONE;
}

static enum err_code
tail_start(
    struct tail *tail, const char *topic, const struct tail_request *request, struct err *reterr)
{
    int64_t end;
    rd_kafka_resp_err_t error = rd_kafka_query_watermark_offsets(
        tail->rk, topic, tail->partition, &tail->low, &end, TAIL_ASK_MS);

    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
        return err_set(reterr, ERR_RETRY, "kafka: beginning of topic '%s': %s", topic,
            rd_kafka_err2str(error));
    tail->begin = request->offset > tail->low ? request->offset : tail->low;
    if (request->since_ms != TAIL_SINCE_EVER &&
        tail_since(tail, topic, request, reterr) != ERR_NONE)
        return ERR_RETRY;
    tail->topic = rd_kafka_topic_new(tail->rk, topic, NULL);
    CHECK(tail->topic != NULL);
    if (rd_kafka_consume_start(tail->topic, tail->partition, tail->begin) != 0)
        return err_set(reterr, ERR_RETRY, "kafka: read topic '%s': %s", topic,
            rd_kafka_err2str(rd_kafka_last_error()));
    tail->consuming = true;
    return ERR_NONE;
}

struct tail *
tail_open(const struct config *config, const struct tail_request *request, struct err *reterr)
{
    struct tail *tail = calloc(1, sizeof(*tail));

    CHECK(tail != NULL);
    tail->partition = request->partition;
    tail->rk = tail_client(config, reterr);
    if (tail->rk != NULL &&
        tail_start(tail, config->settings.input_topic, request, reterr) == ERR_NONE)
        return tail;
    tail_close(tail);
    return NULL;
}

int64_t
tail_begin(const struct tail *tail)
{
    return tail->begin;
}

int64_t
tail_low(const struct tail *tail)
{
    return tail->low;
}

static enum source_message_kind
tail_kind(rd_kafka_resp_err_t error)
{
    switch (error) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
        return SOURCE_RECORD;
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
        return SOURCE_END;
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
        return SOURCE_OUT_OF_RANGE;
    default:
        return SOURCE_BROKEN;
    }
}

static void
tail_message(const struct tail *tail, const rd_kafka_message_t *got, struct source_message *message)
{
    rd_kafka_timestamp_type_t type;

    *message = (struct source_message){
        .kind = tail_kind(got->err),
        .partition = tail->partition,
        .offset = got->offset,
        .timestamp_ms = rd_kafka_message_timestamp(got, &type),
    };
    if (type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE)
        message->timestamp_ms = -1;
    if (message->kind != SOURCE_RECORD) {
        message->payload = text_of(rd_kafka_message_errstr(got));
        return;
    }
    message->has_key = got->key != NULL;
    message->has_payload = got->payload != NULL;
    message->key = (struct text){got->key, (uint32_t)got->key_len};
    message->payload = (struct text){got->payload, (uint32_t)got->len};
}

size_t
tail_read(struct tail *tail, size_t count_max, source_take_fn *take, void *opaque)
{
    struct source_message message;
    size_t count;

    for (count = 0; count < count_max; count++) {
        rd_kafka_message_t *got = rd_kafka_consume(tail->topic, tail->partition, 0);

        if (got == NULL)
            break;
        tail_message(tail, got, &message);
        take(opaque, &message);
        rd_kafka_message_destroy(got);
    }
    rd_kafka_poll(tail->rk, 0);
    return count;
}

void
tail_close(struct tail *tail)
{
    if (tail == NULL)
        return;
    if (tail->consuming)
        rd_kafka_consume_stop(tail->topic, tail->partition);
    if (tail->topic != NULL)
        rd_kafka_topic_destroy(tail->topic);
    if (tail->rk != NULL)
        rd_kafka_destroy(tail->rk);
    free(tail);
}
