/* Tries what the daemon will ask of brokers, and undoes it. */
#include "pipeline/kafka/online.h"

#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/base/check.h"
#include "pipeline/kafka/conf.h"

#define ONLINE_ASK_MS 10000
#define ONLINE_INIT_MS 20000
#define ONLINE_DELIVERED_MS 5000
#define ONLINE_SLICE_MS 50
#define ONLINE_ID_BYTES 512

struct online {
    const struct config *config;
    const bool *missing; /* by output */
    struct report *report;
    rd_kafka_t *rk;
    bool delivered;
    rd_kafka_resp_err_t refused;
};

/* --- reading ------------------------------------------------------------------------------------ */

static rd_kafka_t *
online_reader(struct online *online, struct err *reterr)
{
    const struct config *config = online->config;
    struct conf_request request = {CONF_ASKER, config->settings.kafka_brokers, config->properties,
        config->property_count, "footprint-check"};
    rd_kafka_conf_t *conf = conf_new(&request, reterr);

    if (conf == NULL)
        return NULL;
    if (conf_set(conf, "enable.partition.eof", "true", reterr) == ERR_NONE &&
        conf_set(conf, "group.id", config->settings.kafka_group, reterr) == ERR_NONE)
        return conf_start(conf, RD_KAFKA_CONSUMER, reterr);
    rd_kafka_conf_destroy(conf);
    return NULL;
}

/* A fetch at the topic's end: it brings the end, or what forbids it. */
static void
online_fetch(struct online *online, rd_kafka_t *rk, const char *name)
{
    rd_kafka_topic_t *topic = rd_kafka_topic_new(rk, name, NULL);
    rd_kafka_message_t *got = NULL;

    CHECK(topic != NULL);
    if (rd_kafka_consume_start(topic, 0, RD_KAFKA_OFFSET_END) == 0) {
        got = rd_kafka_consume(topic, 0, ONLINE_ASK_MS);
        rd_kafka_consume_stop(topic, 0);
    }
    if (got == NULL)
        report_error(
            online->report, online->config->file, "kafka: read topic '%s': no answer", name);
    else if (got->err != RD_KAFKA_RESP_ERR_NO_ERROR && got->err != RD_KAFKA_RESP_ERR__PARTITION_EOF)
        report_error(online->report, online->config->file, "kafka: read topic '%s': %s", name,
            rd_kafka_err2str(got->err));
    if (got != NULL)
        rd_kafka_message_destroy(got);
    rd_kafka_topic_destroy(topic);
}

static void
online_committed(struct online *online, rd_kafka_t *rk)
{
    const struct settings *settings = &online->config->settings;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_resp_err_t error;

    rd_kafka_topic_partition_list_add(list, settings->input_topic, 0);
    error = rd_kafka_committed(rk, list, ONLINE_ASK_MS);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR)
        error = list->elems[0].err;
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
        report_error(online->report, online->config->file, "kafka: offsets of group '%s': %s",
            settings->kafka_group, rd_kafka_err2str(error));
    rd_kafka_topic_partition_list_destroy(list);
}

static void
online_read(struct online *online)
{
    const struct settings *settings = &online->config->settings;
    struct err err;
    rd_kafka_t *rk = online_reader(online, &err);

    if (rk == NULL) {
        report_error(online->report, online->config->file, "kafka: %s", err.msg);
        return;
    }
    online_committed(online, rk);
    online_fetch(online, rk, settings->input_topic);
    if (!online->missing[TOPICS_MEMBERS])
        online_fetch(online, rk, settings->output_members);
    rd_kafka_destroy(rk);
}

/* --- writing ------------------------------------------------------------------------------------ */

static void
online_delivered(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    struct online *online = opaque;

    (void)rk;
    online->delivered = true;
    online->refused = message->err;
}

static bool
online_is_fine(struct online *online, const char *what, rd_kafka_error_t *error)
{
    if (error == NULL)
        return true;
    report_error(
        online->report, online->config->file, "kafka: %s: %s", what, rd_kafka_error_string(error));
    rd_kafka_error_destroy(error);
    return false;
}

static rd_kafka_t *
online_writer(struct online *online, struct err *reterr)
{
    const struct config *config = online->config;
    const struct settings *settings = &config->settings;
    struct conf_request request = {CONF_TRANSACTIONAL, settings->kafka_brokers, config->properties,
        config->property_count, "footprint-check"};
    rd_kafka_conf_t *conf = conf_new(&request, reterr);
    char id[ONLINE_ID_BYTES];

    if (conf == NULL)
        return NULL;
    snprintf(
        id, sizeof(id), "%s-%s-check-%d", settings->kafka_group, settings->instance, (int)getpid());
    rd_kafka_conf_set_opaque(conf, online);
    rd_kafka_conf_set_dr_msg_cb(conf, online_delivered);
    if (conf_set(conf, "transactional.id", id, reterr) == ERR_NONE &&
        conf_set_int(conf, "transaction.timeout.ms", settings->kafka_transaction_timeout_ms,
            reterr) == ERR_NONE)
        return conf_start(conf, RD_KAFKA_PRODUCER, reterr);
    rd_kafka_conf_destroy(conf);
    return NULL;
}

/* The transaction's share of the offsets, as the daemon sends it; also what tells why a
 * transaction has failed. */
static rd_kafka_error_t *
online_offsets(struct online *online)
{
    const struct settings *settings = &online->config->settings;
    rd_kafka_consumer_group_metadata_t *group =
        rd_kafka_consumer_group_metadata_new(settings->kafka_group);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_error_t *error;

    rd_kafka_topic_partition_list_add(list, settings->input_topic, 0)->offset = 0;
    error = rd_kafka_send_offsets_to_transaction(online->rk, list, group, ONLINE_ASK_MS);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_consumer_group_metadata_destroy(group);
    return error;
}

static void
online_try_topic(struct online *online, const char *name, const char *what)
{
    static char nothing[] = "{}";
    rd_kafka_resp_err_t error;

    online->delivered = false;
    error = rd_kafka_producev(online->rk, RD_KAFKA_V_TOPIC(name), RD_KAFKA_V_PARTITION(0),
        RD_KAFKA_V_KEY("footprint-check", 15), RD_KAFKA_V_VALUE(nothing, 2),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
    for (int ms = 0;
         error == RD_KAFKA_RESP_ERR_NO_ERROR && !online->delivered && ms < ONLINE_DELIVERED_MS;
         ms += ONLINE_SLICE_MS)
        rd_kafka_flush(online->rk, ONLINE_SLICE_MS);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR && online->delivered)
        error = online->refused;
    if (error == RD_KAFKA_RESP_ERR__PURGE_QUEUE || error == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT) {
        /* The transaction has failed, not the record; that it says at its next step. */
        online->delivered = false;
        error = RD_KAFKA_RESP_ERR_NO_ERROR;
    }
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
        report_error(
            online->report, online->config->file, "kafka: %s: %s", what, rd_kafka_err2str(error));
    else if (!online->delivered && online_is_fine(online, what, online_offsets(online)))
        report_error(online->report, online->config->file, "kafka: %s: no answer", what);
}

/* One transaction, so that what is refused is the topic's own. False: no more can be tried. */
static bool
online_write_topic(struct online *online, const char *name)
{
    char what[400];

    snprintf(what, sizeof(what), "write topic '%s'", name);
    if (!online_is_fine(online, what, rd_kafka_begin_transaction(online->rk)))
        return false;
    online_try_topic(online, name, what);
    return online_is_fine(online, what, rd_kafka_abort_transaction(online->rk, ONLINE_ASK_MS));
}

static bool
online_write_offsets(struct online *online)
{
    char what[400];

    snprintf(
        what, sizeof(what), "commit offsets of group '%s'", online->config->settings.kafka_group);
    if (!online_is_fine(online, what, rd_kafka_begin_transaction(online->rk)))
        return false;
    online_is_fine(online, what, online_offsets(online));
    return online_is_fine(online, what, rd_kafka_abort_transaction(online->rk, ONLINE_ASK_MS));
}

static bool
online_write_topics(struct online *online)
{
    const struct settings *settings = &online->config->settings;
    const char *const names[TOPICS_OUTPUTS] = {
        [TOPICS_CHANGES] = settings->output_changes,
        [TOPICS_MEMBERS] = settings->output_members,
        [TOPICS_REJECTS] = settings->output_rejects,
        [TOPICS_METRICS] = settings->output_metrics,
    };

    for (int i = 0; i < TOPICS_OUTPUTS; i++)
        if (!online->missing[i] && !online_write_topic(online, names[i]))
            return false;
    return true;
}

static void
online_write(struct online *online)
{
    struct err err;

    online->rk = online_writer(online, &err);
    if (online->rk == NULL) {
        report_error(online->report, online->config->file, "kafka: %s", err.msg);
        return;
    }
    if (online_is_fine(
            online, "transactions", rd_kafka_init_transactions(online->rk, ONLINE_INIT_MS)) &&
        online_write_topics(online))
        online_write_offsets(online);
    rd_kafka_purge(online->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_destroy(online->rk);
}

void
kafka_online(const struct config *config, const bool missing[TOPICS_OUTPUTS], struct report *report)
{
    struct online online = {.config = config, .missing = missing, .report = report};

    CHECK(config != NULL && report != NULL);
    online_read(&online);
    online_write(&online);
}
