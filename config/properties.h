#ifndef FOOTPRINT_PROPERTIES_H
#define FOOTPRINT_PROPERTIES_H

/*
 * kafka.properties: names and values for librdkafka, without those that exactly-once rests on.
 *
 * Whether the library knows a property is for pipeline/kafka to say; here stands what we refuse
 * by name, and what to set instead.
 */

#include <stddef.h>

#include "config/settings/reader.h"

struct config_property;

/* The properties lie in the reader's arena; what is wrong goes to its report. */
void properties_read(
    const struct reader *reader, const struct config_property **ret_properties, size_t *ret_count);

#endif
