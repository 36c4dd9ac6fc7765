#ifndef FOOTPRINT_ENGINE_EVAL_H
#define FOOTPRINT_ENGINE_EVAL_H

/*
 * What an expression says of one user at one instant, and how long that surely stays so.
 *
 * A node that several segments share is computed once a look. A look sees one profile at one
 * instant; whatever changes the profile or moves its block ends it (eval_look again).
 */

#include <stdbool.h>
#include <stdint.h>

#include "config/plan.h"
#include "pipeline/decode/event.h"
#include "pipeline/engine/alike.h"
#include "pipeline/engine/gate.h"
#include "pipeline/engine/profile.h"

struct result {
    int64_t stays_until; /* without an event nothing changes before this; later than the instant */
    bool truth;          /* of a boolean node */
    struct value value;  /* of a value node; its text is borrowed from the profile or the plan */
};

/* Memberships that stand in for the profile's own, by segment. */
struct eval_overlay {
    const struct gate *gates;
    uint32_t count;
};

struct eval;

struct eval *eval_new(const struct plan *plan, struct alike *alike);
void eval_free(struct eval *eval); /* NULL is fine */

/* overlay: NULL, or memberships to read instead of the profile's; borrowed as long as the look. */
void eval_look(struct eval *eval, const struct profile *profile, int64_t at,
    const struct eval_overlay *overlay);
struct result eval_node(struct eval *eval, uint32_t node);

#endif
