#ifndef FOOTPRINT_CTL_WINDOWS_H
#define FOOTPRINT_CTL_WINDOWS_H

/*
 * What a stored profile keeps of one user's events, window by window.
 *
 *   times view{category="shoes"} [30m] keep 3: count 2, oldest 2026-..., newest 2026-...
 *
 * profile: one that engine_put has taken, so it is valid under this plan. All is as of its clock;
 * what has left its window by then is not told.
 */

#include <stdbool.h>

#include "config/base/buffer.h"
#include "config/plan.h"
#include "pipeline/engine/profile.h"

/* A line for each, indented by two; or an array: [{"keeps":"times ...","count":2,...},...] */
void windows_print(
    const struct plan *plan, const struct profile *profile, bool json, struct buffer *out);

#endif
