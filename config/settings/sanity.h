#ifndef FOOTPRINT_SANITY_H
#define FOOTPRINT_SANITY_H

/*
 * What no single row can say: the grammar of texts, and how settings agree with one another.
 *
 * Fills in an empty `instance` by the host's name.
 */

#include "config/settings/reader.h"

void sanity_check(struct reader *reader);

#endif
