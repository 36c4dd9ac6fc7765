#ifndef FOOTPRINT_EMIT_MEMBER_H
#define FOOTPRINT_EMIT_MEMBER_H

/*
 * What is public about one user, as one JSON object: the record of the members topic and of
 * <prefix>{P}:m:<user> (interfaces.md 5). Only for users who are known.
 */

#include "config/base/buffer.h"
#include "config/plan.h"
#include "pipeline/engine/engine.h"

void member_emit(const struct membership *membership, const struct plan *plan, struct buffer *out);

#endif
