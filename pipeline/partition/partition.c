/* The states of one partition, and its share of each transaction. */
#include "pipeline/partition/partition.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "config/base/check.h"
#include "config/base/drill.h"
#include "config/base/murmur2.h"
#include "pipeline/emit/member.h"
#include "pipeline/partition/life.h"

/* --- making and freeing ---------------------------------------------------------------------- */

void
partition_name_owner(struct partition *p)
{
    uint64_t token = 0;

    CHECK(getrandom(&token, sizeof(token), 0) == sizeof(token));
    snprintf(p->owner, sizeof(p->owner), "%016llx", (unsigned long long)token);
}

static struct engine *
partition_engine_new(struct partition *p)
{
    const struct settings *settings = &p->shared->config->settings;
    struct engine_settings of_engine = {
        .dedupe_ms = settings->input_dedupe_ms,
        .forget_after_ms = settings->profiles_forget_after_ms,
        .events_per_window = (uint32_t)settings->limits_events_per_window,
    };

    return engine_new(p->rules->config->plan, &of_engine, apply_change, p);
}

static void
partition_set_rules(struct partition *p, struct ruleset *rules)
{
    if (p->rules == rules)
        return;
    if (p->rules != NULL)
        p->rules->users--;
    p->rules = rules;
    rules->users++;
    engine_free(p->engine);
    free(p->mark_members);
    p->engine = partition_engine_new(p);
    p->mark_members = calloc(rules->config->plan->segment_count + 1, sizeof(p->mark_members[0]));
    CHECK(p->mark_members != NULL);
}

void
partition_take_rules(struct partition *p)
{
    partition_set_rules(p, p->shared->rules);
}

static struct partition *
partition_make(struct partition_shared *shared, struct ruleset *rules, int32_t number)
{
    struct partition *p = calloc(1, sizeof(*p));

    CHECK(p != NULL);
    p->magic = PARTITION_MAGIC;
    p->shared = shared;
    p->number = number;
    partition_set_rules(p, rules);
    p->asked = calloc(ASKED_MAX, sizeof(p->asked[0]));
    CHECK(p->asked != NULL);
    backlog_init(&p->backlog, &shared->batches);
    outbox_init(&p->boxes[0]);
    outbox_init(&p->boxes[1]);
    buffer_init(&p->metadata);
    buffer_init(&p->scratch);
    p->chunks_end = &p->chunks;
    p->target = NO_TARGET;
    p->end_known = -1;
    p->newest_ts = -1;
    partition_name_owner(p);
    return p;
}

struct partition *
partition_new(struct partition_shared *shared, int32_t number)
{
    struct partition *p = partition_make(shared, shared->rules, number);

    acquire_begin(p);
    return p;
}

struct partition *
partition_new_follower(struct partition *p, struct ruleset *rules)
{
    struct partition *follower = partition_make(p->shared, rules, p->number);

    follower->state = PARTITION_REPLAYING;
    follower->follow = FOLLOW_LOG;
    follower->has_committed = true;
    follower->complete = true;
    engine_silence(follower->engine, true);
    return follower;
}

void
partition_free(struct partition *p)
{
    if (p == NULL)
        return;
    CHECK(p->magic == PARTITION_MAGIC);
    CHECK(p->busy == 0 && !p->in_transaction);
    checkpoint_clear(p);
    backlog_clear(&p->backlog);
    outbox_fini(&p->boxes[0]);
    outbox_fini(&p->boxes[1]);
    buffer_fini(&p->metadata);
    buffer_fini(&p->scratch);
    engine_free(p->engine);
    free(p->mark_members);
    free(p->asked);
    free(p->buckets);
    free(p->generations);
    rebuild_free(p->rebuild);
    p->rules->users--;
    p->magic = 0;
    free(p);
}

int32_t
partition_number(const struct partition *p)
{
    return p->number;
}

enum partition_state
partition_state(const struct partition *p)
{
    return p->state;
}

bool
partition_is_taking_over(const struct partition *p)
{
    return p->state == PARTITION_LIVE &&
           (p->rebuild != NULL || (p->has_committed && strcmp(p->committed.state_id,
                                                           p->rules->config->state_id) != 0));
}

const char *
partition_reason(const struct partition *p)
{
    return p->reason;
}

int64_t
partition_now_us(const struct partition *p)
{
    return p->shared->host->mono_us(p->shared->host->opaque);
}

bool
partition_store_ready(const struct partition *p)
{
    return store_is_up(p->shared->store) && p->store_epoch == p->shared->store_epoch;
}

void
partition_notice(struct partition *p, enum notice_level level, const char *id, const char *fmt, ...)
{
    char text[1200];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    p->shared->host->notice(
        p->shared->host->opaque, &(struct pipeline_notice){level, id, p->number, text});
}

/* --- stops and resets ------------------------------------------------------------------------ */

void
partition_halt(struct partition *p, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vsnprintf(p->reason, sizeof(p->reason), fmt, args);
    va_end(args);
    p->state = PARTITION_HALTED;
    if (p->follow != FOLLOW_NOT)
        return; /* whoever it follows says so */
    switch_end(p);
    p->incarnation++;
    backlog_clear(&p->backlog);
    checkpoint_clear(p);
    partition_notice(p, NOTICE_ERROR, "partition-halted", "%s", p->reason);
}

void
partition_stop_moved(struct partition *p, int64_t then, int32_t now)
{
    if (p->state == PARTITION_HALTED || p->state == PARTITION_RELEASING ||
        p->state == PARTITION_GONE)
        return;
    partition_halt(p,
        "the topic had %lld partitions when this state was made and has %d now, so users have "
        "moved, and which state belongs to whom is not guessed: start with a new kafka.group and "
        "redis.prefix, or begin with empty states by footprintctl reset -c FILE --all --from "
        "OFFSET",
        (long long)then, now);
}

void
partition_reset(struct partition *p, const char *why)
{
    if (p->state != PARTITION_REPLAYING && p->state != PARTITION_LIVE)
        return;
    partition_notice(p, NOTICE_WARN, "partition-reset", "%s; rebuilding from the checkpoint", why);
    p->shared->counters->resets++;
    switch_end(p);
    p->incarnation++;
    p->store_epoch = 0;
    if (!DRILL_WITHOUT(DRILL_HAND))
        backlog_clear(&p->backlog);
    checkpoint_clear(p);
    outbox_clear(&p->boxes[p->filling]);
    engine_clear(p->engine);
    p->seek_on_ready = true;
    p->state = PARTITION_ACQUIRING;
    snprintf(p->reason, sizeof(p->reason), "%s", why);
    p->acquire_waits = p->in_transaction; /* its end says what is committed */
    partition_name_owner(p);
    if (!p->acquire_waits)
        acquire_begin(p);
}

/* Nothing of it may be published or stored any more; the next owner begins where Kafka says. */
static void
partition_lose(struct partition *p)
{
    p->incarnation++;
    checkpoint_clear(p);
    p->lost = true;
}

void
partition_release(struct partition *p, bool lost)
{
    bool live = p->state == PARTITION_LIVE;

    switch_end(p);
    backlog_clear(&p->backlog);
    p->lost = lost;
    p->release_until_us = partition_now_us(p) + RELEASE_US;
    p->state = PARTITION_RELEASING;
    if (live && !lost)
        return; /* one more transaction and its checkpoint */
    partition_lose(p);
}

static void
partition_release_turn(struct partition *p)
{
    bool late = partition_now_us(p) >= p->release_until_us;

    if (!p->lost) {
        bool news = partition_need(p) != PARTITION_NEEDS_NOTHING;

        if (!news && !p->in_transaction)
            DRILL_POINT(DRILL_RELEASE);
        if (!news && !p->in_transaction && p->chunks == NULL && !checkpoint_is_done(p)) {
            checkpoint_copy(p, true);
            checkpoint_committed(p);
        }
        checkpoint_turn(p);
        if (!late && (news || !checkpoint_is_done(p)))
            return;
    }
    if (!p->lost && late)
        partition_lose(p);
    if (!p->in_transaction && p->busy == 0)
        p->state = PARTITION_GONE;
}

/* --- records --------------------------------------------------------------------------------- */

int64_t
partition_start(const struct partition *p)
{
    CHECK(p->state == PARTITION_READY || p->state == PARTITION_HALTED);
    return p->state == PARTITION_READY ? p->start : SOURCE_OFFSET_NONE;
}

void
partition_assigned(struct partition *p)
{
    p->is_assigned = true;
    if (p->state != PARTITION_READY && p->state != PARTITION_SEEKING)
        return;
    p->state = PARTITION_REPLAYING;
    p->jumps_made = position_jumps_before(&p->now.jumps, p->start);
    p->counts_hold = false;
    p->at_end = false;
    p->last_message_us = partition_now_us(p);
    if (p->start < p->committed_offset)
        partition_notice(p, NOTICE_INFO, "partition-replay", "replaying offsets %lld to %lld",
            (long long)p->start, (long long)p->committed_offset);
}

static int32_t
partition_of(const struct partition *p, struct text user)
{
    return (int32_t)murmur2_partition(user, (uint32_t)p->shared->topics->partition_count);
}

/* A record is well placed when its key is the user, or its partition is the user's by murmur2. */
static bool
partition_is_misplaced(const struct partition *p, const struct record *record)
{
    struct text user = record->event.user;

    if (p->shared->config->settings.input_placement == PLACEMENT_TRUST)
        return false;
    if (record->has_key && text_equal(record->key, user))
        return false;
    return partition_of(p, user) != p->number;
}

static enum decode_result
partition_judge(struct partition *p, struct record *record, struct decode_fault *fault)
{
    int64_t ahead_ms = p->shared->config->settings.input_max_ahead_ms;

    fault->offset = 0;
    if (record->timestamp_ms >= 0 && ahead_ms != SETTING_NEVER &&
        record->event.ts - record->timestamp_ms > ahead_ms) {
        snprintf(fault->detail, sizeof(fault->detail),
            "its time is %lld ms after its record's; input.max_ahead allows %lld ms",
            (long long)(record->event.ts - record->timestamp_ms), (long long)ahead_ms);
        return DECODE_AHEAD;
    }
    if (partition_is_misplaced(p, record)) {
        snprintf(fault->detail, sizeof(fault->detail),
            "the key is not the user, and partition %d is not the user's (%d by murmur2)",
            p->number, partition_of(p, record->event.user));
        return DECODE_MISPLACED;
    }
    return DECODE_OK;
}

static void
partition_decode(struct partition *p, struct record *record, struct arena *arena)
{
    struct decode_fault *fault = &p->fault, *kept;

    record->result = decode_event(p->rules->decode, record->payload, arena, &record->event, fault);
    if (record->result == DECODE_OK)
        record->result = partition_judge(p, record, fault);
    if (record->result == DECODE_OK)
        return;
    kept = arena_take(arena, sizeof(*kept));
    *kept = *fault;
    record->fault = kept;
}

static void
partition_decode_one(void *opaque, struct record *record, struct arena *arena)
{
    if (record->kind == SOURCE_RECORD)
        partition_decode(opaque, record, arena);
}

void
partition_decode_again(struct partition *p)
{
    backlog_walk(&p->backlog, partition_decode_one, p);
}

static void
partition_trouble(struct partition *p, const struct source_message *message)
{
    bool out = message->kind == SOURCE_OUT_OF_RANGE;

    if (!out)
        snprintf(p->reason, sizeof(p->reason), "kafka: %.*s", (int)message->payload.length,
            message->payload.bytes);
    if (out) /* to ask where the log begins and ends now, and whether to go on */
        partition_reset(p, "the next offset is not in the log any more");
}

void
partition_take(struct partition *p, const struct source_message *message)
{
    struct record *record;
    struct arena *arena;

    CHECK(message->partition == p->number);
    if (p->state != PARTITION_REPLAYING && p->state != PARTITION_LIVE)
        return;
    if (message->kind != SOURCE_RECORD && message->kind != SOURCE_END) {
        partition_trouble(p, message);
        return;
    }
    idle_message(p, message->kind == SOURCE_END);
    record = backlog_add(&p->backlog, message, &arena);
    if (record->kind == SOURCE_RECORD)
        partition_decode(p, record, arena);
}

bool
partition_is_full(const struct partition *p)
{
    /* What comes while it seeks may be of before the seek, or behind it. */
    if (p->state == PARTITION_SEEKING && !DRILL_WITHOUT(DRILL_SEEK))
        return true;
    if (p->state != PARTITION_REPLAYING && p->state != PARTITION_LIVE)
        return false;
    if (p->source_paused) /* what waits here must not stop the others */
        return false;
    return p->backlog.record_count >= BACKLOG_RECORDS_MAX ||
           p->backlog.byte_count >= BACKLOG_BYTES_MAX || checkpoint_is_behind(p) ||
           (p->state == PARTITION_LIVE && residency_is_full(p));
}

bool
partition_turn(struct partition *p)
{
    bool more = false;

    hold_turn(p);
    switch (p->state) {
    case PARTITION_ACQUIRING:
        acquire_turn(p);
        break;
    case PARTITION_REPLAYING:
    case PARTITION_LIVE:
        more = switch_turn(p);
        if (apply_turn(p))
            more = true;
        residency_ahead(p);
        checkpoint_turn(p);
        residency_fit(p);
        if (p->store_epoch != p->shared->store_epoch)
            acquire_again(p);
        break;
    case PARTITION_RELEASING:
        partition_release_turn(p);
        break;
    case PARTITION_READY:
    case PARTITION_SEEKING:
    case PARTITION_HALTED:
    case PARTITION_GONE:
        break;
    }
    return more;
}

/* --- transactions ---------------------------------------------------------------------------- */

void
partition_count(struct partition *p)
{
    const struct engine_counts *now = engine_counts(p->engine), *seen = &p->counted;
    struct counters *counters = p->shared->counters;

    p->now.changes += now->enters + now->exits - seen->enters - seen->exits;
    if (p->state != PARTITION_REPLAYING) {
        counters->late += now->late - seen->late;
        counters->repeats += now->repeats - seen->repeats;
        counters->too_old += now->too_old - seen->too_old;
        counters->merged += now->merged - seen->merged;
        counters->dropped += now->dropped - seen->dropped;
        counters->regex_limits += now->regex_limit - seen->regex_limit;
        counters->events += now->events - seen->events;
        counters->forgotten += now->forgotten - seen->forgotten;
    }
    counters->evicted += now->evicted - seen->evicted;
    p->counted = *now;
}

/* An advance that is decided on but has not begun is a cut one too: nothing of it is published. */
void
partition_time(const struct partition *p, struct engine_position *ret_time)
{
    engine_position_get(p->engine, ret_time);
    if (p->target == NO_TARGET || p->target <= ret_time->watermark)
        return;
    if (!position_is_cut(ret_time)) {
        ret_time->due = INT64_MIN;
        ret_time->hash = 0;
    }
    ret_time->target = p->target;
}

static bool
partition_has_moved(const struct partition *p)
{
    struct engine_position time;

    partition_time(p, &time);
    return !p->has_committed || p->now.offset != p->committed.offset ||
           p->now.origin != p->committed.origin ||
           p->now.gap_accepted != p->committed.gap_accepted ||
           strcmp(p->now.state_id, p->committed.state_id) != 0 ||
           !position_time_equal(&time, &p->committed.time);
}

enum partition_need
partition_need(const struct partition *p)
{
    const struct outbox *outbox = &p->boxes[p->filling];
    bool leaving = p->state == PARTITION_RELEASING;

    if (p->in_transaction || (p->state != PARTITION_LIVE && (!leaving || p->lost)))
        return PARTITION_NEEDS_NOTHING;
    if (outbox->record_count == 0 && !partition_has_moved(p) && p->rebuild == NULL)
        return PARTITION_NEEDS_NOTHING;
    if (leaving || outbox_full(outbox) || checkpoint_waits_for_commit(p))
        return PARTITION_MUST_COMMIT;
    return outbox->record_count > 0 ? PARTITION_HAS_RECORDS : PARTITION_HAS_MOVED;
}

bool
partition_in_transaction(const struct partition *p)
{
    return p->in_transaction;
}

bool
partition_is_lost(const struct partition *p)
{
    return p->lost;
}

void
partition_member(struct partition *p, uint32_t slot, struct outbox *outbox)
{
    const struct plan *plan = p->rules->config->plan;
    struct membership membership;
    struct buffer *json = &p->scratch;
    bool has_record; /* or he was forgotten, and is back as one of whom nothing was published */

    engine_membership(p->engine, slot, &membership);
    has_record = membership.known && membership.seq > 0;
    buffer_clear(json);
    if (has_record)
        member_emit(&membership, plan, json);
    checkpoint_member(p, membership.user, (struct text){json->bytes, (uint32_t)json->length},
        has_record && membership.segment_count + membership.left_count > 0);
    if (outbox != NULL) {
        outbox_begin(outbox, OUTBOX_MEMBERS, membership.user, true);
        buffer_add(&outbox->bytes, json->bytes, json->length);
        outbox_end(outbox, has_record);
        p->shared->counters->members_out++;
        if (p->successor != NULL)
            switch_member(p, membership.user,
                has_record ? (struct text){json->bytes, (uint32_t)json->length}
                           : (struct text){NULL, 0});
    }
}

void
partition_close(struct partition *p, struct sink_part *ret_part)
{
    struct outbox *outbox = &p->boxes[p->filling];
    uint32_t slot;

    CHECK(!p->in_transaction);
    CHECK(p->state == PARTITION_LIVE || p->state == PARTITION_RELEASING);
    while (engine_changed_next(p->engine, &slot))
        partition_member(p, slot, outbox);
    partition_count(p);
    partition_time(p, &p->now.time);
    idle_trust(p, &p->now.trust);
    p->boundary = p->now;
    buffer_clear(&p->metadata);
    position_print(&p->boundary, &p->metadata);
    buffer_add_char(&p->metadata, '\0');
    p->in_transaction = true;
    p->filling = 1 - p->filling;
    checkpoint_copy(p, p->state == PARTITION_RELEASING);
    *ret_part = (struct sink_part){
        .partition = p->number,
        .outbox = outbox,
        .offset = p->boundary.offset,
        .metadata = p->metadata.bytes,
    };
}

/* Whatever became of the transaction, a reset or a release may have waited for its end. */
static void
partition_transaction_ended(struct partition *p)
{
    outbox_clear(&p->boxes[1 - p->filling]);
    p->in_transaction = false;
    if (p->state == PARTITION_ACQUIRING && p->acquire_waits)
        acquire_begin(p);
}

void
partition_committed(struct partition *p)
{
    CHECK(p->in_transaction);
    p->has_committed = true;
    p->committed = p->boundary;
    p->committed_offset = p->boundary.offset;
    checkpoint_committed(p);
    partition_transaction_ended(p);
}

void
partition_dropped(struct partition *p, const char *why)
{
    CHECK(p->in_transaction);
    partition_transaction_ended(p);
    if (why == NULL || p->state == PARTITION_GONE)
        return;
    if (p->state == PARTITION_RELEASING) /* what comes next must not pass over what was refused */
        partition_lose(p);
    else
        partition_halt(p, "%s", why);
}

void
partition_store_up(struct partition *p)
{
    if (p->state == PARTITION_ACQUIRING && p->retry_at_us != INT64_MAX)
        p->retry_at_us = INT64_MIN;
    else if (p->state == PARTITION_LIVE || p->state == PARTITION_REPLAYING)
        acquire_again(p);
}

/* --- what is seen from outside ------------------------------------------------------------------ */

static const char *const partition_states[] = {
    [PARTITION_ACQUIRING] = "acquiring",
    [PARTITION_READY] = "ready",
    [PARTITION_SEEKING] = "seeking",
    [PARTITION_REPLAYING] = "replaying",
    [PARTITION_LIVE] = "live",
    [PARTITION_RELEASING] = "releasing",
    [PARTITION_HALTED] = "halted",
    [PARTITION_GONE] = "gone",
};

const char *
partition_state_name(const struct partition *p)
{
    return partition_is_held(p) ? hold_name(p) : partition_states[p->state];
}

/* In the newest rules, which the counters follow. */
static uint32_t
partition_segment_number(const struct partition *p, uint32_t segment)
{
    if (p->rules == p->shared->rules)
        return segment;
    return plan_segment_find(
        p->shared->rules->config->plan, p->rules->config->plan->segments[segment].name);
}

struct counters_segment *
partition_segment(const struct partition *p, uint32_t segment)
{
    uint32_t number = partition_segment_number(p, segment);

    return number == PLAN_NONE ? NULL : &p->shared->counters->segments[number];
}

static void
partition_counters_engine(const struct partition *p, struct counters *counters)
{
    const int64_t *members = engine_members(p->engine);

    counters->profiles += (int64_t)engine_profile_count(p->engine);
    counters->profile_bytes += (int64_t)engine_bytes(p->engine);
    counters->dirty += (int64_t)engine_dirty_count(p->engine);
    counters->timers += (int64_t)engine_counts(p->engine)->timers;
    if (p->state != PARTITION_LIVE)
        return;
    for (uint32_t i = 0; i < p->rules->config->plan->segment_count; i++) {
        uint32_t number = partition_segment_number(p, i);

        if (number != PLAN_NONE)
            counters->segments[number].members += members[i];
    }
}

/* Until its start is settled, a partition stands where it was committed. */
static int64_t
partition_lag(const struct partition *p)
{
    bool settled = p->state != PARTITION_ACQUIRING && p->state != PARTITION_READY;
    int64_t offset = !settled && p->has_committed ? p->committed_offset : p->now.offset;

    return p->end_known > offset ? p->end_known - offset : 0;
}

/* What waits is younger than what was applied last, and no younger than what was read first. */
static double
partition_lag_seconds(const struct partition *p, int64_t wall_ms)
{
    const struct record *head = backlog_head(&p->backlog);
    int64_t since = head != NULL && head->timestamp_ms >= 0 ? head->timestamp_ms : p->newest_ts;

    return since >= 0 && wall_ms > since ? (double)(wall_ms - since) / 1e3 : 0;
}

void
partition_counters(const struct partition *p, struct counters *counters)
{
    struct counters_partition *row = counters_partition_add(counters, p->number);
    int64_t wall_ms = p->shared->host->wall_ms(p->shared->host->opaque);
    struct engine_position time;

    engine_position_get(p->engine, &time);
    row->state = partition_state_name(p);
    row->offset = p->now.offset;
    row->end = p->end_known;
    row->lag = partition_lag(p);
    row->checkpoint_lag_seconds = (double)checkpoint_lag_ms(p) / 1e3;
    row->watermark_ms = time.watermark;
    row->backlog_bytes = (int64_t)p->backlog.byte_count;
    if (row->lag > 0)
        row->lag_seconds = partition_lag_seconds(p, wall_ms);
    if (time.watermark != INT64_MIN)
        row->watermark_lag_seconds = (double)(wall_ms - time.watermark) / 1e3;
    partition_counters_engine(p, counters);
}
