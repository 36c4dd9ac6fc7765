/* Redis, as far as the pipeline can tell: keys, a journal that can lose its end, and connections.
 * Implements store.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/check.h"
#include "config/base/drill.h"
#include "tests/component/model/model.h"

/* --- keys ------------------------------------------------------------------------------------ */

/* One hash of three levels is all that is needed: partition, kind ("u", "m", "t", "ck"), name. */
struct model_key {
    struct model_key *next;
    int32_t partition;
    char kind;
    char name[64];
    char *bytes;
    size_t length;
};

/* What a cell was before a write: taken back when writes are lost. */
struct past {
    struct past *older;
    int32_t partition;
    char kind;
    char name[64];
    char *bytes; /* NULL: it was not there */
    size_t length;
    size_t write; /* entries of one script share a number */
};

static struct {
    struct model_key *cells;
    struct past *journal;
    size_t write;
    bool refuse;
} redis;

static struct model_key **
redis_find(int32_t partition, char kind, const char *name)
{
    struct model_key **place = &redis.cells;

    while (*place != NULL && ((*place)->partition != partition || (*place)->kind != kind ||
                                 strcmp((*place)->name, name) != 0))
        place = &(*place)->next;
    return place;
}

static void
redis_put_raw(int32_t partition, char kind, const char *name, const void *bytes, size_t length)
{
    struct model_key **place = redis_find(partition, kind, name), *cell = *place;

    if (bytes == NULL) {
        if (cell == NULL)
            return;
        *place = cell->next;
        free(cell->bytes);
        free(cell);
        return;
    }
    if (cell == NULL) {
        cell = calloc(1, sizeof(*cell));
        CHECK(cell != NULL);
        cell->partition = partition;
        cell->kind = kind;
        snprintf(cell->name, sizeof(cell->name), "%s", name);
        cell->next = redis.cells;
        redis.cells = cell;
    }
    free(cell->bytes);
    cell->bytes = malloc(length + 1);
    CHECK(cell->bytes != NULL);
    memcpy(cell->bytes, bytes, length);
    cell->length = length;
}

static void
redis_put(int32_t partition, char kind, const char *name, const void *bytes, size_t length)
{
    struct model_key *cell = *redis_find(partition, kind, name);
    struct past *past = calloc(1, sizeof(*past));

    CHECK(past != NULL);
    past->partition = partition;
    past->kind = kind;
    snprintf(past->name, sizeof(past->name), "%s", name);
    if (cell != NULL) {
        past->bytes = malloc(cell->length + 1);
        CHECK(past->bytes != NULL);
        memcpy(past->bytes, cell->bytes, cell->length);
        past->length = cell->length;
    }
    past->write = redis.write;
    past->older = redis.journal;
    redis.journal = past;
    redis_put_raw(partition, kind, name, bytes, length);
}

void
model_redis_init(void)
{
    memset(&redis, 0, sizeof(redis));
}

static void
redis_undo(void)
{
    struct past *past = redis.journal;

    redis.journal = past->older;
    redis_put_raw(past->partition, past->kind, past->name, past->bytes, past->length);
    free(past->bytes);
    free(past);
}

void
model_redis_fini(void)
{
    while (redis.journal != NULL)
        redis_undo();
    while (redis.cells != NULL)
        redis_put_raw(redis.cells->partition, redis.cells->kind, redis.cells->name, NULL, 0);
}

void
model_redis_lose(size_t writes)
{
    while (redis.journal != NULL && redis.write - redis.journal->write < writes)
        redis_undo();
    redis.write++;
    model_redis_break();
}

void
model_redis_wipe(void)
{
    while (redis.journal != NULL)
        redis_undo();
    redis.write++;
}

void
model_redis_refuse(bool refuse)
{
    redis.refuse = refuse;
}

/* --- connections ----------------------------------------------------------------------------- */

enum op_kind {
    OP_ACQUIRE,
    OP_FLUSH,
    OP_MEMBERS,
    OP_LOAD,
    OP_BUCKET,
    OP_VERIFY
};

struct op_entry {
    struct op_entry *next;
    char kind; /* 'u' 'm' 't' 'f' as written; 'd' drop bucket */
    char name[64];
    int64_t bucket;
    char *bytes;
    size_t length;
};

struct op {
    struct op *next; /* in the order of the calls */
    struct store *store;
    enum op_kind kind;
    int32_t partition;
    uint64_t fs; /* that it expects (flush), or that was sent before it (load) */
    uint64_t own;
    int64_t bucket;
    struct op_entry *entries, **entries_end;
    size_t entry_count;
    bool executed, lost;
    enum store_result result;
    struct text *values;
    size_t value_count;
    store_acquire_fn *acquired;
    store_done_fn *done;
    store_values_fn *got;
    void *opaque;
};

struct store {
    struct model_process *process;
    struct store_callbacks callbacks;
    bool up, closing;
    uint64_t own[MODEL_PARTITIONS], fs[MODEL_PARTITIONS];
    struct op *first, **last;
    struct op *building;
    int64_t free_us; /* the connection is a queue: nothing is executed before */
    int timers;
    void (*closed)(void *opaque);
    void *closed_opaque;
    struct store_counts counts;
};

static void store_come_up(void *context);

struct store *
store_new(const struct config *config, struct uv_loop_s *loop,
    const struct store_callbacks *callbacks, struct err *reterr)
{
    struct store *store = calloc(1, sizeof(*store));

    (void)loop;
    (void)reterr;
    CHECK(store != NULL);
    store->process = model_process_of(config);
    store->process->store = store;
    store->callbacks = *callbacks;
    store->last = &store->first;
    store->timers++;
    model_after(5000 + (int64_t)model_random(20000), store->process, store_come_up, store);
    return store;
}

static void
store_come_up(void *context)
{
    struct store *store = context;

    store->timers--;
    if (store->closing || store->process->dead || store->up)
        return;
    if (world.redis_away) {
        store->timers++;
        model_after(100000, store->process, store_come_up, store);
        return;
    }
    store->up = true;
    store->callbacks.up(store->callbacks.opaque);
}

static void
op_free(struct op *op)
{
    while (op->entries != NULL) {
        struct op_entry *entry = op->entries;

        op->entries = entry->next;
        free(entry->bytes);
        free(entry);
    }
    for (size_t i = 0; i < op->value_count; i++)
        free((void *)(uintptr_t)op->values[i].bytes);
    free(op->values);
    free(op);
}

static void
op_acquired(struct op *op)
{
    struct store_field fields[32];
    int64_t *buckets = calloc(100000, sizeof(*buckets));
    struct store_found found = {fields, 0, buckets, 0};

    CHECK(buckets != NULL);
    for (struct model_key *cell = redis.cells; cell != NULL; cell = cell->next) {
        if (cell->partition != op->partition)
            continue;
        if (cell->kind == 'f' && strcmp(cell->name, "own") != 0)
            fields[found.field_count++] =
                (struct store_field){cell->name, {cell->bytes, (uint32_t)cell->length}};
        if (cell->kind == 't' && found.bucket_count < 100000)
            buckets[found.bucket_count++] = strtoll(cell->name, NULL, 10);
    }
    op->acquired(op->opaque, op->result, op->result == STORE_OK ? &found : NULL, "model");
    free(buckets);
}

static void
op_answer(struct op *op)
{
    if (op->kind == OP_ACQUIRE)
        op_acquired(op);
    else if (op->kind == OP_LOAD || op->kind == OP_BUCKET)
        op->got(op->opaque, op->result, op->values, op->result == STORE_OK ? op->value_count : 0,
            "model");
    else
        op->done(op->opaque, op->result, "model");
}

static void
store_answer_first(struct store *store)
{
    struct op *op = store->first;

    store->first = op->next;
    if (store->first == NULL)
        store->last = &store->first;
    op_answer(op);
    op_free(op);
}

static uint64_t
redis_field(int32_t partition, const char *name)
{
    struct model_key *cell = *redis_find(partition, 'f', name);
    char digits[32] = "0";

    if (cell != NULL)
        snprintf(digits, sizeof(digits), "%.*s", (int)cell->length, cell->bytes);
    return strtoull(digits, NULL, 10);
}

static void
redis_set_field(int32_t partition, const char *name, uint64_t value)
{
    char digits[32];
    int length = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)value);

    redis_put(partition, 'f', name, digits, (size_t)length);
}

static bool
op_chain_holds(const struct op *op)
{
    bool writes = op->kind == OP_FLUSH || op->kind == OP_MEMBERS;

    if (writes ? DRILL_WITHOUT(DRILL_CAS) : DRILL_WITHOUT(DRILL_VERIFY))
        return true;
    return redis_field(op->partition, "own") == op->own &&
           (op->kind == OP_MEMBERS || redis_field(op->partition, "fs") == op->fs);
}

/* A bucket is the text of its users, one a line. */
static void
redis_bucket_add(int32_t partition, int64_t bucket, const char *user)
{
    char name[32], line[80], *joined;
    struct model_key *cell;
    size_t old;

    snprintf(name, sizeof(name), "%lld", (long long)bucket);
    snprintf(line, sizeof(line), "%s\n", user);
    cell = *redis_find(partition, 't', name);
    old = cell == NULL ? 0 : cell->length;
    joined = malloc(old + strlen(line) + 1);
    CHECK(joined != NULL);
    if (cell != NULL)
        memcpy(joined, cell->bytes, old);
    memcpy(joined + old, line, strlen(line));
    redis_put(partition, 't', name, joined, old + strlen(line));
    free(joined);
}

static void
op_trace(const struct op *op)
{
    if (!world.verbose || op->kind != OP_FLUSH)
        return;
    printf("%10.3f partition %d: place %d writes", (double)world.now_us / 1e6, op->partition,
        op->store->process->place);
    for (struct op_entry *entry = op->entries; entry != NULL; entry = entry->next)
        if (entry->kind == 'f' && strcmp(entry->name, "sg") != 0)
            printf(" %s=%.*s", entry->name, (int)entry->length, entry->bytes);
        else if (entry->kind == 'u')
            printf(" %s", entry->name);
    printf("\n");
}

static void
op_write(struct op *op)
{
    char name[32];

    op_trace(op);
    for (struct op_entry *entry = op->entries; entry != NULL; entry = entry->next) {
        snprintf(name, sizeof(name), "%lld", (long long)entry->bucket);
        if (entry->kind == 't')
            redis_bucket_add(op->partition, entry->bucket, entry->name);
        else if (entry->kind == 'd')
            redis_put(op->partition, 't', name, NULL, 0);
        else
            redis_put(op->partition, entry->kind, entry->name, entry->bytes, entry->length);
    }
    if (op->kind == OP_FLUSH)
        redis_set_field(op->partition, "fs", op->fs + 1);
}

static void
op_read_value(struct op *op, const char *bytes, size_t length)
{
    char *copy = NULL;

    if (bytes != NULL) {
        copy = malloc(length + 1);
        CHECK(copy != NULL);
        memcpy(copy, bytes, length);
        copy[length] = '\0';
    }
    op->values = realloc(op->values, (op->value_count + 1) * sizeof(op->values[0]));
    CHECK(op->values != NULL);
    op->values[op->value_count++] = (struct text){copy, (uint32_t)length};
}

static void
op_read(struct op *op)
{
    if (op->kind == OP_LOAD) {
        world.loads += op->entry_count;
        for (struct op_entry *entry = op->entries; entry != NULL; entry = entry->next) {
            struct model_key *cell = *redis_find(op->partition, 'u', entry->name);

            op_read_value(op, cell == NULL ? NULL : cell->bytes, cell == NULL ? 0 : cell->length);
        }
    } else if (op->kind == OP_BUCKET) {
        char name[32];
        struct model_key *cell;

        world.bucket_loads++;
        snprintf(name, sizeof(name), "%lld", (long long)op->bucket);
        cell = *redis_find(op->partition, 't', name);
        for (size_t at = 0; cell != NULL && at < cell->length;) {
            const char *line = cell->bytes + at, *end = memchr(line, '\n', cell->length - at);

            op_read_value(op, line, (size_t)(end - line));
            at += (size_t)(end - line) + 1;
        }
    }
}

static void
op_execute(void *context)
{
    struct store *store = context;
    struct op *op = store->first;

    store->timers--;
    while (op != NULL && op->executed)
        op = op->next;
    if (op == NULL || op->lost || store->process->dead || !store->up)
        return;
    op->executed = true;
    redis.write++;
    op->result = STORE_OK;
    if (op->kind == OP_ACQUIRE)
        redis_set_field(op->partition, "own", op->own);
    else if (!op_chain_holds(op))
        op->result = STORE_CHAIN;
    else if (redis.refuse && (op->kind == OP_FLUSH || op->kind == OP_MEMBERS))
        op->result = STORE_REFUSED;
    else if (op->kind == OP_FLUSH || op->kind == OP_MEMBERS)
        op_write(op);
    else
        op_read(op);
    if (op->kind == OP_ACQUIRE)
        store->fs[op->partition] = redis_field(op->partition, "fs");
    if (op->kind == OP_FLUSH && op->result != STORE_OK)
        store->fs[op->partition]--;
}

static void
op_come_back(void *context)
{
    struct store *store = context;

    store->timers--;
    if (store->first == NULL)
        return;
    if (store->process->dead)
        store->first->result = STORE_LOST;
    else if (!store->first->lost && (!store->first->executed || !store->up))
        return;
    store_answer_first(store);
}

static void
store_send(struct store *store, struct op *op)
{
    int64_t latency = (int64_t)model_random(3000);

    *store->last = op;
    store->last = &op->next;
    if (!store->up || store->process->dead) {
        op->lost = true;
        op->result = STORE_LOST;
    }
    if (store->free_us < world.now_us)
        store->free_us = world.now_us;
    store->free_us += latency + 1000;
    store->timers += 2;
    model_after(store->free_us - world.now_us, store->process, op_execute, store);
    store->free_us += 1000 + (int64_t)model_random(2000);
    model_after(store->free_us - world.now_us, store->process, op_come_back, store);
}

static struct op *
op_new(struct store *store, enum op_kind kind, int32_t partition)
{
    struct op *op = calloc(1, sizeof(*op));

    CHECK(op != NULL);
    op->store = store;
    op->kind = kind;
    op->partition = partition;
    op->own = store->own[partition];
    op->fs = store->fs[partition];
    op->result = STORE_LOST;
    op->entries_end = &op->entries;
    return op;
}

static void
op_add(struct op *op, char kind, struct text name, int64_t bucket, const void *bytes, size_t length)
{
    struct op_entry *entry = calloc(1, sizeof(*entry));

    CHECK(entry != NULL);
    entry->kind = kind;
    entry->bucket = bucket;
    snprintf(entry->name, sizeof(entry->name), "%.*s", (int)name.length,
        name.bytes == NULL ? "" : name.bytes);
    if (bytes != NULL) {
        entry->bytes = malloc(length + 1);
        CHECK(entry->bytes != NULL);
        memcpy(entry->bytes, bytes, length);
        entry->length = length;
    }
    *op->entries_end = entry;
    op->entries_end = &entry->next;
    op->entry_count++;
}

static void
store_lose_all(struct store *store)
{
    while (store->first != NULL) {
        store->first->result = STORE_LOST;
        store_answer_first(store);
    }
}

void
model_redis_break(void)
{
    for (int place = 0; place < MODEL_PLACES; place++) {
        struct model_process *process = world.processes[place];
        struct store *store = process == NULL ? NULL : process->store;

        if (store == NULL || !store->up)
            continue;
        store->up = false;
        store_lose_all(store);
        store->callbacks.down(store->callbacks.opaque, "broken");
        store->timers++;
        model_after(20000 + (int64_t)model_random(200000), process, store_come_up, store);
    }
    world.faults.breaks++;
}

static void
store_close_done(void *context)
{
    struct store *store = context;

    store_lose_all(store);
    if (store->timers > 0) { /* all of the dead comes at once, in this order */
        model_after(store->process->dead ? 1000000 : 1000, store->process, store_close_done, store);
        return;
    }
    store->process->store = NULL;
    store->closed(store->closed_opaque);
    free(store);
}

void
store_close(struct store *store, void (*closed)(void *opaque), void *opaque)
{
    store->closing = true;
    store->up = false;
    store->closed = closed;
    store->closed_opaque = opaque;
    model_after(0, store->process, store_close_done, store);
}

/* --- the door -------------------------------------------------------------------------------- */

bool
store_is_up(const struct store *store)
{
    return store->up;
}

bool
store_is_busy(const struct store *store)
{
    (void)store;
    return false;
}

void
store_acquire(struct store *store, int32_t partition, store_acquire_fn *done, void *opaque)
{
    struct op *op;

    store->own[partition] = model_random(UINT32_MAX) + 1;
    op = op_new(store, OP_ACQUIRE, partition);
    op->acquired = done;
    op->opaque = opaque;
    store_send(store, op);
}

void
store_flush_begin(struct store *store, int32_t partition)
{
    CHECK(store->building == NULL);
    store->building = op_new(store, OP_FLUSH, partition);
}

void
store_flush_profile(struct store *store, struct text user, const void *bytes, size_t length)
{
    op_add(store->building, 'u', user, 0, bytes, length);
}

void
store_flush_delete(struct store *store, struct text user)
{
    op_add(store->building, 'u', user, 0, NULL, 0);
}

void
store_flush_bucket_add(struct store *store, int64_t bucket, struct text user)
{
    op_add(store->building, 't', user, bucket, NULL, 0);
}

void
store_flush_bucket_drop(struct store *store, int64_t bucket)
{
    op_add(store->building, 'd', (struct text){NULL, 0}, bucket, NULL, 0);
}

void
store_flush_field(struct store *store, const char *name, struct text value)
{
    op_add(store->building, 'f', text_of(name), 0, value.bytes == NULL ? "" : value.bytes,
        value.length);
}

static void
store_building_send(struct store *store, store_done_fn *done, void *opaque)
{
    struct op *op = store->building;

    store->building = NULL;
    op->done = done;
    op->opaque = opaque;
    store_send(store, op);
}

void
store_flush_send(struct store *store, store_done_fn *done, void *opaque)
{
    struct model_process *process = store->process;

    store->fs[store->building->partition]++;
    store_building_send(store, done, opaque);
    if (process->sleepy_us == 0 || process->dead)
        return;
    process->asleep_until_us = world.now_us + process->sleepy_us;
    process->sleepy_us = 0;
    model_rebalance();
}

void
store_members_begin(struct store *store, int32_t partition)
{
    CHECK(store->building == NULL);
    store->building = op_new(store, OP_MEMBERS, partition);
}

void
store_members_set(struct store *store, struct text user, struct text json)
{
    op_add(store->building, 'm', user, 0, json.bytes, json.length);
}

void
store_members_delete(struct store *store, struct text user)
{
    op_add(store->building, 'm', user, 0, NULL, 0);
}

void
store_members_send(struct store *store, store_done_fn *done, void *opaque)
{
    store_building_send(store, done, opaque);
}

void
store_load(struct store *store, int32_t partition, const struct text *users, size_t count,
    store_values_fn *done, void *opaque)
{
    struct op *op = op_new(store, OP_LOAD, partition);

    for (size_t i = 0; i < count; i++)
        op_add(op, 'u', users[i], 0, NULL, 0);
    op->got = done;
    op->opaque = opaque;
    store_send(store, op);
}

void
store_load_bucket(
    struct store *store, int32_t partition, int64_t bucket, store_values_fn *done, void *opaque)
{
    struct op *op = op_new(store, OP_BUCKET, partition);

    op->bucket = bucket;
    op->got = done;
    op->opaque = opaque;
    store_send(store, op);
}

void
store_verify(struct store *store, int32_t partition, store_done_fn *done, void *opaque)
{
    struct op *op = op_new(store, OP_VERIFY, partition);

    op->done = done;
    op->opaque = opaque;
    store_send(store, op);
}

const struct store_counts *
store_counts(const struct store *store)
{
    return &store->counts;
}
