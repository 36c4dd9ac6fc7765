#ifndef FOOTPRINT_CTL_ESTIMATE_H
#define FOOTPRINT_CTL_ESTIMATE_H

/*
 * How much memory the rules ask for, per user: a rough figure for planning, not a promise.
 */

#include <stddef.h>
#include <stdint.h>

#include "config/plan.h"

/*
 * Bytes of the profile of a user who has `events` events on every selector;
 * events_per_window is the setting limits.events_per_window.
 */
size_t estimate_user_bytes(const struct plan *plan, uint32_t events_per_window, uint32_t events);

#endif
