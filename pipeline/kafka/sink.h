#ifndef FOOTPRINT_SINK_H
#define FOOTPRINT_SINK_H

/*
 * The output topics: one transactional producer. Changes, members, rejects and the input offsets
 * move together or not at all.
 *
 * All functions but sink_new are BLOCKING and run on the helper thread, one at a time.
 * Source: exactly-once.md 2, 7, 8.3.
 */

#include <stddef.h>
#include <stdint.h>

#include "config/base/err.h"
#include "config/config.h"
#include "pipeline/kafka/outbox.h"
#include "pipeline/kafka/source.h"

struct sink;

/* One partition's share of a transaction. */
struct sink_part {
    int32_t partition;
    const struct outbox *outbox; /* may be empty: then only the offset moves */
    int64_t offset;              /* the next one to read */
    const char *metadata;        /* ASCII, at most METADATA_BYTES_MAX */
};

enum sink_result {
    SINK_COMMITTED,
    SINK_RETRY, /* aborted for certain, or not begun as we are no member now; the same parts again,
                   without those we no longer own */
    SINK_RENEW, /* fenced, fatal or in doubt: free this sink, make a new one, and read
                   source_committed of each partition to learn what became of it */
    SINK_REFUSED, /* aborted, and the same parts will fail again: `partition` must stop */
};

struct sink_outcome {
    enum sink_result result;
    int32_t partition; /* of SINK_REFUSED, or -1 when it can't be told */
    struct err err;    /* why, unless committed */
};

/* `name`: the transactional id, "<group>-<instance>-<worker>". */
struct sink *sink_new(const struct config *config, const char *name, struct err *reterr);
void sink_free(struct sink *sink);
/* Fences and aborts what an earlier owner of the name left open; warms the output topics up. */
enum err_code sink_init(struct sink *sink, struct err *reterr) ERR_MUSTCHECK;
/* The time that the records of the next commit get, since brokers refuse one that is far off; 0:
 * this host's own. Not while a commit is under way. */
void sink_stamp(struct sink *sink, int64_t timestamp_ms);
/* Takes group_metadata (of source_group_metadata), which may be NULL. Once it has returned, nothing
 * refers to the outboxes, unless it says SINK_RENEW: then only after sink_free. */
void sink_commit(struct sink *sink, void *group_metadata, const struct sink_part *parts,
    size_t part_count, struct sink_outcome *ret_outcome);

#endif
