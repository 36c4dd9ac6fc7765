#ifndef FOOTPRINT_TOPICS_H
#define FOOTPRINT_TOPICS_H

/*
 * Topics as they are and as we need them: the input exists, the outputs have its partition count.
 *
 * BLOCKING, at the start. Missing output topics are created when output.create_topics says so:
 * the input's partition count and replication factor, members compacted.
 */

#include "config/base/err.h"
#include "config/config.h"

struct topics {
    int32_t partition_count; /* of the input */
    int32_t replication;     /* of the input */
};

/* ERR_RETRY: brokers not there, or the input topic does not exist yet; ERR_INPUT: an operator must
 * act. */
enum err_code topics_prepare(
    const struct config *config, struct topics *ret_topics, struct err *reterr) ERR_MUSTCHECK;

#endif
