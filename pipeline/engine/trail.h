#ifndef FOOTPRINT_ENGINE_TRAIL_H
#define FOOTPRINT_ENGINE_TRAIL_H

/*
 * What a leaf keeps of one user's events: only what a rule can still ask for.
 *
 *   times      the k newest instants          TIMES   (COUNTS: all of the window, with a number)
 *   sums       (instant, number)              SUFFIX, NUMBERS
 *   seen       values by when last seen       SEEN
 *   records    (instant, value)               RECORDS
 *   singles    one entry                      OLDEST, TALLY, TOTALS, LAST, FIRST, DECAY
 *   pattern    steps of a sequence, of an     SEQ, UNANSWERED
 *              answer that did not come
 *
 * An entry that has left its leaf's window for good is dropped when the leaf is next touched. Past
 * limits.events_per_window the two oldest that are alike are merged, else the oldest is dropped.
 * Entries are a stored format: plain data, multiples of 8 bytes. Source: segments.md 3, 4.
 */

#include <stdbool.h>
#include <stdint.h>

#include "config/base/number.h"
#include "config/plan.h"
#include "pipeline/engine/alike.h"
#include "pipeline/engine/ids.h"
#include "pipeline/engine/list.h"
#include "pipeline/engine/match.h"
#include "pipeline/engine/profile.h"
#include "pipeline/engine/segset.h"
#include "pipeline/engine/watch.h"

struct trail_time {
    int64_t at;
};

struct trail_count {
    int64_t at;
    int64_t count;
};

struct trail_number {
    int64_t at;
    int64_t number;
    int64_t count; /* events of this number that were merged into one */
};

struct trail_seen {
    int64_t at;
    uint64_t hash;
};

/* An event of a pattern. */
struct trail_step {
    int64_t at;
    uint64_t key;   /* hash of the field after `by`, or 0 */
    uint64_t steps; /* bit i: it matches step i */
};

/* The head of a SEQ's list. */
struct trail_seq {
    int64_t found;
    int64_t end; /* of the newest match, if one was found */
};

struct trail_totals {
    int64_t count;
    int64_t min, max;
    uint64_t total[2]; /* a number_total, low half first */
};

struct trail_score {
    int64_t at;
    double score; /* as of then */
};

/* A value in a cell; its text, padded to 8 bytes, or its number follow. */
struct trail_value {
    uint32_t kind; /* enum value_kind */
    uint32_t length;
};

struct trail_single {
    int64_t at;
    struct trail_value value;
};

/* The head of RECORDS, and one record. */
struct trail_records {
    int64_t newest;
    uint64_t count;
};

struct trail_record {
    int64_t at;
    uint64_t hash;
    int64_t count;
    struct trail_value value;
};

struct trail {
    const struct plan *plan;
    struct match *match;
    struct alike *alike;
    struct ids_bench ids;
    const struct watches *watches;
    struct segset *touched; /* segments that are to be decided */
    uint32_t list_max;      /* limits.events_per_window */
    uint64_t merged, dropped;
    /* The event at hand: */
    struct profile_hand *hand;
    int64_t ts;    /* its time */
    int64_t clock; /* the user's, this event included */
};

#define TRAIL_STEPS_MAX 64

/* The event of trail->match takes its place in the leaf, if it matches and still can matter. Those
 * segments are touched of which that may change what they say. */
void trail_add(struct trail *trail, uint32_t leaf);
/* Makes room in a profile that has grown past its bound: its longest list loses its oldest. */
void trail_shed(struct trail *trail);
/* Whether a cell holds what a leaf of this kind can hold at this clock. */
bool trail_valid(
    const struct plan_leaf *leaf, const struct cell *cell, int64_t clock, uint32_t list_max);

/* What makes entries alike to the rules, and of two such one. */
struct trail_likeness {
    uint64_t (*key)(const void *entry); /* the same for those that are */
    void (*merge)(void *newer, const void *older);
};

/*
 * Opens a place for the event in a list that ends at list_max; its bytes are unset. What is not
 * later than floor makes room first; then the two oldest that are alike become one, or the oldest
 * goes. NULL: that would be the event itself.
 */
void *trail_insert(
    struct trail *trail, struct list *list, int64_t floor, const struct trail_likeness *likeness);

/* --- by kind: adding, for trail_add; and what a node asks at an instant ----------------------- */

/* Touches its segments itself. */
void times_add(struct trail *trail, uint32_t leaf);
bool times_add_counted(struct trail *trail, uint32_t leaf);
/* The instant of the k-th newest; false when there are fewer. k >= 1. */
bool times_newest(
    const struct plan_leaf *rule, const struct cell *cell, uint64_t k, int64_t *ret_at);
bool times_whole_newest(const struct cell *cell, uint64_t k, int64_t *ret_at);
bool times_newest_counted(const struct cell *cell, uint64_t k, int64_t *ret_at);
/* Entries later than floor; *ret_oldest: the first of them, if any. */
int64_t times_count(const struct cell *cell, int64_t floor, int64_t *ret_oldest);

/* Whether a TIMES leaf keeps distances of 32 bits. Of such a cell: */
bool times_is_narrow(const struct plan_leaf *rule);
bool times_narrow_valid(const struct cell *cell, int64_t clock, uint32_t count_max);
/* Drops an eighth, the oldest; returns how many those were. */
uint32_t times_shed(struct profile_hand *hand, struct cell *cell);

bool sums_add_suffix(struct trail *trail, uint32_t leaf);
bool sums_add(struct trail *trail, uint32_t leaf);
/* The latest instant from which on (that included) the numbers reach `enough`; false: never. */
bool sums_reach(const struct cell *cell, int64_t enough, int64_t *ret_at);

struct sums {
    int64_t count;
    number_total total;
    int64_t min, max;               /* if count > 0 */
    int64_t oldest;                 /* if count > 0 */
    int64_t min_newest, max_newest; /* the newest that has this number */
};
void sums_window(const struct cell *cell, int64_t floor, struct sums *ret_sums);

bool seen_add(struct trail *trail, uint32_t leaf);
/* When the value seen k-th last was last seen; false when there are fewer. k >= 1. */
bool seen_newest(const struct cell *cell, uint64_t k, int64_t *ret_at);
/* Values seen later than floor; *ret_oldest: of the first of them, if any. */
int64_t seen_count(const struct cell *cell, int64_t floor, int64_t *ret_oldest);

bool records_add(struct trail *trail, uint32_t leaf);
bool records_add_ever(struct trail *trail, uint32_t leaf);

struct records_top {
    int64_t count; /* 0: there is none */
    int64_t oldest;
    struct value value;
};
void records_top(
    const struct cell *cell, int64_t floor, struct alike *alike, struct records_top *ret_top);
/* The oldest later than floor; false when there is none. */
bool records_first(
    const struct cell *cell, int64_t floor, int64_t *ret_at, struct value *ret_value);
bool records_valid(
    const struct plan_leaf *leaf, const struct cell *cell, int64_t clock, uint32_t list_max);
/* Drops the oldest `count`; returns how many there were. */
uint32_t records_shed(struct profile_hand *hand, struct cell *cell, uint32_t count);

bool singles_add(struct trail *trail, uint32_t leaf);
bool singles_value(const struct cell *cell, int64_t *ret_at, struct value *ret_value);
void singles_totals(const struct cell *cell, struct sums *ret_sums);
bool singles_valid(const struct plan_leaf *leaf, const struct cell *cell, int64_t clock);

double decay_score(const struct trail_score *score, int64_t half_life_ms, int64_t at);
bool decay_reaches(
    const struct trail_score *score, int64_t half_life_ms, int64_t at, int64_t number);
/* The first instant after `at`, where it is reached, at which it is not any more. */
int64_t decay_falls(
    const struct trail_score *score, int64_t half_life_ms, int64_t at, int64_t number);
bool decay_add(struct trail *trail, uint32_t leaf);

bool pattern_add_seq(struct trail *trail, uint32_t leaf);
bool pattern_add_unanswered(struct trail *trail, uint32_t leaf);
/* Whether an unanswered a is ripe in the window, and up to when that surely stays so. */
bool pattern_unanswered(const struct cell *cell, int64_t within_ms, int64_t window_ms, int64_t at,
    int64_t *ret_stays_until);

/* --- values in cells -------------------------------------------------------------------------- */

/* Bytes of a value with what follows it. */
uint32_t trail_value_bytes(const struct value *value);
void trail_value_put(struct trail_value *stored, const struct value *value);
struct value trail_value_get(const struct trail_value *stored);
/* Whether a whole value stands in the first `length` bytes. */
bool trail_value_valid(const struct trail_value *stored, size_t length);

static inline const struct plan_leaf *
trail_leaf(const struct trail *trail, uint32_t leaf)
{
    return &trail->plan->leaves[leaf];
}

#endif
