#ifndef FOOTPRINT_SCALAR_H
#define FOOTPRINT_SCALAR_H

/*
 * From a byte of a scalar's text back to the byte of the file that it was written as.
 */

#include <stdint.h>

#include "config/base/text.h"

enum scalar_quote {
    SCALAR_UNQUOTED, /* plain and block */
    SCALAR_SINGLE,
    SCALAR_DOUBLE
};

/*
 * source begins with the scalar's first character and may go on behind its end. Returns an offset
 * in source; offset 0 to text.length. In text that was folded, white space is told by its line.
 */
uint32_t scalar_source_offset(
    struct text source, enum scalar_quote quote, struct text text, uint32_t offset);

#endif
