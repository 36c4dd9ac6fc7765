#ifndef FOOTPRINT_PARTITION_H
#define FOOTPRINT_PARTITION_H

/*
 * One input partition's life.
 *
 *   acquire -> (assigned) -> replay -> live -> release -> gone
 *      ^                       |         |
 *      +------- reset ---------+---------+        halted: an operator must decide
 *
 * acquire  asks Kafka for the committed position, takes the partition in Redis, chooses the start
 * replay   the same code as live, outputs dropped, up to the committed position
 * live     applies records and ticks; what is to be said goes to the outbox, until the pipeline
 *          closes a transaction; behind its commit go the membership records and the checkpoint
 * release  no more records; the last transaction, the last checkpoint
 * reset    what is in memory can't be trusted or proved: back to acquire, then seek
 *
 * A partition never waits: partition_turn does what can be done and returns. All on the worker's
 * thread. Source: exactly-once 1.4 of the design.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/base/buffer.h"
#include "config/config.h"
#include "pipeline/counters/counters.h"
#include "pipeline/kafka/sink.h"
#include "pipeline/kafka/source.h"
#include "pipeline/kafka/topics.h"
#include "pipeline/partition/backlog.h"
#include "pipeline/partition/chunk.h"
#include "pipeline/partition/host.h"
#include "pipeline/partition/ruleset.h"
#include "pipeline/partition/trial.h"
#include "pipeline/partition/trust.h"
#include "pipeline/redis/store.h"

struct partition;

/* What all partitions of a worker share; owned by the pipeline. source may be renewed. */
struct partition_shared {
    const struct config *config; /* of the start: the settings; rules are in `rules` */
    const struct topics *topics;
    const struct pipeline_host *host;
    struct source *source;
    struct source_prober *prober;
    struct store *store;
    uint64_t store_epoch; /* grows with each connection; a partition must own its keys under it */
    struct partition *switching; /* whose successor is being made: one after the other; or NULL */
    struct ruleset *rules;       /* the newest: partitions that have older ones follow */
    struct ruleset *trial_rules; /* that are only tried, or NULL */
    struct trial *trial;         /* what they would publish */
    struct batch_pool batches;
    struct chunk_pool chunks;
    struct counters *counters;
    int64_t wall_ms;    /* at the beginning of this turn: for measuring only, never for deciding */
    int64_t turn_us;    /* the same on the monotonic clock */
    struct trust trust; /* of this worker in the silence of any log */
    size_t profile_bytes_max; /* of one partition */
};

enum partition_state {
    PARTITION_ACQUIRING,
    PARTITION_READY, /* its start is known; it waits to be assigned or sought */
    PARTITION_SEEKING,
    PARTITION_REPLAYING,
    PARTITION_LIVE,
    PARTITION_RELEASING,
    PARTITION_HALTED,
    PARTITION_GONE /* nothing refers to it any more: free it */
};

struct partition *partition_new(struct partition_shared *shared, int32_t number);
void partition_free(struct partition *partition);
int32_t partition_number(const struct partition *partition);
enum partition_state partition_state(const struct partition *partition);
const char *partition_state_name(const struct partition *partition);
/* Why it is halted, or what it waits for; empty when live. */
const char *partition_reason(const struct partition *partition);

/* In PARTITION_READY or PARTITION_HALTED: where reading begins (SOURCE_OFFSET_NONE when halted). */
int64_t partition_start(const struct partition *partition);
/* source_assign was called with that start. */
void partition_assigned(struct partition *partition);

/* A message of this partition; decoded here, released later. */
void partition_take(struct partition *partition, const struct source_message *message);
/* No more records should be taken now. */
bool partition_is_full(const struct partition *partition);
/* Does what can be done. True: more can be done at once. */
bool partition_turn(struct partition *partition);

/* shared->rules are others now. A partition that is live takes them over when it can; one that is
 * not does so at the next state it makes. */
void partition_follow(struct partition *partition);
/* It decides by other rules than the newest, or publishes what differs. */
bool partition_is_switching(const struct partition *partition);
/* shared->trial_rules are to be tried: what they would publish goes to shared->trial. */
void partition_try(struct partition *partition);
/* Not over yet. One that can't try them now leaves itself out, with the reason. */
bool partition_is_trying(struct partition *partition);

/* It is live, but first takes over what was published, and publishes what other rules change in it:
 * true until that is committed. */
bool partition_is_taking_over(const struct partition *partition);

/* --- transactions ---------------------------------------------------------------------------- */

enum partition_need {
    PARTITION_NEEDS_NOTHING,
    PARTITION_HAS_MOVED,   /* its offset or its clock; that can wait */
    PARTITION_HAS_RECORDS, /* something is to be said */
    PARTITION_MUST_COMMIT  /* it can't go on before, or it is being given back */
};
enum partition_need partition_need(const struct partition *partition);
/*
 * Closes the transaction's share at this boundary; it must be ended by exactly one of
 * partition_committed and partition_dropped. The part is borrowed until then. A failed transaction
 * sends the same part again.
 */
void partition_close(struct partition *partition, struct sink_part *ret_part);
bool partition_in_transaction(const struct partition *partition);
void partition_committed(struct partition *partition);
/* The part will never be sent: the partition is not ours, or it must stop (why != NULL). */
void partition_dropped(struct partition *partition, const char *why);

/* It is someone else's: nothing may be written for it any more. */
bool partition_is_lost(const struct partition *partition);

/* --- an operator's wish ------------------------------------------------------------------------ */

/* Stands still once it is live: no record is applied and its clock does not move. Any time. */
void partition_hold(struct partition *partition, enum pipeline_hold hold);
/* Live, but standing still or about to: not ready, and not by any fault. */
bool partition_is_held(const struct partition *partition);

/* The topic had `then` partitions, and has another number now: users have moved. It halts. */
void partition_stop_moved(struct partition *partition, int64_t then, int32_t now);

/* --- ends ------------------------------------------------------------------------------------ */

/* Begins to give it back. lost: it is someone else's already, nothing is written any more. */
void partition_release(struct partition *partition, bool lost);
/* The store is usable (again). The partition proves its chain or resets. */
void partition_store_up(struct partition *partition);
/* Idle: the log's end as proved at a wall time (ms); called by the pipeline's probe. */
void partition_end_proved(struct partition *partition, int64_t end, int64_t wall_ms);
/* The log reaches at least so far, as a good answer to a question of this wall time says. */
void partition_end_heard(struct partition *partition, int64_t end, int64_t wall_ms);
bool partition_wants_probe(const struct partition *partition, int64_t now_us);

/* Adds this partition's numbers (lag, watermark, profiles, ...) to the worker's. */
void partition_counters(const struct partition *partition, struct counters *counters);

#endif
