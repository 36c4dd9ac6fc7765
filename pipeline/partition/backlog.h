#ifndef FOOTPRINT_BACKLOG_H
#define FOOTPRINT_BACKLOG_H

/*
 * One partition's records that were read and decoded and wait to be applied, oldest first.
 *
 *   batch -> batch -> batch      each with its records, and an arena for their texts
 *     ^head: applied from here     ^tail: filled here
 *
 * Keys and payloads are copied, so that the client library has its memory back at once: it takes it
 * for the next fetch while it is still in the cache. Batches come from a pool that all partitions
 * of a worker share and are given back when they are empty.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/base/arena.h"
#include "pipeline/decode/decode.h"
#include "pipeline/kafka/source.h"

struct record {
    enum source_message_kind kind;
    int64_t offset;
    int64_t timestamp_ms; /* -1: none */
    bool has_key;
    struct text key;
    struct text payload;
    enum decode_result result;
    struct event event;               /* of DECODE_OK */
    const struct decode_fault *fault; /* of any other result */
};

#define BATCH_RECORDS_MAX 256

struct batch {
    struct batch *next;
    struct arena arena;
    uint32_t count;
    uint32_t applied;
    struct record records[BATCH_RECORDS_MAX];
};

struct batch_pool {
    struct batch *free;
};

void batch_pool_init(struct batch_pool *pool);
void batch_pool_fini(struct batch_pool *pool);

struct backlog {
    struct batch_pool *pool;
    struct batch *head, *tail;
    size_t record_count;
    size_t byte_count; /* of payloads */
};

void backlog_init(struct backlog *backlog, struct batch_pool *pool);
/* A copy of the message at the end, to be decoded, and the arena of its batch. It counts at once.
 */
struct record *backlog_add(
    struct backlog *backlog, const struct source_message *message, struct arena **ret_arena);
/* The oldest, or NULL. Borrowed until backlog_drop. */
struct record *backlog_head(const struct backlog *backlog);
void backlog_drop(struct backlog *backlog);
/* Each that waits, oldest first, and the arena of its batch. */
void backlog_walk(struct backlog *backlog,
    void (*each)(void *opaque, struct record *record, struct arena *arena), void *opaque);
void backlog_clear(struct backlog *backlog);
/* The one that comes `count` records behind the oldest, or NULL. */
struct record *backlog_ahead(const struct backlog *backlog, uint32_t count);
/* Records of the oldest batch that are still to come: what a look ahead may walk over. */
size_t backlog_upcoming(const struct backlog *backlog, const struct record **ret_records);

#endif
