/* Asks Kafka and Redis whether they fit a configuration. */
#include "daemon/ctl/check_online.h"

#include <inttypes.h>
#include <stdio.h>

#include "config/base/report.h"
#include "pipeline/kafka/offsets.h"
#include "pipeline/kafka/online.h"
#include "pipeline/kafka/topics.h"
#include "pipeline/partition/position.h"
#include "pipeline/redis/online.h"

#define CHECK_VERSION_BYTES 64

/* The group has read a topic with another number of partitions: each of them would halt. */
static void
check_online_count(const struct config *config, const struct topics *topics, struct report *report)
{
    struct offsets_place found;
    struct position position;
    struct err err;
    struct offsets *offsets = offsets_new(config, &err);

    if (offsets != NULL && offsets_look(offsets, 0, &found, &err) == ERR_NONE &&
        found.committed.metadata[0] != '\0' &&
        position_parse(text_of(found.committed.metadata), &position, &err) == ERR_NONE &&
        position.partition_count != topics->partition_count)
        report_error(report, config->file,
            "kafka: input topic '%s' has %" PRId32 " partitions and had %" PRId64
            " when group '%s' read it; users have moved, so each partition would halt",
            config->settings.input_topic, topics->partition_count, position.partition_count,
            config->settings.kafka_group);
    offsets_free(offsets);
}

static void
check_online_print(const struct config *config, const struct topics *topics,
    const bool missing[TOPICS_OUTPUTS], const char *version, struct buffer *out)
{
    int count = 0;

    for (int i = 0; i < TOPICS_OUTPUTS; i++)
        count += missing[i];
    buffer_printf(out, "Kafka at %s: %" PRId32 " partitions, rights and topics fit",
        config->settings.kafka_brokers, topics->partition_count);
    if (count > 0)
        buffer_printf(out, "; a start makes %d output topics", count);
    buffer_printf(out, "\nRedis %s: policy and rights fit\n", version);
}

bool
check_online(const struct config *config, struct buffer *out)
{
    struct report *report = report_new();
    bool missing[TOPICS_OUTPUTS], fine;
    char version[CHECK_VERSION_BYTES];
    struct topics topics;

    if (topics_check(config, &topics, missing, report) || topics.partition_count > 0) {
        check_online_count(config, &topics, report);
        kafka_online(config, missing, report);
    }
    redis_online(config, version, sizeof(version), report);
    fine = report_error_count(report) == 0;
    if (fine)
        check_online_print(config, &topics, missing, version, out);
    report_write(report, stderr);
    report_free(report);
    return fine;
}
