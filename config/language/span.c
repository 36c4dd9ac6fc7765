/* Turns a comparison into an interval of whole steps. */
#include "config/language/span.h"

#include "config/base/check.h"

static int64_t
span_floor(int64_t number, int64_t step)
{
    return number / step - (number % step < 0);
}

static int64_t
span_ceil(int64_t number, int64_t step)
{
    return number / step + (number % step > 0);
}

static struct span
span_equal(int64_t number, int64_t step, bool opposite)
{
    int64_t low = span_floor(number, step);

    if (number % step != 0)
        return (struct span){0, 0, opposite};
    return (struct span){low, low + 1, opposite};
}

struct span
span_of(enum plan_compare compare, int64_t number, int64_t step)
{
    CHECK(step > 0);
    switch (compare) {
    case COMPARE_EQ:
        return span_equal(number, step, false);
    case COMPARE_NE:
        return span_equal(number, step, true);
    case COMPARE_LT:
        return (struct span){SPAN_LOW, span_ceil(number, step), false};
    case COMPARE_LE:
        return (struct span){SPAN_LOW, span_floor(number, step) + 1, false};
    case COMPARE_GT:
        return (struct span){span_floor(number, step) + 1, SPAN_HIGH, false};
    case COMPARE_GE:
        return (struct span){span_ceil(number, step), SPAN_HIGH, false};
    }
    CHECK_NEVER();
}
