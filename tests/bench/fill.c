/* Fills a topic with the workload fp-bench: flat out, or from some instant on at its own pace. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "config/base/check.h"
#include "config/base/murmur2.h"
#include "pipeline/kafka/conf.h"

#define PARTITIONS_COUNT_MAX 64
#define LINE_BYTES_MAX 512
#define NAME_BYTES 32
#define JITTER_MS 200
#define PACE_NEVER INT64_MAX

struct fill {
    const char *brokers;
    const char *topic;
    const char
        *folder; /* keeps input-N.ndjson of each partition, and when they were sent: times-N */
    int64_t partitions;
    int64_t events;
    int64_t users;
    int64_t zipf;     /* 1: users by Zipf 1.0; 0: uniform */
    int64_t turns;    /* 1: users by turns */
    int64_t hot;      /* per cent of the events that are the first user's */
    int64_t late;     /* per cent of the events that come a minute late */
    int64_t start_ms; /* event time of the first event */
    int64_t rate;     /* events per second of event time */
    int64_t pace_ms;  /* events from this instant on are sent when their time has come */
    int64_t tick_ms; /* the last event of each partition comes so long after the others; -1: none */
    int64_t linger_ms;
    uint64_t seed;
    double *shares; /* by user: the sum of all weights up to it */
    rd_kafka_t *rk;
    FILE *lines[PARTITIONS_COUNT_MAX];
    FILE *times[PARTITIONS_COUNT_MAX];
    char homes[PARTITIONS_COUNT_MAX][NAME_BYTES]; /* a user who lives there */
    int64_t bytes;
    int64_t failures;
};

static const char *const fill_types[] = {"view", "click", "add_to_cart", "search", "purchase"};

static uint64_t
fill_random(struct fill *fill)
{
    fill->seed ^= fill->seed << 13;
    fill->seed ^= fill->seed >> 7;
    fill->seed ^= fill->seed << 17;
    return fill->seed >> 11;
}

static int
fill_type(uint64_t dice)
{
    static const uint64_t shares[] = {70, 85, 93, 98, 100};
    int type = 0;

    while (dice % 100 >= shares[type])
        type++;
    return type;
}

static void
fill_weigh(struct fill *fill)
{
    double sum = 0;

    fill->shares = calloc((size_t)fill->users, sizeof(fill->shares[0]));
    CHECK(fill->shares != NULL);
    for (int64_t i = 0; i < fill->users; i++)
        fill->shares[i] = sum += 1.0 / (double)(i + 1);
}

static int64_t
fill_user(struct fill *fill, int64_t number)
{
    int64_t low = 0, high = fill->users - 1;
    double dice;

    if (fill->hot > 0 && (int64_t)(fill_random(fill) % 100) < fill->hot)
        return 0;
    if (fill->turns)
        return number % fill->users;
    if (!fill->zipf)
        return (int64_t)(fill_random(fill) % (uint64_t)fill->users);
    dice = (double)fill_random(fill) / 9007199254740992.0 * fill->shares[high];
    while (low < high) {
        int64_t middle = (low + high) / 2;

        if (fill->shares[middle] < dice)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int64_t
fill_wall_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void
fill_put(struct fill *fill, const char *user, const char *line, size_t length, int64_t record_ms)
{
    struct text key = {user, (uint32_t)strlen(user)};
    uint32_t partition = murmur2_partition(key, (uint32_t)fill->partitions);
    rd_kafka_resp_err_t code;

    for (;;) {
        code = rd_kafka_producev(fill->rk, RD_KAFKA_V_TOPIC(fill->topic),
            RD_KAFKA_V_PARTITION((int32_t)partition), RD_KAFKA_V_KEY(user, key.length),
            RD_KAFKA_V_VALUE((void *)(uintptr_t)line, length),
            RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_TIMESTAMP(record_ms),
            RD_KAFKA_V_END);
        if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            break;
        rd_kafka_poll(fill->rk, 10);
    }
    CHECK(code == RD_KAFKA_RESP_ERR_NO_ERROR);
    snprintf(fill->homes[partition], NAME_BYTES, "%s", user);
    fprintf(fill->lines[partition], "%s\n", line);
    fwrite(&record_ms, sizeof(record_ms), 1, fill->times[partition]);
}

/* When the record is sent: waits where the event is to come at its pace. */
static int64_t
fill_wait(struct fill *fill, int64_t event_ms)
{
    int64_t now_ms = fill_wall_ms();

    if (fill->pace_ms == PACE_NEVER)
        return now_ms;
    if (event_ms < fill->pace_ms)
        return event_ms;
    for (; now_ms < event_ms; now_ms = fill_wall_ms())
        rd_kafka_poll(fill->rk, 1);
    return now_ms;
}

static void
fill_event(struct fill *fill, int64_t number)
{
    int64_t at = fill->start_ms + number * 1000 / fill->rate;
    int64_t ts = at + (int64_t)(fill_random(fill) % (2 * JITTER_MS + 1)) - JITTER_MS;
    int type = fill_type(fill_random(fill));
    char user[NAME_BYTES], value[32] = "", line[LINE_BYTES_MAX];
    int length;

    if (fill->late > 0 && (int64_t)(fill_random(fill) % 100) < fill->late)
        ts -= 60000;
    snprintf(user, sizeof(user), "user-%07" PRId64, fill_user(fill, number));
    if (type == 4)
        snprintf(
            value, sizeof(value), ",\"value\":%.2f", (double)(fill_random(fill) % 10000 + 1) / 100);
    length = snprintf(line, sizeof(line),
        "{\"user\":\"%s\",\"type\":\"%s\",\"ts\":%" PRId64 ",\"id\":\"e-%012" PRId64
        "\"%s,\"category\":\"c%" PRId64 "\",\"page\":\"/shop/department/products/list?sort=popular&"
        "page=2&view=grid&ref=home&campaign=november\",\"device\":\"mobile\"}",
        user, fill_types[type], ts, number, value, number % 50);
    fill->bytes += length;
    fill_put(fill, user, line, (size_t)length, fill_wait(fill, at));
}

static void
fill_ticks(struct fill *fill)
{
    int64_t ts = fill->start_ms + fill->events * 1000 / fill->rate + fill->tick_ms;
    char line[LINE_BYTES_MAX];

    for (int64_t i = 0; i < fill->partitions && fill->tick_ms >= 0; i++) {
        int length = snprintf(line, sizeof(line),
            "{\"user\":\"%s\",\"type\":\"tick\",\"ts\":%" PRId64 "}", fill->homes[i], ts);

        if (fill->homes[i][0] != '\0')
            fill_put(fill, fill->homes[i], line, (size_t)length, ts);
    }
}

static void
fill_delivered(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    (void)rk;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        ((struct fill *)opaque)->failures++;
}

static bool
fill_connect(struct fill *fill)
{
    struct conf_request request = {
        .role = CONF_PLAIN, .brokers = fill->brokers, .client_id = "fill"};
    struct err err = {0};
    rd_kafka_conf_t *conf = conf_new(&request, &err);

    if (conf != NULL && conf_set(conf, "batch.size", "65536", &err) == ERR_NONE &&
        conf_set(conf, "queue.buffering.max.messages", "1000000", &err) == ERR_NONE &&
        conf_set_int(conf, "linger.ms", fill->linger_ms, &err) == ERR_NONE) {
        rd_kafka_conf_set_opaque(conf, fill);
        rd_kafka_conf_set_dr_msg_cb(conf, fill_delivered);
        fill->rk = conf_start(conf, RD_KAFKA_PRODUCER, &err);
    }
    if (fill->rk == NULL)
        fprintf(stderr, "fill: %s\n", err.msg);
    return fill->rk != NULL;
}

static FILE *
fill_file(const struct fill *fill, const char *what, int64_t partition)
{
    char path[4096];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s-%" PRId64, fill->folder, what, partition);
    file = fopen(path, "a");
    CHECK(file != NULL);
    return file;
}

static bool
fill_option(struct fill *fill, const char *word)
{
    const struct {
        const char *name;
        int64_t *value;
    } options[] = {{"partitions", &fill->partitions}, {"events", &fill->events},
        {"users", &fill->users}, {"zipf", &fill->zipf}, {"turns", &fill->turns},
        {"hot", &fill->hot}, {"late", &fill->late}, {"start_ms", &fill->start_ms},
        {"rate", &fill->rate}, {"pace_ms", &fill->pace_ms}, {"tick_ms", &fill->tick_ms},
        {"linger_ms", &fill->linger_ms}};
    const char *value = strchr(word, '=');

    for (size_t i = 0; value != NULL && i < sizeof(options) / sizeof(options[0]); i++) {
        if (strlen(options[i].name) != (size_t)(value - word) ||
            strncmp(options[i].name, word, (size_t)(value - word)) != 0)
            continue;
        *options[i].value = strtoll(value + 1, NULL, 10);
        return true;
    }
    return false;
}

int
main(int argc, char **argv)
{
    struct fill fill = {.partitions = 4,
        .events = 1000000,
        .users = 100000,
        .rate = 20000,
        .start_ms = INT64_C(1767225600000),
        .pace_ms = PACE_NEVER,
        .tick_ms = 120000,
        .linger_ms = 50,
        .seed = 88172645463325252u};
    bool right = argc >= 4;

    for (int i = 4; i < argc; i++)
        right = right && fill_option(&fill, argv[i]);
    if (!right || fill.partitions > PARTITIONS_COUNT_MAX) {
        fprintf(stderr, "usage: fill BROKERS TOPIC FOLDER [OPTION=NUMBER]...\n");
        return 2;
    }
    fill.brokers = argv[1];
    fill.topic = argv[2];
    fill.folder = argv[3];
    if (!fill_connect(&fill))
        return 1;
    if (fill.zipf)
        fill_weigh(&fill);
    for (int64_t i = 0; i < fill.partitions; i++) {
        fill.lines[i] = fill_file(&fill, "input", i);
        fill.times[i] = fill_file(&fill, "times", i);
    }
    for (int64_t i = 0; i < fill.events; i++)
        fill_event(&fill, i);
    fill_ticks(&fill);
    rd_kafka_flush(fill.rk, 120000);
    for (int64_t i = 0; i < fill.partitions; i++) {
        fclose(fill.lines[i]);
        fclose(fill.times[i]);
    }
    printf("{\"bytes\":%.1f,\"failures\":%" PRId64 "}\n", (double)fill.bytes / (double)fill.events,
        fill.failures + rd_kafka_outq_len(fill.rk));
    rd_kafka_destroy(fill.rk);
    free(fill.shares);
    return 0;
}
