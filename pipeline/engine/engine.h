#ifndef FOOTPRINT_ENGINE_H
#define FOOTPRINT_ENGINE_H

/*
 * The heart: a deterministic state machine for one input partition.
 *
 *   apply(event) and advance(watermark) in, changes out
 *
 * It reads no clock, allocates nothing per event in steady state, and knows neither Kafka nor
 * Redis: the daemon, footprintctl replay and the tests run the very same code. What it says is a
 * function of the calls made to it and of nothing else: not of memory, batches or hash order.
 *
 * Users: those in memory are in its table. A user who is not there is unknown to it; whoever calls
 * apply has first put in what the store has of that user (engine_put). Users who are forgotten stay
 * in the table, empty, until that is stored too.
 * Times: milliseconds of event time. A user's clock is max(the profile's clock, the watermark).
 * Timers: fire in the order (due, hash of user, user), so the order of output is a function of the
 * input. An advance may stop between two users and go on later.
 * Threads: an engine belongs to one thread. The plan must outlive it.
 * Source: segments.md, all of it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/base/err.h"
#include "config/plan.h"
#include "pipeline/decode/event.h"

struct engine_settings {
    int64_t dedupe_ms;       /* 0: off */
    int64_t forget_after_ms; /* PLAN_NEVER: never */
    uint32_t events_per_window;
};

enum change_reason {
    REASON_EVENT,
    REASON_TIME,
    REASON_FORGET,
    REASON_RULES,
    REASON_ERASE
};

struct change_with {
    struct text name;
    struct value value; /* never VALUE_NULL */
};

/* One change. Everything in it is borrowed and gone when the callback returns. */
struct change {
    struct text user;
    uint32_t segment; /* its number; PLAN_NONE: the rules have it no more */
    struct text name; /* of the segment */
    bool enter;
    int64_t at;
    int64_t until; /* of an enter; PLAN_NEVER when absent */
    int64_t life;
    uint64_t seq;
    enum change_reason reason;
    int64_t source_offset; /* of REASON_EVENT */
    const struct change_with *with;
    uint32_t with_count;
};

typedef void engine_change_fn(void *opaque, const struct change *change);

struct engine;

/* on_change may be NULL; it is called inside apply, advance and the like, in published order. */
struct engine *engine_new(const struct plan *plan, const struct engine_settings *settings,
    engine_change_fn *on_change, void *opaque);
void engine_free(struct engine *engine);
/* Someone else is to hear its changes. */
void engine_listen(struct engine *engine, engine_change_fn *on_change, void *opaque);
/* Forgets all users and goes back to a new engine's state; keeps the memory. */
void engine_clear(struct engine *engine);
/* While silent nothing is called and `until` and attach are not computed; seq and counts go on. */
void engine_silence(struct engine *engine, bool silent);

/* --- events ---------------------------------------------------------------------------------- */

enum apply_result {
    APPLY_DONE,
    APPLY_REPEAT,  /* the id was seen: dropped, but it moves the watermark */
    APPLY_TOO_OLD, /* of a user not known, and it would be forgotten by now: moves nothing */
    APPLY_SKIPPED, /* offset < the offset of the loaded profile: it has this event already */
};

/*
 * Publishes what is due for the user before event->ts, adds the event and decides. offset is the
 * position in the partition: the user's `life` if new, and the change's source. Does not move the
 * watermark: the caller advances afterwards.
 */
enum apply_result engine_apply(struct engine *engine, const struct event *event, int64_t offset);

/*
 * Where time stands. `watermark`: everything up to it is decided for every user in memory. While
 * an advance has stopped half way, `target` > `watermark`, and of the timers those up to and
 * including (due, hash) have fired.
 */
struct engine_position {
    int64_t watermark; /* INT64_MIN before the first event */
    int64_t target;
    int64_t due;
    uint64_t hash;
};

enum advance_result {
    ADVANCE_DONE, /* watermark == target */
    ADVANCE_MORE, /* change_count_max reached: call again with the same target */
};

/*
 * Moves the watermark to `target` (below the present one: nothing happens) and fires what is due,
 * stopping after the user with whom change_count_max changes are reached. Users that are due but
 * not in memory are the caller's business: it loads them first.
 */
enum advance_result engine_advance(
    struct engine *engine, int64_t target, uint64_t change_count_max);
/* The same up to and including the timers at (due, hash), leaving the advance to `target` open. */
void engine_advance_until(struct engine *engine, const struct engine_position *stop);
void engine_position_get(const struct engine *engine, struct engine_position *ret_position);
/* Before the first user is put in: where a stored state stands. */
void engine_position_set(struct engine *engine, const struct engine_position *position);

/* --- profiles -------------------------------------------------------------------------------- */

#define ENGINE_SLOT_NONE UINT32_MAX

/* The user's slot, or ENGINE_SLOT_NONE. Slots are stable while the user stays in memory. */
uint32_t engine_find(const struct engine *engine, struct text user, uint64_t hash);
/* Hints the processor to fetch what stands in memory of a user, in stages: to be called for each
 * event some ENGINE_PREFETCH_EVENTS before it is looked up or applied. */
#define ENGINE_PREFETCH_EVENTS 16
void engine_prefetch(struct engine *engine, uint64_t hash);

/*
 * Takes in a profile as packed by engine_flush_next; bytes NULL: the store has none, and the user
 * now stands in the table as one who is not known yet (clean, so it may be evicted again).
 * A profile of other rules or of another version is none, too, and is dirty: its next flush deletes
 * it. ERR_INPUT when the bytes are no valid profile of this plan and this user: nothing was
 * changed. The user must not be in memory.
 */
enum err_code engine_put(struct engine *engine, struct text user, uint64_t hash, const void *bytes,
    size_t length, struct err *reterr) ERR_MUSTCHECK;

/*
 * Profiles changed since they were last flushed stand in a queue, in the order of their first
 * change. Each belongs to the generation that was current then; engine_generation_next begins a
 * new one (a transaction's start). The oldest generation with an unflushed profile says how far
 * back a replay must begin.
 */
uint64_t engine_generation(const struct engine *engine);
uint64_t engine_generation_next(struct engine *engine);
uint64_t engine_generation_oldest(
    const struct engine *engine); /* the current one if all is clean */
size_t engine_dirty_count(const struct engine *engine);

/*
 * Where the store finds the timers of users who are not in memory: sets of users by coarse bucket.
 * The entry is a hint: it is never later than the true instant, and after loading a bucket the
 * profile says when. Far ahead a bucket is a day, so that there are few of them.
 */
#define ENGINE_BUCKET_MS INT64_C(60000)
#define ENGINE_BUCKET_NONE INT64_MAX
int64_t engine_bucket_of(int64_t due, int64_t watermark);

struct engine_flushed {
    struct text user;
    const void *bytes; /* NULL: the user is forgotten, delete what is stored */
    size_t length;
    int64_t bucket;        /* where the store must have a hint now; ENGINE_BUCKET_NONE: nowhere */
    int64_t bucket_stored; /* where it has one from an earlier flush (as the loaded profile said) */
};

/*
 * Packs the oldest dirty profile as of now, at the given offset (the next event to apply; events
 * below it are skipped when a loaded profile meets them again). False when none is dirty. What is
 * returned is borrowed until the next call to the engine. The profile is clean then, but stays in
 * memory until engine_flush_done has acknowledged it; these come in the order of the flushes.
 * A stored bucket that is still to be loaded (> bucket_loaded) and not later than the due one is
 * kept; the packed profile carries the bucket.
 */
bool engine_flush_next(struct engine *engine, int64_t offset, int64_t bucket_loaded,
    struct engine_flushed *ret_flushed);
void engine_flush_done(struct engine *engine, size_t count);
/* A bucket was loaded and this user stood in it: if his stored bucket is `bucket` or earlier the
 * profile becomes dirty, so that its next flush gives him a new one. */
void engine_reindex(struct engine *engine, uint32_t slot, int64_t bucket);

/* Drops clean profiles whose stored bucket is later than bucket_loaded (or none), least used first,
 * until at most bytes_max are in use or none is left to drop. Returns how many were dropped. */
size_t engine_evict(struct engine *engine, size_t bytes_max, int64_t bucket_loaded);
size_t engine_bytes(const struct engine *engine); /* of all that it holds */
size_t engine_profile_count(const struct engine *engine);

/* --- memberships ----------------------------------------------------------------------------- */

struct membership_segment {
    uint32_t segment;
    int64_t since;
    int64_t until; /* as known now; PLAN_NEVER */
    const struct change_with *with;
    uint32_t with_count;
};

struct membership_left {
    uint32_t segment;
    int64_t at; /* the last exit, its cooldown still running */
};

/* Everything public about one user (interfaces.md 5). */
struct membership {
    struct text user;
    bool known; /* false: forgotten or erased; the rest is empty then */
    int64_t life;
    uint64_t seq;
    int64_t as_of;
    const struct membership_segment *segments; /* by name */
    uint32_t segment_count;
    const struct membership_left *left; /* by name */
    uint32_t left_count;
};

/* What is known of a slot's user now. Borrowed until the next call to the engine. */
void engine_membership(struct engine *engine, uint32_t slot, struct membership *ret_membership);
/*
 * Users whose memberships changed since the last call, each once, in the order of their first
 * change (also while silent). False when there is none left.
 */
bool engine_changed_next(struct engine *engine, uint32_t *ret_slot);

/* --- taking over ------------------------------------------------------------------------------ */

/* A segment by its name, and since when a member of it, or when last left. */
struct engine_stay {
    struct text segment;
    int64_t at;
};

/* What was published of one user. */
struct engine_published {
    struct text user;
    uint64_t hash;
    int64_t life;
    uint64_t seq;
    int64_t as_of;
    const struct engine_stay *stays;
    uint32_t stay_count;
    const struct engine_stay *left;
    uint32_t left_count;
};

/*
 * After a silent replay that stands in for a lost state, or that was made under other rules: what
 * was published is the truth. A segment that is the same rule as then (same[number]; NULL: all are)
 * follows it in silence; of any other one the difference to what the replay decided is published
 * at the user's clock with REASON_RULES, and so is the end of one that the rules have no more.
 * Both return the user's slot. The rest: users of whom nothing was published, one a call;
 * ENGINE_SLOT_NONE when there is none left.
 */
uint32_t engine_adopt(
    struct engine *engine, const struct engine_published *published, const bool *same);
uint32_t engine_adopt_rest(struct engine *engine, uint32_t *cursor, const bool *same);

/*
 * After a silent replay that began with every event of complete_from or later, and stands where
 * `elder` does, which knows every user: those of whom the replay saw nothing become known, and all
 * have the life they had. Begins with *cursor 0; goes on, count_max slots a call, until it is done.
 * The newest event of each user is compared meanwhile: where it differs, the replay has not seen
 * what it should have, and is worth nothing.
 */
enum inherit_result {
    INHERIT_DONE,
    INHERIT_MORE,
    INHERIT_DIFFERS
};
enum inherit_result engine_inherit(struct engine *engine, const struct engine *elder,
    uint32_t *cursor, int64_t complete_from, uint32_t count_max);

/* --- counts ---------------------------------------------------------------------------------- */

struct engine_counts {
    uint64_t events;
    uint64_t late; /* ts <= the user's clock */
    uint64_t repeats;
    uint64_t too_old;
    uint64_t enters, exits;
    uint64_t forgotten;
    uint64_t merged, dropped; /* list entries past limits.events_per_window */
    uint64_t regex_limit;     /* a match limit was passed */
    uint64_t evicted;
    uint64_t timers; /* waiting now */
};

/* As of now; borrowed until the next call to the engine. */
const struct engine_counts *engine_counts(struct engine *engine);
/* Members per segment, by plan number; moves with enters and exits, set when a state is taken over.
 */
const int64_t *engine_members(const struct engine *engine);
void engine_members_set(struct engine *engine, const int64_t *members);

#endif
