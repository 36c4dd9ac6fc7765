#ifndef FOOTPRINT_EMIT_CHANGE_H
#define FOOTPRINT_EMIT_CHANGE_H

/*
 * A change to the bytes of its record: one JSON object (segments.md 5), without a line end.
 */

#include <stdint.h>

#include "config/base/buffer.h"
#include "config/plan.h"
#include "pipeline/engine/engine.h"

/* Where the event of a change came from: a topic's partition, or with topic NULL a line of a file.
 */
struct change_source {
    const char *topic;
    int32_t partition;
};

void change_emit(const struct change *change, const struct plan *plan,
    const struct change_source *source, struct buffer *out);

/* "event", "time", ... */
const char *change_reason_name(enum change_reason reason);

/* `,"with":{...}`, or nothing when there is no value: also in membership records. */
void change_emit_with(const struct change_with *with, uint32_t count, struct buffer *out);

#endif
