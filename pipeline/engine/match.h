#ifndef FOOTPRINT_ENGINE_MATCH_H
#define FOOTPRINT_ENGINE_MATCH_H

/*
 * Which selectors an event matches. Each predicate is tested at most once an event, and only when
 * a selector that the event's type can touch asks for it.
 *
 * A match belongs to one thread. Nothing is allocated after match_new.
 */

#include <stdbool.h>
#include <stdint.h>

#include "config/plan.h"
#include "pipeline/decode/event.h"

struct match;

struct match *match_new(const struct plan *plan);
void match_free(struct match *match); /* NULL is fine */

/* The event is borrowed until the next match_begin. */
void match_begin(struct match *match, const struct event *event);
/* Whether the selector's predicates hold; that its types fit is known from plan_type.leaves. */
bool match_predicates(struct match *match, uint32_t selector);
/* Types and predicates. */
bool match_selector(struct match *match, uint32_t selector);

const struct value *match_value(const struct match *match, uint32_t field);
/* A field as text: a number in its shortest form, a missing one empty. Borrowed until the event
 * or this call's next result for another number changes. */
struct text match_text(struct match *match, uint32_t field);

/* How often a match limit was passed. */
uint64_t match_limit_count(const struct match *match);

#endif
