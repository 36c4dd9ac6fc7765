#ifndef FOOTPRINT_REPORTER_H
#define FOOTPRINT_REPORTER_H

/*
 * One record on the metrics topic every metrics.interval, keyed by the instance.
 *
 * It never waits for brokers: a record that finds no room is lost and counted. Control thread.
 * Its records are also how the brokers' time is learned, and held against this host's (clock.h).
 */

#include <stdint.h>

#include "config/base/err.h"
#include "config/config.h"
#include "daemon/metrics.h"

struct reporter;

struct reporter *reporter_new(const struct config *config, struct err *reterr);
/* Waits a moment for records under way. */
void reporter_free(struct reporter *reporter);
/* Called often: sends when the last one was wait_ms ago, hears of what became of earlier ones. */
void reporter_turn(struct reporter *reporter, const struct metrics_view *view, int64_t wait_ms);
uint64_t reporter_lost(const struct reporter *reporter);

#endif
