#ifndef FOOTPRINT_KAFKA_MEMBERS_H
#define FOOTPRINT_KAFKA_MEMBERS_H

/*
 * The members topic read back: what was published of every user of one partition.
 *
 * BLOCKING. Reads the partition from its beginning to the end that it had at the call, committed
 * records alone; transactions that are open there are waited for. A user's later record replaces
 * an earlier one; a tombstone (value.bytes NULL) ends him. Key and value are borrowed. ERR_INPUT:
 * the partition has never held a record.
 */

#include <stdint.h>

#include "config/base/err.h"
#include "config/base/text.h"
#include "config/config.h"

typedef void members_record_fn(void *opaque, struct text user, struct text value);

enum err_code members_read(const struct config *config, int32_t partition, members_record_fn *each,
    void *opaque, struct err *reterr) ERR_MUSTCHECK;

#endif
