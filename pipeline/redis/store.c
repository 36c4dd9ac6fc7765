/* Calls to Redis: each write carries the chain's link, each answer is judged by it. */
#include "pipeline/redis/store.h"

#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "config/base/check.h"
#include "config/base/drill.h"
#include "config/base/limits.h"
#include "pipeline/redis/command.h"
#include "pipeline/redis/connection.h"
#include "pipeline/redis/key.h"

#define STORE_MAGIC 0x5702e000u
#define STORE_CALL_MAGIC 0x5702e001u
#define STORE_TOKEN_BYTES 16
#define STORE_KEYS_PER_MGET 500

/*
 * The chain of one partition. A refused write breaks off what was sent behind it: those writes are
 * of an older epoch, were not applied either, and Redis has stayed at fs_refused.
 */
struct chain {
    bool is_owned;
    char own[STORE_TOKEN_BYTES];
    uint64_t fs; /* sent so far */
    uint64_t fs_refused;
    uint32_t epoch;
};

/* A value that a load has read; where it stands in the call's bytes. */
struct store_value {
    size_t at;
    uint32_t length;
    bool is_there;
};

/* What has been sent and waits for its answer. */
struct store_call {
    uint32_t magic;
    struct store *store;
    int32_t partition;
    char own[STORE_TOKEN_BYTES];
    uint64_t fs; /* of flush: what it makes of the chain; of others: what was sent before */
    uint32_t epoch;
    struct buffer bytes; /* of values, which a load has taken so far */
    struct store_value *values;
    size_t count, capacity;
    char refusal[256]; /* of a part of a load */
    union {
        store_acquire_fn *acquire;
        store_done_fn *done;
        store_values_fn *values;
    } fn;
    void *opaque;
};

/* A script call under construction. */
struct store_draft {
    int32_t partition; /* -1: none */
    struct command keys, arguments;
};

struct store {
    uint32_t magic;
    struct store_callbacks callbacks;
    struct connection *connection;
    const char *prefix; /* the config's */
    struct store_draft flush, members;
    struct command command; /* for the moment of a call */
    struct buffer bytes;
    struct store_field *fields; /* given to an acquire's done() */
    int64_t *buckets;
    struct text *values; /* given to a load's done() */
    void (*closed)(void *opaque);
    void *closed_opaque;
    struct chain chains[PARTITIONS_MAX];
};

/* --- what an answer means ------------------------------------------------------------------------- */

/* Errors after which this connection is of no use, or its scripts are gone. */
static bool
store_must_reconnect(const char *error)
{
    static const char *const codes[] = {
        "NOSCRIPT", "LOADING", "MASTERDOWN", "NOAUTH", "READONLY", NULL};

    for (int i = 0; codes[i] != NULL; i++) {
        if (strncmp(error, codes[i], strlen(codes[i])) == 0)
            return true;
    }
    return false;
}

/* Of an answer that is no verdict by itself: lost or refused, else STORE_OK. */
static enum store_result
store_judge(struct store *store, const redisReply *reply, const char **ret_why)
{
    *ret_why = "";
    if (reply == NULL) {
        *ret_why = connection_why(store->connection);
        return STORE_LOST;
    }
    if (reply->type != REDIS_REPLY_ERROR)
        return STORE_OK;
    *ret_why = reply->str;
    if (!store_must_reconnect(reply->str))
        return STORE_REFUSED;
    connection_break(store->connection, reply->str);
    return strncmp(reply->str, "READONLY", 8) == 0 ? STORE_REFUSED : STORE_LOST;
}

static enum store_result
store_broken_chain(const char **ret_why)
{
    *ret_why = "Redis has lost writes, or another owner wrote";
    return STORE_CHAIN;
}

/* Of a script that answers 1 or 0. */
static enum store_result
store_judge_script(struct store *store, const redisReply *reply, const char **ret_why)
{
    enum store_result result = store_judge(store, reply, ret_why);

    if (result != STORE_OK || (reply->type == REDIS_REPLY_INTEGER && reply->integer == 1))
        return result;
    return store_broken_chain(ret_why);
}

/* Of [own, fs]: whether Redis has all that was written before the call, and nothing else. */
static enum store_result
store_judge_link(const struct store_call *call, const redisReply *link, const char **ret_why)
{
    const struct chain *chain = &call->store->chains[call->partition];
    uint64_t fs = call->epoch == chain->epoch ? call->fs : chain->fs_refused;
    char digits[24];
    int length = snprintf(digits, sizeof(digits), "%" PRIu64, fs);

    *ret_why = "";
    if (DRILL_WITHOUT(DRILL_VERIFY))
        return STORE_OK;
    if (link->type == REDIS_REPLY_ARRAY && link->elements == 2 && chain->is_owned &&
        link->element[0]->type == REDIS_REPLY_STRING &&
        link->element[0]->len == STORE_TOKEN_BYTES &&
        memcmp(link->element[0]->str, call->own, STORE_TOKEN_BYTES) == 0) {
        const redisReply *number = link->element[1];

        if (number->type == REDIS_REPLY_NIL && fs == 0)
            return STORE_OK;
        if (number->type == REDIS_REPLY_STRING && number->len == (size_t)length &&
            memcmp(number->str, digits, number->len) == 0)
            return STORE_OK;
    }
    return store_broken_chain(ret_why);
}

/* --- calls ---------------------------------------------------------------------------------------- */

static struct chain *
store_chain(struct store *store, int32_t partition)
{
    CHECK(partition >= 0 && partition < PARTITIONS_MAX);
    return &store->chains[partition];
}

static struct store_call *
store_call_new(struct store *store, int32_t partition, void *opaque)
{
    const struct chain *chain = store_chain(store, partition);
    struct store_call *call = calloc(1, sizeof(*call));

    CHECK(call != NULL);
    call->magic = STORE_CALL_MAGIC;
    call->store = store;
    call->partition = partition;
    call->opaque = opaque;
    call->fs = chain->fs;
    call->epoch = chain->epoch;
    memcpy(call->own, chain->own, STORE_TOKEN_BYTES);
    return call;
}

static void
store_call_free(struct store_call *call)
{
    buffer_fini(&call->bytes);
    free(call->values);
    call->magic = 0;
    free(call);
}

static struct text
store_call_own(const struct store_call *call)
{
    return (struct text){call->own, STORE_TOKEN_BYTES};
}

static void
store_send(struct store *store, connection_reply_fn *reply, void *opaque)
{
    command_write(&store->command, &store->bytes);
    connection_send(store->connection, &store->bytes, reply, opaque);
}

static void
store_send_script(struct store *store, enum script script, const struct command *keys,
    const struct command *arguments, connection_reply_fn *reply, void *opaque)
{
    struct command *command = &store->command;

    command_clear(command);
    command_add_literal(command, "EVALSHA");
    command_add(command, connection_digest(store->connection, script));
    command_add_int(command, (int64_t)keys->argument_count);
    command_add_all(command, keys);
    command_add_all(command, arguments);
    store_send(store, reply, opaque);
}

/* --- acquire -------------------------------------------------------------------------------------- */

static void
store_token_new(char *token)
{
    static const char digits[] = "0123456789abcdef";
    uint64_t number;

    CHECK(getrandom(&number, sizeof(number), 0) == (ssize_t)sizeof(number));
    for (int i = 0; i < STORE_TOKEN_BYTES; i++) {
        token[i] = digits[number & 15];
        number >>= 4;
    }
}

static size_t
store_found_fields(struct store *store, const redisReply *pairs)
{
    size_t count = 0;

    store->fields = realloc(store->fields, (pairs->elements / 2 + 1) * sizeof(*store->fields));
    CHECK(store->fields != NULL);
    for (size_t i = 0; i + 1 < pairs->elements; i += 2) {
        const redisReply *name = pairs->element[i], *value = pairs->element[i + 1];

        if (strcmp(name->str, "own") == 0)
            continue;
        store->fields[count].name = name->str;
        store->fields[count++].value = (struct text){value->str, (uint32_t)value->len};
    }
    return count;
}

static size_t
store_found_buckets(struct store *store, const redisReply *members)
{
    store->buckets = realloc(store->buckets, (members->elements + 1) * sizeof(*store->buckets));
    CHECK(store->buckets != NULL);
    for (size_t i = 0; i < members->elements; i++)
        store->buckets[i] = strtoll(members->element[i]->str, NULL, 10);
    return members->elements;
}

static void
store_found(struct store_call *call, const redisReply *reply, struct store_found *found)
{
    struct store *store = call->store;
    struct chain *chain = store_chain(store, call->partition);

    memcpy(chain->own, call->own, STORE_TOKEN_BYTES);
    chain->is_owned = true;
    chain->fs = 0;
    chain->epoch++;
    found->field_count = store_found_fields(store, reply->element[0]);
    found->bucket_count = store_found_buckets(store, reply->element[1]);
    found->fields = store->fields;
    found->buckets = store->buckets;
    for (size_t i = 0; i < found->field_count; i++) {
        if (strcmp(found->fields[i].name, "fs") == 0)
            chain->fs = strtoull(found->fields[i].value.bytes, NULL, 10);
    }
}

static void
store_acquire_done(void *opaque, const struct redisReply *reply)
{
    struct store_call *call;
    struct store_found found = {NULL, 0, NULL, 0};
    enum store_result result;
    const char *why;

    CHECK_CAST(call, opaque, STORE_CALL_MAGIC);
    result = store_judge(call->store, reply, &why);
    if (result == STORE_OK && (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2)) {
        result = STORE_REFUSED;
        why = "Redis gives an answer that is not understood";
    }
    if (result == STORE_OK)
        store_found(call, reply, &found);
    call->fn.acquire(call->opaque, result, &found, why);
    store_call_free(call);
}

void
store_acquire(struct store *store, int32_t partition, store_acquire_fn *done, void *opaque)
{
    struct store_call *call = store_call_new(store, partition, opaque);
    struct command keys, arguments;

    CHECK(store->magic == STORE_MAGIC);
    call->fn.acquire = done;
    store_token_new(call->own);
    command_init(&keys);
    command_init(&arguments);
    key_add(&keys, store->prefix, partition, "ck");
    key_add(&keys, store->prefix, partition, "t");
    command_add(&arguments, store_call_own(call));
    store_send_script(store, SCRIPT_ACQUIRE, &keys, &arguments, store_acquire_done, call);
    command_fini(&keys);
    command_fini(&arguments);
}

/* --- flush ---------------------------------------------------------------------------------------- */

static void
store_draft_begin(struct store_draft *draft, int32_t partition)
{
    CHECK(draft->partition < 0);
    draft->partition = partition;
    command_clear(&draft->keys);
    command_clear(&draft->arguments);
}

void
store_flush_begin(struct store *store, int32_t partition)
{
    struct store_draft *draft = &store->flush;
    const struct chain *chain = store_chain(store, partition);

    CHECK(store->magic == STORE_MAGIC);
    store_draft_begin(draft, partition);
    key_add(&draft->keys, store->prefix, partition, "ck");
    key_add(&draft->keys, store->prefix, partition, "t");
    command_add(&draft->arguments, (struct text){chain->own, STORE_TOKEN_BYTES});
    command_add_int(&draft->arguments, (int64_t)chain->fs);
    command_add_int(&draft->arguments, (int64_t)chain->fs + 1);
}

void
store_flush_profile(struct store *store, struct text user, const void *bytes, size_t length)
{
    struct store_draft *draft = &store->flush;

    CHECK(draft->partition >= 0);
    CHECK(length <= UINT32_MAX);
    key_add_user(&draft->keys, store->prefix, draft->partition, "u", user);
    command_add_literal(&draft->arguments, "S");
    command_add(&draft->arguments, (struct text){bytes, (uint32_t)length});
}

void
store_flush_delete(struct store *store, struct text user)
{
    struct store_draft *draft = &store->flush;

    CHECK(draft->partition >= 0);
    key_add_user(&draft->keys, store->prefix, draft->partition, "u", user);
    command_add_literal(&draft->arguments, "D");
}

void
store_flush_bucket_add(struct store *store, int64_t bucket, struct text user)
{
    struct store_draft *draft = &store->flush;

    CHECK(draft->partition >= 0);
    key_add_bucket(&draft->keys, store->prefix, draft->partition, bucket);
    command_add_literal(&draft->arguments, "A");
    command_add_int(&draft->arguments, bucket);
    command_add(&draft->arguments, user);
}

void
store_flush_bucket_drop(struct store *store, int64_t bucket)
{
    struct store_draft *draft = &store->flush;

    CHECK(draft->partition >= 0);
    key_add_bucket(&draft->keys, store->prefix, draft->partition, bucket);
    command_add_literal(&draft->arguments, "R");
    command_add_int(&draft->arguments, bucket);
}

void
store_flush_field(struct store *store, const char *name, struct text value)
{
    struct store_draft *draft = &store->flush;

    CHECK(draft->partition >= 0);
    CHECK(strcmp(name, "own") != 0 && strcmp(name, "fs") != 0);
    command_add_literal(&draft->arguments, "F");
    command_add(&draft->arguments, text_of(name));
    command_add(&draft->arguments, value);
}

static void
store_flush_done(void *opaque, const struct redisReply *reply)
{
    struct store_call *call;
    struct chain *chain;
    enum store_result result;
    const char *why;

    CHECK_CAST(call, opaque, STORE_CALL_MAGIC);
    chain = store_chain(call->store, call->partition);
    result = store_judge_script(call->store, reply, &why);
    if (result == STORE_REFUSED && call->epoch == chain->epoch) {
        chain->fs_refused = call->fs - 1;
        chain->fs = chain->fs_refused;
        chain->epoch++;
    } else if (result == STORE_CHAIN && call->epoch != chain->epoch &&
               call->fs - 1 > chain->fs_refused) {
        result = STORE_REFUSED;
        why = "sent behind a write that was refused";
    }
    call->fn.done(call->opaque, result, why);
    store_call_free(call);
}

void
store_flush_send(struct store *store, store_done_fn *done, void *opaque)
{
    struct store_draft *draft = &store->flush;
    struct chain *chain;
    struct store_call *call;

    CHECK(draft->partition >= 0);
    chain = store_chain(store, draft->partition);
    chain->fs++;
    call = store_call_new(store, draft->partition, opaque);
    call->fn.done = done;
    draft->partition = -1;
    store_send_script(store, SCRIPT_FLUSH, &draft->keys, &draft->arguments, store_flush_done, call);
}

/* --- membership records --------------------------------------------------------------------------- */

void
store_members_begin(struct store *store, int32_t partition)
{
    struct store_draft *draft = &store->members;

    CHECK(store->magic == STORE_MAGIC);
    store_draft_begin(draft, partition);
    key_add(&draft->keys, store->prefix, partition, "ck");
    command_add(
        &draft->arguments, (struct text){store_chain(store, partition)->own, STORE_TOKEN_BYTES});
}

void
store_members_set(struct store *store, struct text user, struct text json)
{
    struct store_draft *draft = &store->members;

    CHECK(draft->partition >= 0);
    CHECK(json.bytes == NULL || json.length > 0);
    key_add_user(&draft->keys, store->prefix, draft->partition, "m", user);
    command_add(&draft->arguments, json);
}

void
store_members_delete(struct store *store, struct text user)
{
    store_members_set(store, user, (struct text){NULL, 0});
}

static void
store_done(void *opaque, const struct redisReply *reply)
{
    struct store_call *call;
    enum store_result result;
    const char *why;

    CHECK_CAST(call, opaque, STORE_CALL_MAGIC);
    result = store_judge_script(call->store, reply, &why);
    call->fn.done(call->opaque, result, why);
    store_call_free(call);
}

void
store_members_send(struct store *store, store_done_fn *done, void *opaque)
{
    struct store_draft *draft = &store->members;
    struct store_call *call;

    CHECK(draft->partition >= 0);
    call = store_call_new(store, draft->partition, opaque);
    call->fn.done = done;
    draft->partition = -1;
    store_send_script(store, SCRIPT_MEMBERS, &draft->keys, &draft->arguments, store_done, call);
}

/* --- loads: the reads, then HMGET own fs: what was read before a good link is good ---------------- */

/* hiredis frees each reply after its callback, so values are copied until the link is known. */
static void
store_load_take(struct store_call *call, const redisReply *value)
{
    struct store_value *taken;

    if (call->count == call->capacity) {
        call->capacity = call->capacity > 0 ? call->capacity * 2 : 16;
        call->values = realloc(call->values, call->capacity * sizeof(*call->values));
        CHECK(call->values != NULL);
    }
    taken = &call->values[call->count++];
    taken->is_there = value->type == REDIS_REPLY_STRING;
    taken->at = call->bytes.length;
    taken->length = taken->is_there ? (uint32_t)value->len : 0;
    if (taken->is_there)
        buffer_add(&call->bytes, value->str, value->len);
}

static void
store_load_part(void *opaque, const struct redisReply *reply)
{
    struct store_call *call;

    CHECK_CAST(call, opaque, STORE_CALL_MAGIC);
    if (reply == NULL)
        return; /* the link is lost too */
    if (reply->type == REDIS_REPLY_ERROR)
        snprintf(call->refusal, sizeof(call->refusal), "%s", reply->str);
    for (size_t i = 0; reply->type == REDIS_REPLY_ARRAY && i < reply->elements; i++)
        store_load_take(call, reply->element[i]);
}

/* Texts of the values for as long as done() runs. */
static void
store_load_show(struct store_call *call)
{
    struct store *store = call->store;

    buffer_reserve(&call->bytes, 1); /* an empty value has an address too */
    store->values = realloc(store->values, (call->count + 1) * sizeof(*store->values));
    CHECK(store->values != NULL);
    for (size_t i = 0; i < call->count; i++) {
        const struct store_value *value = &call->values[i];

        store->values[i].bytes = value->is_there ? call->bytes.bytes + value->at : NULL;
        store->values[i].length = value->length;
    }
}

static void
store_load_done(void *opaque, const struct redisReply *reply)
{
    struct store_call *call;
    enum store_result result;
    const char *why;

    CHECK_CAST(call, opaque, STORE_CALL_MAGIC);
    result = store_judge(call->store, reply, &why);
    if (result == STORE_OK && call->refusal[0] != '\0') {
        result = STORE_REFUSED;
        why = call->refusal;
    }
    if (result == STORE_OK)
        result = store_judge_link(call, reply, &why);
    if (result == STORE_OK)
        store_load_show(call);
    call->fn.values(
        call->opaque, result, call->store->values, result == STORE_OK ? call->count : 0, why);
    store_call_free(call);
}

static void
store_send_link(struct store *store, int32_t partition, connection_reply_fn *reply, void *opaque)
{
    command_clear(&store->command);
    command_add_literal(&store->command, "HMGET");
    key_add(&store->command, store->prefix, partition, "ck");
    command_add_literal(&store->command, "own");
    command_add_literal(&store->command, "fs");
    store_send(store, reply, opaque);
}

void
store_load(struct store *store, int32_t partition, const struct text *users, size_t count,
    store_values_fn *done, void *opaque)
{
    struct store_call *call = store_call_new(store, partition, opaque);

    CHECK(store->magic == STORE_MAGIC);
    CHECK(count > 0);
    call->fn.values = done;
    for (size_t from = 0; from < count; from += STORE_KEYS_PER_MGET) {
        size_t end = count - from < STORE_KEYS_PER_MGET ? count : from + STORE_KEYS_PER_MGET;

        command_clear(&store->command);
        command_add_literal(&store->command, "MGET");
        for (size_t i = from; i < end; i++)
            key_add_user(&store->command, store->prefix, partition, "u", users[i]);
        store_send(store, store_load_part, call);
    }
    store_send_link(store, partition, store_load_done, call);
}

void
store_load_bucket(
    struct store *store, int32_t partition, int64_t bucket, store_values_fn *done, void *opaque)
{
    struct store_call *call = store_call_new(store, partition, opaque);

    CHECK(store->magic == STORE_MAGIC);
    call->fn.values = done;
    command_clear(&store->command);
    command_add_literal(&store->command, "SMEMBERS");
    key_add_bucket(&store->command, store->prefix, partition, bucket);
    store_send(store, store_load_part, call);
    store_send_link(store, partition, store_load_done, call);
}

static void
store_verify_done(void *opaque, const struct redisReply *reply)
{
    struct store_call *call;
    enum store_result result;
    const char *why;

    CHECK_CAST(call, opaque, STORE_CALL_MAGIC);
    result = store_judge(call->store, reply, &why);
    if (result == STORE_OK)
        result = store_judge_link(call, reply, &why);
    call->fn.done(call->opaque, result, why);
    store_call_free(call);
}

void
store_verify(struct store *store, int32_t partition, store_done_fn *done, void *opaque)
{
    struct store_call *call = store_call_new(store, partition, opaque);

    CHECK(store->magic == STORE_MAGIC);
    call->fn.done = done;
    store_send_link(store, partition, store_verify_done, call);
}

/* --- made and closed ------------------------------------------------------------------------------ */

static void
store_up(void *opaque)
{
    struct store *store;

    CHECK_CAST(store, opaque, STORE_MAGIC);
    store->callbacks.up(store->callbacks.opaque);
}

static void
store_down(void *opaque, const char *why)
{
    struct store *store;

    CHECK_CAST(store, opaque, STORE_MAGIC);
    store->callbacks.down(store->callbacks.opaque, why);
}

static void
store_draft_init(struct store_draft *draft)
{
    draft->partition = -1;
    command_init(&draft->keys);
    command_init(&draft->arguments);
}

static void
store_draft_fini(struct store_draft *draft)
{
    command_fini(&draft->keys);
    command_fini(&draft->arguments);
}

static void
store_free(struct store *store)
{
    store_draft_fini(&store->flush);
    store_draft_fini(&store->members);
    command_fini(&store->command);
    buffer_fini(&store->bytes);
    free(store->fields);
    free(store->buckets);
    free(store->values);
    store->magic = 0;
    free(store);
}

static void
store_closed(void *opaque)
{
    struct store *store;
    void (*closed)(void *);
    void *closed_opaque;

    CHECK_CAST(store, opaque, STORE_MAGIC);
    closed = store->closed;
    closed_opaque = store->closed_opaque;
    store_free(store);
    closed(closed_opaque);
}

struct store *
store_new(const struct config *config, struct uv_loop_s *loop,
    const struct store_callbacks *callbacks, struct err *reterr)
{
    struct store *store = calloc(1, sizeof(*store));
    struct connection_callbacks below = {store, store_up, store_down, store_closed};

    CHECK(store != NULL);
    store->magic = STORE_MAGIC;
    store->callbacks = *callbacks;
    store->prefix = config->settings.redis_prefix;
    store_draft_init(&store->flush);
    store_draft_init(&store->members);
    command_init(&store->command);
    buffer_init(&store->bytes);
    store->connection = connection_new(config, loop, &below, reterr);
    if (store->connection != NULL)
        return store;
    store_free(store);
    return NULL;
}

void
store_close(struct store *store, void (*closed)(void *opaque), void *opaque)
{
    CHECK(store->magic == STORE_MAGIC);
    store->closed = closed;
    store->closed_opaque = opaque;
    connection_close(store->connection);
}

bool
store_is_up(const struct store *store)
{
    return connection_is_up(store->connection);
}

bool
store_is_busy(const struct store *store)
{
    return connection_is_busy(store->connection);
}

const struct store_counts *
store_counts(const struct store *store)
{
    return connection_counts(store->connection);
}
