#ifndef FOOTPRINT_LANGUAGE_DESCRIBE_H
#define FOOTPRINT_LANGUAGE_DESCRIBE_H

/*
 * A plan, or parts of it, in words: for `footprintctl check`, for debugging and for tests.
 */

#include <stdint.h>

#include "config/base/buffer.h"
#include "config/plan.h"

/* view{category="shoes"} */
void describe_selector(const struct plan *plan, uint32_t selector, struct buffer *out);
/* times view{category="shoes"} [30m] keep 3 */
void describe_leaf(const struct plan *plan, uint32_t leaf, struct buffer *out);
/* and(count(view) >= 3 [30m], not member(buyer)) */
void describe_node(const struct plan *plan, uint32_t node, struct buffer *out);
/* The segment as it was understood, as YAML, with its level and what is kept for it as comments. */
void describe_segment(const struct plan *plan, uint32_t segment, struct buffer *out);

#endif
