#ifndef FOOTPRINT_METRICS_JSON_H
#define FOOTPRINT_METRICS_JSON_H

/*
 * The numbers as a record of the metrics topic:
 *
 *   {"instance","version","at","metrics":[{"name","labels":{},"value"}]}
 *
 * A histogram's value is {"count","sum","buckets":[[le,count],...]} with counts added up and "+Inf"
 * as the last bound; a summary's has no buckets.
 */

#include "config/base/buffer.h"
#include "daemon/metrics.h"

void metrics_json(const struct metrics_view *view, int64_t at_ms, struct buffer *out);

#endif
