/* A chain of batches between reading and applying. */
#include "pipeline/partition/backlog.h"

#include <stdlib.h>
#include <string.h>

#include "config/base/check.h"

#define BATCH_KEPT_BYTES_MAX (1024u * 1024) /* of texts; more is given back */

void
batch_pool_init(struct batch_pool *pool)
{
    pool->free = NULL;
}

void
batch_pool_fini(struct batch_pool *pool)
{
    while (pool->free != NULL) {
        struct batch *batch = pool->free;

        pool->free = batch->next;
        arena_fini(&batch->arena);
        free(batch);
    }
}

static struct batch *
batch_get(struct batch_pool *pool)
{
    struct batch *batch = pool->free;

    if (batch != NULL) {
        pool->free = batch->next;
    } else {
        batch = malloc(sizeof(*batch));
        CHECK(batch != NULL);
        arena_init(&batch->arena);
    }
    batch->next = NULL;
    batch->count = 0;
    batch->applied = 0;
    return batch;
}

static void
batch_put(struct batch_pool *pool, struct batch *batch)
{
    if (batch->arena.bytes > BATCH_KEPT_BYTES_MAX) {
        arena_fini(&batch->arena);
        arena_init(&batch->arena);
    }
    arena_reset(&batch->arena);
    batch->next = pool->free;
    pool->free = batch;
}

void
backlog_init(struct backlog *backlog, struct batch_pool *pool)
{
    CHECK(pool != NULL);
    memset(backlog, 0, sizeof(*backlog));
    backlog->pool = pool;
}

/* One run of bytes for both; the payload ends in a zero byte. What is null stays null. */
static void
backlog_copy(struct record *record, const struct source_message *message, struct arena *arena)
{
    size_t key = message->key.length, payload = message->payload.length;
    char *bytes = arena_take(arena, key + payload + 1);

    if (key > 0)
        memcpy(bytes, message->key.bytes, key);
    if (payload > 0)
        memcpy(bytes + key, message->payload.bytes, payload);
    bytes[key + payload] = '\0';
    record->key = (struct text){message->key.bytes == NULL ? NULL : bytes, message->key.length};
    record->payload =
        (struct text){message->payload.bytes == NULL ? NULL : bytes + key, message->payload.length};
}

struct record *
backlog_add(struct backlog *backlog, const struct source_message *message, struct arena **ret_arena)
{
    struct batch *batch = backlog->tail;
    struct record *record;

    if (batch == NULL || batch->count == BATCH_RECORDS_MAX) {
        batch = batch_get(backlog->pool);
        if (backlog->tail != NULL)
            backlog->tail->next = batch;
        else
            backlog->head = batch;
        backlog->tail = batch;
    }
    record = &batch->records[batch->count++];
    record->kind = message->kind;
    record->offset = message->offset;
    record->timestamp_ms = message->timestamp_ms;
    record->has_key = message->has_key;
    backlog_copy(record, message, &batch->arena);
    backlog->record_count++;
    backlog->byte_count += message->payload.length;
    *ret_arena = &batch->arena;
    return record;
}

struct record *
backlog_head(const struct backlog *backlog)
{
    struct batch *batch = backlog->head;

    if (batch == NULL || batch->applied == batch->count)
        return NULL;
    return &batch->records[batch->applied];
}

void
backlog_drop(struct backlog *backlog)
{
    struct batch *batch = backlog->head;
    struct record *record = backlog_head(backlog);

    CHECK(record != NULL);
    backlog->record_count--;
    backlog->byte_count -= record->payload.length;
    batch->applied++;
    if (batch->applied < batch->count)
        return;
    backlog->head = batch->next;
    if (backlog->head == NULL)
        backlog->tail = NULL;
    batch_put(backlog->pool, batch);
}

void
backlog_walk(struct backlog *backlog,
    void (*each)(void *opaque, struct record *record, struct arena *arena), void *opaque)
{
    for (struct batch *batch = backlog->head; batch != NULL; batch = batch->next)
        for (uint32_t i = batch->applied; i < batch->count; i++)
            each(opaque, &batch->records[i], &batch->arena);
}

void
backlog_clear(struct backlog *backlog)
{
    while (backlog_head(backlog) != NULL)
        backlog_drop(backlog);
}

struct record *
backlog_ahead(const struct backlog *backlog, uint32_t count)
{
    struct batch *batch = backlog->head;
    uint32_t at;

    if (batch == NULL)
        return NULL;
    at = batch->applied + count;
    if (at >= batch->count) {
        at -= batch->count;
        batch = batch->next;
    }
    return batch == NULL || at >= batch->count ? NULL : &batch->records[at];
}

size_t
backlog_upcoming(const struct backlog *backlog, const struct record **ret_records)
{
    struct batch *batch = backlog->head;

    if (batch == NULL)
        return 0;
    *ret_records = &batch->records[batch->applied];
    return batch->count - batch->applied;
}
