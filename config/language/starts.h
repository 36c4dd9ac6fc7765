#ifndef FOOTPRINT_LANGUAGE_STARTS_H
#define FOOTPRINT_LANGUAGE_STARTS_H

/*
 * Segments that may hold for a user of whom nothing is kept: none(..), not, bucket(..), members of
 * such. They are decided at a user's first event, whatever it is.
 */

#include <stdbool.h>

#include "config/base/arena.h"
#include "config/plan.h"

/* Sets starts_true of every segment of a plan whose nodes and segments are complete. */
void starts_mark(struct plan *plan, struct arena *scratch);

#endif
