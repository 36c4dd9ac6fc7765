#ifndef FOOTPRINT_KAFKA_FETCHER_H
#define FOOTPRINT_KAFKA_FETCHER_H

/*
 * Wakes the library's fetcher when a queue that was full has room again.
 *
 * Records are cheapest while they are warm, so few should wait. But before librdkafka 2.2 a fetcher
 * that finds its queue full sleeps for up to a second, whatever is taken meanwhile; newer ones look
 * again by themselves (fetch.queue.backoff.ms), and all this does nothing there. On one thread.
 */

#include <librdkafka/rdkafka.h>
#include <stddef.h>

#include "config/config.h"

struct fetcher {
    rd_kafka_t *rk; /* NULL: it needs no waking */
    rd_kafka_queue_t *queue;
    const char *username, *password; /* the properties' */
    size_t records, bytes;           /* taken since it was woken */
};

/* All but `fetcher` must outlive it; `properties` are those that the consumer was made with. */
void fetcher_init(struct fetcher *fetcher, rd_kafka_t *rk, rd_kafka_queue_t *queue,
    const struct config_property *properties, size_t property_count);
/* So much was taken from the queue. */
void fetcher_took(struct fetcher *fetcher, size_t records, size_t bytes);

#endif
