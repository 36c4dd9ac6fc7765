/* Where a partition begins: what Kafka says is published, what Redis has, and whether they agree.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/check.h"
#include "config/base/drill.h"
#include "pipeline/partition/life.h"

/* --- the question to Kafka ------------------------------------------------------------------- */

struct acquire_job {
    struct pipeline_job job;
    struct partition *partition;
    struct source *source;
    uint64_t incarnation;
    int start_at;
    int64_t start_time_ms;
    struct source_committed committed;
    struct source_committed sibling; /* of partition 0, where this one has none */
    int64_t low, end, first;         /* first: where a group without offsets begins */
    enum err_code code;
    struct err err;
};

static enum err_code
acquire_first(struct acquire_job *ask)
{
    if (ask->start_at == START_AT_EARLIEST)
        ask->first = ask->low;
    else if (ask->start_at == START_AT_LATEST)
        ask->first = ask->end;
    else
        return source_offset_at(
            ask->source, ask->partition->number, ask->start_time_ms, &ask->first, &ask->err);
    return ERR_NONE;
}

static void
acquire_work(struct pipeline_job *job)
{
    struct acquire_job *ask = (struct acquire_job *)job;
    int32_t number = ask->partition->number;

    ask->code = source_committed(ask->source, number, &ask->committed, &ask->err);
    if (ask->code == ERR_NONE)
        ask->code = source_range(ask->source, number, &ask->low, &ask->end, &ask->err);
    if (ask->code == ERR_NONE && ask->committed.offset == SOURCE_OFFSET_NONE)
        ask->code = acquire_first(ask);
    if (ask->code == ERR_NONE && ask->committed.offset == SOURCE_OFFSET_NONE)
        ask->code = source_committed(ask->source, 0, &ask->sibling, &ask->err);
}

/* A partition that begins may have come to a topic whose users have moved into it just now. */
static bool
acquire_is_new(struct partition *p, const struct acquire_job *ask)
{
    struct position sibling;
    struct err err;

    if (ask->sibling.offset == SOURCE_OFFSET_NONE ||
        position_parse(text_of(ask->sibling.metadata), &sibling, &err) != ERR_NONE ||
        sibling.partition_count == p->shared->topics->partition_count)
        return true;
    partition_stop_moved(p, sibling.partition_count, p->shared->topics->partition_count);
    return false;
}

/* False: users may have moved to other partitions. */
static bool
acquire_same_partitions(struct partition *p)
{
    if (p->committed.partition_count == p->shared->topics->partition_count)
        return true;
    partition_stop_moved(p, p->committed.partition_count, p->shared->topics->partition_count);
    return false;
}

static void
acquire_fresh(struct partition *p, const struct acquire_job *ask)
{
    p->has_committed = false;
    p->committed_offset = ask->first;
    memset(&p->committed, 0, sizeof(p->committed));
    p->committed.time = (struct engine_position){INT64_MIN, INT64_MIN, INT64_MIN, 0};
    p->committed.origin = ask->first;
}

/* False: a newer revision of the rules decides here, on another host; these ones would take it
 * back. */
static bool
acquire_may_decide(struct partition *p)
{
    if (!switch_is_older(p, p->rules))
        return true;
    partition_halt(p,
        "rules %s of revision %" PRId64 " are older than those that this partition was decided by, "
        "of revision %" PRId64 "; it is left alone until this host has them too, or a higher one",
        p->rules->config->plan->rules_id, p->rules->config->settings.revision,
        p->committed.revision);
    p->older_rules = true;
    return false;
}

static bool
acquire_committed(struct partition *p, const struct acquire_job *ask)
{
    struct err err;

    if (ask->committed.offset == SOURCE_OFFSET_NONE) {
        acquire_fresh(p, ask);
        return acquire_is_new(p, ask);
    }
    if (position_parse(text_of(ask->committed.metadata), &p->committed, &err) != ERR_NONE) {
        partition_halt(p,
            "the group's offset %" PRId64 " was not committed by footprint (%s), and what is "
            "published up to there is not guessed: footprintctl reset -c FILE --partition %d "
            "--from %" PRId64 " begins there with an empty state and publishes again, --restore "
            "goes back to where Redis stands",
            ask->committed.offset, err.msg, p->number, ask->committed.offset);
        return false;
    }
    p->has_committed = true;
    p->committed_offset = ask->committed.offset;
    p->committed.offset = ask->committed.offset;
    return acquire_same_partitions(p) && acquire_may_decide(p);
}

/*
 * The log ends before what was read of it: it was made anew, or has lost its end. A new leader may
 * say so for a moment, hence not at the first look.
 */
static bool
acquire_log_holds(struct partition *p)
{
    if (p->committed_offset <= p->log_end) {
        p->ends_short = 0;
        return true;
    }
    if (++p->ends_short < LOOKS_AT_END) {
        snprintf(p->reason, sizeof(p->reason),
            "kafka: the log ends at offset %" PRId64 ", before the committed offset %" PRId64,
            p->log_end, p->committed_offset);
        p->retry_at_us = partition_now_us(p) + RETRY_US;
        return false;
    }
    partition_halt(p,
        "the group's offset is %" PRId64 " but the log ends at %" PRId64
        ": the topic was made anew, or Kafka has lost data; nothing is guessed: footprintctl reset "
        "-c FILE --partition %d --from OFFSET begins there with an empty state",
        p->committed_offset, p->log_end, p->number);
    return false;
}

static void acquire_store(struct partition *p);

static void
acquire_work_done(struct pipeline_job *job)
{
    struct acquire_job *ask = (struct acquire_job *)job;
    struct partition *p = ask->partition;

    CHECK(p->magic == PARTITION_MAGIC);
    p->busy--;
    if (p->state != PARTITION_ACQUIRING || ask->incarnation != p->incarnation) {
        free(ask);
        return;
    }
    if (ask->code != ERR_NONE) {
        snprintf(p->reason, sizeof(p->reason), "kafka: %.480s", ask->err.msg);
        p->retry_at_us = partition_now_us(p) + RETRY_US;
        free(ask);
        return;
    }
    p->log_low = ask->low;
    p->log_end = p->end_known = ask->end;
    if (acquire_committed(p, ask) && acquire_log_holds(p))
        acquire_store(p);
    free(ask);
}

void
acquire_begin(struct partition *p)
{
    const struct settings *settings = &p->shared->config->settings;
    struct acquire_job *ask = calloc(1, sizeof(*ask));

    CHECK(ask != NULL);
    p->state = PARTITION_ACQUIRING;
    p->acquire_waits = false;
    p->older_rules = false;
    partition_take_rules(p);
    rebuild_free(p->rebuild);
    p->rebuild = NULL;
    p->retry_at_us = INT64_MAX;
    if (p->reason[0] == '\0') /* or what went wrong last, which still holds */
        snprintf(p->reason, sizeof(p->reason), "kafka: asking for the committed offset");
    ask->job.work = acquire_work;
    ask->job.done = acquire_work_done;
    ask->partition = p;
    ask->source = p->shared->source;
    ask->incarnation = p->incarnation;
    ask->start_at = settings->input_start_at;
    ask->start_time_ms = settings->input_start_time_ms;
    p->busy++;
    p->shared->host->run(p->shared->host->opaque, LANE_QUERY, &ask->job);
}

/* --- the question to Redis ------------------------------------------------------------------- */

static void
acquire_read(const struct store_found *found, struct stored *answer)
{
    stored_begin(answer);
    for (size_t i = 0; i < found->field_count; i++)
        stored_read(answer, &found->fields[i]);
    stored_end(answer);
}

/* "3:120 7:15": the members of segments 3 and 7; all others have none. */
static void
acquire_members(struct partition *p, struct text members)
{
    uint32_t count = p->rules->config->plan->segment_count;
    const char *at = members.bytes, *end = at + members.length;

    memset(p->mark_members, 0, count * sizeof(p->mark_members[0]));
    while (at < end) {
        uint64_t segment = 0, value = 0;

        for (; at < end && *at >= '0' && *at <= '9'; at++)
            segment = segment * 10 + (uint64_t)(*at - '0');
        for (at++; at < end && *at >= '0' && *at <= '9'; at++)
            value = value * 10 + (uint64_t)(*at - '0');
        at++;
        if (segment < count)
            p->mark_members[segment] = (int64_t)value;
    }
}

/* Redis has a state that a replay may begin with: whole, of these rules and this engine, and the
 * log still has what came since. */
static bool
acquire_is_usable(const struct partition *p, const struct stored *answer)
{
    return answer->has_offset && !answer->rebuilding && p->committed.switching_to[0] == '\0' &&
           answer->position.engine_version == POSITION_ENGINE &&
           strcmp(answer->position.state_id, p->rules->config->state_id) == 0 &&
           strcmp(p->committed.state_id, p->rules->config->state_id) == 0 &&
           (answer->position.offset >= p->log_low ||
               answer->position.offset == p->committed_offset);
}

/* False: another group keeps its state under these keys. */
static bool
acquire_is_ours(struct partition *p, const struct stored *answer)
{
    struct buffer ours;
    bool is_ours;

    buffer_init(&ours);
    stored_print_group(p->shared->config, &ours);
    is_ours = answer->group.length == 0 ||
              text_equal(answer->group, (struct text){ours.bytes, (uint32_t)ours.length});
    buffer_fini(&ours);
    if (!is_ours)
        partition_halt(p,
            "the state in Redis is that of another group and input (%.*s), and is not taken over: "
            "use another redis.prefix, or throw it away by footprintctl reset -c FILE --partition "
            "%d --rebuild",
            (int)answer->group.length, answer->group.bytes, p->number);
    return is_ours;
}

/* False: there is no safe place to begin; the partition is halted with the reason. */
static bool
acquire_agrees(struct partition *p, const struct stored *answer)
{
    if (!acquire_is_ours(p, answer))
        return false;
    if (!p->has_committed) {
        if (answer->has_offset)
            partition_halt(p,
                "Redis has a state, up to offset %" PRId64 ", but the group '%s' has no offset "
                "(expired, deleted, or the topic was made anew), and what is published is not "
                "guessed: "
                "footprintctl reset -c FILE --partition %d --restore goes back to where Redis "
                "stands, --from OFFSET begins there with an empty state; or use another "
                "redis.prefix",
                answer->position.offset, p->shared->config->settings.kafka_group, p->number);
    } else if (answer->has_offset && answer->position.offset > p->committed_offset) {
        partition_halt(p,
            "the checkpoint in Redis is at offset %" PRId64 ", ahead of the group's %" PRId64
            ": offsets were rewound, or Kafka has lost data, and which of them is right is not "
            "guessed: footprintctl reset -c FILE --partition %d --restore goes on where Redis "
            "stands, --rebuild at the group's offset, --from OFFSET begins there with an empty "
            "state",
            answer->position.offset, p->committed_offset, p->number);
    } else if (p->committed_offset < p->log_low) {
        return gap_found(p,
            "offsets %" PRId64 " to %" PRId64 " were never read, and the log, which begins at "
            "%" PRId64 ", has them no more: retention or a deletion was faster",
            p->committed_offset, p->log_low - 1, p->log_low);
    }
    return p->state != PARTITION_HALTED;
}

/* Nothing in the log before the start counts; but its clock may have jumped there, and whoever
 * reads from there again has to know. */
static void
acquire_start_fresh(struct partition *p)
{
    struct engine_position nowhere = {INT64_MIN, INT64_MIN, INT64_MIN, 0};

    p->now.offset = p->committed_offset;
    p->now.jumps = p->committed.jumps;
    engine_position_set(p->engine, &nowhere);
    residency_init(p, NULL, 0);
    p->complete = true;
}

static void
acquire_start_stored(
    struct partition *p, const struct stored *answer, const struct store_found *found)
{
    p->now.offset = answer->position.offset;
    p->now.jumps = p->committed.jumps;
    p->mark = answer->mark;
    acquire_members(p, answer->members);
    engine_position_set(p->engine, &answer->position.time);
    p->target = position_is_cut(&answer->position.time) ? answer->position.time.target : NO_TARGET;
    residency_init(p, found->buckets, found->bucket_count);
    p->complete = false;
}

/* From the beginning of the log, or of what counts: windows are filled again, then what was
 * published is taken over. */
static void
acquire_start_rebuild(struct partition *p, const struct stored *answer)
{
    struct engine_position nowhere = {INT64_MIN, INT64_MIN, INT64_MIN, 0};
    const char *state_id = p->rules->config->state_id, *half = p->committed.switching_to;
    bool same_rules = half[0] == '\0' && strcmp(p->committed.state_id, state_id) == 0;
    bool known = strcmp(answer->position.state_id, p->committed.state_id) == 0;

    p->now.offset = p->log_low > p->committed.origin ? p->log_low : p->committed.origin;
    if (p->now.offset > p->committed_offset)
        p->now.offset = p->committed_offset;
    gap_look_begin(p);
    p->now.gap_accepted = p->committed.gap_accepted; /* till all is taken over */
    p->now.jumps = p->committed.jumps;
    engine_position_set(p->engine, &nowhere);
    residency_init(p, NULL, 0);
    p->complete = true;
    if (same_rules)
        return;
    snprintf(p->now.state_id, sizeof(p->now.state_id), "%s", p->committed.state_id);
    p->now.revision = p->committed.revision;
    snprintf(p->now.switching_to, sizeof(p->now.switching_to), "%s", state_id);
    if (half[0] != '\0' && strcmp(half, state_id) != 0)
        known = false; /* what is published is of neither the one nor the other */
    rebuild_other_rules(p->rebuild, known ? answer->ids : (struct text){NULL, 0});
}

static void
acquire_ready(struct partition *p, const struct stored *answer, const struct store_found *found)
{
    struct position *now = &p->now;

    engine_clear(p->engine);
    engine_silence(p->engine, true);
    memset(now, 0, sizeof(*now));
    snprintf(now->state_id, sizeof(now->state_id), "%s", p->rules->config->state_id);
    now->engine_version = POSITION_ENGINE;
    now->revision = p->rules->config->settings.revision;
    if (now->revision < p->committed.revision)
        now->revision = p->committed.revision; /* the same rules under a lower one */
    now->partition_count = p->shared->topics->partition_count;
    p->counted = *engine_counts(p->engine);
    p->target = NO_TARGET;
    p->mark.known = false;
    now->origin = p->committed.origin;
    p->reach.state = REACH_NOT_ASKED;
    if (p->rebuild != NULL)
        acquire_start_rebuild(p, answer);
    else if (p->has_committed && acquire_is_usable(p, answer))
        acquire_start_stored(p, answer, found);
    else
        acquire_start_fresh(p);
    p->start = now->offset > p->log_low ? now->offset : p->log_low;
    snprintf(p->known_owner, sizeof(p->known_owner), "%.*s", (int)answer->owner.length,
        answer->owner.bytes != NULL ? answer->owner.bytes : "");
    p->known_chunk = answer->chunk_number;
    checkpoint_init(p);
    p->durable_offset = now->offset;
    p->state = PARTITION_READY;
    snprintf(p->reason, sizeof(p->reason), "waiting for records");
    if (p->seek_on_ready)
        acquire_seek(p);
}

/* --- what was published, when Redis can't say how it came to be -------------------------------- */

struct rebuild_job {
    struct pipeline_job job;
    struct partition *partition;
    struct rebuild *rebuild;
    uint64_t incarnation;
    enum err_code code;
    struct err err;
};

static void
acquire_rebuild_work(struct pipeline_job *job)
{
    struct rebuild_job *read = (struct rebuild_job *)job;

    read->code = rebuild_read(read->rebuild, &read->err);
}

/* With it in hand Redis is asked once more, so that nothing old is mixed with it. */
static void
acquire_rebuild_done(struct pipeline_job *job)
{
    struct rebuild_job *read = (struct rebuild_job *)job;
    struct partition *p = read->partition;

    p->busy--;
    if (p->state != PARTITION_ACQUIRING || read->incarnation != p->incarnation) {
        rebuild_free(read->rebuild);
    } else if (read->code == ERR_INPUT && p->committed.changes > 0) {
        partition_halt(p,
            "%s, but %" PRIu64 " changes were published: it was made anew, or output.members names "
            "another topic; memberships are not guessed: footprintctl reset -c FILE --partition %d "
            "--from OFFSET begins there with an empty state and publishes again",
            read->err.msg, p->committed.changes, p->number);
        rebuild_free(read->rebuild);
    } else if (read->code != ERR_NONE && read->code != ERR_INPUT) {
        snprintf(p->reason, sizeof(p->reason), "%.500s", read->err.msg);
        p->retry_at_us = partition_now_us(p) + RETRY_US;
        rebuild_free(read->rebuild);
    } else {
        p->rebuild = read->rebuild;
        acquire_store(p);
    }
    free(read);
}

static void
acquire_rebuild(struct partition *p)
{
    struct rebuild_job *read = calloc(1, sizeof(*read));

    CHECK(read != NULL);
    partition_notice(p, NOTICE_WARN, "partition-rebuild",
        "Redis has no usable state; reading what was published, then the log from offset %" PRId64,
        p->log_low > p->committed.origin ? p->log_low : p->committed.origin);
    snprintf(p->reason, sizeof(p->reason), "rebuilding: reading the members topic");
    read->job.work = acquire_rebuild_work;
    read->job.done = acquire_rebuild_done;
    read->partition = p;
    read->rebuild = rebuild_new(p->shared->config, p->rules->config->plan, p->number);
    read->incarnation = p->incarnation;
    p->busy++;
    p->shared->host->run(p->shared->host->opaque, LANE_QUERY, &read->job);
}

static void
acquire_choose(struct partition *p, const struct stored *answer, const struct store_found *found)
{
    /* Where nothing has been read since the beginning, the state is the empty one. */
    bool empty = !p->has_committed || p->committed_offset == p->committed.origin;

    if (!acquire_agrees(p, answer))
        return;
    if (!empty && p->rebuild == NULL && !acquire_is_usable(p, answer))
        acquire_rebuild(p);
    else
        acquire_ready(p, answer, found);
}

struct acquire_call {
    struct partition *partition;
    uint64_t incarnation;
    uint64_t epoch;
};

static struct acquire_call *
acquire_call_new(struct partition *p)
{
    struct acquire_call *call = calloc(1, sizeof(*call));

    CHECK(call != NULL);
    call->partition = p;
    call->incarnation = p->incarnation;
    call->epoch = p->shared->store_epoch;
    p->busy++;
    return call;
}

static void
acquire_found(
    void *opaque, enum store_result result, const struct store_found *found, const char *why)
{
    struct acquire_call *call = opaque;
    struct partition *p = call->partition;
    bool stale = p->state != PARTITION_ACQUIRING || call->incarnation != p->incarnation;
    struct stored answer;

    p->busy--;
    if (!stale && result != STORE_OK) {
        snprintf(p->reason, sizeof(p->reason), "redis: %s", why);
        p->retry_at_us = partition_now_us(p) + RETRY_US;
    } else if (!stale) {
        DRILL_POINT(DRILL_K8);
        p->store_epoch = call->epoch;
        acquire_read(found, &answer);
        acquire_choose(p, &answer, found);
    }
    free(call);
}

static void
acquire_store(struct partition *p)
{
    if (!store_is_up(p->shared->store)) {
        snprintf(p->reason, sizeof(p->reason), "redis: not connected");
        p->retry_at_us = partition_now_us(p) + RETRY_US;
        return;
    }
    store_acquire(p->shared->store, p->number, acquire_found, acquire_call_new(p));
}

void
acquire_turn(struct partition *p)
{
    CHECK(p->state == PARTITION_ACQUIRING);
    if (!p->acquire_waits && partition_now_us(p) >= p->retry_at_us)
        acquire_begin(p);
}

/* --- a new connection under a living partition ----------------------------------------------- */

/*
 * While the connection was away the partition went on from memory. If Redis still has the last
 * chunk that was acknowledged, or the one that was under way, nothing is lost and it is ours again.
 */
static void
acquire_found_again(struct partition *p, const struct stored *answer, uint64_t epoch)
{
    const struct chunk *sent =
        p->chunks != NULL && p->chunks->state == CHUNK_SENT ? p->chunks : NULL;
    bool same = text_equal(answer->owner, text_of(p->known_owner)) &&
                answer->chunk_number == p->known_chunk;
    bool assumed = DRILL_WITHOUT(DRILL_AGAIN);
    bool arrived = sent != NULL && text_equal(answer->owner, text_of(p->owner)) &&
                   answer->chunk_number == sent->number;

    if (!same && !arrived && !assumed) {
        partition_reset(p, "Redis has lost writes, or another owner wrote");
        return;
    }
    if (p->members_behind) {
        partition_reset(p, "membership records were left out while Redis was away");
        return;
    }
    p->store_epoch = epoch;
    if (sent != NULL)
        p->chunks->state = CHUNK_COMMITTED; /* if it did arrive, again does no harm */
}

static void
acquire_again_found(
    void *opaque, enum store_result result, const struct store_found *found, const char *why)
{
    struct acquire_call *call = opaque;
    struct partition *p = call->partition;
    struct stored answer;

    p->busy--;
    p->reacquiring = false;
    if (call->incarnation != p->incarnation) {
        free(call);
        return;
    }
    if (result != STORE_OK) {
        snprintf(p->reason, sizeof(p->reason), "redis: %s", why);
        p->retry_at_us = partition_now_us(p) + RETRY_US;
    } else {
        acquire_read(found, &answer);
        acquire_found_again(p, &answer, call->epoch);
    }
    free(call);
}

void
acquire_again(struct partition *p)
{
    if (p->reacquiring || !store_is_up(p->shared->store))
        return;
    p->reacquiring = true;
    store_acquire(p->shared->store, p->number, acquire_again_found, acquire_call_new(p));
}

/* --- back to the start of a replay ----------------------------------------------------------- */

struct seek_job {
    struct pipeline_job job;
    struct partition *partition;
    struct source *source;
    uint64_t incarnation;
    int64_t offset;
    enum err_code code;
    struct err err;
};

static void
acquire_seek_work(struct pipeline_job *job)
{
    struct seek_job *seek = (struct seek_job *)job;

    seek->code = source_seek(seek->source, seek->partition->number, seek->offset, &seek->err);
}

static void
acquire_seek_done(struct pipeline_job *job)
{
    struct seek_job *seek = (struct seek_job *)job;
    struct partition *p = seek->partition;

    p->busy--;
    if (p->state == PARTITION_SEEKING && seek->incarnation == p->incarnation) {
        if (seek->code == ERR_NONE) {
            p->seek_on_ready = false;
            partition_assigned(p);
        } else { /* until it succeeds: the queue must not be read before */
            p->state = PARTITION_ACQUIRING;
            p->retry_at_us = partition_now_us(p) + RETRY_US;
        }
    }
    free(seek);
}

void
acquire_seek(struct partition *p)
{
    struct seek_job *seek = calloc(1, sizeof(*seek));

    CHECK(seek != NULL);
    p->state = PARTITION_SEEKING;
    seek->job.work = acquire_seek_work;
    seek->job.done = acquire_seek_done;
    seek->partition = p;
    seek->source = p->shared->source;
    seek->incarnation = p->incarnation;
    seek->offset = p->start;
    p->busy++;
    p->shared->host->run(p->shared->host->opaque, LANE_QUERY, &seek->job);
}
