#ifndef FOOTPRINT_CTL_WINDOWS_H
#define FOOTPRINT_CTL_WINDOWS_H

/*
 * What a stored profile keeps of one user's events, window by window, told to a person or as JSON.
 *
 *   count(view{category="shoes"})... ->  "times view{category=\"shoes\"} [30m] keep 3": 2, newest ...
 *
 * bytes: a profile that engine_put has taken, so it is a valid one under this plan. As of its
 * clock: what has left its window by then is not told.
 */

#include "config/base/buffer.h"
#include "config/plan.h"

/* Lines, indented by two. */
void windows_print(const struct plan *plan, const void *bytes, struct buffer *out);
/* [{"keeps":"times view [30m] keep 3","count":2,"newest":INSTANT},...] */
void windows_print_json(const struct plan *plan, const void *bytes, struct buffer *out);

#endif
