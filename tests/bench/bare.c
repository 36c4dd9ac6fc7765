/* The roof: reads a topic to its end with the daemon's consumer settings and looks at nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "pipeline/kafka/conf.h"

#define BATCH_MESSAGES 1000
#define WAIT_MS 1000

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

/* Reads until every partition said that its end is reached; how many events there were. */
static long
drain(rd_kafka_queue_t *queue, int partitions, struct timespec *first)
{
    static rd_kafka_message_t *messages[BATCH_MESSAGES];
    long events = 0;

    while (partitions > 0) {
        ssize_t got = rd_kafka_consume_batch_queue(queue, WAIT_MS, messages, BATCH_MESSAGES);

        for (ssize_t i = 0; i < got; i++) {
            if (messages[i]->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
                partitions--;
            else if (messages[i]->err == RD_KAFKA_RESP_ERR_NO_ERROR && events++ == 0)
                clock_gettime(CLOCK_MONOTONIC, first);
            rd_kafka_message_destroy(messages[i]);
        }
    }
    return events;
}

static double
cpu_seconds(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

int
main(int argc, char **argv)
{
    rd_kafka_topic_partition_list_t *list;
    struct timespec first = {0}, last;
    rd_kafka_queue_t *queue;
    int partitions = argc == 4 ? (int)strtol(argv[3], NULL, 10) : 0;
    rd_kafka_t *rk = partitions > 0 ? consumer(argv[1]) : NULL;
    long events;

    if (rk == NULL) {
        fprintf(stderr, "usage: bare BROKERS TOPIC PARTITIONS\n");
        return 2;
    }
    rd_kafka_poll_set_consumer(rk);
    list = rd_kafka_topic_partition_list_new(partitions);
    for (int i = 0; i < partitions; i++)
        rd_kafka_topic_partition_list_add(list, argv[2], i)->offset = 0;
    rd_kafka_assign(rk, list);
    queue = rd_kafka_queue_get_consumer(rk);
    events = drain(queue, partitions, &first);
    clock_gettime(CLOCK_MONOTONIC, &last);
    printf("{\"events\":%ld,\"seconds\":%.4f,\"cpu\":%.4f}\n", events,
        (double)(last.tv_sec - first.tv_sec) + (double)(last.tv_nsec - first.tv_nsec) / 1e9,
        cpu_seconds());
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(rk);
    return 0;
}
