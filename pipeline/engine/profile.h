#ifndef FOOTPRINT_ENGINE_PROFILE_H
#define FOOTPRINT_ENGINE_PROFILE_H

/*
 * All that is kept of one user: one block without pointers, the same bytes in memory and in Redis.
 *
 *   | header | user | gates | directory | ids | cell | cell | ... |
 *
 *   gates       only those that are not the default, by segment
 *   directory   of the cells: number of the leaf, end of its bytes; by leaf
 *   cell        what one leaf of the plan keeps (trail.h); a leaf without anything has none
 *   ids         of events, in the cell of the number PROFILE_IDS, which comes before all others:
 *               it may be large, and what stands before a cell does not move when that grows
 *
 * Every part is a multiple of 8 bytes, so all is aligned where it stands. The byte order is little
 * endian. A block grows in place while its slab has room, otherwise it moves: whoever makes it grow
 * holds it by a struct profile_hand, and pointers into it are good until the next growth.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/base/text.h"
#include "config/plan.h"
#include "pipeline/engine/gate.h"
#include "pipeline/engine/slab.h"

#define PROFILE_VERSION 1
#define PROFILE_IDS UINT32_MAX
/* The order of cells, with the ids in front. */
#define PROFILE_CELL_ORDER(leaf) ((uint32_t)((leaf) + 1))

struct profile {
    uint8_t version;
    uint8_t known; /* 0: nothing is known of the user; all below is empty */
    uint16_t user_bytes;
    uint32_t length;     /* of all bytes in use, this header included */
    uint16_t rules;      /* the rules it was made under (profile_rules) */
    uint16_t gate_count; /* SEGMENTS_MAX at most */
    uint32_t cell_count;
    int64_t clock;  /* decided up to here; the user's clock is this or the watermark if later */
    int64_t newest; /* ts of the newest event */
    int64_t life;
    int64_t due;     /* nothing happens by time alone before it; PLAN_NEVER */
    int64_t offset;  /* as of the last flush: the next event to apply */
    uint32_t seq;    /* changes so far */
    uint32_t bucket; /* where the store has a hint of `due`; PROFILE_BUCKET_NONE */
};

#define PROFILE_BUCKET_NONE UINT32_MAX

/* One line of the directory. */
struct profile_entry {
    uint32_t leaf;
    uint32_t end; /* of its cell, from the start of the first one */
};

struct profile_hand {
    struct slab *slab;
    struct profile *profile;
};

struct cell {
    uint32_t index; /* in the directory */
    uint32_t length;
    unsigned char *bytes;
};

/* A user of whom nothing is known. */
struct profile *profile_new(struct slab *slab, struct text user, uint16_t rules);
/* Back to that; offset and bucket stay. */
void profile_forget(struct profile_hand *hand);
/* The first 16 bits of the rules' id: enough to notice a mistake. */
uint16_t profile_rules(const struct plan *plan);
struct text profile_user(const struct profile *profile);

/* --- gates --------------------------------------------------------------------------------------- */

struct gate *profile_gates(const struct profile *profile);
/* The index of the segment's gate, or of the first later one. */
uint32_t profile_gate_place(const struct profile *profile, uint32_t segment);
/* The default when there is none. */
struct gate profile_gate(const struct profile *profile, uint32_t segment);
/* Stores, changes, or removes (the default). True when the block was moved or shifted. */
bool profile_gate_set(struct profile_hand *hand, const struct gate *gate);

/* --- cells --------------------------------------------------------------------------------------- */

const struct profile_entry *profile_directory(const struct profile *profile);
/* The cell of a leaf; bytes NULL when there is none. */
struct cell profile_cell(const struct profile *profile, uint32_t leaf);
struct cell profile_cell_at(const struct profile *profile, uint32_t index);
/* The same, made empty if there is none. */
struct cell profile_cell_open(struct profile_hand *hand, uint32_t leaf);
void profile_cell_remove(struct profile_hand *hand, struct cell *cell);
/* Cuts `remove` bytes at `at` and opens a gap of `add` there; multiples of 8. */
void profile_cell_splice(
    struct profile_hand *hand, struct cell *cell, uint32_t at, uint32_t remove, uint32_t add);

/* Stored times lie within these, so that sums and differences of a few of them can't wrap round. */
#define PROFILE_TIME_MAX (INT64_MAX / 4)
static inline bool
profile_time_valid(int64_t at, int64_t latest)
{
    return at >= -PROFILE_TIME_MAX && at <= latest;
}

/*
 * Whether the bytes are the outside of a profile of this user under these rules: header, gates and
 * directory. What stands in the cells is for trail_valid to say. Copies nothing.
 */
bool profile_valid(const void *bytes, size_t length, struct text user, const struct plan *plan);

#endif
