/* Properties of librdkafka by role; exactly-once.md 7 says why each has its value. */
#include "pipeline/kafka/conf.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/check.h"
#include "pipeline/kafka/blame.h"

#define CONF_TEXT_BYTES_MAX 512
#define CONF_FETCH_BYTES 1000000 /* the library's own limit of a message */
#define CONF_TEXT(number) CONF_TEXT_OF(number)
#define CONF_TEXT_OF(number) #number

struct conf_pair {
    const char *name;
    const char *value;
};

static const struct conf_pair conf_common[] = {
    {"socket.nagle.disable", "true"},
    {"socket.keepalive.enable", "true"},
    {"reconnect.backoff.max.ms", "2000"},
    {"enable.metrics.push", "false"},
    {NULL, NULL},
};

static const struct conf_pair conf_member[] = {
    {"partition.assignment.strategy", "cooperative-sticky"},
    {"heartbeat.interval.ms", "3000"},
    {"fetch.wait.max.ms", "50"},
    {"fetch.queue.backoff.ms", "10"},
    {"fetch.max.bytes", CONF_TEXT(CONF_FETCH_BYTES)},
    {"fetch.error.backoff.ms", "100"},
    {"statistics.interval.ms", "2000"}, /* how soon it is seen that brokers are back */
    {"queued.max.messages.kbytes", "32768"},
    {"queued.min.messages", CONF_TEXT(CONF_QUEUE_RECORDS)}, /* what waits longer gets cold */
    {NULL, NULL},
};

static const struct conf_pair conf_transactional[] = {
    {"retry.backoff.ms", "10"},
    {"linger.ms", "2"},
    {"compression.type", "lz4"},
    {"message.copy.max.bytes", "1000000000"}, /* a request never refers to an outbox's memory */
    {NULL, NULL},
};

static const struct conf_pair conf_plain[] = {
    {"linger.ms", "5"},
    {"compression.type", "lz4"},
    {"enable.idempotence", "true"},
    {"partitioner", "murmur2_random"},
    {NULL, NULL},
};

static const struct conf_pair conf_asker[] = {
    {"allow.auto.create.topics", "false"},
    {NULL, NULL},
};

static const struct conf_pair *const conf_roles[CONF_ROLE_COUNT] = {
    [CONF_MEMBER] = conf_member,
    [CONF_TRANSACTIONAL] = conf_transactional,
    [CONF_PLAIN] = conf_plain,
    [CONF_ASKER] = conf_asker,
};

static void
conf_silent(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    (void)rk;
    (void)level;
    (void)facility;
    (void)text;
}

static void
conf_defaults(rd_kafka_conf_t *conf, const struct conf_pair *pairs)
{
    char text[CONF_TEXT_BYTES_MAX];

    for (; pairs->name != NULL; pairs++) {
        rd_kafka_conf_res_t result =
            rd_kafka_conf_set(conf, pairs->name, pairs->value, text, sizeof(text));

        CHECK(result != RD_KAFKA_CONF_INVALID);
    }
}

enum err_code
conf_set(rd_kafka_conf_t *conf, const char *name, const char *value, struct err *reterr)
{
    char text[CONF_TEXT_BYTES_MAX];

    if (rd_kafka_conf_set(conf, name, value, text, sizeof(text)) != RD_KAFKA_CONF_OK)
        return err_set(reterr, ERR_INPUT, "kafka property %s: %s", name, text);
    return ERR_NONE;
}

enum err_code
conf_set_int(rd_kafka_conf_t *conf, const char *name, int64_t value, struct err *reterr)
{
    char digits[24];

    snprintf(digits, sizeof(digits), "%" PRId64, value);
    return conf_set(conf, name, digits, reterr);
}

const char *
conf_property(const struct config_property *properties, size_t count, const char *name)
{
    const char *value = NULL;

    for (size_t i = 0; i < count; i++) {
        if (strcmp(properties[i].name, name) == 0)
            value = properties[i].value;
    }
    return value;
}

/* The library refuses a fetch that is smaller than a message may be. */
static enum err_code
conf_fit_fetch(rd_kafka_conf_t *conf, const struct conf_request *request, struct err *reterr)
{
    const struct config_property *properties = request->properties;
    size_t count = request->property_count;
    const char *message = conf_property(properties, count, "message.max.bytes");

    if (message == NULL || conf_property(properties, count, "fetch.max.bytes") != NULL ||
        strtoll(message, NULL, 10) <= CONF_FETCH_BYTES)
        return ERR_NONE;
    return conf_set(conf, "fetch.max.bytes", message, reterr);
}

rd_kafka_conf_t *
conf_new(const struct conf_request *request, struct err *reterr)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    enum err_code code = ERR_NONE;

    CHECK(conf != NULL);
    CHECK(request->role < CONF_ROLE_COUNT);
    rd_kafka_conf_set_log_cb(conf, conf_silent);
    conf_defaults(conf, conf_common);
    conf_defaults(conf, conf_roles[request->role]);
    for (size_t i = 0; code == ERR_NONE && i < request->property_count; i++)
        code = conf_set(conf, request->properties[i].name, request->properties[i].value, reterr);
    if (code == ERR_NONE && request->role == CONF_MEMBER)
        code = conf_fit_fetch(conf, request, reterr);
    if (code == ERR_NONE)
        code = conf_set(conf, "bootstrap.servers", request->brokers, reterr);
    if (code == ERR_NONE)
        code = conf_set(conf, "client.id", request->client_id, reterr);
    blame_watch(conf);
    if (code == ERR_NONE)
        return conf;
    rd_kafka_conf_destroy(conf);
    return NULL;
}

rd_kafka_t *
conf_start(rd_kafka_conf_t *conf, rd_kafka_type_t type, struct err *reterr)
{
    char text[CONF_TEXT_BYTES_MAX];
    rd_kafka_t *rk = rd_kafka_new(type, conf, text, sizeof(text));

    if (rk == NULL) {
        rd_kafka_conf_destroy(conf);
        err_set(reterr, ERR_INPUT, "kafka: %s", text);
    }
    return rk;
}
