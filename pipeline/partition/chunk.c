/* Entries in a buffer, replayed into the store's two kinds of writes. */
#include "pipeline/partition/chunk.h"

#include <stdlib.h>
#include <string.h>

#include "config/base/check.h"
#include "config/base/drill.h"

struct chunk_entry {
    enum chunk_kind kind;
    uint32_t name_length;
    uint32_t bytes_length;
    int64_t bucket;
};

void
chunk_pool_init(struct chunk_pool *pool)
{
    *pool = (struct chunk_pool){0};
}

static void
chunk_free(struct chunk *chunk)
{
    buffer_fini(&chunk->bytes);
    free(chunk);
}

void
chunk_pool_fini(struct chunk_pool *pool)
{
    while (pool->spare != NULL) {
        struct chunk *chunk = pool->spare;

        pool->spare = chunk->next;
        chunk_free(chunk);
    }
}

struct chunk *
chunk_get(struct chunk_pool *pool)
{
    struct chunk *chunk = pool->spare;
    struct buffer bytes = {0};

    if (chunk == NULL) {
        chunk = malloc(sizeof(*chunk));
        CHECK(chunk != NULL);
    } else {
        pool->spare = chunk->next;
        pool->count--;
        bytes = chunk->bytes;
    }
    buffer_clear(&bytes);
    *chunk = (struct chunk){.bytes = bytes, .bucket_dropped = INT64_MIN};
    return chunk;
}

void
chunk_put_back(struct chunk_pool *pool, struct chunk *chunk)
{
    if (pool->count == CHUNKS_SPARE_MAX) {
        chunk_free(chunk);
        return;
    }
    chunk->next = pool->spare;
    pool->spare = chunk;
    pool->count++;
}

static void
chunk_put(struct chunk *chunk, const struct chunk_entry *entry, struct text name, struct text bytes)
{
    buffer_add(&chunk->bytes, entry, sizeof(*entry));
    buffer_add_text(&chunk->bytes, name);
    buffer_add_text(&chunk->bytes, bytes);
}

void
chunk_add(struct chunk *chunk, enum chunk_kind kind, struct text name, struct text bytes)
{
    struct chunk_entry entry = {kind, name.length, bytes.length, 0};

    CHECK(chunk->state == CHUNK_COPIED);
    if (kind == CHUNK_PROFILE || kind == CHUNK_DELETE)
        chunk->profile_count++;
    if (kind == CHUNK_MEMBER || kind == CHUNK_MEMBER_DELETE)
        chunk->member_count++;
    chunk_put(chunk, &entry, name, bytes);
}

void
chunk_add_bucket(struct chunk *chunk, enum chunk_kind kind, int64_t bucket, struct text user)
{
    struct chunk_entry entry = {kind, user.length, 0, bucket};

    CHECK(chunk->state == CHUNK_COPIED);
    if (kind == CHUNK_BUCKET_DROP && bucket > chunk->bucket_dropped)
        chunk->bucket_dropped = bucket;
    chunk_put(chunk, &entry, user, (struct text){NULL, 0});
}

static const char *
chunk_next(const char *at, struct chunk_entry *entry, struct text *name, struct text *bytes)
{
    memcpy(entry, at, sizeof(*entry));
    at += sizeof(*entry);
    *name = (struct text){at, entry->name_length};
    at += entry->name_length;
    *bytes = (struct text){at, entry->bytes_length};
    return at + entry->bytes_length;
}

static void
chunk_send_members(
    struct chunk *chunk, struct store *store, int32_t partition, store_done_fn *done, void *opaque)
{
    const char *at = chunk->bytes.bytes, *end = at + chunk->bytes.length;
    struct chunk_entry entry;
    struct text name, bytes;

    if (chunk->member_count == 0)
        return;
    store_members_begin(store, partition);
    while (at < end) {
        at = chunk_next(at, &entry, &name, &bytes);
        if (entry.kind == CHUNK_MEMBER)
            store_members_set(store, name, bytes);
        else if (entry.kind == CHUNK_MEMBER_DELETE)
            store_members_delete(store, name);
    }
    chunk->answers_due++;
    store_members_send(store, done, opaque);
}

static void
chunk_put_entry(
    struct store *store, const struct chunk_entry *entry, struct text name, struct text bytes)
{
    char field[16];

    switch (entry->kind) {
    case CHUNK_PROFILE:
        store_flush_profile(store, name, bytes.bytes, bytes.length);
        break;
    case CHUNK_DELETE:
        store_flush_delete(store, name);
        break;
    case CHUNK_BUCKET_ADD:
        store_flush_bucket_add(store, entry->bucket, name);
        break;
    case CHUNK_BUCKET_DROP:
        store_flush_bucket_drop(store, entry->bucket);
        break;
    case CHUNK_FIELD:
        CHECK(name.length < sizeof(field));
        memcpy(field, name.bytes, name.length);
        field[name.length] = '\0';
        store_flush_field(store, field, bytes);
        break;
    case CHUNK_MEMBER:
    case CHUNK_MEMBER_DELETE:
        break;
    }
}

/* One script: applied whole or not at all, and the chain moves by one. */
static void
chunk_send_profiles(
    struct chunk *chunk, struct store *store, int32_t partition, store_done_fn *done, void *opaque)
{
    const char *at = chunk->bytes.bytes, *end = at + chunk->bytes.length;

    store_flush_begin(store, partition);
    while (at < end) {
        struct chunk_entry entry;
        struct text name, bytes;

        at = chunk_next(at, &entry, &name, &bytes);
        chunk_put_entry(store, &entry, name, bytes);
    }
    chunk->answers_due++;
    store_flush_send(store, done, opaque);
}

void
chunk_send(
    struct chunk *chunk, struct store *store, int32_t partition, store_done_fn *done, void *opaque)
{
    CHECK(chunk->state == CHUNK_COMMITTED || chunk->state == CHUNK_REFUSED);
    chunk->state = CHUNK_SENT;
    chunk->answers_due = 0;
    chunk->worst = STORE_OK;
    chunk_send_members(chunk, store, partition, done, opaque);
    if (chunk->answers_due > 0 && DRILL_IS_DUE(DRILL_K6)) {
        DRILL_END_SOON();
        return;
    }
    if (DRILL_IS_DUE(DRILL_K7))
        DRILL_END_SOON();
    chunk_send_profiles(chunk, store, partition, done, opaque);
}
