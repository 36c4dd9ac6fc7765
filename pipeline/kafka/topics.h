#ifndef FOOTPRINT_TOPICS_H
#define FOOTPRINT_TOPICS_H

/*
 * Topics as they are and as we need them: the input exists, the outputs have its partition count.
 *
 * BLOCKING, at the start. Missing output topics are created when output.create_topics says so:
 * the input's partition count and replication factor, members compacted.
 */

#include <stdbool.h>

#include "config/base/err.h"
#include "config/base/report.h"
#include "config/config.h"

enum topics_output_number {
    TOPICS_CHANGES,
    TOPICS_MEMBERS,
    TOPICS_REJECTS,
    TOPICS_METRICS,
    TOPICS_OUTPUTS
};

struct topics {
    int32_t partition_count; /* of the input */
    int32_t replication;     /* of the input */
};

/* ERR_RETRY: brokers not there, or the input topic does not exist yet; ERR_INPUT: an operator must
 * act. */
enum err_code topics_prepare(
    const struct config *config, struct topics *ret_topics, struct err *reterr) ERR_MUSTCHECK;

/*
 * The same looks, but nothing is made: what is missing must be what a start could make, which the
 * brokers are asked. False: the report says all that is wrong. ret_missing: which outputs are.
 */
bool topics_check(const struct config *config, struct topics *ret_topics,
    bool ret_missing[TOPICS_OUTPUTS], struct report *report);

#endif
