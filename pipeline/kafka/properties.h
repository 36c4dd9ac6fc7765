#ifndef FOOTPRINT_KAFKA_PROPERTIES_H
#define FOOTPRINT_KAFKA_PROPERTIES_H

/*
 * Whether the loaded librdkafka takes kafka.properties: each by itself, and all of them together
 * as the consumer and the producer will have them. No broker is asked.
 *
 * Runs after config_load, for a check and for a start alike. Errors go to the report at the places
 * of the properties; values of secrets are never repeated.
 */

#include <stdbool.h>

#include "config/base/report.h"
#include "config/config.h"

bool kafka_properties_check(const struct config *config, struct report *report);

#endif
