#ifndef FOOTPRINT_PIN_H
#define FOOTPRINT_PIN_H

/*
 * A new configuration for a process that runs: what can't change before a restart stays as it is.
 */

#include "config/base/arena.h"
#include "config/config.h"

/* Gives every setting marked RESTART the running one's value, borrowed. Returns the names of those
 * that differed, "a, b", in the arena; empty: none. The rules are not looked at. */
const char *pin_config(struct config *config, const struct config *running, struct arena *arena);

#endif
