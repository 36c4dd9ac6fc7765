/* Reads and sets a group's offsets without being a member. */
#include "pipeline/kafka/offsets.h"

#include <librdkafka/rdkafka.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/check.h"
#include "pipeline/kafka/blame.h"
#include "pipeline/kafka/conf.h"

#define OFFSETS_ASK_MS 10000

struct offsets {
    const struct settings *settings;
    struct blame blame;
    rd_kafka_t *rk;
};

static rd_kafka_t *
offsets_start(const struct config *config, struct blame *blame, struct err *reterr)
{
    struct conf_request request = {CONF_ASKER, config->settings.kafka_brokers, config->properties,
        config->property_count, "footprintctl"};
    rd_kafka_conf_t *conf = conf_new(&request, reterr);

    if (conf == NULL)
        return NULL;
    blame_listen(conf, blame);
    /* read_committed: the answer then waits for transactions that could still move an offset. */
    if (conf_set(conf, "group.id", config->settings.kafka_group, reterr) == ERR_NONE &&
        conf_set(conf, "enable.auto.commit", "false", reterr) == ERR_NONE &&
        conf_set(conf, "isolation.level", "read_committed", reterr) == ERR_NONE)
        return conf_start(conf, RD_KAFKA_CONSUMER, reterr);
    rd_kafka_conf_destroy(conf);
    return NULL;
}

struct offsets *
offsets_new(const struct config *config, struct err *reterr)
{
    struct offsets *offsets = calloc(1, sizeof(*offsets));

    CHECK(offsets != NULL);
    offsets->settings = &config->settings;
    offsets->rk = offsets_start(config, &offsets->blame, reterr);
    if (offsets->rk != NULL)
        return offsets;
    offsets_free(offsets);
    return NULL;
}

void
offsets_free(struct offsets *offsets)
{
    if (offsets == NULL)
        return;
    if (offsets->rk != NULL)
        rd_kafka_destroy(offsets->rk);
    free(offsets);
}

static enum err_code
offsets_error(
    struct offsets *offsets, const char *what, rd_kafka_resp_err_t error, struct err *reterr)
{
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR)
        return ERR_NONE;
    return err_set(
        reterr, ERR_RETRY, "kafka: %s: %s", what, blame_why(&offsets->blame, offsets->rk, error));
}

enum err_code
offsets_partition_count(struct offsets *offsets, int32_t *ret_count, struct err *reterr)
{
    const char *name = offsets->settings->input_topic;
    rd_kafka_topic_t *topic = rd_kafka_topic_new(offsets->rk, name, NULL);
    const struct rd_kafka_metadata *answer = NULL;
    rd_kafka_resp_err_t error;

    if (topic == NULL)
        return offsets_error(offsets, "input topic", rd_kafka_last_error(), reterr);
    error = rd_kafka_metadata(offsets->rk, 0, topic, &answer, OFFSETS_ASK_MS);
    rd_kafka_topic_destroy(topic);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
        return offsets_error(offsets, offsets->settings->kafka_brokers, error, reterr);
    *ret_count = answer->topic_cnt > 0 ? answer->topics[0].partition_cnt : 0;
    rd_kafka_metadata_destroy(answer);
    if (*ret_count == 0)
        return err_set(reterr, ERR_INPUT, "kafka: input topic '%s' does not exist", name);
    return ERR_NONE;
}

enum err_code
offsets_members(
    struct offsets *offsets, size_t *ret_count, struct buffer *names, struct err *reterr)
{
    const struct rd_kafka_group_list *list = NULL;
    rd_kafka_resp_err_t error =
        rd_kafka_list_groups(offsets->rk, offsets->settings->kafka_group, &list, OFFSETS_ASK_MS);

    *ret_count = 0;
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
        return offsets_error(offsets, "members of the group", error, reterr);
    for (int i = 0; i < list->group_cnt; i++) {
        const struct rd_kafka_group_info *group = &list->groups[i];

        if (strcmp(group->group, offsets->settings->kafka_group) != 0)
            continue;
        for (int j = 0; j < group->member_cnt; j++)
            buffer_printf(names, "%s%s at %s", (*ret_count)++ > 0 ? ", " : "",
                group->members[j].client_id, group->members[j].client_host);
    }
    rd_kafka_group_list_destroy(list);
    return ERR_NONE;
}

static rd_kafka_topic_partition_list_t *
offsets_list_of(struct offsets *offsets, int32_t partition, int64_t offset)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);

    rd_kafka_topic_partition_list_add(list, offsets->settings->input_topic, partition)->offset =
        offset;
    return list;
}

/* The metadata ends where its size says; 2.0.2 does not terminate it. */
static void
offsets_read(const rd_kafka_topic_partition_t *answer, struct source_committed *ret_committed)
{
    size_t length = answer->metadata_size;

    if (length >= sizeof(ret_committed->metadata))
        length = sizeof(ret_committed->metadata) - 1;
    ret_committed->offset = answer->offset >= 0 ? answer->offset : SOURCE_OFFSET_NONE;
    if (length > 0)
        memcpy(ret_committed->metadata, answer->metadata, length);
    ret_committed->metadata[length] = '\0';
}

enum err_code
offsets_look(
    struct offsets *offsets, int32_t partition, struct offsets_place *ret_place, struct err *reterr)
{
    rd_kafka_topic_partition_list_t *list =
        offsets_list_of(offsets, partition, RD_KAFKA_OFFSET_INVALID);
    rd_kafka_resp_err_t error = rd_kafka_committed(offsets->rk, list, OFFSETS_ASK_MS);

    if (error == RD_KAFKA_RESP_ERR_NO_ERROR)
        error = list->elems[0].err;
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR)
        offsets_read(&list->elems[0], &ret_place->committed);
    rd_kafka_topic_partition_list_destroy(list);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
        return offsets_error(offsets, "committed offset", error, reterr);
    error = rd_kafka_query_watermark_offsets(offsets->rk, offsets->settings->input_topic, partition,
        &ret_place->low, &ret_place->end, OFFSETS_ASK_MS);
    return offsets_error(offsets, "first and end offset", error, reterr);
}

enum err_code
offsets_set(struct offsets *offsets, int32_t partition, int64_t offset, const char *metadata,
    struct err *reterr)
{
    rd_kafka_topic_partition_list_t *list = offsets_list_of(offsets, partition, offset);
    rd_kafka_resp_err_t error;

    list->elems[0].metadata = strdup(metadata); /* the list's from here on */
    CHECK(list->elems[0].metadata != NULL);
    list->elems[0].metadata_size = strlen(metadata);
    error = rd_kafka_commit(offsets->rk, list, 0);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR)
        error = list->elems[0].err;
    rd_kafka_topic_partition_list_destroy(list);
    return offsets_error(offsets, "setting the group's offset", error, reterr);
}
