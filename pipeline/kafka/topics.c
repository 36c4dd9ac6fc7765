/* Looks at the topics, makes those that are missing, and says what does not fit. */
#include "pipeline/kafka/topics.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/check.h"
#include "config/base/limits.h"
#include "pipeline/kafka/blame.h"
#include "pipeline/kafka/conf.h"

#define TOPICS_ASK_MS 5000
#define TOPICS_CREATE_MS 10000
#define TOPICS_LOOKS_MAX 20 /* for a new topic to be seen */
#define TOPICS_LOOK_MS 100

struct topics_output {
    const char *name;
    bool by_partition; /* its records keep the input's partition number */
    bool compacted;
    bool stamped; /* brokers set the time of its records: so we learn theirs */
    bool missing;
};

struct topics_work {
    const struct settings *settings;
    struct blame blame;
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue;
    struct topics input;
    struct topics_output outputs[TOPICS_OUTPUTS];
    bool only_check; /* nothing is made */
};

/* Partition and replica count of one topic; 0 partitions: it does not exist. */
static enum err_code
topics_look(
    struct topics_work *work, const char *name, struct topics *ret_topics, struct err *reterr)
{
    rd_kafka_topic_t *topic = rd_kafka_topic_new(work->rk, name, NULL);
    const struct rd_kafka_metadata *answer = NULL;
    const struct rd_kafka_metadata_topic *found;
    rd_kafka_resp_err_t error;

    if (topic == NULL)
        return err_set(reterr, ERR_INPUT, "kafka: topic '%s': %s", name,
            rd_kafka_err2str(rd_kafka_last_error()));
    error = rd_kafka_metadata(work->rk, 0, topic, &answer, TOPICS_ASK_MS);
    rd_kafka_topic_destroy(topic);
    memset(ret_topics, 0, sizeof(*ret_topics));
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
        return err_set(reterr, ERR_RETRY, "kafka: %s: %s", work->settings->kafka_brokers,
            blame_why(&work->blame, work->rk, error));
    found = answer->topic_cnt > 0 ? &answer->topics[0] : NULL;
    error = found != NULL ? found->err : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR && found->partition_cnt > 0) {
        ret_topics->partition_count = found->partition_cnt;
        ret_topics->replication = found->partitions[0].replica_cnt;
    }
    rd_kafka_metadata_destroy(answer);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
        return ERR_NONE;
    return err_set(reterr, error == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE ? ERR_RETRY : ERR_INPUT,
        "kafka: topic '%s': %s", name, rd_kafka_err2str(error));
}

static enum err_code
topics_look_input(struct topics_work *work, struct err *reterr)
{
    const char *name = work->settings->input_topic;
    enum err_code code = topics_look(work, name, &work->input, reterr);

    if (code != ERR_NONE)
        return code;
    if (work->input.partition_count == 0)
        return err_set(reterr, ERR_RETRY, "kafka: input topic '%s' does not exist yet", name);
    if (work->input.partition_count > PARTITIONS_MAX)
        return err_set(reterr, ERR_INPUT,
            "kafka: input topic '%s' has %" PRId32 " partitions; at most %d are supported", name,
            work->input.partition_count, PARTITIONS_MAX);
    return ERR_NONE;
}

static enum err_code
topics_look_output(struct topics_work *work, struct topics_output *output, struct err *reterr)
{
    struct topics found;
    enum err_code code = topics_look(work, output->name, &found, reterr);

    if (code != ERR_NONE)
        return code;
    output->missing = found.partition_count == 0;
    if (output->missing && !work->settings->output_create_topics)
        return err_set(reterr, ERR_INPUT,
            "kafka: output topic '%s' does not exist; create it with %" PRId32
            " partitions, or set output.create_topics: true",
            output->name, work->input.partition_count);
    if (output->missing || !output->by_partition ||
        found.partition_count == work->input.partition_count)
        return ERR_NONE;
    return err_set(reterr, ERR_INPUT,
        "kafka: output topic '%s' has %" PRId32 " partitions but input topic '%s' has %" PRId32
        "; they must be equal",
        output->name, found.partition_count, work->settings->input_topic,
        work->input.partition_count);
}

/* --- making topics --------------------------------------------------------------------------- */

static enum err_code
topics_new_topic(struct topics_work *work, const struct topics_output *output,
    rd_kafka_NewTopic_t **ret_topic, struct err *reterr)
{
    char text[256];

    *ret_topic = rd_kafka_NewTopic_new(
        output->name, work->input.partition_count, work->input.replication, text, sizeof(text));
    if (*ret_topic == NULL)
        return err_set(reterr, ERR_INPUT, "kafka: create topic '%s': %s", output->name, text);
    if (output->compacted)
        rd_kafka_NewTopic_set_config(*ret_topic, "cleanup.policy", "compact");
    if (output->stamped)
        rd_kafka_NewTopic_set_config(*ret_topic, "message.timestamp.type", "LogAppendTime");
    return ERR_NONE;
}

static enum err_code
topics_create_answer(rd_kafka_event_t *event, const char *name, struct err *reterr)
{
    const rd_kafka_CreateTopics_result_t *result;
    const rd_kafka_topic_result_t **topics;
    rd_kafka_resp_err_t error;
    size_t count = 0;

    if (event == NULL)
        return err_set(reterr, ERR_RETRY, "kafka: create topic '%s': no answer", name);
    result = rd_kafka_event_CreateTopics_result(event);
    topics = result != NULL ? rd_kafka_CreateTopics_result_topics(result, &count) : NULL;
    if (count == 0)
        return err_set(reterr, ERR_RETRY, "kafka: create topic '%s': %s", name,
            rd_kafka_event_error_string(event));
    error = rd_kafka_topic_result_error(topics[0]);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
        return ERR_NONE;
    return err_set(reterr, error == RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT ? ERR_RETRY : ERR_INPUT,
        "kafka: create topic '%s': %s", name,
        rd_kafka_topic_result_error_string(topics[0]) != NULL
            ? rd_kafka_topic_result_error_string(topics[0])
            : rd_kafka_err2str(error));
}

static enum err_code
topics_create(struct topics_work *work, const struct topics_output *output, struct err *reterr)
{
    rd_kafka_NewTopic_t *topic;
    rd_kafka_AdminOptions_t *options;
    rd_kafka_event_t *event;
    char text[128];
    enum err_code code = topics_new_topic(work, output, &topic, reterr);

    if (code != ERR_NONE)
        return code;
    options = rd_kafka_AdminOptions_new(work->rk, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_AdminOptions_set_request_timeout(options, TOPICS_CREATE_MS, text, sizeof(text));
    rd_kafka_AdminOptions_set_operation_timeout(options, TOPICS_CREATE_MS, text, sizeof(text));
    if (work->only_check)
        rd_kafka_AdminOptions_set_validate_only(options, 1, text, sizeof(text));
    rd_kafka_CreateTopics(work->rk, &topic, 1, options, work->queue);
    event = rd_kafka_queue_poll(work->queue, 2 * TOPICS_CREATE_MS);
    code = topics_create_answer(event, output->name, reterr);
    if (event != NULL)
        rd_kafka_event_destroy(event);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_NewTopic_destroy(topic);
    return code;
}

/* A new topic is seen a moment after it was made; another instance may have made it differently. */
static enum err_code
topics_await(struct topics_work *work, struct topics_output *output, struct err *reterr)
{
    for (int looks = 0; looks < TOPICS_LOOKS_MAX; looks++) {
        enum err_code code = topics_look_output(work, output, reterr);

        if (code != ERR_NONE && code != ERR_RETRY)
            return code;
        if (code == ERR_NONE && !output->missing)
            return ERR_NONE;
        rd_kafka_poll(work->rk, TOPICS_LOOK_MS);
    }
    return err_set(
        reterr, ERR_RETRY, "kafka: topic '%s' was created but is not seen yet", output->name);
}

static enum err_code
topics_output(struct topics_work *work, struct topics_output *output, struct err *reterr)
{
    enum err_code code = topics_look_output(work, output, reterr);

    if (code != ERR_NONE || !output->missing)
        return code;
    code = topics_create(work, output, reterr);
    if (work->only_check)
        return code;
    return code == ERR_NONE ? topics_await(work, output, reterr) : code;
}

/* --- the whole ------------------------------------------------------------------------------- */

static enum err_code
topics_open(struct topics_work *work, const struct config *config, struct err *reterr)
{
    const struct settings *settings = &config->settings;
    struct conf_request request = {CONF_ASKER, settings->kafka_brokers, config->properties,
        config->property_count, "footprint-topics"};
    rd_kafka_conf_t *conf = conf_new(&request, reterr);

    memset(work, 0, sizeof(*work));
    if (conf == NULL)
        return reterr->code;
    blame_listen(conf, &work->blame);
    work->rk = conf_start(conf, RD_KAFKA_CONSUMER, reterr);
    if (work->rk == NULL)
        return reterr->code;
    work->settings = settings;
    work->queue = rd_kafka_queue_new(work->rk);
    work->outputs[TOPICS_CHANGES] =
        (struct topics_output){.name = settings->output_changes, .by_partition = true};
    work->outputs[TOPICS_MEMBERS] = (struct topics_output){
        .name = settings->output_members, .by_partition = true, .compacted = true};
    work->outputs[TOPICS_REJECTS] =
        (struct topics_output){.name = settings->output_rejects, .by_partition = true};
    work->outputs[TOPICS_METRICS] =
        (struct topics_output){.name = settings->output_metrics, .stamped = true};
    return ERR_NONE;
}

static void
topics_close(struct topics_work *work)
{
    if (work->queue != NULL)
        rd_kafka_queue_destroy(work->queue);
    if (work->rk != NULL)
        rd_kafka_destroy(work->rk);
}

enum err_code
topics_prepare(const struct config *config, struct topics *ret_topics, struct err *reterr)
{
    struct topics_work work;
    enum err_code code = topics_open(&work, config, reterr);

    if (code == ERR_NONE)
        code = topics_look_input(&work, reterr);
    for (int i = 0; code == ERR_NONE && i < TOPICS_OUTPUTS; i++)
        code = topics_output(&work, &work.outputs[i], reterr);
    if (code == ERR_NONE)
        *ret_topics = work.input;
    topics_close(&work);
    return code;
}

bool
topics_check(const struct config *config, struct topics *ret_topics,
    bool ret_missing[TOPICS_OUTPUTS], struct report *report)
{
    size_t errors = report_error_count(report);
    struct topics_work work;
    struct err err;
    enum err_code code = topics_open(&work, config, &err);

    memset(ret_missing, 0, TOPICS_OUTPUTS * sizeof(ret_missing[0]));
    work.only_check = true;
    if (code == ERR_NONE)
        code = topics_look_input(&work, &err);
    if (code != ERR_NONE)
        report_error(report, config->file, "%s", err.msg);
    for (int i = 0; code == ERR_NONE && i < TOPICS_OUTPUTS; i++) {
        if (topics_output(&work, &work.outputs[i], &err) != ERR_NONE)
            report_error(report, config->file, "%s", err.msg);
        ret_missing[i] = work.outputs[i].missing;
    }
    *ret_topics = work.input;
    topics_close(&work);
    return report_error_count(report) == errors;
}
