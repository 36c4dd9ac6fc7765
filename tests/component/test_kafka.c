/*
 * The kafka room against a real broker: FOOTPRINT_TEST_KAFKA names one, else one is started.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "config/base/limits.h"
#include "config/base/murmur2.h"
#include "pipeline/kafka/outbox.h"
#include "pipeline/kafka/producer.h"
#include "pipeline/kafka/sink.h"
#include "pipeline/kafka/source.h"
#include "pipeline/kafka/topics.h"

#define PARTITIONS 4
#define PATIENCE_MS 30000

static char brokers[256];
static char folder[64]; /* of the broker that was started here, or empty */
static int names_made;

/* --- the broker ------------------------------------------------------------------------------ */

static int
broker_start(void **state)
{
    const char *given = getenv("FOOTPRINT_TEST_KAFKA");
    char command[256];
    FILE *output;

    (void)state;
    if (given != NULL) {
        snprintf(brokers, sizeof(brokers), "%s", given);
        return 0;
    }
    snprintf(folder, sizeof(folder), "/tmp/footprint-kafka-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(command, sizeof(command), "scripts/kafka start %s", folder);
    output = popen(command, "r");
    if (output == NULL || fgets(brokers, sizeof(brokers), output) == NULL)
        return -1;
    brokers[strcspn(brokers, "\r\n")] = '\0';
    return pclose(output);
}

static int
broker_stop(void **state)
{
    char command[256];

    (void)state;
    if (folder[0] == '\0')
        return 0;
    snprintf(command, sizeof(command), "scripts/kafka stop %s; rm -rf %s", folder, folder);
    return system(command);
}

static void
create_topic_with(const char *name, int partitions, const char *property, const char *value)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(name, partitions, 1, NULL, 0);
    rd_kafka_queue_t *queue;
    rd_kafka_event_t *event;
    rd_kafka_t *rk;

    if (property != NULL)
        rd_kafka_NewTopic_set_config(topic, property, value);
    rd_kafka_conf_set(conf, "bootstrap.servers", brokers, NULL, 0);
    rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, NULL, 0);
    assert_non_null(rk);
    queue = rd_kafka_queue_new(rk);
    rd_kafka_CreateTopics(rk, &topic, 1, NULL, queue);
    event = rd_kafka_queue_poll(queue, PATIENCE_MS);
    assert_non_null(event);
    assert_int_equal(rd_kafka_event_error(event), 0);
    rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_NewTopic_destroy(topic);
    rd_kafka_destroy(rk);
    usleep(300000); /* the answer comes before every broker knows it */
}

static void
create_topic(const char *name, int partitions)
{
    create_topic_with(name, partitions, NULL, NULL);
}

/* --- a configuration and a member with what it saw ------------------------------------------- */

struct place {
    struct config config;
    struct topics topics;
    char input[64], changes[64], members[64], rejects[64], metrics[64], group[64];
};

struct member {
    struct source *source;
    struct source_callbacks callbacks;
    int64_t starts[PARTITIONS]; /* where reading begins; 0 unless the test says otherwise */
    bool mine[PARTITIONS];
    bool joined;
    int assigned, revoked, lost, fatal, down, up;
    int64_t next[PARTITIONS]; /* position after what was read */
    int64_t end[PARTITIONS];  /* of SOURCE_END, -1: not seen */
    int records[PARTITIONS];
};

/* The second only where a test asks for it. */
static const struct config_property quick[] = {
    {.name = "heartbeat.interval.ms", .value = "300"},
    {.name = "partition.assignment.strategy", .value = "range"},
};

static void
place_init(struct place *place)
{
    struct settings *settings = &place->config.settings;
    int number = names_made++;

    memset(place, 0, sizeof(*place));
    snprintf(place->input, sizeof(place->input), "in-%d-%d", (int)getpid(), number);
    snprintf(place->changes, sizeof(place->changes), "changes-%d-%d", (int)getpid(), number);
    snprintf(place->members, sizeof(place->members), "members-%d-%d", (int)getpid(), number);
    snprintf(place->rejects, sizeof(place->rejects), "rejects-%d-%d", (int)getpid(), number);
    snprintf(place->metrics, sizeof(place->metrics), "metrics-%d-%d", (int)getpid(), number);
    snprintf(place->group, sizeof(place->group), "group-%d-%d", (int)getpid(), number);
    settings->kafka_brokers = brokers;
    settings->kafka_group = place->group;
    settings->kafka_session_timeout_ms = 6000;
    settings->kafka_transaction_timeout_ms = 10000;
    settings->input_topic = place->input;
    settings->output_changes = place->changes;
    settings->output_members = place->members;
    settings->output_rejects = place->rejects;
    settings->output_metrics = place->metrics;
    settings->output_create_topics = true;
    place->config.properties = quick;
    place->config.property_count = 1;
}

static void
place_prepare(struct place *place)
{
    struct err err;

    place_init(place);
    create_topic(place->input, PARTITIONS);
    if (topics_prepare(&place->config, &place->topics, &err) != ERR_NONE)
        fail_msg("%s", err.msg);
}

static void
place_fill(struct place *place, int records)
{
    struct err err;
    struct producer *producer = producer_new(brokers, NULL, 0, &err);

    assert_non_null(producer);
    for (int i = 0; i < records; i++) {
        char key[16], value[32];

        snprintf(key, sizeof(key), "user%d", i % 40);
        snprintf(value, sizeof(value), "{\"n\":%d}", i);
        if (producer_send(producer, place->input, text_of(key), text_of(value), 1700000000000 + i,
                &err) != ERR_NONE)
            fail_msg("%s", err.msg);
    }
    assert_int_equal(producer_free(producer, PATIENCE_MS), 0);
}

static void
member_assigned(void *opaque, const int32_t *partitions, size_t count)
{
    struct member *member = opaque;
    struct source_start starts[PARTITIONS];
    struct err err;

    member->joined = true;
    if (count == 0)
        return;
    for (size_t i = 0; i < count; i++) {
        starts[i] = (struct source_start){partitions[i], member->starts[partitions[i]]};
        member->mine[partitions[i]] = true;
    }
    member->assigned++;
    if (source_assign(member->source, starts, count, &err) != ERR_NONE)
        fail_msg("%s", err.msg);
}

static void
member_revoked(void *opaque, const int32_t *partitions, size_t count, bool lost)
{
    struct member *member = opaque;
    struct err err;

    for (size_t i = 0; i < count; i++)
        member->mine[partitions[i]] = false;
    member->revoked++;
    member->lost += lost;
    if (source_unassign(member->source, partitions, count, &err) != ERR_NONE)
        fail_msg("%s", err.msg);
}

static void
member_brokers_down(void *opaque, bool down, const char *why)
{
    struct member *member = opaque;

    assert_non_null(why);
    if (down)
        member->down++;
    else
        member->up++;
}

static void
member_fatal(void *opaque, const char *why)
{
    struct member *member = opaque;

    assert_non_null(why);
    member->fatal++;
}

static void
member_join(struct member *member, const struct place *place, const char *name)
{
    struct err err;

    memset(member, 0, sizeof(*member));
    for (int i = 0; i < PARTITIONS; i++)
        member->end[i] = -1;
    member->callbacks = (struct source_callbacks){
        member, member_assigned, member_revoked, member_brokers_down, member_fatal};
    member->source = source_new(&place->config, name, &member->callbacks, &err);
    if (member->source == NULL || source_subscribe(member->source, &err) != ERR_NONE)
        fail_msg("%s", err.msg);
}

static void
member_note(void *opaque, const struct source_message *message)
{
    struct member *member = opaque;

    if (message->kind == SOURCE_END) {
        member->end[message->partition] = message->offset;
        return;
    }
    if (message->kind != SOURCE_RECORD)
        fail_msg("partition %d at %lld: %.*s", message->partition, (long long)message->offset,
            (int)message->payload.length, message->payload.bytes);
    assert_true(message->timestamp_ms >= 1700000000000);
    assert_true(message->has_key && message->has_payload);
    assert_int_equal(murmur2_partition(message->key, PARTITIONS), message->partition);
    member->records[message->partition]++;
    member->next[message->partition] = message->offset + 1;
}

/* One turn of a worker's loop: waits for a descriptor, then does what there is. */
static void
member_turn(struct member *member, int wait_ms)
{
    struct pollfd fds[2] = {{source_control_fd(member->source), POLLIN, 0},
        {source_data_fd(member->source), POLLIN, 0}};

    poll(fds, 2, wait_ms);
    source_serve(member->source);
    while (source_read(member->source, 100, member_note, member) > 0)
        ;
}

static bool
member_has_all(const struct member *member)
{
    for (int i = 0; i < PARTITIONS; i++) {
        if (member->end[i] < 0)
            return false;
    }
    return true;
}

static int64_t
now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

#define UNTIL(condition, turn)                                                                     \
    do {                                                                                           \
        int64_t until_end = now_ms() + PATIENCE_MS;                                                \
        while (!(condition)) {                                                                     \
            if (now_ms() > until_end)                                                              \
                fail_msg("not within %d ms: %s", PATIENCE_MS, #condition);                         \
            turn;                                                                                  \
        }                                                                                          \
    } while (0)

static int
member_records(const struct member *member)
{
    int sum = 0;

    for (int i = 0; i < PARTITIONS; i++)
        sum += member->records[i];
    return sum;
}

/* --- topics ---------------------------------------------------------------------------------- */

static void
outputs_are_made_with_the_partitions_of_the_input(void **state)
{
    struct place place;
    struct topics topics;
    struct err err;

    (void)state;
    place_init(&place);
    assert_int_equal(topics_prepare(&place.config, &topics, &err), ERR_RETRY);
    assert_non_null(strstr(err.msg, "does not exist yet"));
    create_topic(place.input, PARTITIONS);
    place.config.settings.output_create_topics = false;
    assert_int_equal(topics_prepare(&place.config, &topics, &err), ERR_INPUT);
    assert_non_null(strstr(err.msg, "create it with 4 partitions"));
    place.config.settings.output_create_topics = true;
    assert_int_equal(topics_prepare(&place.config, &topics, &err), ERR_NONE);
    assert_int_equal(topics.partition_count, PARTITIONS);
    assert_int_equal(topics.replication, 1);
    place.config.settings.output_create_topics = false;
    assert_int_equal(topics_prepare(&place.config, &topics, &err), ERR_NONE);
}

static void
an_output_with_other_partitions_is_refused(void **state)
{
    struct place place;
    struct topics topics;
    struct err err;

    (void)state;
    place_init(&place);
    create_topic(place.input, PARTITIONS);
    create_topic(place.changes, PARTITIONS - 1);
    assert_int_equal(topics_prepare(&place.config, &topics, &err), ERR_INPUT);
    assert_non_null(strstr(err.msg, "has 3 partitions but"));
}

static void
without_a_broker_topics_say_try_again(void **state)
{
    struct place place;
    struct topics topics;
    struct err err;

    (void)state;
    place_init(&place);
    place.config.settings.kafka_brokers = "127.0.0.1:1";
    assert_int_equal(topics_prepare(&place.config, &topics, &err), ERR_RETRY);
}

/* --- source ---------------------------------------------------------------------------------- */

static void
records_are_read_to_the_end_of_every_partition(void **state)
{
    struct place place;
    struct member member;
    struct source_committed committed;
    int64_t low, end, at;
    struct err err;

    (void)state;
    place_prepare(&place);
    place_fill(&place, 3000);
    member_join(&member, &place, "host-0");
    assert_null(source_group_metadata(member.source));
    UNTIL(member_has_all(&member), member_turn(&member, 100));
    assert_int_equal(member_records(&member), 3000);
    for (int i = 0; i < PARTITIONS; i++) {
        assert_int_equal(source_committed(member.source, i, &committed, &err), ERR_NONE);
        assert_int_equal(committed.offset, SOURCE_OFFSET_NONE);
        assert_int_equal(source_range(member.source, i, &low, &end, &err), ERR_NONE);
        assert_int_equal(low, 0);
        assert_int_equal(end, member.end[i]);
        assert_int_equal(end, member.next[i]);
        assert_int_equal(source_offset_at(member.source, i, 1700000000000, &at, &err), ERR_NONE);
        assert_int_equal(at, 0);
        assert_int_equal(source_offset_at(member.source, i, 1800000000000, &at, &err), ERR_NONE);
        assert_int_equal(at, end);
    }
    source_free(member.source);
}

static void
keep_message(void *opaque, const struct source_message *message)
{
    *(struct source_message *)opaque = *message;
}

static void
after_a_seek_nothing_from_before_it_is_read(void **state)
{
    struct place place;
    struct member member;
    struct source_message message;
    struct err err;

    (void)state;
    place_prepare(&place);
    place_fill(&place, 4000);
    member_join(&member, &place, "host-0");
    UNTIL(member_records(&member) > 0, member_turn(&member, 100));
    for (int round = 0; round < 20; round++) {
        int64_t to = round * 7;

        UNTIL(source_seek(member.source, 0, to, &err) == ERR_NONE, usleep(1000));
        do {
            UNTIL(source_read(member.source, 1, keep_message, &message) > 0, usleep(1000));
        } while (message.partition != 0 || message.kind == SOURCE_END);
        assert_int_equal(message.offset, to);
    }
    source_free(member.source);
}

static void
a_parked_partition_is_read_after_a_seek_only(void **state)
{
    struct place place;
    struct member member;
    struct err err;

    (void)state;
    place_prepare(&place);
    place_fill(&place, 400);
    member_join(&member, &place, "host-0");
    member.starts[2] = SOURCE_OFFSET_NONE;
    UNTIL(
        member.end[0] >= 0 && member.end[1] >= 0 && member.end[3] >= 0, member_turn(&member, 100));
    place_fill(&place, 400);
    for (int i = 0; i < 10; i++)
        member_turn(&member, 50);
    assert_int_equal(member.records[2], 0);
    assert_int_equal(member.end[2], -1);
    UNTIL(source_seek(member.source, 2, 0, &err) == ERR_NONE, usleep(1000));
    UNTIL(member.end[2] >= 0 && member_records(&member) >= 800, member_turn(&member, 100));
    assert_int_equal(member_records(&member), 800);
    source_free(member.source);
}

static void
count_out_of_range(void *opaque, const struct source_message *message)
{
    assert_int_equal(message->kind, SOURCE_OUT_OF_RANGE);
    ++*(size_t *)opaque;
}

/*
 * All partitions, before the source ends: the library locks itself up when it is destroyed while
 * such an answer is on its way (librdkafka issue 4514). The daemon's stop has a deadline for it.
 */
static void
an_offset_that_is_not_in_the_log_is_told(void **state)
{
    struct place place;
    struct member member;
    size_t told = 0;

    (void)state;
    place_prepare(&place);
    place_fill(&place, 100);
    member_join(&member, &place, "host-0");
    for (int i = 0; i < PARTITIONS; i++)
        member.starts[i] = 1000000;
    UNTIL(member.assigned > 0, source_serve(member.source));
    while (told < PARTITIONS)
        if (source_read(member.source, 10, count_out_of_range, &told) == 0)
            usleep(1000);
    source_free(member.source);
}

static bool
is_shared_out(const struct member *first, const struct member *second)
{
    for (int i = 0; i < PARTITIONS; i++) {
        if (first->mine[i] + second->mine[i] != 1)
            return false;
    }
    return second->assigned > 0;
}

static void
share(struct place *place)
{
    struct member first, second;

    place_fill(place, 1000);
    member_join(&first, place, "host-0");
    UNTIL(member_has_all(&first), member_turn(&first, 100));
    member_join(&second, place, "host-1");
    UNTIL(second.assigned > 0, (member_turn(&first, 20), member_turn(&second, 20)));
    UNTIL(is_shared_out(&first, &second), (member_turn(&first, 20), member_turn(&second, 20)));
    assert_true(first.revoked >= 1);
    assert_int_equal(first.lost, 0);
    source_free(second.source);
    /* A static member keeps its partitions: its next incarnation has them at once. */
    member_join(&second, place, "host-1");
    UNTIL(second.assigned > 0, (member_turn(&first, 20), member_turn(&second, 20)));
    UNTIL(member_records(&second) > 0, (member_turn(&first, 20), member_turn(&second, 20)));
    source_free(second.source);
    source_free(first.source);
}

static void
a_second_member_takes_its_share_cooperatively(void **state)
{
    struct place place;

    (void)state;
    place_prepare(&place);
    share(&place);
}

static void
a_second_member_takes_its_share_eagerly(void **state)
{
    struct place place;

    (void)state;
    place_prepare(&place);
    place.config.property_count = 2;
    share(&place);
}

static void
two_members_of_one_name_fence_each_other(void **state)
{
    struct place place;
    struct member first, second;

    (void)state;
    place_prepare(&place);
    member_join(&first, &place, "host-0");
    UNTIL(member_has_all(&first), member_turn(&first, 100));
    member_join(&second, &place, "host-0");
    UNTIL(first.fatal > 0, (member_turn(&first, 20), member_turn(&second, 20)));
    assert_int_equal(first.fatal, 1);
    source_free(second.source);
    source_free(first.source);
}

/* librdkafka's own way of closing hangs then, more often than not. */
static void
a_member_may_end_in_the_middle_of_a_rebalance(void **state)
{
    struct place place;
    struct member first, second;

    (void)state;
    place_prepare(&place);
    for (int round = 0; round < 3; round++) {
        member_join(&first, &place, "host-0");
        UNTIL(first.joined, member_turn(&first, 20));
        member_join(&second, &place, round % 2 == 0 ? "host-1" : "host-2");
        for (int i = 0; i < 3 * round; i++)
            member_turn(&first, 50), member_turn(&second, 50);
        source_free(second.source);
        source_free(first.source);
    }
}

static void
a_lost_broker_is_told(void **state)
{
    struct place place;
    struct member member;

    (void)state;
    place_init(&place);
    place.config.settings.kafka_brokers = "127.0.0.1:1";
    member_join(&member, &place, "host-0");
    UNTIL(member.down > 0, member_turn(&member, 100));
    assert_int_equal(member.up, 0);
    source_free(member.source);
}

static void
the_prober_knows_the_end(void **state)
{
    struct place place;
    struct source_prober *prober;
    struct err err;
    int64_t end, sum = 0;

    (void)state;
    place_prepare(&place);
    place_fill(&place, 100);
    prober = source_prober_new(&place.config, &err);
    assert_non_null(prober);
    for (int i = 0; i < PARTITIONS; i++) {
        assert_int_equal(source_prober_end(prober, i, &end, &err), ERR_NONE);
        sum += end;
    }
    assert_int_equal(sum, 100);
    source_prober_free(prober);
}

/* Three brokers are modelled by the library itself, which lets a test say who leads. */
static void
the_prober_follows_a_new_leader(void **state)
{
    rd_kafka_t *host = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), NULL, 0);
    rd_kafka_mock_cluster_t *cluster = rd_kafka_mock_cluster_new(host, 3);
    struct place place;
    struct source_prober *prober;
    struct err err;
    int64_t end = -1;

    (void)state;
    place_init(&place);
    rd_kafka_mock_topic_create(cluster, place.input, 1, 3);
    place.config.settings.kafka_brokers = rd_kafka_mock_cluster_bootstraps(cluster);
    prober = source_prober_new(&place.config, &err);
    assert_non_null(prober);
    for (int32_t leader = 1; leader <= 3; leader++) {
        int tries = 0;

        rd_kafka_mock_partition_set_leader(cluster, place.input, 0, leader);
        while (source_prober_end(prober, 0, &end, &err) != ERR_NONE)
            assert_in_range(++tries, 1, 20);
        assert_int_equal(end, 0);
    }
    source_prober_free(prober);
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(host);
}

/* --- sink ------------------------------------------------------------------------------------ */

static void
add_record(struct outbox *outbox, enum outbox_topic topic, const char *key, const char *value)
{
    outbox_begin(outbox, topic, text_of(key), true);
    if (value != NULL)
        buffer_add_text(&outbox->bytes, text_of(value));
    outbox_end(outbox, value != NULL);
}

static struct sink *
open_sink(const struct place *place, const char *name)
{
    struct err err;
    struct sink *sink = sink_new(&place->config, name, &err);
    enum err_code code;

    if (sink == NULL)
        fail_msg("%s", err.msg);
    UNTIL((code = sink_init(sink, &err)) != ERR_RETRY, usleep(10000));
    if (code != ERR_NONE)
        fail_msg("%s", err.msg);
    return sink;
}

/* Reads one output partition to its end as a consumer of committed records. */
static void
read_output(const char *topic, int partition, void (*see)(rd_kafka_message_t *, int), int expected)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_message_t *message;
    rd_kafka_t *rk;
    int seen = 0;

    rd_kafka_conf_set(conf, "bootstrap.servers", brokers, NULL, 0);
    rd_kafka_conf_set(conf, "group.id", "reader", NULL, 0);
    rd_kafka_conf_set(conf, "enable.partition.eof", "true", NULL, 0);
    rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, NULL, 0);
    assert_non_null(rk);
    rd_kafka_topic_partition_list_add(list, topic, partition)->offset = 0;
    rd_kafka_assign(rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    while ((message = rd_kafka_consumer_poll(rk, PATIENCE_MS)) != NULL && message->err == 0) {
        if (see != NULL)
            see(message, seen);
        seen++;
        rd_kafka_message_destroy(message);
    }
    assert_non_null(message);
    assert_int_equal(message->err, RD_KAFKA_RESP_ERR__PARTITION_EOF);
    rd_kafka_message_destroy(message);
    rd_kafka_consumer_close(rk);
    rd_kafka_destroy(rk);
    assert_int_equal(seen, expected);
}

static void
see_change(rd_kafka_message_t *message, int number)
{
    rd_kafka_headers_t *headers;
    const void *value;
    size_t length;

    assert_int_equal(number, 0);
    assert_memory_equal(message->key, "ann", 3);
    assert_memory_equal(message->payload, "{\"enter\":1}", 11);
    assert_int_equal(rd_kafka_message_headers(message, &headers), 0);
    assert_int_equal(rd_kafka_header_cnt(headers), 2);
    assert_int_equal(rd_kafka_header_get(headers, 0, "segment", &value, &length), 0);
    assert_int_equal(length, 4);
    assert_memory_equal(value, "vips", 4);
    assert_int_equal(rd_kafka_header_get(headers, 0, "change", &value, &length), 0);
    assert_memory_equal(value, "enter", 5);
}

static void
see_tombstone(rd_kafka_message_t *message, int number)
{
    assert_int_equal(number, 0);
    assert_null(message->payload);
    assert_memory_equal(message->key, "bob", 3);
}

static void
see_reject(rd_kafka_message_t *message, int number)
{
    assert_int_equal(number, 0);
    assert_null(message->key);
    assert_non_null(message->payload);
    assert_int_equal(message->len, 0);
}

static void
a_transaction_moves_records_and_offset_together(void **state)
{
    struct place place;
    struct member member;
    struct outbox outbox, nothing;
    struct source_committed committed;
    struct sink_outcome outcome;
    struct sink *sink;
    struct err err;

    (void)state;
    place_prepare(&place);
    place_fill(&place, 100);
    member_join(&member, &place, "host-0");
    UNTIL(member_has_all(&member), member_turn(&member, 100));
    sink = open_sink(&place, "tx-0");
    outbox_init(&outbox);
    outbox_init(&nothing);
    add_record(&outbox, OUTBOX_CHANGES, "ann", "{\"enter\":1}");
    outbox_header(&outbox, "segment", TEXT("vips"));
    outbox_header(&outbox, "change", TEXT("enter"));
    add_record(&outbox, OUTBOX_MEMBERS, "bob", NULL);
    outbox_begin(&outbox, OUTBOX_REJECTS, (struct text){NULL, 0}, false);
    outbox_end(&outbox, true);
    struct sink_part parts[] = {{3, &outbox, 17, "v=1 wm=5"}, {1, &nothing, 9, "v=1 wm=6"}};
    sink_commit(sink, source_group_metadata(member.source), parts, 2, &outcome);
    if (outcome.result != SINK_COMMITTED)
        fail_msg("%s", outcome.err.msg);
    read_output(place.changes, 3, see_change, 1);
    read_output(place.members, 3, see_tombstone, 1);
    read_output(place.rejects, 3, see_reject, 1);
    read_output(place.changes, 1, NULL, 0);
    assert_int_equal(source_committed(member.source, 3, &committed, &err), ERR_NONE);
    assert_int_equal(committed.offset, 17);
    assert_string_equal(committed.metadata, "v=1 wm=5");
    assert_int_equal(source_committed(member.source, 1, &committed, &err), ERR_NONE);
    assert_int_equal(committed.offset, 9);
    assert_string_equal(committed.metadata, "v=1 wm=6");
    sink_free(sink);
    source_free(member.source);
    outbox_fini(&outbox);
    outbox_fini(&nothing);
}

static void
a_record_that_is_too_large_stops_its_partition_only(void **state)
{
    struct place place;
    struct member member;
    struct outbox large, good;
    struct sink_outcome outcome;
    struct sink *sink;

    (void)state;
    place_prepare(&place);
    member_join(&member, &place, "host-0");
    UNTIL(member_has_all(&member), member_turn(&member, 100));
    sink = open_sink(&place, "tx-0");
    outbox_init(&large);
    outbox_init(&good);
    add_record(&good, OUTBOX_CHANGES, "ann", "{}");
    outbox_begin(&large, OUTBOX_CHANGES, TEXT("bob"), true);
    memset(buffer_reserve(&large.bytes, 2000000), 'x', 2000000);
    large.bytes.length += 2000000;
    outbox_end(&large, true);
    struct sink_part parts[] = {{0, &good, 1, "v=1"}, {2, &large, 1, "v=1"}};
    sink_commit(sink, source_group_metadata(member.source), parts, 2, &outcome);
    assert_int_equal(outcome.result, SINK_REFUSED);
    assert_int_equal(outcome.partition, 2);
    sink_commit(sink, source_group_metadata(member.source), parts, 1, &outcome);
    assert_int_equal(outcome.result, SINK_COMMITTED);
    read_output(place.changes, 0, NULL, 1);
    sink_free(sink);
    source_free(member.source);
    outbox_fini(&large);
    outbox_fini(&good);
}

static void
a_record_that_the_broker_refuses_stops_its_partition(void **state)
{
    struct place place;
    struct member member;
    struct outbox outbox;
    struct sink_outcome outcome;
    struct sink *sink;
    struct err err;

    (void)state;
    place_init(&place);
    create_topic(place.input, PARTITIONS);
    create_topic_with(place.changes, PARTITIONS, "max.message.bytes", "2000");
    assert_int_equal(topics_prepare(&place.config, &place.topics, &err), ERR_NONE);
    member_join(&member, &place, "host-0");
    UNTIL(member_has_all(&member), member_turn(&member, 100));
    sink = open_sink(&place, "tx-0");
    outbox_init(&outbox);
    outbox_begin(&outbox, OUTBOX_CHANGES, TEXT("bob"), true);
    for (int i = 0; i < 8000; i++) /* hard to compress */
        buffer_add_int(&outbox.bytes, (int64_t)i * i * 2654435761);
    outbox_end(&outbox, true);
    struct sink_part part = {2, &outbox, 1, "v=1"};
    sink_commit(sink, source_group_metadata(member.source), &part, 1, &outcome);
    if (outcome.result != SINK_REFUSED)
        fail_msg("%s", outcome.err.msg);
    assert_int_equal(outcome.partition, 2);
    outbox_clear(&outbox);
    sink_commit(sink, source_group_metadata(member.source), &part, 1, &outcome);
    assert_int_equal(outcome.result, SINK_COMMITTED);
    sink_free(sink);
    source_free(member.source);
    outbox_fini(&outbox);
}

static void
a_member_of_an_older_generation_can_not_commit(void **state)
{
    struct place place;
    struct member first, second;
    struct outbox outbox;
    struct sink_outcome outcome;
    struct source_committed committed;
    struct sink *sink;
    struct err err;
    void *old;

    (void)state;
    place_prepare(&place);
    member_join(&first, &place, "host-0");
    UNTIL(member_has_all(&first), member_turn(&first, 100));
    sink = open_sink(&place, "tx-0");
    outbox_init(&outbox);
    add_record(&outbox, OUTBOX_CHANGES, "ann", "{}");
    struct sink_part part = {0, &outbox, 5, "v=1"};
    sink_commit(sink, NULL, &part, 1, &outcome);
    assert_int_equal(outcome.result, SINK_RETRY);
    old = source_group_metadata(first.source);
    assert_non_null(old);
    member_join(&second, &place, "host-1");
    UNTIL(second.assigned > 0, (member_turn(&first, 20), member_turn(&second, 20)));
    sink_commit(sink, old, &part, 1, &outcome);
    assert_int_equal(outcome.result, SINK_RETRY);
    read_output(place.changes, 0, NULL, 0);
    assert_int_equal(source_committed(first.source, 0, &committed, &err), ERR_NONE);
    assert_int_equal(committed.offset, SOURCE_OFFSET_NONE);
    outcome.result = SINK_RETRY;
    UNTIL(outcome.result == SINK_COMMITTED,
        (sink_commit(sink, source_group_metadata(first.source), &part, 1, &outcome),
            assert_int_not_equal(outcome.result, SINK_RENEW), member_turn(&first, 20),
            member_turn(&second, 20)));
    read_output(place.changes, 0, NULL, 1);
    sink_free(sink);
    source_free(second.source);
    source_free(first.source);
    outbox_fini(&outbox);
}

/* Also one that keeps all its partitions: its generation is a new one all the same. */
static void
every_member_can_commit_after_a_rebalance(void **state)
{
    struct place place;
    struct member members[5]; /* one more than partitions */
    struct outbox outbox;
    struct sink_outcome outcome;
    char name[16];

    (void)state;
    place_prepare(&place);
    outbox_init(&outbox);
    for (int i = 0; i < 5; i++) {
        snprintf(name, sizeof(name), "host-%d", i);
        member_join(&members[i], &place, name);
        UNTIL(members[i].joined, ({
            for (int j = 0; j <= i; j++)
                member_turn(&members[j], 5);
        }));
    }
    for (int i = 0; i < 5; i++) {
        struct sink_part part = {0, &outbox, 5 + i, "v=1"};
        struct sink *sink;

        snprintf(name, sizeof(name), "tx-%d", i);
        sink = open_sink(&place, name);
        outcome.result = SINK_RETRY;
        UNTIL(outcome.result == SINK_COMMITTED, ({
            sink_commit(sink, source_group_metadata(members[i].source), &part, 1, &outcome);
            for (int j = 0; j < 5; j++)
                member_turn(&members[j], 20);
        }));
        sink_free(sink);
    }
    for (int i = 0; i < 5; i++)
        source_free(members[i].source);
    outbox_fini(&outbox);
}

static void
a_second_producer_of_one_name_ends_the_first(void **state)
{
    struct place place;
    struct member member;
    struct outbox outbox;
    struct sink_outcome outcome;
    struct sink *first, *second;

    (void)state;
    place_prepare(&place);
    member_join(&member, &place, "host-0");
    UNTIL(member_has_all(&member), member_turn(&member, 100));
    outbox_init(&outbox);
    add_record(&outbox, OUTBOX_CHANGES, "ann", "{}");
    struct sink_part part = {0, &outbox, 5, "v=1"};
    first = open_sink(&place, "tx-0");
    second = open_sink(&place, "tx-0");
    sink_commit(first, source_group_metadata(member.source), &part, 1, &outcome);
    assert_int_equal(outcome.result, SINK_RENEW);
    sink_commit(second, source_group_metadata(member.source), &part, 1, &outcome);
    assert_int_equal(outcome.result, SINK_COMMITTED);
    read_output(place.changes, 0, NULL, 1);
    sink_free(first);
    sink_free(second);
    source_free(member.source);
    outbox_fini(&outbox);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outputs_are_made_with_the_partitions_of_the_input),
        cmocka_unit_test(an_output_with_other_partitions_is_refused),
        cmocka_unit_test(without_a_broker_topics_say_try_again),
        cmocka_unit_test(records_are_read_to_the_end_of_every_partition),
        cmocka_unit_test(after_a_seek_nothing_from_before_it_is_read),
        cmocka_unit_test(a_parked_partition_is_read_after_a_seek_only),
        cmocka_unit_test(an_offset_that_is_not_in_the_log_is_told),
        cmocka_unit_test(a_second_member_takes_its_share_cooperatively),
        cmocka_unit_test(a_second_member_takes_its_share_eagerly),
        cmocka_unit_test(two_members_of_one_name_fence_each_other),
        cmocka_unit_test(a_member_may_end_in_the_middle_of_a_rebalance),
        cmocka_unit_test(a_lost_broker_is_told),
        cmocka_unit_test(the_prober_knows_the_end),
        cmocka_unit_test(the_prober_follows_a_new_leader),
        cmocka_unit_test(a_transaction_moves_records_and_offset_together),
        cmocka_unit_test(a_record_that_is_too_large_stops_its_partition_only),
        cmocka_unit_test(a_record_that_the_broker_refuses_stops_its_partition),
        cmocka_unit_test(a_member_of_an_older_generation_can_not_commit),
        cmocka_unit_test(every_member_can_commit_after_a_rebalance),
        cmocka_unit_test(a_second_producer_of_one_name_ends_the_first),
    };

    return cmocka_run_group_tests(tests, broker_start, broker_stop);
}
