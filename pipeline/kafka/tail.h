#ifndef FOOTPRINT_KAFKA_TAIL_H
#define FOOTPRINT_KAFKA_TAIL_H

/*
 * One partition of the input read a second time, beside the group's consumer: from the beginning of
 * its log, or later, and on as it grows. It belongs to no group and commits nothing.
 */

#include <stddef.h>
#include <stdint.h>

#include "config/base/err.h"
#include "config/config.h"
#include "pipeline/kafka/source.h"

struct tail;

/*
 * Begins at `offset`, or where the log begins if that is later; or behind all records before the
 * first whose time is since_ms or later, but not behind latest.
 */
struct tail_request {
    int32_t partition;
    int64_t offset;
    int64_t since_ms; /* TAIL_SINCE_EVER: all from `offset` on */
    int64_t latest;
};
#define TAIL_SINCE_EVER INT64_C(-1)

/* BLOCKING; NULL on failure. */
struct tail *tail_open(
    const struct config *config, const struct tail_request *request, struct err *reterr);
/* Where it began. */
int64_t tail_begin(const struct tail *tail);
/* Where the log began. */
int64_t tail_low(const struct tail *tail);
/* Never waits. Committed records and ends, given as source_read gives them. */
size_t tail_read(struct tail *tail, size_t count_max, source_take_fn *take, void *opaque);
/* BLOCKING. NULL is fine. */
void tail_close(struct tail *tail);

#endif
