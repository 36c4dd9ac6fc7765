/* A member of the group, event-driven: one queue for control, one for the records of all. */
#include "pipeline/kafka/source.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "config/base/check.h"
#include "config/base/drill.h"
#include "config/base/limits.h"
#include "pipeline/kafka/blame.h"
#include "pipeline/kafka/conf.h"
#include "pipeline/kafka/fetcher.h"
#include "pipeline/kafka/group.h"

#define SOURCE_MAGIC 0x50a5ce01u
#define PROBER_MAGIC 0x50a5ce02u
#define SOURCE_ASK_MS 5000       /* one question to brokers */
#define SOURCE_POLL_MS_MAX 60000 /* the group's patience with a worker that hangs */
#define SOURCE_EVENTS_MAX 1000   /* of one source_serve */
#define SOURCE_READ_BYTES_MAX (16u * 1024 * 1024)
#define PROBER_ASK_MS 2000

enum source_owed {
    OWED_NOTHING,
    OWED_GIVEN,
    OWED_TAKEN
};

struct source {
    uint32_t magic;
    struct source_callbacks callbacks;
    const char *topic; /* the config's */
    rd_kafka_t *rk;
    rd_kafka_topic_t *rkt; /* to ask who leads its partitions */
    rd_kafka_queue_t *control, *data;
    int control_fd, data_fd;
    /* By partition: its queue, once it has been forwarded; and whether nothing is read from it. */
    rd_kafka_queue_t *queues[PARTITIONS_MAX];
    atomic_bool parked[PARTITIONS_MAX];
    pthread_mutex_t reading; /* guards seeks, and every look into the data queue */
    int seeks;               /* under way */
    struct fetcher fetcher;
    bool cooperative;
    enum source_owed owed; /* a rebalance that is not answered yet */
    rd_kafka_consumer_group_metadata_t *membership;
    bool down;                  /* told that brokers are down, and not yet that they are back */
    bool ended;                 /* fatal was told */
    char why[BLAME_BYTES_MAX];  /* the last error of one broker */
    bool refused, told_refused; /* that error is one that somebody must mend; and it was told */
};

/* --- made and freed -------------------------------------------------------------------------- */

static enum err_code
source_conf_set(
    rd_kafka_conf_t *conf, const struct config *config, const char *member, struct err *reterr)
{
    const struct settings *settings = &config->settings;
    int64_t poll_ms = settings->kafka_session_timeout_ms;
    const char *const owned[][2] = {
        {"group.id", settings->kafka_group},
        {"group.instance.id", member},
        {"isolation.level", DRILL_WITHOUT(DRILL_STABLE) ? "read_uncommitted" : "read_committed"},
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"auto.offset.reset", "error"},
        {"enable.partition.eof", "true"},
    };

    for (size_t i = 0; i < sizeof(owned) / sizeof(owned[0]); i++) {
        if (conf_set(conf, owned[i][0], owned[i][1], reterr) != ERR_NONE)
            return reterr->code;
    }
    if (poll_ms < SOURCE_POLL_MS_MAX)
        poll_ms = SOURCE_POLL_MS_MAX;
    if (conf_set_int(conf, "max.poll.interval.ms", poll_ms, reterr) != ERR_NONE)
        return reterr->code;
    return conf_set_int(conf, "session.timeout.ms", settings->kafka_session_timeout_ms, reterr);
}

static rd_kafka_t *
source_start(const struct config *config, const char *member, struct err *reterr)
{
    struct conf_request request = {CONF_MEMBER, config->settings.kafka_brokers, config->properties,
        config->property_count, member};
    rd_kafka_conf_t *conf = conf_new(&request, reterr);

    if (conf == NULL)
        return NULL;
    if (source_conf_set(conf, config, member, reterr) != ERR_NONE) {
        rd_kafka_conf_destroy(conf);
        return NULL;
    }
    rd_kafka_conf_set_events(
        conf, RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_STATS);
    return conf_start(conf, RD_KAFKA_CONSUMER, reterr);
}

static rd_kafka_topic_t *
source_topic(rd_kafka_t *rk, const char *name, struct err *reterr)
{
    rd_kafka_topic_t *rkt = rd_kafka_topic_new(rk, name, NULL);

    if (rkt == NULL)
        err_set(reterr, ERR_INPUT, "kafka: topic '%s': %s", name,
            rd_kafka_err2str(rd_kafka_last_error()));
    return rkt;
}

static int
source_wake_on(rd_kafka_queue_t *queue, struct err *reterr)
{
    static const uint64_t one = 1;
    int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

    if (fd < 0)
        err_set(reterr, ERR_RETRY, "kafka: no descriptor: %s", strerror(errno));
    else
        rd_kafka_queue_io_event_enable(queue, fd, &one, sizeof(one));
    return fd;
}

struct source *
source_new(const struct config *config, const char *member,
    const struct source_callbacks *callbacks, struct err *reterr)
{
    struct source *source = calloc(1, sizeof(*source));

    CHECK(source != NULL);
    source->magic = SOURCE_MAGIC;
    source->callbacks = *callbacks;
    source->topic = config->settings.input_topic;
    source->control_fd = source->data_fd = -1;
    pthread_mutex_init(&source->reading, NULL);
    source->rk = source_start(config, member, reterr);
    if (source->rk == NULL)
        goto fail;
    source->rkt = source_topic(source->rk, source->topic, reterr);
    if (source->rkt == NULL)
        goto fail;
    rd_kafka_poll_set_consumer(source->rk);
    source->control = rd_kafka_queue_get_consumer(source->rk);
    source->data = rd_kafka_queue_new(source->rk);
    source->control_fd = source_wake_on(source->control, reterr);
    if (source->control_fd < 0)
        goto fail;
    source->data_fd = source_wake_on(source->data, reterr);
    if (source->data_fd < 0)
        goto fail;
    fetcher_init(
        &source->fetcher, source->rk, source->data, config->properties, config->property_count);
    return source;
fail:
    source_free(source);
    return NULL;
}

/* Nobody needs to be asked when nothing is given or taken; the library waits for the answer. */
static void
source_answer_empty(struct source *source, bool given)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(0);
    rd_kafka_error_t *error = NULL;

    if (!source->cooperative)
        rd_kafka_assign(source->rk, given ? list : NULL);
    else if (given)
        error = rd_kafka_incremental_assign(source->rk, list);
    else
        error = rd_kafka_incremental_unassign(source->rk, list);
    if (error != NULL)
        rd_kafka_error_destroy(error);
    rd_kafka_topic_partition_list_destroy(list);
    source->owed = OWED_NOTHING;
}

static void
source_free_queue(rd_kafka_queue_t *queue, int fd)
{
    if (queue == NULL)
        return;
    rd_kafka_queue_io_event_enable(queue, -1, NULL, 0);
    rd_kafka_queue_destroy(queue);
    if (fd >= 0)
        close(fd);
}

/*
 * Not by rd_kafka_consumer_close: it hangs for ever when a rebalance is under way (librdkafka issue
 * 4884), and a static member does not leave the group anyway. The other way hangs, too, as long as
 * a rebalance is not answered.
 */
void
source_free(struct source *source)
{
    if (source == NULL)
        return;
    CHECK(source->magic == SOURCE_MAGIC);
    if (source->owed != OWED_NOTHING)
        source_answer_empty(source, source->owed == OWED_GIVEN);
    for (size_t i = 0; i < PARTITIONS_MAX; i++) {
        if (source->queues[i] != NULL)
            rd_kafka_queue_destroy(source->queues[i]);
    }
    source_free_queue(source->data, source->data_fd);
    source_free_queue(source->control, source->control_fd);
    group_free(source->membership);
    if (source->rkt != NULL)
        rd_kafka_topic_destroy(source->rkt);
    if (source->rk != NULL)
        rd_kafka_destroy_flags(source->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    pthread_mutex_destroy(&source->reading);
    source->magic = 0;
    free(source);
}

/* What an answer of the library means to a caller. */
static enum err_code
source_error(struct source *source, const char *what, rd_kafka_resp_err_t error, struct err *reterr)
{
    enum err_code code = ERR_RETRY;

    if (error == RD_KAFKA_RESP_ERR_NO_ERROR)
        return ERR_NONE;
    if (error == RD_KAFKA_RESP_ERR__FATAL || source->ended)
        code = ERR_FATAL;
    return err_set(reterr, code, "kafka: %s: %s", what, rd_kafka_err2str(error));
}

enum err_code
source_subscribe(struct source *source, struct err *reterr)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_resp_err_t error;

    rd_kafka_topic_partition_list_add(list, source->topic, RD_KAFKA_PARTITION_UA);
    error = rd_kafka_subscribe(source->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    return source_error(source, "subscribe", error, reterr);
}

/* --- control: rebalances and errors ---------------------------------------------------------- */

int
source_control_fd(const struct source *source)
{
    return source->control_fd;
}

static void
source_drain_fd(int fd)
{
    uint64_t count;

    (void)!read(fd, &count, sizeof(count)); /* sets it to zero; fails when it is zero */
}

/* What comes first is that connections end; why new ones are refused is said beside it. */
static void
source_set_down(struct source *source, bool down, const char *why)
{
    bool news = down && source->refused && !source->told_refused;

    if (source->down == down && !news)
        return;
    source->down = down;
    source->told_refused = down && source->refused;
    source->callbacks.brokers_down(source->callbacks.opaque, down, why);
}

/* Nothing tells that a broker is back but the statistics: each broker has its state there. */
static void
source_event_stats(struct source *source, rd_kafka_event_t *event)
{
    if (source->down && strstr(rd_kafka_event_stats(event), "\"state\":\"UP\"") != NULL)
        source_set_down(source, false, "connected again");
}

static void
source_event_error(struct source *source, rd_kafka_event_t *event)
{
    rd_kafka_resp_err_t error = rd_kafka_event_error(event);
    char text[512];

    if (error == RD_KAFKA_RESP_ERR__FATAL || rd_kafka_event_error_is_fatal(event)) {
        error = rd_kafka_fatal_error(source->rk, text, sizeof(text));
        if (source->ended)
            return;
        source->ended = true;
        source->callbacks.fatal(source->callbacks.opaque,
            error != RD_KAFKA_RESP_ERR_NO_ERROR ? text : rd_kafka_event_error_string(event));
    } else if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
        source_set_down(source, true,
            source->why[0] != '\0' ? source->why : rd_kafka_event_error_string(event));
    } else {
        blame_say(rd_kafka_event_error_string(event), source->why, sizeof(source->why));
        source->refused =
            error == RD_KAFKA_RESP_ERR__SSL || error == RD_KAFKA_RESP_ERR__AUTHENTICATION;
        if (source->down && source->refused)
            source_set_down(source, true, source->why);
    }
}

static void
source_take_membership(struct source *source, bool is_member)
{
    group_free(source->membership);
    source->membership = is_member ? group_of(source->rk) : NULL;
}

static size_t
source_partitions(
    const rd_kafka_topic_partition_list_t *list, int32_t *partitions, size_t count_max)
{
    size_t count = 0;

    for (int i = 0; list != NULL && i < list->cnt; i++) {
        int32_t partition = list->elems[i].partition;

        if (partition >= 0 && partition < PARTITIONS_MAX && count < count_max)
            partitions[count++] = partition;
    }
    return count;
}

static void
source_event_rebalance(struct source *source, rd_kafka_event_t *event)
{
    const struct source_callbacks *callbacks = &source->callbacks;
    int32_t partitions[PARTITIONS_MAX];
    size_t count =
        source_partitions(rd_kafka_event_topic_partition_list(event), partitions, PARTITIONS_MAX);
    bool given = rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
    bool lost = !given && rd_kafka_assignment_lost(source->rk);

    source->cooperative = strcmp(rd_kafka_rebalance_protocol(source->rk), "COOPERATIVE") == 0;
    source_take_membership(source, !lost);
    source->owed = given ? OWED_GIVEN : OWED_TAKEN;
    if (count == 0)
        source_answer_empty(source, given);
    if (given)
        callbacks->assigned(callbacks->opaque, partitions, count);
    else if (count > 0)
        callbacks->revoked(callbacks->opaque, partitions, count, lost);
}

static void
source_event(struct source *source, rd_kafka_event_t *event)
{
    switch (rd_kafka_event_type(event)) {
    case RD_KAFKA_EVENT_REBALANCE:
        source_event_rebalance(source, event);
        break;
    case RD_KAFKA_EVENT_ERROR:
        source_event_error(source, event);
        break;
    case RD_KAFKA_EVENT_STATS:
        source_event_stats(source, event);
        break;
    default:
        break;
    }
}

void
source_serve(struct source *source)
{
    rd_kafka_event_t *event;

    CHECK(source->magic == SOURCE_MAGIC);
    source_drain_fd(source->control_fd);
    for (int i = 0; i < SOURCE_EVENTS_MAX; i++) {
        event = rd_kafka_queue_poll(source->control, 0);
        if (event == NULL)
            break;
        source_event(source, event);
        rd_kafka_event_destroy(event);
    }
}

void *
source_group_metadata(struct source *source)
{
    return group_copy(source->membership);
}

/* --- data ------------------------------------------------------------------------------------ */

int
source_data_fd(const struct source *source)
{
    return source->data_fd;
}

static enum source_message_kind
source_kind(rd_kafka_resp_err_t error)
{
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR)
        return SOURCE_RECORD;
    if (error == RD_KAFKA_RESP_ERR__PARTITION_EOF)
        return SOURCE_END;
    if (error == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE ||
        error == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET)
        return SOURCE_OUT_OF_RANGE;
    return SOURCE_BROKEN;
}

/* Where each log ends as far as fetches have told: for a drill that trusts in it. */
static atomic_llong source_end_seen[PARTITIONS_MAX];

static void
source_message(const rd_kafka_message_t *got, struct source_message *message)
{
    rd_kafka_timestamp_type_t type;

    message->kind = source_kind(got->err);
    if (DRILL_WITHOUT(DRILL_END))
        atomic_store(
            &source_end_seen[got->partition], got->offset + (message->kind == SOURCE_RECORD));
    message->partition = got->partition;
    message->offset = got->offset;
    message->timestamp_ms = rd_kafka_message_timestamp(got, &type);
    if (type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE)
        message->timestamp_ms = -1;
    message->has_key = got->key != NULL;
    message->has_payload = got->payload != NULL;
    message->key = (struct text){got->key, (uint32_t)got->key_len};
    message->payload = (struct text){got->payload, (uint32_t)got->len};
    if (message->kind == SOURCE_RECORD)
        return;
    message->has_key = false;
    message->key = (struct text){NULL, 0};
    message->payload = text_of(rd_kafka_message_errstr(got));
}

static bool
source_is_wanted(struct source *source, const rd_kafka_message_t *got)
{
    return got->partition >= 0 && got->partition < PARTITIONS_MAX &&
           !atomic_load_explicit(&source->parked[got->partition], memory_order_relaxed);
}

/* A source_read under way. */
struct source_reading {
    struct source *source;
    source_take_fn *take;
    void *opaque;
    size_t count, count_max, bytes;
    size_t taken; /* from the queue: the unwanted too */
};

static bool
source_has_enough(const struct source_reading *reading)
{
    return reading->count >= reading->count_max || reading->bytes >= SOURCE_READ_BYTES_MAX;
}

/* The library takes the message back behind it: its memory is used again while it is warm. */
static void
source_consumed(rd_kafka_message_t *got, void *opaque)
{
    struct source_reading *reading = opaque;
    struct source_message message;

    if (source_is_wanted(reading->source, got)) {
        source_message(got, &message);
        reading->take(reading->opaque, &message);
        reading->count++;
        reading->bytes += got->len;
    }
    if (source_has_enough(reading))
        rd_kafka_yield(reading->source->rk); /* what is left stays in the queue */
}

/*
 * By callback: one lock and one look at the clock for all that is there. Not in batches: after a
 * rebalance the library goes on from what it thinks was given out, and in batches it is wrong about
 * that. 2.0.2 counts records that it drops from a batch when its partition is paused meanwhile; 2.2
 * and later count the end of a partition as a record (librdkafka issue 4844).
 */
static bool
source_consume(struct source_reading *reading)
{
    rd_kafka_queue_t *data = reading->source->data;
    int taken = rd_kafka_consume_callback_queue(data, 0, source_consumed, reading);

    if (taken <= 0) {
        /* Seen empty: only now may the descriptor fall silent. What came in between is read. */
        source_drain_fd(reading->source->data_fd);
        taken = rd_kafka_consume_callback_queue(data, 0, source_consumed, reading);
    }
    reading->taken += taken > 0 ? (size_t)taken : 0;
    return taken > 0;
}

size_t
source_read(struct source *source, size_t count_max, source_take_fn *take, void *opaque)
{
    struct source_reading reading = {source, take, opaque, 0, count_max, 0, 0};
    bool more = true;

    CHECK(source->magic == SOURCE_MAGIC);
    CHECK(count_max > 0);
    pthread_mutex_lock(&source->reading);
    if (source->seeks == 0 || DRILL_WITHOUT(DRILL_SEEK)) {
        while (more && !source_has_enough(&reading))
            more = source_consume(&reading);
        fetcher_took(&source->fetcher, reading.taken, reading.bytes);
    } else {
        source_drain_fd(source->data_fd); /* or whoever waits for it would spin */
    }
    pthread_mutex_unlock(&source->reading);
    if (reading.count > 0)
        source_set_down(source, false, "records arrive again");
    return reading.count;
}

/* --- assignment ------------------------------------------------------------------------------ */

/* Must be done before the assignment: the library then leaves the forwarding alone. */
static void
source_forward(struct source *source, int32_t partition)
{
    if (source->queues[partition] == NULL)
        source->queues[partition] =
            rd_kafka_queue_get_partition(source->rk, source->topic, partition);
    CHECK(source->queues[partition] != NULL);
    rd_kafka_queue_forward(source->queues[partition], source->data);
}

/* Takes the error. */
static enum err_code
source_take_error(
    struct source *source, const char *what, rd_kafka_error_t *error, struct err *reterr)
{
    enum err_code code;

    if (error == NULL)
        return ERR_NONE;
    code = rd_kafka_error_is_fatal(error) || source->ended ? ERR_FATAL : ERR_RETRY;
    err_set(reterr, code, "kafka: %s: %s", what, rd_kafka_error_string(error));
    rd_kafka_error_destroy(error);
    return code;
}

/* Parked partitions are not fetched at all; what still arrives of them is dropped. */
static void
source_park(struct source *source, const struct source_start *starts, size_t count)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);

    for (size_t i = 0; i < count; i++) {
        if (starts[i].offset == SOURCE_OFFSET_NONE)
            rd_kafka_topic_partition_list_add(list, source->topic, starts[i].partition);
    }
    if (list->cnt > 0)
        rd_kafka_pause_partitions(source->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
}

enum err_code
source_assign(
    struct source *source, const struct source_start *starts, size_t count, struct err *reterr)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    enum err_code code;

    for (size_t i = 0; i < count; i++) {
        int32_t partition = starts[i].partition;
        bool parked = starts[i].offset == SOURCE_OFFSET_NONE;

        CHECK(partition >= 0 && partition < PARTITIONS_MAX);
        source_forward(source, partition);
        atomic_store(&source->parked[partition], parked);
        rd_kafka_topic_partition_list_add(list, source->topic, partition)->offset =
            parked ? RD_KAFKA_OFFSET_END : starts[i].offset;
    }
    source->owed = OWED_NOTHING;
    if (source->cooperative)
        code = source_take_error(
            source, "assign", rd_kafka_incremental_assign(source->rk, list), reterr);
    else
        code = source_error(source, "assign", rd_kafka_assign(source->rk, list), reterr);
    rd_kafka_topic_partition_list_destroy(list);
    if (code == ERR_NONE)
        source_park(source, starts, count);
    return code;
}

enum err_code
source_unassign(struct source *source, const int32_t *partitions, size_t count, struct err *reterr)
{
    rd_kafka_topic_partition_list_t *list;
    enum err_code code;

    source->owed = OWED_NOTHING;
    if (!source->cooperative)
        return source_error(source, "unassign", rd_kafka_assign(source->rk, NULL), reterr);
    list = rd_kafka_topic_partition_list_new((int)count);
    for (size_t i = 0; i < count; i++)
        rd_kafka_topic_partition_list_add(list, source->topic, partitions[i]);
    code = source_take_error(
        source, "unassign", rd_kafka_incremental_unassign(source->rk, list), reterr);
    rd_kafka_topic_partition_list_destroy(list);
    return code;
}

/* --- questions, blocking --------------------------------------------------------------------- */

static rd_kafka_topic_partition_list_t *
source_list_of(struct source *source, int32_t partition, int64_t offset)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);

    rd_kafka_topic_partition_list_add(list, source->topic, partition)->offset = offset;
    return list;
}

/* The metadata ends where its size says; 2.0.2 does not terminate it. */
static void
source_committed_read(
    const rd_kafka_topic_partition_t *answer, struct source_committed *ret_committed)
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
source_committed(struct source *source, int32_t partition, struct source_committed *ret_committed,
    struct err *reterr)
{
    rd_kafka_topic_partition_list_t *list =
        source_list_of(source, partition, RD_KAFKA_OFFSET_INVALID);
    rd_kafka_resp_err_t error = rd_kafka_committed(source->rk, list, SOURCE_ASK_MS);

    if (error == RD_KAFKA_RESP_ERR_NO_ERROR)
        error = list->elems[0].err;
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR)
        source_committed_read(&list->elems[0], ret_committed);
    rd_kafka_topic_partition_list_destroy(list);
    if (error == RD_KAFKA_RESP_ERR__TIMED_OUT) /* brokers answer "not stable", again and again */
        return source_error(source,
            "committed offset, which a transaction of an earlier owner may still change", error,
            reterr);
    return source_error(source, "committed offset", error, reterr);
}

/*
 * The library asks the leader that it knows, and goes on asking it when another one leads by now:
 * after a failed question about offsets it must be told to look again.
 */
static void
source_look_again(rd_kafka_t *rk, rd_kafka_topic_t *rkt, int wait_ms)
{
    const struct rd_kafka_metadata *answer;

    if (rd_kafka_metadata(rk, 0, rkt, &answer, wait_ms) == RD_KAFKA_RESP_ERR_NO_ERROR)
        rd_kafka_metadata_destroy(answer);
}

enum err_code
source_range(struct source *source, int32_t partition, int64_t *ret_low, int64_t *ret_end,
    struct err *reterr)
{
    rd_kafka_resp_err_t error = rd_kafka_query_watermark_offsets(
        source->rk, source->topic, partition, ret_low, ret_end, SOURCE_ASK_MS);

    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
        source_look_again(source->rk, source->rkt, SOURCE_ASK_MS);
    return source_error(source, "first and end offset", error, reterr);
}

enum err_code
source_offset_at(struct source *source, int32_t partition, int64_t time_ms, int64_t *ret_offset,
    struct err *reterr)
{
    rd_kafka_topic_partition_list_t *list = source_list_of(source, partition, time_ms);
    rd_kafka_resp_err_t error = rd_kafka_offsets_for_times(source->rk, list, SOURCE_ASK_MS);
    int64_t low;

    if (error == RD_KAFKA_RESP_ERR_NO_ERROR)
        error = list->elems[0].err;
    *ret_offset = list->elems[0].offset;
    rd_kafka_topic_partition_list_destroy(list);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
        source_look_again(source->rk, source->rkt, SOURCE_ASK_MS);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR && *ret_offset < 0)
        return source_range(source, partition, &low, ret_offset, reterr);
    return source_error(source, "offset of a time", error, reterr);
}

/* No record is handed out while a partition is being sought: it could be one from before. */
static void
source_count_seeks(struct source *source, int more)
{
    pthread_mutex_lock(&source->reading);
    source->seeks += more;
    pthread_mutex_unlock(&source->reading);
}

enum err_code
source_seek(struct source *source, int32_t partition, int64_t offset, struct err *reterr)
{
    rd_kafka_topic_partition_list_t *list = source_list_of(source, partition, offset);
    enum err_code code;

    CHECK(partition >= 0 && partition < PARTITIONS_MAX);
    source_count_seeks(source, 1);
    code = source_take_error(
        source, "seek", rd_kafka_seek_partitions(source->rk, list, SOURCE_ASK_MS), reterr);
    if (code == ERR_NONE)
        code = source_error(source, "seek", list->elems[0].err, reterr);
    source_count_seeks(source, -1);
    if (code == ERR_NONE && atomic_exchange(&source->parked[partition], false))
        rd_kafka_resume_partitions(source->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    return code;
}

/* Of a partition that is not ours (any more) there is nothing to pause. */
void
source_pause(struct source *source, int32_t partition, bool pause)
{
    rd_kafka_topic_partition_list_t *list =
        source_list_of(source, partition, RD_KAFKA_OFFSET_INVALID);

    if (pause)
        rd_kafka_pause_partitions(source->rk, list);
    else
        rd_kafka_resume_partitions(source->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
}

/* --- the proof of the end -------------------------------------------------------------------- */

struct source_prober {
    uint32_t magic;
    const char *topic; /* the config's */
    rd_kafka_t *rk;
    rd_kafka_topic_t *rkt;
};

static rd_kafka_t *
source_prober_start(const struct config *config, struct err *reterr)
{
    struct conf_request request = {CONF_ASKER, config->settings.kafka_brokers, config->properties,
        config->property_count, "footprint-prober"};
    rd_kafka_conf_t *conf = conf_new(&request, reterr);

    if (conf == NULL)
        return NULL;
    if (conf_set(conf, "isolation.level", "read_uncommitted", reterr) == ERR_NONE &&
        conf_set_int(conf, "socket.timeout.ms", PROBER_ASK_MS, reterr) == ERR_NONE)
        return conf_start(conf, RD_KAFKA_CONSUMER, reterr);
    rd_kafka_conf_destroy(conf);
    return NULL;
}

struct source_prober *
source_prober_new(const struct config *config, struct err *reterr)
{
    struct source_prober *prober = calloc(1, sizeof(*prober));

    CHECK(prober != NULL);
    prober->magic = PROBER_MAGIC;
    prober->topic = config->settings.input_topic;
    prober->rk = source_prober_start(config, reterr);
    if (prober->rk != NULL)
        prober->rkt = source_topic(prober->rk, prober->topic, reterr);
    if (prober->rkt != NULL)
        return prober;
    source_prober_free(prober);
    return NULL;
}

void
source_prober_free(struct source_prober *prober)
{
    if (prober == NULL)
        return;
    CHECK(prober->magic == PROBER_MAGIC);
    if (prober->rkt != NULL)
        rd_kafka_topic_destroy(prober->rkt);
    if (prober->rk != NULL)
        rd_kafka_destroy(prober->rk);
    prober->magic = 0;
    free(prober);
}

enum err_code
source_prober_end(
    struct source_prober *prober, int32_t partition, int64_t *ret_end, struct err *reterr)
{
    int64_t low;
    rd_kafka_resp_err_t error;

    CHECK(prober->magic == PROBER_MAGIC);
    if (DRILL_WITHOUT(DRILL_END)) {
        *ret_end = atomic_load(&source_end_seen[partition]);
        return ERR_NONE;
    }
    error = rd_kafka_query_watermark_offsets(
        prober->rk, prober->topic, partition, &low, ret_end, PROBER_ASK_MS);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR)
        return ERR_NONE;
    source_look_again(prober->rk, prober->rkt, PROBER_ASK_MS);
    return err_set(reterr, ERR_RETRY, "kafka: end offset: %s", rd_kafka_err2str(error));
}

enum err_code
source_prober_partitions(struct source_prober *prober, int32_t *ret_count, struct err *reterr)
{
    rd_kafka_topic_t *topic = rd_kafka_topic_new(prober->rk, prober->topic, NULL);
    const struct rd_kafka_metadata *answer = NULL;
    rd_kafka_resp_err_t error;

    CHECK(topic != NULL);
    error = rd_kafka_metadata(prober->rk, 0, topic, &answer, PROBER_ASK_MS);
    rd_kafka_topic_destroy(topic);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
        return err_set(reterr, ERR_RETRY, "kafka: partitions: %s", rd_kafka_err2str(error));
    *ret_count = answer->topic_cnt == 1 ? answer->topics[0].partition_cnt : 0;
    rd_kafka_metadata_destroy(answer);
    return ERR_NONE;
}
