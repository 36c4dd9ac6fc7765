/* The roof: reads a topic to its end with the daemon's consumer settings and looks at nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "pipeline/kafka/conf.h"
#include "pipeline/kafka/fetcher.h"

#define BATCH_MESSAGES 1000
#define WAIT_MS 5 /* what the last batch, which nothing fills, may cost */

static rd_kafka_t *
consumer(const char *brokers)
{
    struct conf_request request = {.role = CONF_MEMBER, .brokers = brokers, .client_id = "bare"};
    struct err err = {0};
    rd_kafka_conf_t *conf = conf_new(&request, &err);
    rd_kafka_t *rk = NULL;

    if (conf != NULL && conf_set(conf, "group.id", "bare", &err) == ERR_NONE &&
        conf_set(conf, "isolation.level", "read_committed", &err) == ERR_NONE &&
        conf_set(conf, "enable.auto.commit", "false", &err) == ERR_NONE &&
        conf_set(conf, "enable.partition.eof", "true", &err) == ERR_NONE)
        rk = conf_start(conf, RD_KAFKA_CONSUMER, &err);
    return rk;
}

static double
cpu_seconds(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

struct mark {
    double seconds;
    double cpu;
    long events;
};

static void
mark_set(struct mark *mark, long events)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    mark->seconds = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
    mark->cpu = cpu_seconds();
    mark->events = events;
}

/* Reads all `events`; what was passed when a tenth of them was read, and at the end. */
static void
drain(rd_kafka_t *rk, rd_kafka_queue_t *queue, long events, struct mark *tenth, struct mark *end)
{
    struct fetcher fetcher;
    static rd_kafka_message_t *messages[BATCH_MESSAGES];
    long seen = 0;

    fetcher_init(&fetcher, rk, queue, NULL, 0);
    while (seen < events) {
        ssize_t got = rd_kafka_consume_batch_queue(queue, WAIT_MS, messages, BATCH_MESSAGES);
        size_t bytes = 0;

        for (ssize_t i = 0; i < got; i++) {
            if (messages[i]->err == RD_KAFKA_RESP_ERR_NO_ERROR)
                seen++;
            bytes += messages[i]->len;
            rd_kafka_message_destroy(messages[i]);
        }
        fetcher_took(&fetcher, got > 0 ? (size_t)got : 0, bytes);
        if (tenth->events == 0 && seen >= events / 10)
            mark_set(tenth, seen);
    }
    mark_set(end, seen);
}

int
main(int argc, char **argv)
{
    rd_kafka_topic_partition_list_t *list;
    rd_kafka_queue_t *queue;
    struct mark tenth = {0}, end = {0};
    int partitions = argc == 5 ? (int)strtol(argv[3], NULL, 10) : 0;
    rd_kafka_t *rk = partitions > 0 ? consumer(argv[1]) : NULL;

    if (rk == NULL) {
        fprintf(stderr, "usage: bare BROKERS TOPIC PARTITIONS EVENTS\n");
        return 2;
    }
    rd_kafka_poll_set_consumer(rk);
    list = rd_kafka_topic_partition_list_new(partitions);
    for (int i = 0; i < partitions; i++)
        rd_kafka_topic_partition_list_add(list, argv[2], i)->offset = 0;
    rd_kafka_assign(rk, list);
    queue = rd_kafka_queue_get_consumer(rk);
    drain(rk, queue, strtol(argv[4], NULL, 10), &tenth, &end);
    printf("{\"events\":%ld,\"seconds\":%.4f,\"cpu\":%.4f}\n", end.events - tenth.events,
        end.seconds - tenth.seconds, end.cpu - tenth.cpu);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(rk);
    return 0;
}
