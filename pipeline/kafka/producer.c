/* Records one by one into any topic, placed by their keys. */
#include "pipeline/kafka/producer.h"

#include <stdlib.h>

#include "config/base/check.h"
#include "pipeline/kafka/conf.h"

#define PRODUCER_MAGIC 0x9a0d0ce5u
#define PRODUCER_REPORTS_MS 1000 /* to hear of records that were given up */

struct producer {
    uint32_t magic;
    rd_kafka_t *rk;
    uint64_t sent, failed;
    struct err last;
    producer_report *report;
    void *report_opaque;
};

static enum producer_fate
producer_fate(const rd_kafka_message_t *message, int64_t *ret_stamp_ms)
{
    rd_kafka_timestamp_type_t type;

    *ret_stamp_ms = rd_kafka_message_timestamp(message, &type);
    switch ((int)message->err) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
        return type == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME ? PRODUCER_STAMPED : PRODUCER_KEPT;
    case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
        return PRODUCER_UNTIMELY;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
        return PRODUCER_REFUSED;
    default:
        return PRODUCER_LOST;
    }
}

static void
producer_delivered(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    struct producer *producer;

    (void)rk;
    CHECK_CAST(producer, opaque, PRODUCER_MAGIC);
    if (producer->report != NULL) {
        int64_t stamp_ms;
        enum producer_fate fate = producer_fate(message, &stamp_ms);

        producer->report(
            producer->report_opaque, (uint64_t)(uintptr_t)message->_private, fate, stamp_ms);
    }
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    producer->failed++;
    err_set(&producer->last, ERR_RETRY, "kafka: topic '%s': %s", rd_kafka_topic_name(message->rkt),
        rd_kafka_err2str(message->err));
}

struct producer *
producer_new(const char *brokers, const struct config_property *properties, size_t property_count,
    struct err *reterr)
{
    struct conf_request request = {CONF_PLAIN, brokers, properties, property_count, "footprint"};
    struct producer *producer = calloc(1, sizeof(*producer));
    rd_kafka_conf_t *conf = conf_new(&request, reterr);

    CHECK(producer != NULL);
    producer->magic = PRODUCER_MAGIC;
    if (conf != NULL) {
        rd_kafka_conf_set_opaque(conf, producer);
        rd_kafka_conf_set_dr_msg_cb(conf, producer_delivered);
        producer->rk = conf_start(conf, RD_KAFKA_PRODUCER, reterr);
    }
    if (producer->rk != NULL)
        return producer;
    producer_free(producer, 0);
    return NULL;
}

void
producer_flush(struct producer *producer, int flush_ms)
{
    CHECK(producer->magic == PRODUCER_MAGIC);
    rd_kafka_flush(producer->rk, flush_ms);
}

size_t
producer_free(struct producer *producer, int flush_ms)
{
    size_t left;

    if (producer == NULL)
        return 0;
    CHECK(producer->magic == PRODUCER_MAGIC);
    if (producer->rk != NULL) {
        rd_kafka_flush(producer->rk, flush_ms);
        rd_kafka_purge(producer->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        rd_kafka_flush(producer->rk, PRODUCER_REPORTS_MS);
        rd_kafka_destroy(producer->rk);
    }
    left = (size_t)producer->failed;
    producer->magic = 0;
    free(producer);
    return left;
}

enum err_code
producer_send(struct producer *producer, const char *topic, struct text key, struct text value,
    int64_t timestamp_ms, struct err *reterr)
{
    rd_kafka_resp_err_t error;

    CHECK(producer->magic == PRODUCER_MAGIC);
    error = rd_kafka_producev(producer->rk, RD_KAFKA_V_TOPIC(topic),
        RD_KAFKA_V_KEY(key.bytes, key.length),
        RD_KAFKA_V_VALUE((void *)(uintptr_t)value.bytes, value.length),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_OPAQUE((void *)(uintptr_t)(producer->sent + 1)),
        RD_KAFKA_V_TIMESTAMP(timestamp_ms < 0 ? 0 : timestamp_ms), RD_KAFKA_V_END);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
        producer->sent++;
        return ERR_NONE;
    }
    return err_set(reterr, error == RD_KAFKA_RESP_ERR__QUEUE_FULL ? ERR_RETRY : ERR_INPUT,
        "kafka: topic '%s': %s", topic, rd_kafka_err2str(error));
}

void
producer_watch(struct producer *producer, producer_report *report, void *opaque)
{
    CHECK(producer->magic == PRODUCER_MAGIC);
    producer->report = report;
    producer->report_opaque = opaque;
}

uint64_t
producer_sent(const struct producer *producer)
{
    CHECK(producer->magic == PRODUCER_MAGIC);
    return producer->sent;
}

void
producer_poll(struct producer *producer, int wait_ms)
{
    CHECK(producer->magic == PRODUCER_MAGIC);
    rd_kafka_poll(producer->rk, wait_ms);
}

uint64_t
producer_failed(const struct producer *producer, struct err *ret_last)
{
    if (producer->failed > 0 && ret_last != NULL)
        *ret_last = producer->last;
    return producer->failed;
}
