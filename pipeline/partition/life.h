#ifndef FOOTPRINT_LIFE_H
#define FOOTPRINT_LIFE_H

/*
 * Inside of a partition, shared by the files of this room and by nobody else.
 *
 *   partition.c   states and turns, transactions       acquire.c    where to begin
 *   apply.c       records and time to the engine       residency.c  users and buckets from Redis
 *   checkpoint.c  profiles to Redis behind a commit    idle.c       the clock of a silent partition
 *   gap.c         events that the log has no more      hold.c       still, when an operator wants
 * it switch.c      other rules while it runs
 */

#include "config/base/hash.h"
#include "pipeline/engine/engine.h"
#include "pipeline/kafka/outbox.h"
#include "pipeline/partition/backlog.h"
#include "pipeline/partition/chunk.h"
#include "pipeline/partition/partition.h"
#include "pipeline/partition/position.h"
#include "pipeline/partition/reach.h"
#include "pipeline/partition/rebuild.h"
#include "pipeline/partition/stored.h"

#define PARTITION_MAGIC 0x70617274u
#define NO_TARGET INT64_MIN
#define RETRY_US INT64_C(500000)
#define LOOKS_AT_END 10 /* RETRY_US apart, until a log that ends too early is believed */
#define RELEASE_US INT64_C(2000000)
#define APPLY_RECORDS_PER_TURN 1000
#define BACKLOG_RECORDS_MAX 4000
#define BACKLOG_BYTES_MAX (16u * 1024 * 1024)
#define CHUNKS_MAX 64
#define CHUNK_BYTES_MAX (32u * 1024 * 1024) /* of all chunks of a partition that wait for Redis */
#define BEHIND_US INT64_C(5000000)          /* no acknowledgement for so long: Redis is the cause */
#define OPEN_CHUNK_BYTES_MAX (1024u * 1024)
#define LOADS_MAX 16
#define LOAD_USERS_MAX 256
#define ASKED_MAX 8192 /* places; a power of two above LOADS_MAX * LOAD_USERS_MAX */

/* Where a generation of dirty profiles began: a replay for them begins there. */
struct generation {
    uint64_t number;
    int64_t offset;
    struct engine_position time;
};

/* A partition that is made ready in silence beside the one that is live. */
enum follow {
    FOLLOW_NOT,
    FOLLOW_LOG,    /* up to the committed offset, and no further */
    FOLLOW_TO_END, /* the live one stands still: also its clock */
    FOLLOW_ARRIVED
};

struct successor;

struct partition {
    uint32_t magic;
    int32_t number;
    struct partition_shared *shared;
    struct ruleset *rules; /* by which it decides now */
    enum partition_state state;
    char reason[1024];
    bool lost;
    uint64_t incarnation; /* grows with each reset: answers to older questions do not count */
    int busy;             /* jobs and store calls under way that refer to this partition */
    int64_t retry_at_us;  /* acquiring: when to ask again; INT64_MAX: an answer is awaited */
    bool acquire_waits;   /* a reset that waits for the running transaction */
    int64_t release_until_us;

    /* What is committed in Kafka, and the log. */
    bool has_committed;
    int64_t committed_offset;
    struct position committed;
    int64_t start;
    int64_t log_low, log_end;
    int ends_short; /* how often in a row the log was found to end before the committed offset */
    bool seek_on_ready; /* a reset: already assigned, so it seeks instead */

    /* Where the engine stands. */
    struct engine *engine;
    struct position now;          /* offset, changes, jumps; the time is the engine's */
    struct engine_counts counted; /* what of the engine's counts is taken over */
    int64_t target;               /* of an advance that is not finished, or NO_TARGET */
    struct backlog backlog;
    struct decode_fault fault; /* room for the newest: too large to clear for every event */
    struct mark mark;
    int64_t *mark_members;
    bool counts_hold;    /* now.changes is exact, so the replay can be checked against it */
    uint32_t jumps_made; /* of now.jumps, by the replay */

    /* Other rules. */
    struct successor *successor; /* of a live partition: what will take its engine's place */
    bool opening;                /* one is being opened, if only to be given up */
    bool frozen;                 /* no record and no idle jump is applied now */
    enum follow follow;          /* of a successor's own partition */
    const struct ruleset *refused;
    bool read_whole;      /* the log, for other rules: less of it has not sufficed */
    bool trying;          /* shared->trial_rules are still to be tried */
    bool older_rules;     /* why it is halted */
    bool is_assigned;     /* reading begins by a seek */
    int64_t switch_at_us; /* not before */

    /* Users and timers that are in Redis only. */
    bool complete; /* every known user is in memory */
    int64_t *buckets;
    size_t bucket_count, bucket_capacity;
    int64_t bucket_loaded; /* of all buckets up to this one the users are in memory */
    int loads;
    int64_t bucket_asked; /* up to here buckets were asked for; they count when all have come */
    int bucket_loads;
    bool bucket_failed;
    uint64_t *asked; /* hashes of users asked for since there was no load under way; 0: free */
    uint32_t asked_count;

    /* A state that is lost, or of other rules, until all of it is taken over. */
    struct rebuild *rebuild;
    struct reach reach; /* of the log, while the replay of a rebuild begins */
    uint64_t rebuilt;   /* the generation in which it was; until Redis has that, it is not whole */

    /* The transaction. */
    struct outbox boxes[2];
    int filling;
    bool in_transaction;
    struct buffer metadata;
    struct position boundary;
    struct buffer scratch; /* for what is copied at once */

    /* Checkpoints. */
    uint64_t store_epoch; /* of the connection under which we own the partition; 0: none */
    bool reacquiring;
    char owner[17];        /* names this acquisition in every chunk */
    uint64_t chunk_number; /* of the newest copied */
    char known_owner[17];  /* who wrote the newest chunk that Redis surely has, and its number */
    uint64_t known_chunk;
    struct chunk *chunks, **chunks_end;
    struct chunk *open_chunk; /* the newest, while the transaction's members go into it */
    int64_t chunk_retry_us;
    size_t chunk_count, chunk_bytes;
    bool ids_written;    /* of the segments, by this owner */
    bool members_behind; /* membership records were left out: only a replay brings them back */
    struct generation *generations;
    size_t generation_first, generation_count, generation_capacity;
    int64_t durable_offset;
    int64_t last_copy_us, acknowledged_us;
    int64_t copied_offset; /* at the last copy */
    double record_rate;    /* a second */

    enum pipeline_hold hold;
    bool source_paused; /* the source was told */

    /* Silence. */
    bool at_end;
    int64_t last_message_us;
    int64_t next_probe_us;
    int64_t end_known; /* newest end offset heard of */
    int64_t newest_ts; /* of the last record applied: its own Kafka time */
    /* In silence: taken over from the committed position, beside the worker's own. */
    struct trust trust;
    bool is_trusted; /* it was taken over */
};

/* partition.c */
void partition_notice(struct partition *p, enum notice_level level, const char *id, const char *fmt,
    ...) __attribute__((format(printf, 4, 5)));
void partition_halt(struct partition *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void partition_reset(struct partition *p, const char *why);
/* Where the engine stands, with what it is still to do before the next record. */
void partition_time(const struct partition *p, struct engine_position *ret_time);
int64_t partition_now_us(const struct partition *p);
/* Takes over what the engine has counted since: into now.changes and, if live, the counters. */
void partition_count(struct partition *p);
bool partition_store_ready(const struct partition *p);

/* Writes a changed user's membership record: into the outbox (NULL: not), and for Redis. */
void partition_member(struct partition *p, uint32_t slot, struct outbox *outbox);

/* One that is made ready in silence, by these rules. */
struct partition *partition_new_follower(struct partition *p, struct ruleset *rules);
/* Decodes again what waits, by the present rules. */
void partition_decode_again(struct partition *p);
void partition_name_owner(struct partition *p);
/* Before a state is made: decides by the newest rules from now on. */
void partition_take_rules(struct partition *p);
/* What this segment of its own rules counts in the shared counters; NULL: they have it no more. */
struct counters_segment *partition_segment(const struct partition *p, uint32_t segment);

/* acquire.c */
void acquire_begin(struct partition *p);
void acquire_turn(struct partition *p);
void acquire_again(struct partition *p); /* after a reconnect: own it again, or reset */
void acquire_seek(struct partition *p);

/* gap.c */
/* Events are missing: the partition is halted with the reason (false), or goes on and says so. */
bool gap_found(struct partition *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void gap_look_begin(struct partition *p);
/* While a rebuild replays: an event, or its end (NULL). False: halted, the log begins too late. */
bool gap_look(struct partition *p, const struct record *record);

/* apply.c: true when more can be done at once */
bool apply_turn(struct partition *p);
void apply_change(void *opaque, const struct change *change);

/* residency.c */
void residency_init(struct partition *p, const int64_t *buckets, size_t count);
/* The user is in memory, or is known not to exist. False: asked for, come again. */
bool residency_user(struct partition *p, struct text user, uint64_t hash);
/* All users that may be due up to `watermark` are in memory. False: asked for, come again. */
bool residency_time(struct partition *p, int64_t watermark);
/* Asks for the users of the oldest waiting records that are not in memory. */
void residency_ahead(struct partition *p);
void residency_bucket_add(struct partition *p, int64_t bucket);
/* Drops the buckets that lie wholly before a watermark from the list, into the chunk. */
void residency_buckets_drop(struct partition *p, int64_t watermark, struct chunk *chunk);
/* Up to this bucket hints are read, or being read: none that is written now will be. */
int64_t residency_buckets_seen(const struct partition *p);
void residency_fit(struct partition *p);
/* More than profiles.memory allows; and nothing but Redis can help. */
bool residency_is_over(const struct partition *p);
bool residency_is_full(const struct partition *p);

/* checkpoint.c */
void checkpoint_init(struct partition *p);
void checkpoint_member(struct partition *p, struct text user, struct text json, bool present);
void checkpoint_copy(struct partition *p, bool everything);
void checkpoint_committed(struct partition *p);
void checkpoint_turn(struct partition *p);
void checkpoint_clear(struct partition *p);
bool checkpoint_waits_for_commit(const struct partition *p);
bool checkpoint_is_full(const struct partition *p);
bool checkpoint_is_done(const struct partition *p);
/* Something was copied; what is only being gathered, as by a replay, does not count. */
bool checkpoint_is_under_way(const struct partition *p);
int64_t checkpoint_lag_ms(const struct partition *p);
bool checkpoint_is_behind(const struct partition *p);

/* switch.c: true when more can be done at once */
bool switch_turn(struct partition *p);
/* What is published here was decided by a later revision of other rules. */
bool switch_is_older(const struct partition *p, const struct ruleset *rules);
/* The successor, if there is one, is given up. */
void switch_end(struct partition *p);
/* What a live partition does that its successor must know: an idle jump, a membership record. */
void switch_jump(struct partition *p, int64_t offset, int64_t watermark);
void switch_member(struct partition *p, struct text user, struct text json);

/* hold.c */
void hold_turn(struct partition *p);
/* No record may be applied, and no advance begun. */
bool hold_stops(const struct partition *p);
/* "paused", "draining", "drained" */
const char *hold_name(const struct partition *p);

/* idle.c */
void idle_message(struct partition *p, bool end);
/* What the next owner should know about it. */
void idle_trust(const struct partition *p, struct trust *ret_trust);

#endif
