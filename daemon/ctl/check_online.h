#ifndef FOOTPRINT_CTL_CHECK_ONLINE_H
#define FOOTPRINT_CTL_CHECK_ONLINE_H

/*
 * What only the servers can say of a configuration: topics, partition counts, rights, versions.
 */

#include <stdbool.h>

#include "config/base/buffer.h"
#include "config/config.h"

/* False: stderr says all that is wrong. True: `out` has a line for each server. */
bool check_online(const struct config *config, struct buffer *out);

#endif
