#ifndef FOOTPRINT_LANGUAGE_LEVEL_H
#define FOOTPRINT_LANGUAGE_LEVEL_H

/*
 * The order of every decision: by level, then by name. A segment that names no other has level 0,
 * any other one more than the highest level that it names.
 */

#include <stdbool.h>
#include <stdint.h>

#include "config/language/rulebook.h"

/*
 * Sets level and number of every rule. Returns the rules by number (in the book's arena), or NULL
 * after a circle, which the report then has.
 */
struct rule **level_order(struct rulebook *book);

#endif
