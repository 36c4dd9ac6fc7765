#ifndef FOOTPRINT_CHUNK_H
#define FOOTPRINT_CHUNK_H

/*
 * What one transaction owes to Redis: its membership records, and the profiles that were copied at
 * its boundary with the checkpoint they make.
 *
 *   copied at the boundary -> committed -> sent -> acknowledged
 *                                           ^---- refused: waits, then the same again
 *
 * A chunk is whole: with it Redis is a valid checkpoint of committed data, without it also.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/base/buffer.h"
#include "config/base/text.h"
#include "pipeline/redis/store.h"

#define CHUNK_PROFILES_MAX 200 /* 0.6 ms of the server's time */
#define CHUNKS_SPARE_MAX 64

enum chunk_kind {
    CHUNK_PROFILE,
    CHUNK_DELETE,
    CHUNK_BUCKET_ADD,
    CHUNK_BUCKET_DROP,
    CHUNK_MEMBER,
    CHUNK_MEMBER_DELETE,
    CHUNK_FIELD
};

enum chunk_state {
    CHUNK_COPIED,
    CHUNK_COMMITTED,
    CHUNK_SENT,
    CHUNK_REFUSED
};

struct chunk {
    struct chunk *next;
    struct partition *partition;
    enum chunk_state state;
    uint64_t number;      /* grows by one in the life of an owner */
    struct buffer bytes;  /* the entries, one behind the other */
    size_t profile_count; /* profiles and deletions: what the engine wants acknowledged */
    size_t member_count;
    int64_t offset;         /* a replay may begin here once this chunk is acknowledged */
    int64_t bucket_dropped; /* the newest bucket that it drops, or INT64_MIN */
    uint64_t incarnation;   /* of its partition when it was made */
    int answers_due;
    enum store_result worst; /* of the answers so far */
};

/* Chunks of all partitions of a worker that wait to be used again, with their memory. */
struct chunk_pool {
    struct chunk *spare;
    size_t count;
};

void chunk_pool_init(struct chunk_pool *pool);
void chunk_pool_fini(struct chunk_pool *pool);
/* An empty one, to be put back. */
struct chunk *chunk_get(struct chunk_pool *pool);
void chunk_put_back(struct chunk_pool *pool, struct chunk *chunk);
/* name and bytes are copied. */
void chunk_add(struct chunk *chunk, enum chunk_kind kind, struct text name, struct text bytes);
void chunk_add_bucket(struct chunk *chunk, enum chunk_kind kind, int64_t bucket, struct text user);
/* Hands everything to the store: members first, then the checkpoint; done() runs chunk->answers_due
 * times. */
void chunk_send(
    struct chunk *chunk, struct store *store, int32_t partition, store_done_fn *done, void *opaque);

#endif
