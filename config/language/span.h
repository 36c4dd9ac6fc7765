#ifndef FOOTPRINT_LANGUAGE_SPAN_H
#define FOOTPRINT_LANGUAGE_SPAN_H

/*
 * A comparison of a whole number of steps with a constant, as a half-open interval.
 *
 *   quantity op constant  is  (low <= n < high), or its opposite
 *
 * where n = quantity / step. A count has a step of one, seconds of whole milliseconds have a step
 * of a thousandth, a total of numbers a step of a millionth. No low end is SPAN_LOW, no high end
 * SPAN_HIGH; low >= high holds for no n.
 */

#include <stdbool.h>
#include <stdint.h>

#include "config/plan.h"

#define SPAN_LOW INT64_MIN
#define SPAN_HIGH INT64_MAX

struct span {
    int64_t low;
    int64_t high;
    bool opposite;
};

/* number and step in millionths, step > 0. */
struct span span_of(enum plan_compare compare, int64_t number, int64_t step);

#endif
