/* Asks librdkafka what it thinks of the properties, before it matters. */
#include "pipeline/kafka/properties.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/check.h"
#include "config/base/secret.h"
#include "config/base/suggest.h"
#include "config/settings/fault.h"
#include "pipeline/kafka/conf.h"

#define KAFKA_PROPERTIES_TEXT_BYTES_MAX 512
#define KAFKA_PROPERTIES_NAMES_MAX 512
#define KAFKA_PROPERTIES_POLL_MS_MIN 60000

/* All names, aliases too, as the library prints them: a name, blanks and a bar on each line. */
static size_t
kafka_properties_names(char *listing, const char **names, size_t count_max)
{
    size_t count = 0;
    char *rest = NULL;

    for (char *line = strtok_r(listing, "\n", &rest); line != NULL && count < count_max;
         line = strtok_r(NULL, "\n", &rest)) {
        char *end = strpbrk(line, " |");

        if (end == NULL || end == line || strchr(line, '|') == NULL)
            continue;
        *end = '\0';
        names[count++] = line;
    }
    return count;
}

static void
kafka_properties_unknown(const struct config_property *property, struct report *report)
{
    const char *names[KAFKA_PROPERTIES_NAMES_MAX], *meant;
    char *listing = NULL;
    size_t bytes = 0, count;
    FILE *stream = open_memstream(&listing, &bytes);

    CHECK(stream != NULL);
    rd_kafka_conf_properties_show(stream);
    fclose(stream);
    count = kafka_properties_names(listing, names, KAFKA_PROPERTIES_NAMES_MAX);
    meant = suggest(text_of(property->name), names, count);
    fault(report, property->node, "librdkafka %s has no property '%s'%s%s%s",
        rd_kafka_version_str(), property->name, meant != NULL ? "; did you mean '" : "",
        meant != NULL ? meant : "", meant != NULL ? "'?" : "; its CONFIGURATION.md lists them");
    free(listing);
}

/* librdkafka lets it pass; the group would lose the member again and again. */
static void
kafka_properties_heartbeat(
    const struct config *config, const struct config_property *property, struct report *report)
{
    if (strcmp(property->name, "heartbeat.interval.ms") == 0 &&
        strtoll(property->value, NULL, 10) >= config->settings.kafka_session_timeout_ms)
        fault(report, property->node, "%s ms must be shorter than kafka.session_timeout, %lld ms",
            property->value, (long long)config->settings.kafka_session_timeout_ms);
}

static void
kafka_properties_each(const struct config *config, struct report *report)
{
    char text[KAFKA_PROPERTIES_TEXT_BYTES_MAX];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();

    CHECK(conf != NULL);
    for (size_t i = 0; i < config->property_count; i++) {
        const struct config_property *property = &config->properties[i];
        rd_kafka_conf_res_t result =
            rd_kafka_conf_set(conf, property->name, property->value, text, sizeof(text));

        if (result == RD_KAFKA_CONF_UNKNOWN)
            kafka_properties_unknown(property, report);
        else if (result == RD_KAFKA_CONF_INVALID && secret_key(text_of(property->name)))
            fault_hidden(report, property->node, "librdkafka does not take this value of '%s'",
                property->name);
        else if (result == RD_KAFKA_CONF_INVALID)
            fault(report, property->node, "librdkafka does not take this: %s", text);
        else
            kafka_properties_heartbeat(config, property, report);
    }
    rd_kafka_conf_destroy(conf);
}

/* At the property that the message speaks of, else at `kafka` as a whole. */
static void
kafka_properties_refused(const struct config *config, const char *message, struct report *report)
{
    if (strncmp(message, "kafka: ", 7) == 0)
        message += 7;
    for (size_t i = 0; i < config->property_count; i++) {
        if (strstr(message, config->properties[i].name) == NULL)
            continue;
        fault(report, config->properties[i].node, "librdkafka does not take this: %s", message);
        return;
    }
    report_error(report, config->file, "librdkafka does not take kafka.properties: %s", message);
}

/* What source.c and sink.c set for themselves, as far as librdkafka compares it with the rest. */
static enum err_code
kafka_properties_ours(
    const struct settings *settings, enum conf_role role, rd_kafka_conf_t *conf, struct err *reterr)
{
    int64_t session_ms = settings->kafka_session_timeout_ms;
    int64_t poll_ms = session_ms;
    enum err_code code = ERR_NONE;

    if (role == CONF_TRANSACTIONAL) {
        code = conf_set(conf, "transactional.id", settings->instance, reterr);
        if (code == ERR_NONE)
            code = conf_set_int(
                conf, "transaction.timeout.ms", settings->kafka_transaction_timeout_ms, reterr);
    } else if (role == CONF_MEMBER) {
        if (poll_ms < KAFKA_PROPERTIES_POLL_MS_MIN)
            poll_ms = KAFKA_PROPERTIES_POLL_MS_MIN;
        code = conf_set(conf, "group.id", settings->kafka_group, reterr);
        if (code == ERR_NONE)
            code = conf_set_int(conf, "max.poll.interval.ms", poll_ms, reterr);
        if (code == ERR_NONE)
            code = conf_set_int(conf, "session.timeout.ms", session_ms, reterr);
    }
    return code;
}

/* A client without brokers: it starts if it can, and goes at once. */
static void
kafka_properties_together(const struct config *config, enum conf_role role, struct report *report)
{
    struct conf_request request = {
        role, "", config->properties, config->property_count, config->settings.instance};
    struct err err = {.code = ERR_NONE};
    rd_kafka_conf_t *conf = conf_new(&request, &err);
    rd_kafka_t *rk = NULL;

    if (conf != NULL && kafka_properties_ours(&config->settings, role, conf, &err) != ERR_NONE) {
        rd_kafka_conf_destroy(conf);
        conf = NULL;
    }
    if (conf != NULL)
        rk = conf_start(conf, role == CONF_MEMBER ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER, &err);
    if (rk != NULL)
        rd_kafka_destroy_flags(rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    else
        kafka_properties_refused(config, err.msg, report);
}

bool
kafka_properties_check(const struct config *config, struct report *report)
{
    size_t errors = report_error_count(report);

    CHECK(config != NULL && report != NULL);
    kafka_properties_each(config, report);
    if (report_error_count(report) > errors)
        return false;
    for (enum conf_role role = 0; role < CONF_ROLE_COUNT; role++)
        kafka_properties_together(config, role, report);
    return report_error_count(report) == errors;
}
