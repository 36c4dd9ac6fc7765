#ifndef FOOTPRINT_LANGUAGE_CHECKER_H
#define FOOTPRINT_LANGUAGE_CHECKER_H

/*
 * Whether the expressions of a rule book mean something: truth and numbers in their places, fields
 * and windows where functions take them, segments that exist.
 *
 * What is wrong goes to the report, as much of it as can be found at once. Sets the types of
 * expressions and the members of rules.
 */

#include <stdint.h>

#include "config/language/rulebook.h"

/* events_per_window: how many entries a rule may need by its own constant. */
void checker_check(struct rulebook *book, uint32_t events_per_window);

#endif
