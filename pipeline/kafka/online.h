#ifndef FOOTPRINT_KAFKA_ONLINE_H
#define FOOTPRINT_KAFKA_ONLINE_H

/*
 * What only the brokers can say of a configuration, before a start needs it: rights, and whether
 * they know all that is asked of them.
 *
 * BLOCKING, half a minute at most for each thing that hangs. Rights to write are tried in
 * transactions that are aborted, under a transactional id of their own, so that no daemon is
 * disturbed: no reader sees anything, but an aborted record stays in each output topic.
 */

#include <stdbool.h>

#include "config/base/report.h"
#include "config/config.h"
#include "pipeline/kafka/topics.h"

/* What is refused goes into the report. Outputs that are missing, as topics_check has found, are
 * left out; the input is there. */
void kafka_online(
    const struct config *config, const bool missing[TOPICS_OUTPUTS], struct report *report);

#endif
