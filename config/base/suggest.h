#ifndef FOOTPRINT_BASE_SUGGEST_H
#define FOOTPRINT_BASE_SUGGEST_H

/*
 * "Did you mean ...": the candidate that is nearest to a mistyped word.
 *
 * Near means few insertions, deletions, replacements and swaps of neighbours, without regard to
 * case: one for a word of up to three bytes, else a third of its length. Where nothing is near, a
 * candidate that begins with the word, or the word with it.
 */

#include <stddef.h>

#include "config/base/text.h"

/* One of the candidates, the first of the nearest, or NULL when none is near. */
const char *suggest(struct text word, const char *const *candidates, size_t count);

#endif
