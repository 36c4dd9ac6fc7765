#ifndef FOOTPRINT_KAFKA_BLAME_H
#define FOOTPRINT_KAFKA_BLAME_H

/*
 * What is wrong between us and a broker, in words that say what to mend.
 *
 * librdkafka tells the cause of a failed connection beside the call that failed, and of a refused
 * certificate only that it was refused. Any thread, but for blame_why.
 */

#include <librdkafka/rdkafka.h>
#include <stddef.h>

#define BLAME_BYTES_MAX 320

struct blame {
    char why[BLAME_BYTES_MAX]; /* the last thing that a broker's connection failed of */
};

/* Notes why certificates are refused, for the process as a whole: it speaks to one cluster. */
void blame_watch(rd_kafka_conf_t *conf);
/* For a client that only asks: takes the configuration's opaque pointer and its error callback. The
 * blame must outlive the client. */
void blame_listen(rd_kafka_conf_t *conf, struct blame *blame);
/* Why a call ended with this: what its connections failed of, where the error is no more than that.
 * Valid until the next call. By the client's own thread. */
const char *blame_why(struct blame *blame, rd_kafka_t *rk, rd_kafka_resp_err_t error);
/* librdkafka's text without what differs each time, and with the certificate's fault in it. */
void blame_say(const char *said, char *room, size_t bytes);

#endif
