#ifndef FOOTPRINT_CTL_CHECK_COST_H
#define FOOTPRINT_CTL_CHECK_COST_H

/*
 * What `check` says about memory and work: the engine's own figures for the loaded rules.
 */

#include "config/base/buffer.h"
#include "config/config.h"

/* Two lines: a usual user, and how many fit. */
void check_cost_memory(const struct config *config, struct buffer *out);
/* A line for each segment, in the order of decisions, and the total. */
void check_cost_segments(const struct config *config, struct buffer *out);

#endif
