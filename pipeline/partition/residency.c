/* Brings users and their timers from Redis into memory before they are needed, and lets them go. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/check.h"
#include "config/base/drill.h"
#include "pipeline/partition/life.h"

void
residency_init(struct partition *p, const int64_t *buckets, size_t count)
{
    struct engine_position time;

    engine_position_get(p->engine, &time);
    p->bucket_count = 0;
    for (size_t i = 0; i < count; i++)
        residency_bucket_add(p, buckets[i]);
    /* A bucket holds instants from its start on; the one of the watermark may still fire. */
    p->bucket_loaded =
        time.watermark == INT64_MIN ? INT64_MIN : time.watermark / ENGINE_BUCKET_MS - 1;
    p->bucket_asked = p->bucket_loaded;
    p->loads = 0;
    p->bucket_loads = 0;
    p->asked_count = 0;
    memset(p->asked, 0, ASKED_MAX * sizeof(p->asked[0]));
}

/* --- the set of buckets ---------------------------------------------------------------------- */

/* The first place whose bucket is not below `bucket`. */
static size_t
residency_bucket_place(const struct partition *p, int64_t bucket)
{
    size_t low = 0, high = p->bucket_count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (p->buckets[middle] < bucket)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void
residency_bucket_add(struct partition *p, int64_t bucket)
{
    size_t place = residency_bucket_place(p, bucket);

    if (place < p->bucket_count && p->buckets[place] == bucket)
        return;
    if (p->bucket_count == p->bucket_capacity) {
        p->bucket_capacity = p->bucket_capacity > 0 ? 2 * p->bucket_capacity : 64;
        p->buckets = realloc(p->buckets, p->bucket_capacity * sizeof(p->buckets[0]));
        CHECK(p->buckets != NULL);
    }
    memmove(p->buckets + place + 1, p->buckets + place,
        (p->bucket_count - place) * sizeof(p->buckets[0]));
    p->buckets[place] = bucket;
    p->bucket_count++;
}

void
residency_buckets_drop(struct partition *p, int64_t watermark, struct chunk *chunk)
{
    size_t gone =
        watermark == INT64_MIN ? 0 : residency_bucket_place(p, watermark / ENGINE_BUCKET_MS);

    if (gone == 0)
        return;
    for (size_t i = 0; i < gone; i++)
        chunk_add_bucket(chunk, CHUNK_BUCKET_DROP, p->buckets[i], (struct text){NULL, 0});
    p->bucket_count -= gone;
    memmove(p->buckets, p->buckets + gone, p->bucket_count * sizeof(p->buckets[0]));
}

/* --- loads ----------------------------------------------------------------------------------- */

struct load {
    struct partition *partition;
    uint64_t incarnation;
    int64_t bucket; /* whose users these are, or ENGINE_BUCKET_NONE */
    struct arena arena;
    struct text users[LOAD_USERS_MAX];
    size_t count;
};

static struct load *
load_new(struct partition *p, int64_t bucket)
{
    struct load *load = malloc(sizeof(*load));

    CHECK(load != NULL);
    load->partition = p;
    load->incarnation = p->incarnation;
    load->bucket = bucket;
    load->count = 0;
    arena_init(&load->arena);
    return load;
}

static void
load_free(struct load *load)
{
    arena_fini(&load->arena);
    free(load);
}

static void
load_put(struct partition *p, const struct load *load, size_t index, struct text value)
{
    struct text user = load->users[index];
    uint64_t hash = hash_text(user);
    uint32_t slot = engine_find(p->engine, user, hash);
    struct err err;

    if (slot == ENGINE_SLOT_NONE) {
        if (value.bytes == NULL)
            p->shared->counters->load_misses++;
        if (engine_put(p->engine, user, hash, value.bytes, value.length, &err) != ERR_NONE) {
            partition_halt(p,
                "a profile in Redis cannot be read (%s), and is not guessed: footprintctl reset -c "
                "FILE --partition %d --rebuild makes the copy anew from Kafka",
                err.msg, p->number);
            return;
        }
        slot = engine_find(p->engine, user, hash);
    }
    if (load->bucket != ENGINE_BUCKET_NONE && slot != ENGINE_SLOT_NONE)
        engine_reindex(p->engine, slot, load->bucket);
}

/* True: the answer is of this life of the partition and may be used. */
static bool
load_answer(struct partition *p, uint64_t incarnation, enum store_result result, const char *why)
{
    p->busy--;
    if (incarnation != p->incarnation)
        return false;
    if (--p->loads == 0) {
        p->asked_count = 0;
        memset(p->asked, 0, ASKED_MAX * sizeof(p->asked[0]));
    }
    if (result == STORE_CHAIN)
        partition_reset(p, "a load found the chain broken");
    else if (result != STORE_OK)
        snprintf(p->reason, sizeof(p->reason), "redis: %s", why);
    return result == STORE_OK;
}

static void
load_done(void *opaque, enum store_result result, const struct text *values, size_t count,
    const char *why)
{
    struct load *load = opaque;
    struct partition *p = load->partition;
    bool of_bucket = load->bucket != ENGINE_BUCKET_NONE;

    if (load->incarnation == p->incarnation && of_bucket)
        p->bucket_loads--;
    if (load_answer(p, load->incarnation, result, why)) {
        CHECK(count == load->count);
        for (size_t i = 0; i < count && p->state != PARTITION_HALTED; i++)
            load_put(p, load, i, values[i]);
    } else if (load->incarnation == p->incarnation && of_bucket) {
        p->bucket_failed = true;
    }
    load_free(load);
}

static void
load_send(struct load *load)
{
    struct partition *p = load->partition;

    p->busy++;
    p->loads++;
    p->shared->counters->loads += load->count;
    if (load->bucket != ENGINE_BUCKET_NONE)
        p->bucket_loads++;
    store_load(p->shared->store, p->number, load->users, load->count, load_done, load);
}

/* --- users ----------------------------------------------------------------------------------- */

/* Remembers that a user was asked for; false: he was already. */
static bool
residency_ask(struct partition *p, uint64_t hash)
{
    uint64_t key = hash | 1; /* 0 is a free place; a twin only asks later */

    for (uint32_t i = (uint32_t)(hash >> 32);; i++) {
        uint64_t *place = &p->asked[i & (ASKED_MAX - 1)];

        if (*place == key)
            return false;
        if (*place != 0)
            continue;
        *place = key;
        p->asked_count++;
        return true;
    }
}

static bool
residency_can_load(const struct partition *p)
{
    return p->loads < LOADS_MAX && p->asked_count < LOADS_MAX * LOAD_USERS_MAX &&
           partition_store_ready(p) && !store_is_busy(p->shared->store);
}

void
residency_ahead(struct partition *p)
{
    const struct record *records = NULL;
    size_t count = backlog_upcoming(&p->backlog, &records);
    struct load *load = NULL;

    if (p->complete || !residency_can_load(p))
        return;
    for (size_t i = 0; i < count && (load == NULL || load->count < LOAD_USERS_MAX); i++) {
        const struct event *event = &records[i].event;

        if (records[i].kind != SOURCE_RECORD || records[i].result != DECODE_OK)
            continue;
        if (engine_find(p->engine, event->user, event->user_hash) != ENGINE_SLOT_NONE ||
            !residency_ask(p, event->user_hash))
            continue;
        if (load == NULL)
            load = load_new(p, ENGINE_BUCKET_NONE);
        load->users[load->count++] = arena_copy(&load->arena, event->user);
    }
    if (load != NULL)
        load_send(load);
}

bool
residency_user(struct partition *p, struct text user, uint64_t hash)
{
    if (p->complete || engine_find(p->engine, user, hash) != ENGINE_SLOT_NONE)
        return true;
    residency_ahead(p);
    return false;
}

int64_t
residency_buckets_seen(const struct partition *p)
{
    if (DRILL_WITHOUT(DRILL_EVICT))
        return p->bucket_loaded;
    return p->bucket_asked > p->bucket_loaded ? p->bucket_asked : p->bucket_loaded;
}

bool
residency_is_over(const struct partition *p)
{
    return engine_bytes(p->engine) > p->shared->profile_bytes_max;
}

/* Reading waits for Redis to have what is dirty. Users who are due soon stay, however many they
 * are: nobody waits for them, for they go only as time does. */
bool
residency_is_full(const struct partition *p)
{
    bool on_its_way = p->chunks != NULL && p->chunks->state != CHUNK_COPIED;

    return residency_is_over(p) && engine_dirty_count(p->engine) > 0 &&
           (p->in_transaction || on_its_way || !partition_store_ready(p));
}

void
residency_fit(struct partition *p)
{
    size_t bytes_max = p->shared->profile_bytes_max / 8 * 7;

    if (!residency_is_over(p))
        return;
    if (engine_evict(p->engine, bytes_max, residency_buckets_seen(p)) > 0)
        p->complete = false;
}

/* --- buckets --------------------------------------------------------------------------------- */

static void
residency_bucket_done(
    void *opaque, enum store_result result, const struct text *users, size_t count, const char *why)
{
    struct load *ask = opaque, *load = NULL;
    struct partition *p = ask->partition;

    if (ask->incarnation == p->incarnation)
        p->bucket_loads--;
    if (load_answer(p, ask->incarnation, result, why)) {
        for (size_t i = 0; i < count; i++) {
            if (load == NULL)
                load = load_new(p, ask->bucket);
            load->users[load->count++] = arena_copy(&load->arena, users[i]);
            if (load->count == LOAD_USERS_MAX) {
                load_send(load);
                load = NULL;
            }
        }
        if (load != NULL)
            load_send(load);
    } else if (ask->incarnation == p->incarnation) {
        p->bucket_failed = true;
    }
    load_free(ask);
}

static void
residency_bucket_load(struct partition *p, int64_t bucket)
{
    struct load *ask = load_new(p, bucket);

    p->busy++;
    p->loads++;
    p->bucket_loads++;
    store_load_bucket(p->shared->store, p->number, bucket, residency_bucket_done, ask);
}

/* Asks for the next buckets up to `last`. */
static void
residency_buckets_ask(struct partition *p, int64_t last)
{
    p->bucket_failed = false;
    p->bucket_asked = last;
    for (size_t i = residency_bucket_place(p, p->bucket_loaded + 1);
         i < p->bucket_count && p->buckets[i] <= last; i++) {
        if (p->loads >= LOADS_MAX) {
            p->bucket_asked = p->buckets[i] - 1; /* the rest in a further round */
            return;
        }
        residency_bucket_load(p, p->buckets[i]);
    }
}

bool
residency_time(struct partition *p, int64_t watermark)
{
    int64_t bucket = watermark / ENGINE_BUCKET_MS;

    if (p->complete || DRILL_WITHOUT(DRILL_BUCKETS)) {
        p->bucket_loaded = bucket > p->bucket_loaded ? bucket : p->bucket_loaded;
        return true;
    }
    while (bucket > p->bucket_loaded && p->bucket_loads == 0) {
        if (p->bucket_asked > p->bucket_loaded && !p->bucket_failed) {
            p->bucket_loaded = p->bucket_asked; /* all its answers have come */
            continue;
        }
        if (!residency_can_load(p))
            return false;
        residency_buckets_ask(p, bucket);
    }
    return bucket <= p->bucket_loaded;
}
