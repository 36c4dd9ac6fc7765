#ifndef FOOTPRINT_POSITION_H
#define FOOTPRINT_POSITION_H

/*
 * Where a partition stands, in the two places that survive a crash.
 *
 *   metadata of the         v=1 wm=<ms> cnt=<n> rs=<id> eng=<n> pn=<n> [wt= wd= wh=] [fo=<off>]
 *   committed offset        [ga=1] [rv=<n>] [sw=<id>] [ws=<ms> [qf=<ms>]] [jl=<off>:<ms>,...]
 *
 *   fields of               off wm [wt wd wh] rs eng pn, and bo bw cnt mem of the newest boundary
 *   <prefix>{P}:ck
 *
 * A position is not the offset alone: idle ticks publish without an event, and an advance to `wt`
 * may be cut by a transaction after the timers up to (wd, wh). jl holds the idle jumps that a
 * replay must make again, each before the event of its offset. fo is where the state began: no
 * event before it has ever counted. ga is an operator's word that the next start may go on with
 * what the log still has. ws is when brokers last answered, qf until when silence is not believed.
 * ASCII, parsed by size: librdkafka 2.0.2 does not end metadata with a zero byte.
 * Source: exactly-once 1.2, 1.6 of the design; format version POSITION_VERSION.
 */

#include <stdbool.h>
#include <stdint.h>

#include "config/base/buffer.h"
#include "config/base/err.h"
#include "config/base/limits.h"
#include "config/base/text.h"
#include "pipeline/engine/engine.h"
#include "pipeline/partition/trust.h"

#define POSITION_VERSION 1
#define POSITION_ORIGIN_NONE INT64_C(-1) /* not known: the log from its beginning */
#define POSITION_ENGINE 1 /* another number may decide otherwise: replay only under the same */

struct position_jump {
    int64_t offset; /* the next event's when the clock jumped */
    int64_t watermark;
};

struct position_jumps {
    struct position_jump at[JUMPS_MAX];
    uint32_t count;
};

struct position {
    int64_t offset; /* the next event to apply; in the metadata it is the committed offset itself */
    struct engine_position time;
    uint64_t changes; /* published so far */
    char state_id[17];
    int64_t engine_version;
    int64_t partition_count;
    int64_t origin;     /* the first offset that ever counted, or POSITION_ORIGIN_NONE */
    int64_t revision;   /* of the rules, as their host called it */
    bool gap_accepted;  /* by an operator, for the next start */
    struct trust trust; /* as of the commit; it decides nothing about the log that was read */
    /* Differences to these rules are being published, and not all of them are; else empty. */
    char switching_to[17];
    struct position_jumps jumps;
};

/* Everything but the offset. */
void position_print(const struct position *position, struct buffer *out);
enum err_code position_parse(
    struct text text, struct position *ret_position, struct err *reterr) ERR_MUSTCHECK;

/* Adds a jump; one at the same offset is replaced (nothing lay between them). False: full. */
bool position_jump_add(struct position_jumps *jumps, int64_t offset, int64_t watermark);
/*
 * Makes room for one more, when there is none, if the oldest lies before `durable`, where a replay
 * would begin now. Not sooner: a Redis that loses writes makes it begin further back.
 */
void position_jumps_fit(struct position_jumps *jumps, int64_t durable);
/* How many jumps lie before an offset. */
uint32_t position_jumps_before(const struct position_jumps *jumps, int64_t offset);

bool position_time_equal(const struct engine_position *a, const struct engine_position *b);

/* The present advance is cut half way. */
static inline bool
position_is_cut(const struct engine_position *time)
{
    return time->target > time->watermark;
}

#endif
