#ifndef FOOTPRINT_WORK_H
#define FOOTPRINT_WORK_H

/*
 * Inside of a pipeline, shared by the files beside pipeline.c and by nobody else.
 *
 *   pipeline.c     the spine: one turn from reading to committing
 *   work.c         time, helper threads, news: what all of them ask of the host
 *   assignment.c   partitions come and go as the group says
 *   transaction.c  what all partitions have to say, in one transaction
 *   probe.c        is the log at its end, are the brokers there
 *   rules.c        other rules while running
 */

#include "pipeline/kafka/sink.h"
#include "pipeline/kafka/source.h"
#include "pipeline/partition/partition.h"
#include "pipeline/pipeline.h"

#define PIPELINE_MAGIC 0x70697065u
#define NAME_BYTES 512
#define PROBES_MAX 64
#define LOOKS_MAX 16

enum sink_state {
    SINK_NONE,
    SINK_STARTING,
    SINK_IDLE,
    SINK_WORKING,
    SINK_RENEWING
};

struct transaction {
    struct pipeline_job job;
    struct pipeline *pipeline;
    struct sink *sink;
    enum sink_state state;
    struct sink_part parts[PARTITIONS_MAX];
    struct partition *partitions[PARTITIONS_MAX];
    bool found_committed[PARTITIONS_MAX]; /* of a doubtful transaction, as Kafka says afterwards */
    size_t part_count;
    void *group_metadata;
    struct sink_outcome outcome;
    enum err_code code;
    int64_t begun_us, ended_us, retry_at_us;
    int64_t ripe_us; /* when what has been said may be committed; 0: nothing waits for that */
    uint64_t begun_records; /* applied before the last one began */
    int64_t called_us;      /* when the sink was last set to work */
    int failures;           /* in a row */
    char why[256];          /* of the last failure */
};

/* Partitions that the group has given and that wait to be assigned, or taken and are being given
 * back. */
struct assignment {
    int32_t given[PARTITIONS_MAX];
    size_t given_count;
    bool giving;
    int32_t taken[PARTITIONS_MAX];
    size_t taken_count;
    bool taking;
    bool joined; /* the group has answered at least once */
};

struct probe {
    struct pipeline_job job;
    struct pipeline *pipeline;
    bool running;
    int32_t partitions[PROBES_MAX];
    int64_t ends[PROBES_MAX];
    size_t count;
    bool wants_end;          /* false: only to see whether the brokers answer */
    int32_t partition_count; /* of the topic; 0: not asked */
    bool wants_partition_count;
    int64_t counted_us;
    int64_t asked_wall_ms, asked_us, answered_us;
    enum err_code code;
    struct err err;
    int64_t next_us;
    int64_t seen_us;   /* the last good answer */
    int64_t looked_us; /* when partitions that are not silent were asked for */
    int32_t look_next; /* the one that was looked at last */
};

struct pipeline {
    uint32_t magic;
    const struct config *config;
    const struct pipeline_host *host;
    struct topics topics;
    int worker;
    char name[NAME_BYTES];
    char transactional_id[2 * NAME_BYTES];
    struct partition_shared shared;
    struct ruleset *rulesets;     /* the newest first; shared.rules is the head */
    struct decode_counts decoded; /* of those that are gone */
    struct counters *counters;
    struct partition **partitions; /* PARTITIONS_MAX, by number; NULL: not ours */
    int32_t partitions_now;        /* the topic's, once it is another number than at the start */
    enum pipeline_hold holds[PARTITIONS_MAX];
    struct assignment assignment;
    struct transaction transaction;
    struct probe probe;
    int jobs; /* of the pipeline itself, under way */
    char store_why[256];
    char source_why[256];
    bool source_failed; /* its end was told: to be made anew */
    bool renewing;
    bool stopping, store_closing, store_closed, source_closed;
    int64_t stop_until_us;
};

int64_t work_now_us(const struct pipeline *pipeline);
bool work_wall_is_true(const struct pipeline *pipeline);
void work_notice(struct pipeline *pipeline, enum notice_level level, const char *id,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void work_run(struct pipeline *pipeline, enum pipeline_lane lane, struct pipeline_job *job);

/* assignment.c */
void assignment_given(struct pipeline *pipeline, const int32_t *partitions, size_t count);
void assignment_taken(
    struct pipeline *pipeline, const int32_t *partitions, size_t count, bool lost);
void assignment_turn(struct pipeline *pipeline);
/* Gives everything back: at the stop, or when the consumer is at its end (lost). */
void assignment_release_all(struct pipeline *pipeline, bool lost);
bool assignment_is_empty(const struct pipeline *pipeline);

/* transaction.c */
void transaction_turn(struct pipeline *pipeline);
bool transaction_is_running(const struct pipeline *pipeline);
/* A line for whoever asks why nothing is published, or nothing. */
void transaction_reason(const struct pipeline *pipeline, struct buffer *lines);

/* rules.c */
void rules_take(struct pipeline *pipeline, const struct config *config);
void rules_turn(struct pipeline *pipeline);
/* Adds up what all decoders have counted. */
void rules_decoded(const struct pipeline *pipeline, struct decode_counts *ret_counts);
void rules_free(struct pipeline *pipeline);

/* probe.c */
void probe_turn(struct pipeline *pipeline);
bool probe_brokers_answer(const struct pipeline *pipeline);

#endif
