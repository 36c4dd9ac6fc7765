#ifndef FOOTPRINT_CTL_OUTLET_H
#define FOOTPRINT_CTL_OUTLET_H

/*
 * Where generate and send put events: a topic, each record delivered or counted as lost.
 */

#include <stdint.h>

#include "config/base/err.h"
#include "config/base/text.h"
#include "config/config.h"

#define OUTLET_NOW INT64_C(-1)

struct outlet_record {
    struct text key; /* of length 0: none, any partition */
    struct text value;
    int64_t time_ms; /* or OUTLET_NOW */
};

struct outlet;

/* config may be NULL: no kafka.properties. topic is borrowed. */
struct outlet *outlet_new(
    const char *brokers, const char *topic, const struct config *config, struct err *reterr);
/* Copies the record; waits while the queue is full. */
enum err_code outlet_put(
    struct outlet *outlet, const struct outlet_record *record, struct err *reterr) ERR_MUSTCHECK;
/* Waits for all; frees. ERR_RETRY: some were not delivered, and why the last of them was not. */
enum err_code outlet_close(struct outlet *outlet, struct err *reterr) ERR_MUSTCHECK;

#endif
