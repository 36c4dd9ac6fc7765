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
/* Serves delivery reports for at most wait_ms. Records that failed so far are counted. */
void producer_poll(struct producer *producer, int wait_ms);
uint64_t producer_failed(const struct producer *producer, struct err *ret_last);

#endif
