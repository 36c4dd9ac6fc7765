#ifndef FOOTPRINT_STORED_H
#define FOOTPRINT_STORED_H

/*
 * What Redis says of a partition: the fields of <prefix>{P}:ck (position.h names them).
 *
 *   off wm ..  where a replay begins      bo bw cnt mem  the newest boundary, and its counts
 *   by cn      who wrote it, and which of his chunks     rb  a rebuild was not finished
 *   sg fo pn gr  of the state as a whole: segments, origin, partitions, group and topic
 */

#include <stdbool.h>
#include <stdint.h>

#include "config/base/buffer.h"
#include "config/base/text.h"
#include "config/config.h"
#include "pipeline/partition/position.h"
#include "pipeline/redis/store.h"

/* Counts as of the newest boundary that Redis has: exact, however far single profiles are ahead. */
struct mark {
    bool known;
    int64_t offset;
    int64_t watermark;
    uint64_t changes;
};

/* Texts are borrowed from the fields. */
struct stored {
    bool has_offset;
    struct position position; /* of the checkpoint */
    struct mark mark;
    struct text members;
    struct text owner;
    uint64_t chunk_number;
    bool rebuilding;   /* a rebuild was not finished: what is there is not whole */
    struct text ids;   /* of the segments of its rules */
    struct text group; /* whose state it is, as stored_print_group has it; empty: not known */
};

void stored_begin(struct stored *stored);
void stored_read(struct stored *stored, const struct store_field *field);
/* After the last field. */
void stored_end(struct stored *stored);
/* The group and the input that a state belongs to. */
void stored_print_group(const struct config *config, struct buffer *out);

#endif
