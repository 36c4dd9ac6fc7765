#ifndef FOOTPRINT_PRODUCER_H
#define FOOTPRINT_PRODUCER_H

/*
 * A plain producer: for the metrics topic, and for footprintctl's send and generate.
 *
 * Not transactional; keys are placed as Java clients place them (murmur2). One thread at a time.
 */

#include <stdint.h>

#include "config/base/err.h"
#include "config/base/text.h"
#include "config/config.h"

struct producer;

enum producer_fate {
    PRODUCER_STAMPED,  /* stored, with the broker's time */
    PRODUCER_KEPT,     /* stored, with ours */
    PRODUCER_REFUSED,  /* by a broker, whatever the time */
    PRODUCER_UNTIMELY, /* refused for its time */
    PRODUCER_LOST      /* given up */
};

/* `number`: of the record, 1 up, as producer_sent() counts. Called within producer_poll. */
typedef void producer_report(
    void *opaque, uint64_t number, enum producer_fate fate, int64_t stamp_ms);

/* properties may be NULL with count 0. */
struct producer *producer_new(const char *brokers, const struct config_property *properties,
    size_t property_count, struct err *reterr);
/* Waits up to flush_ms for what is under way. */
void producer_flush(struct producer *producer, int flush_ms);
/* Flushes, gives up what is left; returns how many records were not delivered. */
size_t producer_free(struct producer *producer, int flush_ms);
/* timestamp_ms -1: now. ERR_RETRY: the queue is full, serve it with producer_poll and come again.
 */
enum err_code producer_send(struct producer *producer, const char *topic, struct text key,
    struct text value, int64_t timestamp_ms, struct err *reterr);
/* Tells what becomes of each record, from now on. */
void producer_watch(struct producer *producer, producer_report *report, void *opaque);
/* How many records were taken over: the number of the newest. */
uint64_t producer_sent(const struct producer *producer);
/* Serves delivery reports for at most wait_ms. Records that failed so far are counted. */
void producer_poll(struct producer *producer, int wait_ms);
uint64_t producer_failed(const struct producer *producer, struct err *ret_last);

#endif
