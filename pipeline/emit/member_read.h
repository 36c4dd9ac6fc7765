#ifndef FOOTPRINT_EMIT_MEMBER_READ_H
#define FOOTPRINT_EMIT_MEMBER_READ_H

/*
 * A membership record, as member.c wrote it, read back: what was published of one user. Another
 * form is false. Texts are borrowed from the record, arrays live in the arena. The user is the
 * record's key.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/base/arena.h"
#include "config/base/text.h"

/* One segment and an instant of it: since when a member, or when last left. */
struct member_stay {
    struct text segment;
    int64_t at;
};

struct member_record {
    int64_t life;
    uint64_t seq;
    int64_t as_of;
    struct member_stay *stays; /* memberships */
    uint32_t stay_count;
    struct member_stay *left; /* last exits whose cooldown was running */
    uint32_t left_count;
};

bool member_read(struct text json, struct arena *arena, struct member_record *ret_record);

#endif
