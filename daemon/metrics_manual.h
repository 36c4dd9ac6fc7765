#ifndef FOOTPRINT_METRICS_MANUAL_H
#define FOOTPRINT_METRICS_MANUAL_H

/* footprint-metrics(7) from the table of numbers, in mdoc. */

#include "config/base/buffer.h"

void metrics_manual_print(struct buffer *out);

#endif
