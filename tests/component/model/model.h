#ifndef FOOTPRINT_MODEL_H
#define FOOTPRINT_MODEL_H

/*
 * A world in one thread: Kafka and Redis as models behind the very headers of the rooms kafka and
 * redis, processes that run the real pipeline on them, virtual time, and faults by a seed.
 *
 *   kafka   an input log per partition, a group with generations, transactional ids with epochs,
 *           transactions that may be in doubt for a while, output logs
 *   redis   keys, and a journal of all writes: any suffix of it can be lost
 *   world   calls under way, each with a time at which it happens; a process may die or stop
 *           between any two of them
 *
 * Mechanisms that config/base/drill.h can leave out and that stand in a model, not in the pipeline,
 * the models leave out by the same names.
 *
 * The same seed gives the same run. One world at a time: the fakes find it in `world`.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/base/text.h"
#include "config/config.h"
#include "pipeline/kafka/source.h"
#include "pipeline/pipeline.h"
#include "pipeline/redis/store.h"

#define MODEL_PARTITIONS 2
#define MODEL_PLACES 3

struct model_record {
    int64_t offset;
    int64_t timestamp_ms;
    char key[16];
    char payload[128];
};

struct model_log {
    struct model_record *records;
    size_t count, capacity;
    int64_t end; /* the next offset; control records take offsets too */
};

struct model_line {
    char *text; /* of a membership: NULL for a tombstone */
    char user[16];
    struct model_line *next;
};

/* A step of the clock in silence, as the committed positions tell it. */
struct model_jump {
    int64_t offset, watermark;
};

struct model_jumps {
    struct model_jump *at;
    size_t count;
};

struct model_committed {
    bool known;
    int64_t offset;
    char metadata[4097];
    int in_doubt; /* transactions that may still move it */
};

struct model_process {
    int place;
    bool dead;               /* killed: what it still does has no effect; it is only taken down */
    int64_t asleep_until_us; /* a zombie till then */
    int64_t sleepy_us;       /* falls asleep for so long behind its next write to Redis */
    int64_t drowsy_us;       /* the same with its next transaction in hand */
    int64_t skew_us;         /* its clock while it is taken down */
    int64_t wakes_us;        /* its next turn */
    struct config config;    /* a copy: its address names the process to the fakes */
    struct pipeline *pipeline;
    struct pipeline_host host;
    struct source *source;
    struct store *store;
    bool stopping;
    bool trying; /* other rules, which decide the same */
};

typedef void model_call_fn(void *context);

struct model_call {
    struct model_call *next;
    int64_t at_us;
    struct model_process *owner; /* NULL: the world's */
    model_call_fn *call;
    void *context;
};

struct world {
    uint64_t random;
    int64_t now_us;
    const struct config *config;
    int64_t pace; /* milliseconds of everybody's wall clock in one of virtual time */
    struct model_log logs[MODEL_PARTITIONS];
    int64_t fetched_end[MODEL_PARTITIONS];   /* as of the last fetch */
    int64_t stalled_to_us[MODEL_PARTITIONS]; /* no fetch is answered till then */
    int64_t outage_to_us, backlog_to_us;     /* no broker answers; producers have not noticed */
    struct model_log held[MODEL_PARTITIONS]; /* what they could not send */
    struct model_committed committed[MODEL_PARTITIONS];
    struct model_line *lines[MODEL_PARTITIONS], **lines_end[MODEL_PARTITIONS];
    struct model_line *members[MODEL_PARTITIONS]; /* newest first */
    struct model_jumps jumps[MODEL_PARTITIONS];   /* by offset */
    int generation;
    int holder[MODEL_PARTITIONS]; /* place that has it, or -1 */
    int epochs[MODEL_PLACES];     /* of each place's transactional id */
    struct model_process *processes[MODEL_PLACES];
    struct model_call *calls;
    bool redis_away;
    struct {
        size_t kills, sleeps, lost_suffixes, wipes, stalls, breaks, in_doubt, refused, aborted,
            belated, holds, reloads, too_large, outages;
    } faults;
    size_t loads, bucket_loads; /* of users and of buckets that Redis was asked for */
    size_t gave_up;
    size_t short_reads; /* of a log, not from its beginning */
    size_t tried;       /* partitions that counted what other rules would publish */
    bool verbose;
};

extern struct world world;

int64_t model_wall_ms(void);
uint64_t model_random(uint64_t below);
bool model_chance(unsigned per_mille);
void model_after(int64_t delay_us, struct model_process *owner, model_call_fn *call, void *context);

/* --- kafka.c */
void model_append(int32_t partition, const char *key, const char *payload);
void model_stall(int32_t partition, int64_t us); /* it takes records but gives none */
/* No broker answers for so long; what is sent meanwhile comes in order, and later still by `more`.
 */
void model_outage(int64_t us, int64_t more_us);
bool model_brokers_are_out(void);
void model_backlog_turn(void);
/* The group takes stock: who is there gets the partitions. */
void model_rebalance(void);
void model_source_forget(struct model_process *process);

/* --- redis.c */
void model_redis_init(void);
void model_redis_fini(void);
void model_redis_lose(size_t writes); /* the newest so many; all connections break */
void model_redis_wipe(void);          /* all that was written; connections stay */
void model_redis_break(void);
void model_redis_refuse(bool refuse); /* every write is answered with an error */

/* --- process.c */
struct model_process *model_process_of(const struct config *config);
void model_start(int place);
void model_kill(int place);
void model_sleep(int place, int64_t us);
void model_stop(int place);
void model_run(int64_t until_us);
void model_init(uint64_t seed, const struct config *config, int64_t pace);
void model_fini(void);
void model_lines_free(struct model_line *line);

#endif
