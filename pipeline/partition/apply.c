/* Applies records and the passage of time to the engine, in the order of the log. */
#include <stdio.h>

#include "config/base/check.h"
#include "config/base/drill.h"
#include "pipeline/emit/change.h"
#include "pipeline/emit/reject.h"
#include "pipeline/partition/life.h"

#define APPLY_AHEAD 16 /* records: two rounds of what engine_prefetch keeps in mind */

/* --- what is said ---------------------------------------------------------------------------- */

static struct outbox *
apply_outbox(struct partition *p)
{
    return &p->boxes[p->filling];
}

/* Nobody looks: one load. */
static bool
apply_is_looked_at(const struct partition *p, enum pipeline_sight kind)
{
    const struct pipeline_host *host = p->shared->host;

    return host->sights != NULL &&
           (atomic_load_explicit(host->sights, memory_order_relaxed) & (unsigned)kind) != 0;
}

static void
apply_show_change(struct partition *p, const struct change *change)
{
    const struct pipeline_host *host = p->shared->host;

    host->saw(
        host->opaque, &(struct pipeline_sighting){
                          .kind = SIGHT_CHANGE,
                          .partition = p->number,
                          .offset = change->reason == REASON_EVENT ? change->source_offset : -1,
                          .at_ms = change->at,
                          .user = change->user,
                          .name = change->name,
                          .outcome = change->enter ? "enter" : "exit",
                          .detail = change_reason_name(change->reason),
                          .place = SIGHT_NO_PLACE,
                      });
}

static void
apply_show_event(struct partition *p, const struct record *record, enum apply_result result)
{
    static const char *const outcomes[] = {
        [APPLY_DONE] = "event",
        [APPLY_REPEAT] = "repeat",
        [APPLY_TOO_OLD] = "too_old",
        [APPLY_SKIPPED] = "skipped",
    };
    const struct pipeline_host *host = p->shared->host;
    const struct plan *plan = p->rules->config->plan;

    host->saw(host->opaque,
        &(struct pipeline_sighting){
            .kind = SIGHT_EVENT,
            .partition = p->number,
            .offset = record->offset,
            .at_ms = record->event.ts,
            .user = record->event.user,
            .name = record->event.type < plan->type_count ? plan->types[record->event.type].name
                                                          : TEXT(""),
            .outcome = outcomes[result],
            .place = SIGHT_NO_PLACE,
        });
}

/* Faults of the text itself have a place in it; others name where they looked. */
static int64_t
apply_reject_place(const struct record *record)
{
    switch (record->result) {
    case DECODE_NOT_JSON:
    case DECODE_BAD_UTF8:
    case DECODE_TOO_DEEP:
    case DECODE_TOO_LARGE:
        return (int64_t)record->fault->offset;
    default:
        return SIGHT_NO_PLACE;
    }
}

static void
apply_show_reject(struct partition *p, const struct record *record)
{
    const struct pipeline_host *host = p->shared->host;

    if (host->saw == NULL)
        return;
    host->saw(host->opaque, &(struct pipeline_sighting){
                                .kind = SIGHT_REJECT,
                                .partition = p->number,
                                .offset = record->offset,
                                .at_ms = record->timestamp_ms,
                                .user = TEXT(""),
                                .name = TEXT(""),
                                .outcome = decode_reason(record->result),
                                .detail = record->fault->detail,
                                .place = apply_reject_place(record),
                            });
}

void
apply_change(void *opaque, const struct change *change)
{
    struct partition *p;
    struct outbox *outbox;
    const struct plan *plan;
    struct counters_segment *segment;

    CHECK_CAST(p, opaque, PARTITION_MAGIC);
    outbox = apply_outbox(p);
    plan = p->rules->config->plan;
    outbox_begin(outbox, OUTBOX_CHANGES, change->user, true);
    change_emit(change, plan,
        &(struct change_source){p->shared->config->settings.input_topic, p->number},
        &outbox->bytes);
    outbox_end(outbox, true);
    outbox_header(outbox, "segment", change->name);
    outbox_header(outbox, "change", change->enter ? TEXT("enter") : TEXT("exit"));
    p->shared->counters->changes_out++;
    if (apply_is_looked_at(p, SIGHT_CHANGE))
        apply_show_change(p, change);
    segment = change->segment == PLAN_NONE ? NULL : partition_segment(p, change->segment);
    if (segment == NULL)
        return;
    if (change->enter)
        segment->enters++;
    else
        segment->exits++;
}

static void
apply_reject(struct partition *p, const struct record *record)
{
    struct counters *counters = p->shared->counters;

    counters->rejects[record->result]++;
    counters->rejects_out++;
    apply_show_reject(p, record);
    reject_emit(&(struct reject){.key = record->key,
                    .has_key = record->has_key,
                    .payload = record->payload,
                    .reason = decode_reason(record->result),
                    .detail = record->fault->detail,
                    .topic = p->shared->config->settings.input_topic,
                    .partition = p->number,
                    .offset = record->offset,
                    .timestamp_ms = record->timestamp_ms},
        apply_outbox(p));
}

/* --- time ------------------------------------------------------------------------------------ */

static int64_t
apply_watermark(const struct partition *p)
{
    struct engine_position time;

    engine_position_get(p->engine, &time);
    return time.watermark;
}

static void apply_go_live(struct partition *p);

/* In a replay: the advance that the committed transaction cut must be cut at the same place. */
static bool
apply_is_cut_here(const struct partition *p)
{
    return p->state == PARTITION_REPLAYING && position_is_cut(&p->committed.time) &&
           p->now.offset >= p->committed_offset && p->target >= p->committed.time.target;
}

/* Up to the watermark in full, unless this very advance was under way at the checkpoint already. */
static void
apply_cut(struct partition *p)
{
    if (p->committed.time.watermark > apply_watermark(p))
        engine_advance(p->engine, p->committed.time.watermark, UINT64_MAX);
    engine_advance_until(p->engine, &p->committed.time);
}

/* Goes on with the advance to p->target. False: it can't end now. */
static bool
apply_advance(struct partition *p)
{
    size_t room = TXN_RECORDS_MAX;

    if (p->target <= apply_watermark(p)) {
        p->target = NO_TARGET;
        return true;
    }
    if (!residency_time(p, p->target))
        return false;
    if (apply_is_cut_here(p)) {
        apply_cut(p);
        apply_go_live(p); /* the rest of the advance was not published yet */
        return true;
    }
    if (p->state == PARTITION_LIVE) {
        if (outbox_full(apply_outbox(p)))
            return false;
        room -= apply_outbox(p)->record_count;
    }
    if (engine_advance(p->engine, p->target, room) == ADVANCE_MORE)
        return false;
    p->target = NO_TARGET;
    return true;
}

/* --- one record ------------------------------------------------------------------------------ */

static void
apply_event(struct partition *p, const struct record *record)
{
    const struct settings *settings = &p->shared->config->settings;
    enum apply_result result = engine_apply(p->engine, &record->event, record->offset);
    int64_t known = record->event.ts;

    if (p->state == PARTITION_LIVE && apply_is_looked_at(p, SIGHT_EVENT))
        apply_show_event(p, record, result);
    if (result == APPLY_TOO_OLD)
        return;
    if (record->timestamp_ms >= 0 && record->timestamp_ms < known)
        known = record->timestamp_ms;
    p->target = known - settings->input_lateness_ms;
}

static void
apply_count(struct partition *p, const struct record *record)
{
    struct counters *counters = p->shared->counters;

    counters->records++;
    if (record->timestamp_ms >= 0)
        counters_observe(
            &counters->delay, (double)(p->shared->wall_ms - record->timestamp_ms) / 1e3);
}

/* False: the user is not in memory yet. */
static bool
apply_record(struct partition *p, const struct record *record)
{
    bool replaying = p->state == PARTITION_REPLAYING;

    if (record->offset < p->now.offset)
        return true; /* seen: a fetch may begin before the position */
    if (record->kind == SOURCE_END) {
        p->now.offset = record->offset;
        return true;
    }
    if (record->result == DECODE_OK) {
        if (replaying && !gap_look(p, record))
            return false;
        if (!residency_user(p, record->event.user, record->event.user_hash))
            return false;
        apply_event(p, record);
    } else if (!replaying) {
        apply_reject(p, record);
    }
    p->now.offset = record->offset + 1;
    if (record->timestamp_ms >= 0)
        p->newest_ts = record->timestamp_ms;
    if (!replaying) {
        apply_count(p, record);
        return true;
    }
    p->shared->counters->replayed++;
    DRILL_POINT(DRILL_REPLAY);
    return true;
}

/* --- replay ---------------------------------------------------------------------------------- */

/* The counts that the newest checkpoint carries hold from its boundary on. */
static void
apply_mark(struct partition *p)
{
    if (!p->mark.known || p->now.offset < p->mark.offset || apply_watermark(p) < p->mark.watermark)
        return;
    p->mark.known = false;
    partition_count(p);
    p->now.changes = p->mark.changes;
    p->counts_hold = true;
    engine_members_set(p->engine, p->mark_members);
}

/* Makes the first idle jump that the replay has not made, if it lies before `offset`. */
static bool
apply_jump(struct partition *p, int64_t offset)
{
    const struct position_jump *jump = &p->now.jumps.at[p->jumps_made];

    if (p->jumps_made == p->now.jumps.count || jump->offset > offset)
        return false;
    p->jumps_made++;
    if (p->now.offset < jump->offset)
        p->now.offset = jump->offset;
    p->target = jump->watermark;
    return true;
}

static void
apply_rewrite_members(struct partition *p)
{
    uint32_t slot;

    while (engine_changed_next(p->engine, &slot))
        if (p->rebuild == NULL) /* otherwise what was published is not known to the engine yet */
            partition_member(p, slot, NULL);
}

static void
apply_go_live(struct partition *p)
{
    apply_mark(p);
    partition_count(p);
    if (p->counts_hold && p->now.changes != p->committed.changes) {
        p->shared->counters->replay_disagreements++;
        partition_notice(p, NOTICE_WARN, "replay-disagrees",
            "the replay made %llu changes up to the committed position, %llu are published",
            (unsigned long long)p->now.changes, (unsigned long long)p->committed.changes);
    }
    p->now.changes = p->committed.changes;
    if (p->rebuild == NULL && (p->mark.known || !p->counts_hold))
        engine_members_set(p->engine, p->mark_members);
    apply_rewrite_members(p);
    engine_silence(p->engine, false);
    partition_time(p, &p->now.time);
    p->boundary = p->now; /* what a checkpoint without a transaction stands at */
    p->state = PARTITION_LIVE;
    p->reason[0] = '\0';
    p->last_message_us = partition_now_us(p);
    partition_notice(
        p, NOTICE_INFO, "partition-live", "live at offset %lld", (long long)p->now.offset);
}

/* What comes next: nothing now, the loop once more, or the record at hand. */
enum apply_step {
    STEP_WAIT,
    STEP_AGAIN,
    STEP_RECORD
};

/* The log up to the committed position is applied: the clock goes to where it was, then live. */
static enum apply_step
apply_finish_replay(struct partition *p)
{
    const struct engine_position *time = &p->committed.time;
    int64_t goal = position_is_cut(time) ? time->target : time->watermark;

    if (p->follow == FOLLOW_LOG || !gap_look(p, NULL))
        return STEP_WAIT;
    if (p->now.offset < p->committed_offset)
        p->now.offset = p->committed_offset;
    if (goal > apply_watermark(p))
        p->target = goal;
    else if (p->follow == FOLLOW_TO_END)
        p->follow = FOLLOW_ARRIVED;
    else if (p->follow == FOLLOW_ARRIVED)
        return STEP_WAIT;
    else
        apply_go_live(p);
    return STEP_AGAIN;
}

static enum apply_step
apply_replay_step(struct partition *p, const struct record *head)
{
    int64_t next = head != NULL && head->offset > p->now.offset ? head->offset : p->now.offset;

    apply_mark(p);
    if (next > p->committed_offset)
        next = p->committed_offset;
    if (apply_jump(p, next))
        return STEP_AGAIN;
    return next == p->committed_offset ? apply_finish_replay(p) : STEP_RECORD;
}

/* --- the loop -------------------------------------------------------------------------------- */

/* Takes over one user after another; the differences are published before anything else. */
static enum apply_step
apply_rebuild(struct partition *p)
{
    uint32_t slot;

    if (outbox_full(apply_outbox(p)) || checkpoint_is_full(p))
        return STEP_WAIT;
    slot = rebuild_step(p->rebuild, p->engine);
    if (slot != ENGINE_SLOT_NONE) {
        DRILL_POINT(DRILL_REBUILD);
        partition_member(p, slot, NULL);
        return STEP_AGAIN;
    }
    rebuild_free(p->rebuild);
    p->rebuild = NULL;
    p->rebuilt = engine_generation(p->engine);
    p->now.gap_accepted = false;
    p->now.switching_to[0] = '\0';
    if (p->now.revision < p->rules->config->settings.revision)
        p->now.revision = p->rules->config->settings.revision;
    snprintf(p->now.state_id, sizeof(p->now.state_id), "%s", p->rules->config->state_id);
    partition_notice(p, NOTICE_INFO, "partition-rebuilt", "all that was published is taken over");
    return STEP_AGAIN;
}

static enum apply_step
apply_step(struct partition *p, const struct record *head)
{
    if (p->state != PARTITION_LIVE && p->state != PARTITION_REPLAYING)
        return STEP_WAIT;
    if (p->state == PARTITION_LIVE && p->rebuild != NULL)
        return apply_rebuild(p);
    if (hold_stops(p))
        return STEP_WAIT;
    if (p->target != NO_TARGET)
        return apply_advance(p) ? STEP_AGAIN : STEP_WAIT;
    if (p->state == PARTITION_REPLAYING) {
        enum apply_step step = apply_replay_step(p, head);

        if (step != STEP_RECORD)
            return step;
    }
    if (head == NULL || p->frozen || (p->state == PARTITION_LIVE && outbox_full(apply_outbox(p))))
        return STEP_WAIT;
    return apply_record(p, head) ? STEP_RECORD : STEP_WAIT;
}

/* A user's profile is on its way from memory while the events before his are applied. */
static void
apply_look_ahead(struct partition *p)
{
    const struct record *record = backlog_ahead(&p->backlog, APPLY_AHEAD);

    if (record != NULL && record->kind == SOURCE_RECORD && record->result == DECODE_OK)
        engine_prefetch(p->engine, record->event.user_hash);
}

bool
apply_turn(struct partition *p)
{
    for (int done = 0; done < APPLY_RECORDS_PER_TURN; done++) {
        switch (apply_step(p, backlog_head(&p->backlog))) {
        case STEP_WAIT:
            return false;
        case STEP_AGAIN:
            break;
        case STEP_RECORD:
            apply_look_ahead(p);
            backlog_drop(&p->backlog);
            break;
        }
    }
    return true;
}
