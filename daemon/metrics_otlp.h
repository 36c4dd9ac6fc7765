#ifndef FOOTPRINT_METRICS_OTLP_H
#define FOOTPRINT_METRICS_OTLP_H

/*
 * The numbers as OpenTelemetry writes them in JSON (an ExportMetricsServiceRequest), so that a
 * stock collector can read the metrics topic. Counters and histograms are cumulative since the
 * start.
 */

#include "config/base/buffer.h"
#include "daemon/metrics.h"

void metrics_otlp(const struct metrics_view *view, int64_t at_ms, struct buffer *out);

#endif
