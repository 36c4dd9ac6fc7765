#ifndef FOOTPRINT_STORE_H
#define FOOTPRINT_STORE_H

/*
 * The copy in Redis: one connection, pipelined; every write chained, every load verified.
 *
 *   <prefix>{P}:ck        hash: own, fs and the caller's fields
 *   <prefix>{P}:u:<user>  packed profile
 *   <prefix>{P}:m:<user>  public membership record (JSON)
 *   <prefix>{P}:t:<n>     set of users that may change by time in bucket n (hints)
 *   <prefix>{P}:t         set of the numbers n of all buckets that are there
 *
 * A write to a partition succeeds only while (own, fs) is what this store last wrote there; fs
 * grows by one with each. So a lost write or another owner is seen at the next write or load:
 * STORE_CHAIN, after which nothing of that partition can be trusted and it must be acquired again.
 *
 * Every accepted call ends with exactly one done() on the loop's thread, never inside the call, in
 * the order of the calls. When the connection breaks, all that are under way get STORE_LOST; the
 * store connects again by itself (100 ms doubling to 5 s, jitter) and tells. Arguments are borrowed
 * only during the call unless it says otherwise.
 * Source: exactly-once.md 1.2-1.4, 1.7, 4; dependencies.md 3.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/base/err.h"
#include "config/base/text.h"
#include "config/config.h"
#include "pipeline/counters/counters.h"

struct uv_loop_s;
struct store;

enum store_result {
    STORE_OK,
    STORE_CHAIN,   /* own or fs differ: another owner, or Redis has lost writes */
    STORE_LOST,    /* the connection broke or timed out; what became of it is not known */
    STORE_REFUSED, /* Redis answered with an error (OOM, READONLY, MISCONF, NOPERM, ...): nothing
                      was applied */
};

struct store_field {
    const char *name;
    struct text value;
};

struct store_callbacks {
    void *opaque;
    /* Connected, authenticated, script loaded, policy checked: usable. Acquire (or verify) first.
     */
    void (*up)(void *opaque);
    /* Not usable, and why; told once per change of the reason. */
    void (*down)(void *opaque, const char *why);
};

/* Begins to connect. */
struct store *store_new(const struct config *config, struct uv_loop_s *loop,
    const struct store_callbacks *callbacks, struct err *reterr);
/* Everything under way is answered STORE_LOST first. closed() runs when the loop holds nothing of
 * it any more. */
void store_close(struct store *store, void (*closed)(void *opaque), void *opaque);
bool store_is_up(const struct store *store);
/* More would only pile up in memory: wait for a done(). */
bool store_is_busy(const struct store *store);

/*
 * Takes the partition: writes a new owner token. What is found: all fields of ck but own (fs
 * included), 0 fields when there was no record; and the numbers of all buckets (`t`), unsorted.
 */
struct store_found {
    const struct store_field *fields;
    size_t field_count;
    const int64_t *buckets;
    size_t bucket_count;
};
typedef void store_acquire_fn(
    void *opaque, enum store_result result, const struct store_found *found, const char *why);
void store_acquire(struct store *store, int32_t partition, store_acquire_fn *done, void *opaque);

typedef void store_done_fn(void *opaque, enum store_result result, const char *why);

/*
 * One chunk: profiles to set or delete, bucket entries to add, buckets to drop, fields of ck to
 * set; applied whole or not at all. Built by the calls below (each copies), sent by
 * store_flush_send.
 */
void store_flush_begin(struct store *store, int32_t partition);
void store_flush_profile(struct store *store, struct text user, const void *bytes, size_t length);
void store_flush_delete(struct store *store, struct text user);
/* Adds to t:<bucket> and to t; dropping removes from both. */
void store_flush_bucket_add(struct store *store, int64_t bucket, struct text user);
void store_flush_bucket_drop(struct store *store, int64_t bucket);
void store_flush_field(struct store *store, const char *name, struct text value);
void store_flush_send(struct store *store, store_done_fn *done, void *opaque);

/* Membership records of one partition; written only while we own it. NULL json deletes the key. */
void store_members_begin(struct store *store, int32_t partition);
void store_members_set(struct store *store, struct text user, struct text json);
void store_members_delete(struct store *store, struct text user);
void store_members_send(struct store *store, store_done_fn *done, void *opaque);

/* Profiles of users. values[i].bytes == NULL: Redis has none. Values are gone when done() returns.
 */
typedef void store_values_fn(void *opaque, enum store_result result, const struct text *values,
    size_t count, const char *why);
void store_load(struct store *store, int32_t partition, const struct text *users, size_t count,
    store_values_fn *done, void *opaque);
/* The users of one bucket: values are their names. */
void store_load_bucket(
    struct store *store, int32_t partition, int64_t bucket, store_values_fn *done, void *opaque);

/* A chain check alone: has Redis still all that we wrote? */
void store_verify(struct store *store, int32_t partition, store_done_fn *done, void *opaque);

struct store_counts {
    uint64_t commands, bytes_out, bytes_in, reconnects;
    struct counters_histogram round_trip; /* of all answered calls */
};
const struct store_counts *store_counts(const struct store *store);

/* A one-off look from another program: the value of <prefix>{P}:<rest>, or none. BLOCKING. */
enum err_code store_peek(const struct config *config, int32_t partition, const char *kind,
    struct text user, char **ret_bytes, size_t *ret_length, struct err *reterr) ERR_MUSTCHECK;

#endif
