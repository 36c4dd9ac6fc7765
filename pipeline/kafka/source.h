#ifndef FOOTPRINT_SOURCE_H
#define FOOTPRINT_SOURCE_H

/*
 * The input topic: one consumer, a member of the group, and what it gives.
 *
 * Event-driven: both descriptors become readable when there is something to do; then call
 * source_serve (control: rebalances, errors) and source_read (records), each until it says that
 * nothing is left. Backpressure is simply not reading. source_serve must be called at least once
 * a second all the same: it is what the group sees of us.
 *
 * Functions marked BLOCKING wait for brokers and are called on the helper thread; everything else
 * is called on the worker's thread. Calls on both threads at once are fine, save that nothing may
 * run during source_free.
 * Source: exactly-once.md 2, 7, 8.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/base/err.h"
#include "config/base/text.h"
#include "config/config.h"
#include "pipeline/kafka/outbox.h"

#define SOURCE_OFFSET_NONE INT64_C(-1)

struct source;

enum source_message_kind {
    SOURCE_RECORD,
    SOURCE_END,          /* the partition's end as of now; offset is the position behind all */
    SOURCE_OUT_OF_RANGE, /* the position is not in the log any more */
    SOURCE_BROKEN        /* another error of this partition; payload says which */
};

struct source_message {
    enum source_message_kind kind;
    int32_t partition;
    int64_t offset;
    int64_t timestamp_ms; /* the record's own; -1: none */
    bool has_key, has_payload;
    struct text key;
    struct text payload;
};

/* Takes one message; its texts are lent for the call. */
typedef void source_take_fn(void *opaque, const struct source_message *message);

struct source_callbacks {
    void *opaque;
    /* Partitions are given. Answer with source_assign, seconds later if need be; count 0 (we are a
     * member, but there is nothing for us) wants no answer. */
    void (*assigned)(void *opaque, const int32_t *partitions, size_t count);
    /* Partitions are taken; `lost`: they are already someone else's. Answer with source_unassign,
     * save for count 0. */
    void (*revoked)(void *opaque, const int32_t *partitions, size_t count, bool lost);
    /* Brokers are all down (true), or were and are back (false). */
    void (*brokers_down)(void *opaque, bool down, const char *why);
    /* The consumer is at its end (fenced, removed): free it and make a new one. */
    void (*fatal)(void *opaque, const char *why);
};

/* `member`: the static member's name, "<instance>-<worker>". Does not wait for brokers. Callbacks
 * run inside source_serve and source_read; source_free must not be called in one. */
struct source *source_new(const struct config *config, const char *member,
    const struct source_callbacks *callbacks, struct err *reterr);
/* Leaves nothing behind; a static member keeps its partitions until the session ends or it is
 * back. BLOCKING. */
void source_free(struct source *source);
enum err_code source_subscribe(struct source *source, struct err *reterr) ERR_MUSTCHECK;

int source_control_fd(const struct source *source);
int source_data_fd(const struct source *source);
void source_serve(struct source *source);
/* Gives up to count_max messages to `take`, which must not call source_read; how many. */
size_t source_read(struct source *source, size_t count_max, source_take_fn *take, void *opaque);

struct source_start {
    int32_t partition;
    int64_t offset; /* the first one to read; SOURCE_OFFSET_NONE: assigned, but nothing is read
                       until source_seek says where to begin */
};

/* Answers `assigned`, with all its partitions at once: reading begins at these offsets. */
enum err_code source_assign(struct source *source, const struct source_start *starts, size_t count,
    struct err *reterr) ERR_MUSTCHECK;
/* Answers `revoked`. */
enum err_code source_unassign(struct source *source, const int32_t *partitions, size_t count,
    struct err *reterr) ERR_MUSTCHECK;

/*
 * What ties a transaction to the group's generation: noted at each rebalance by the source itself.
 * A copy for one sink_commit, which frees it. NULL while we are no member.
 */
void *source_group_metadata(struct source *source);

struct source_committed {
    int64_t offset; /* SOURCE_OFFSET_NONE: the group has none */
    char metadata[4097];
};

/* The committed offset once no transaction can move it any more. BLOCKING; ERR_RETRY: ask again. */
enum err_code source_committed(struct source *source, int32_t partition,
    struct source_committed *ret_committed, struct err *reterr) ERR_MUSTCHECK;
/* First and end offset in the log. BLOCKING. */
enum err_code source_range(struct source *source, int32_t partition, int64_t *ret_low,
    int64_t *ret_end, struct err *reterr) ERR_MUSTCHECK;
/* The offset of the first record at or after a time; the end if there is none. BLOCKING. */
enum err_code source_offset_at(struct source *source, int32_t partition, int64_t time_ms,
    int64_t *ret_offset, struct err *reterr) ERR_MUSTCHECK;
/* After it returns ERR_NONE, source_read gives nothing from before the seek. BLOCKING. */
enum err_code source_seek(
    struct source *source, int32_t partition, int64_t offset, struct err *reterr) ERR_MUSTCHECK;

/* Fetches nothing more of an assigned partition, or goes on where reading stopped; what was read
 * already may still come. */
void source_pause(struct source *source, int32_t partition, bool pause);

/*
 * The proof of the end (exactly-once.md 8.1): a handle of its own, reading uncommitted, with short
 * time-outs, so that it never blocks transactions. BLOCKING, on the query lane.
 */
struct source_prober;
struct source_prober *source_prober_new(const struct config *config, struct err *reterr);
void source_prober_free(struct source_prober *prober);
enum err_code source_prober_end(struct source_prober *prober, int32_t partition, int64_t *ret_end,
    struct err *reterr) ERR_MUSTCHECK;
/* How many partitions the topic has now; 0: there is none of its name. */
enum err_code source_prober_partitions(
    struct source_prober *prober, int32_t *ret_count, struct err *reterr) ERR_MUSTCHECK;

#endif
