/* One pass over one partition of the members topic. */
#include "pipeline/kafka/members.h"

#include <librdkafka/rdkafka.h>

#include "config/base/check.h"
#include "pipeline/kafka/conf.h"

#define MEMBERS_ASK_MS 5000
#define MEMBERS_WAIT_MS 1000
#define MEMBERS_WAITS_MAX 90 /* in a row without a record: longer than a transaction may last */

static rd_kafka_t *
members_start(const struct config *config, struct err *reterr)
{
    struct conf_request request = {CONF_ASKER, config->settings.kafka_brokers, config->properties,
        config->property_count, "footprint-members"};
    rd_kafka_conf_t *conf = conf_new(&request, reterr);

    if (conf == NULL)
        return NULL;
    if (conf_set(conf, "isolation.level", "read_committed", reterr) == ERR_NONE &&
        conf_set(conf, "enable.partition.eof", "true", reterr) == ERR_NONE)
        return conf_start(conf, RD_KAFKA_CONSUMER, reterr);
    rd_kafka_conf_destroy(conf);
    return NULL;
}

/* The end of the log, open transactions included; the reader itself would stop before them. */
static enum err_code
members_end(const struct config *config, int32_t partition, int64_t *ret_end, struct err *reterr)
{
    struct conf_request request = {CONF_ASKER, config->settings.kafka_brokers, config->properties,
        config->property_count, "footprint-members"};
    rd_kafka_conf_t *conf = conf_new(&request, reterr);
    rd_kafka_resp_err_t error;
    rd_kafka_t *rk;
    int64_t low;

    if (conf == NULL || conf_set(conf, "isolation.level", "read_uncommitted", reterr) != ERR_NONE)
        return reterr->code;
    rk = conf_start(conf, RD_KAFKA_CONSUMER, reterr);
    if (rk == NULL)
        return reterr->code;
    error = rd_kafka_query_watermark_offsets(
        rk, config->settings.output_members, partition, &low, ret_end, MEMBERS_ASK_MS);
    rd_kafka_destroy(rk);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
        return err_set(reterr, ERR_RETRY, "kafka: end of topic '%s': %s",
            config->settings.output_members, rd_kafka_err2str(error));
    return ERR_NONE;
}

/* True: this message was at or behind the wanted end. */
static bool
members_take(const rd_kafka_message_t *message, int64_t end, members_record_fn *each, void *opaque)
{
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
        return message->offset >= end;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return false;
    if (message->key != NULL)
        each(opaque, (struct text){message->key, (uint32_t)message->key_len},
            (struct text){message->payload, (uint32_t)message->len});
    return message->offset + 1 >= end;
}

static enum err_code
members_read_to(
    rd_kafka_topic_t *topic, int32_t partition, int64_t end, members_record_fn *each, void *opaque)
{
    int waits = 0;

    while (waits < MEMBERS_WAITS_MAX) {
        rd_kafka_message_t *message = rd_kafka_consume(topic, partition, MEMBERS_WAIT_MS);
        bool last;

        if (message == NULL) {
            waits++;
            continue;
        }
        waits = message->err == RD_KAFKA_RESP_ERR_NO_ERROR ? 0 : waits + 1;
        last = members_take(message, end, each, opaque);
        rd_kafka_message_destroy(message);
        if (last)
            return ERR_NONE;
    }
    return ERR_RETRY;
}

enum err_code
members_read(const struct config *config, int32_t partition, members_record_fn *each, void *opaque,
    struct err *reterr)
{
    rd_kafka_topic_t *topic = NULL;
    rd_kafka_t *rk = NULL;
    enum err_code code;
    int64_t end;

    code = members_end(config, partition, &end, reterr);
    if (code != ERR_NONE)
        return code;
    if (end == 0)
        return err_set(reterr, ERR_INPUT, "kafka: topic '%s' has never held a record",
            config->settings.output_members);
    rk = members_start(config, reterr);
    if (rk == NULL)
        return reterr->code;
    topic = rd_kafka_topic_new(rk, config->settings.output_members, NULL);
    CHECK(topic != NULL);
    if (rd_kafka_consume_start(topic, partition, RD_KAFKA_OFFSET_BEGINNING) != 0) {
        code = err_set(reterr, ERR_RETRY, "kafka: read topic '%s': %s",
            config->settings.output_members, rd_kafka_err2str(rd_kafka_last_error()));
    } else {
        code = members_read_to(topic, partition, end, each, opaque);
        if (code != ERR_NONE)
            err_set(reterr, code, "kafka: topic '%s' could not be read to its end",
                config->settings.output_members);
        rd_kafka_consume_stop(topic, partition);
    }
    rd_kafka_topic_destroy(topic);
    rd_kafka_destroy(rk);
    return code;
}
