#ifndef FOOTPRINT_REBUILD_H
#define FOOTPRINT_REBUILD_H

/*
 * A partition whose state in Redis is lost, or was made under other rules.
 *
 *   members topic --read--> what was published    log --silent replay--> windows
 *                                   \                     /
 *                                    engine_adopt, at the committed position
 *
 * Under the same rules what was published is simply taken over. Under other rules the differences
 * are published, all at this one position, and only the last transaction of them carries the new
 * rules: after a crash the same begins again and finds the rest. Source: exactly-once 1.5, 1.6 of
 * the design.
 */

#include <stdbool.h>
#include <stdint.h>

#include "config/base/err.h"
#include "config/base/text.h"
#include "config/config.h"
#include "pipeline/engine/engine.h"

struct rebuild;

/* config: where the members topic is; plan: of the rules that take over. */
struct rebuild *rebuild_new(
    const struct config *config, const struct plan *plan, int32_t partition);
void rebuild_free(struct rebuild *rebuild); /* NULL is fine */
/* Reads what was published. BLOCKING. */
enum err_code rebuild_read(struct rebuild *rebuild, struct err *reterr) ERR_MUSTCHECK;
/* A later record of one user, after the reading: it replaces what was read. bytes NULL: a
 * tombstone. */
void rebuild_add(struct rebuild *rebuild, struct text user, struct text value);
/* Of the rules by which it was published, as a list of segment ids ("" if it is not known). The
 * segments that are on it follow what was published; without this call all of them do. */
void rebuild_other_rules(struct rebuild *rebuild, struct text segment_ids);
/* The ids of this plan's segments, as rebuild_other_rules reads them. */
void rebuild_print_ids(const struct plan *plan, struct buffer *out);
/* The next user is taken over: his slot, or ENGINE_SLOT_NONE when all are. */
uint32_t rebuild_step(struct rebuild *rebuild, struct engine *engine);

#endif
