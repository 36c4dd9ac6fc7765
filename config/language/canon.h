#ifndef FOOTPRINT_LANGUAGE_CANON_H
#define FOOTPRINT_LANGUAGE_CANON_H

/*
 * Expressions and segments in the one form that equal ones share: white space, comments, needless
 * parentheses, the order of types and matchers and the spelling of durations and strings do not
 * count. Identities (rules_id, the id of a segment) are hashes of it; `footprintctl check` shows
 * it. What is printed parses to the same again.
 */

#include "config/base/buffer.h"
#include "config/language/ast.h"
#include "config/language/rulebook.h"
#include "config/plan.h"

void canon_expr(struct buffer *out, const struct expr *expr);
void canon_name(struct buffer *out, struct text name); /* quoted where it is no plain word */
void canon_number(struct buffer *out, int64_t number);
/* A predicate of a plan on the field of this name; any two of one key are the same. */
void canon_predicate(struct buffer *out, struct text field, const struct plan_predicate *predicate);
void canon_window(struct buffer *out, int64_t window_ms); /* "[1h]", "[ever]", or nothing */
/* What decides the changes of a segment: name, when, for, keep, cooldown. */
void canon_rule(struct buffer *out, const struct rule *rule);
/* The values it attaches, in their order. */
void canon_values(struct buffer *out, const struct rule *rule);

#endif
