#ifndef FOOTPRINT_REDIS_ONLINE_H
#define FOOTPRINT_REDIS_ONLINE_H

/*
 * What only Redis can say of a configuration, before a start needs it: whether it may forget, its
 * version, and the rights; each command that the daemon uses is tried on keys of no partition,
 * which are removed again.
 *
 * BLOCKING, up to redis.timeout for each call.
 */

#include <stddef.h>

#include "config/base/report.h"
#include "config/config.h"

/* What is refused goes into the report; `version` is set when Redis answers. */
void redis_online(
    const struct config *config, char *version, size_t version_bytes, struct report *report);

#endif
