#ifndef FOOTPRINT_METRICS_TEXT_H
#define FOOTPRINT_METRICS_TEXT_H

/* The numbers in Prometheus' text format, version 0.0.4. */

#include "config/base/buffer.h"
#include "daemon/metrics.h"

#define METRICS_TEXT_TYPE "text/plain; version=0.0.4; charset=utf-8"

void metrics_text(const struct metrics_view *view, struct buffer *out);

#endif
