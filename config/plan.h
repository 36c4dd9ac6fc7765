#ifndef FOOTPRINT_PLAN_H
#define FOOTPRINT_PLAN_H

/*
 * The rules, compiled: what the engine runs. Plain data, immutable once built, read by any thread.
 *
 *   event --type--> leaves it may touch --predicates--> leaves it touches --> segments to decide
 *
 *   types, fields   names that the rules use, numbered; an event carries these numbers
 *   predicates      one test of one field; shared, evaluated at most once an event
 *   selectors       which events: a set of types and a conjunction of predicates
 *   leaves          what is kept per user: one list for every rule on the same selector
 *   nodes           expressions as a graph without repetition, children before parents
 *   segments        sorted by (level, name): the order of every decision
 *
 * All numbers are indexes into the arrays here. They are a function of the canonical rules alone
 * (never of the order of files), so a profile packed under one plan is valid under every plan with
 * the same `rules_id`. Times and windows are milliseconds, numbers millionths (number.h).
 * Owner: the config; freed with plan_free. Source: segments.md.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/base/text.h"

#define PLAN_NONE UINT32_MAX       /* no such index */
#define PLAN_TYPE_OTHER UINT32_MAX /* a type that no rule names; only `*` matches it */
#define PLAN_EVER INT64_MAX        /* the window [ever] */
#define PLAN_NEVER INT64_MAX       /* an instant that does not come */

/* A run of indexes in plan->index_pool. */
struct plan_run {
    uint32_t first;
    uint32_t count;
};

enum plan_field_kind {
    FIELD_MAPPED, /* found in the payload by the mapping */
    FIELD_HOUR,   /* derived from ts: 0 to 23 */
    FIELD_WEEKDAY /* derived from ts: "mon" to "sun" */
};

struct plan_field {
    struct text name;
    enum plan_field_kind kind;
    bool text_wanted; /* some rule gives the value out or compares it as text in a list */
};

enum plan_test {
    TEST_TEXT_EQ, /* texts; a missing field is the empty text; a number is its shortest form */
    TEST_TEXT_NE,
    TEST_REGEX_MATCH,
    TEST_REGEX_NO_MATCH, /* past the match limit neither of the two matches */
    TEST_NUMBER_EQ,      /* numbers; a missing or non-numeric field does not match */
    TEST_NUMBER_NE,
    TEST_NUMBER_LT,
    TEST_NUMBER_LE,
    TEST_NUMBER_GT,
    TEST_NUMBER_GE,
    TEST_IS_NUMBER, /* made by the compiler: the field is numeric */
    TEST_NOT_EMPTY  /* made by the compiler: the field is there and not "" */
};

struct plan_predicate {
    uint32_t field;
    enum plan_test test;
    int64_t number;
    struct text text;
    const void *regex; /* pcre2_code *, anchored at both ends, UTF, no JIT; owned by the plan */
};

struct plan_selector {
    bool any_type;              /* `*` */
    struct plan_run types;      /* sorted */
    struct plan_run predicates; /* sorted; all must hold */
};

/* What a leaf keeps for one user. "Newest" is by (ts, arrival). */
enum plan_leaf_kind {
    LEAF_TIMES,  /* the `keep` newest timestamps: count, any, none, since against constants */
    LEAF_OLDEST, /* the oldest timestamp: age */
    LEAF_COUNTS, /* every timestamp of the window, alike ones merged past the limit: count as a
                    value */
    LEAF_TALLY,  /* how many, ever: count[ever] as a value */
    LEAF_SUFFIX, /* the newest (ts, number >= 0) that together reach `enough`: sum against constants
                  */
    LEAF_NUMBERS, /* every (ts, number) of the window: sum, avg, min, max as values */
    LEAF_TOTALS,  /* count, total, min, max, ever */
    LEAF_SEEN,    /* the `keep` last seen different values as (last ts, hash): distinct */
    LEAF_RECORDS, /* every (ts, hash, value) of the window, or under [ever] one entry per value with
                     its count: repeats, top, first as values */
    LEAF_LAST,    /* the newest (ts, value): last, trait */
    LEAF_FIRST,   /* the oldest (ts, value): first[ever] */
    LEAF_DECAY,   /* one score at one time */
    LEAF_SEQ, /* the newest end of a match, and the steps' events that may still make a newer one */
    LEAF_UNANSWERED /* the unanswered a's of the window and its b's */
};

struct plan_leaf {
    enum plan_leaf_kind kind;
    uint32_t selector;     /* of TIMES .. DECAY */
    struct plan_run steps; /* selectors of SEQ (in order) and UNANSWERED (a, b) */
    uint32_t field;        /* the field that is aggregated, or PLAN_NONE */
    uint32_t by;           /* the field after `by`, or PLAN_NONE */
    bool empty_counts; /* LAST: "" is a value (trait); otherwise an empty field is passed over */
    bool text_kept;    /* RECORDS: values are given out, so they are kept beside their hash */
    int64_t window_ms; /* the longest of its rules, or PLAN_EVER */
    uint32_t keep;     /* TIMES, SEEN: entries needed; 0: as many as limits.events_per_window */
    int64_t enough;    /* SUFFIX: the largest total that a rule asks for */
    int64_t within_ms; /* SEQ, UNANSWERED: d. DECAY: the half-life */
    struct plan_run segments; /* whose truth reads this leaf: sorted */
    uint64_t id;              /* hash of what it computes: the same in every plan that has it */
};

/*
 * Nodes. Boolean: they have a truth and the instant up to which it surely stays. Value: null, a
 * number or a text, and that instant.
 */
enum plan_node_kind {
    /* boolean */
    NODE_TRUE,
    NODE_FALSE,
    NODE_NOT,         /* a */
    NODE_AND,         /* children */
    NODE_OR,          /* children */
    NODE_COUNT_GE,    /* leaf TIMES or COUNTS; at least `count` entries in window_ms; count >= 1 */
    NODE_DISTINCT_GE, /* leaf SEEN */
    NODE_SUM_GE,      /* leaf SUFFIX: total in window_ms >= number */
    NODE_SINCE_GE,    /* leaf TIMES: there is a newest, and t - newest >= window_ms (may be < 0) */
    NODE_AGE_GE,      /* leaf OLDEST: there is one, and t - oldest >= window_ms */
    NODE_DECAY_GE,    /* leaf DECAY: score >= number */
    NODE_SEQ,         /* leaf SEQ: the newest end lies in window_ms */
    NODE_UNANSWERED,  /* leaf UNANSWERED, window_ms */
    NODE_MEMBER,      /* segment */
    NODE_COMPARE,     /* values a, b by `compare`; null makes it false */
    NODE_IS_VALUE,    /* value a is not null */
    /* value */
    NODE_NUMBER, /* number */
    NODE_TEXT,   /* text */
    NODE_COUNT,  /* leaf COUNTS (window_ms) or TALLY */
    NODE_SUM,    /* leaf NUMBERS (window_ms) or TOTALS */
    NODE_AVG,    /* leaf NUMBERS or TOTALS; null where there is none; so MIN, MAX */
    NODE_MIN,
    NODE_MAX,
    NODE_DISTINCT, /* leaf SEEN */
    NODE_REPEATS,  /* leaf RECORDS */
    NODE_TOP,      /* leaf RECORDS */
    NODE_FIRST,    /* leaf FIRST, or RECORDS (window_ms) */
    NODE_LAST,     /* leaf LAST (window_ms); also trait, with PLAN_EVER */
    NODE_SINCE,    /* leaf TIMES: seconds, three places; only the whole of an attach value */
    NODE_AGE,      /* leaf OLDEST, likewise */
    NODE_DECAY,    /* leaf DECAY, likewise */
    NODE_BUCKET,   /* text: the salt; 0 to 99 by user */
    NODE_ADD,      /* a, b */
    NODE_SUBTRACT,
    NODE_MULTIPLY,
    NODE_DIVIDE,
    NODE_NEGATE /* a */
};

enum plan_compare {
    COMPARE_EQ,
    COMPARE_NE,
    COMPARE_LT,
    COMPARE_LE,
    COMPARE_GT,
    COMPARE_GE
};

struct plan_node {
    enum plan_node_kind kind;
    enum plan_compare compare;
    uint32_t a, b;            /* nodes before this one */
    struct plan_run children; /* AND, OR: nodes before this one, cheap and selective first */
    uint32_t leaf;
    uint32_t segment;
    uint32_t count;
    int64_t window_ms;
    int64_t number;
    struct text text;
};

struct plan_attach {
    struct text name;
    struct text value_text; /* the expression in its canonical form */
    uint32_t node;
};

struct plan_segment {
    struct text name;
    struct text description;
    struct text when_text; /* the condition in its canonical form */
    uint32_t level;
    uint32_t when; /* a boolean node */
    int64_t for_ms, keep_ms, cooldown_ms;
    uint32_t attach_first; /* in plan->attaches, in the order of the file */
    uint32_t attach_count;
    struct plan_run leaves;     /* that `when` reads (not through member): sorted */
    struct plan_run dependents; /* segments that name this one in member(): sorted, all later */
    struct plan_run names;      /* segments that it names: sorted, all earlier */
    int64_t reach_ms; /* how far back it looks, through member() too; PLAN_EVER: at everything */
    bool hangs_on;    /* what it decides hangs on what it decided before, however long ago */
    bool starts_true; /* may hold for a user of whom no leaf has anything (none, bucket,
                         trait of nothing, member of such): decided at the first event */
    uint64_t id;      /* hash of name, when, for, keep, cooldown: state survives a reload */
};

struct plan_type {
    struct text name;
    struct plan_run
        leaves; /* that an event of this type may touch, those of `*` included: sorted */
};

/* Names to numbers: open addressing over hash_text, number + 1 in a slot. Private to plan.c. */
struct plan_index {
    const uint32_t *slots;
    uint32_t mask; /* slots - 1, a power of two less one; slots NULL: empty */
};

struct plan {
    struct plan_type *types;
    uint32_t type_count;
    struct plan_run other_leaves; /* of an event whose type no rule names */
    struct plan_field *fields;
    uint32_t field_count;
    struct plan_predicate *predicates;
    uint32_t predicate_count;
    struct plan_selector *selectors;
    uint32_t selector_count;
    struct plan_leaf *leaves;
    uint32_t leaf_count;
    struct plan_node *nodes;
    uint32_t node_count;
    struct plan_segment *segments;
    uint32_t segment_count;
    struct plan_attach *attaches;
    uint32_t attach_count;
    uint32_t *index_pool;
    uint32_t index_count;
    struct plan_run starters; /* segments with starts_true: sorted */

    uint8_t rules_digest[32]; /* SHA-256 over the canonical rules */
    char rules_id[9];         /* its first 8 hex digits */
    int64_t reach_ms; /* the longest window + for + keep + cooldown, summed along member chains */
    bool reach_ever;  /* some rule needs the whole log (ever, trait, age, first) */
    /* From so far back all is decided as from the very beginning; PLAN_EVER: from nowhere else. It
     * is more than the reach where what was decided hangs on what was decided before. */
    int64_t settle_ms;

    struct plan_index type_index;
    struct plan_index segment_index;
    void *memory; /* a struct arena from malloc: everything above, the plan itself too */
};

/* "times", "oldest" and so on: a word of the plan's printed form and of its keys. */
struct text plan_leaf_kind_text(enum plan_leaf_kind kind);
/* Whether a comparison holds when the left side is before (< 0), at or behind (> 0) the right. */
bool plan_compare_holds(enum plan_compare compare, int order);
/* The number of a type, or PLAN_TYPE_OTHER. */
uint32_t plan_type_find(const struct plan *plan, struct text name);
/* The number of a segment by its name, or PLAN_NONE. */
uint32_t plan_segment_find(const struct plan *plan, struct text name);
void plan_free(struct plan *plan); /* NULL is fine */

static inline const uint32_t *
plan_run_at(const struct plan *plan, struct plan_run run)
{
    return plan->index_pool + run.first;
}

#endif
