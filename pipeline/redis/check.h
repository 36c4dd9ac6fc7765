#ifndef FOOTPRINT_REDIS_CHECK_H
#define FOOTPRINT_REDIS_CHECK_H

/*
 * Whether this build can speak to Redis as redis.url asks: rediss:// needs hiredis with TLS. No
 * server is asked.
 *
 * Runs after config_load, for a check and for a start alike. An error goes to the report at the
 * place of redis.url, whose line is not shown: it may hold a password.
 */

#include <stdbool.h>

#include "config/base/report.h"
#include "config/config.h"

bool redis_check(const struct config *config, struct report *report);

#endif
