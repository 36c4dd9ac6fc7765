/* Other rules for a partition that runs: a successor is made ready beside it and takes its place.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/check.h"
#include "pipeline/kafka/tail.h"
#include "pipeline/partition/life.h"

#define SWITCH_READ_MAX 256
#define SWITCH_USERS_PER_TURN 20000
#define SWITCH_NEAR 1000                  /* so few offsets behind: the rest is a moment's work */
#define SWITCH_FROZEN_US INT64_C(2000000) /* longer the live one never stands still */
#define SWITCH_PAUSE_US INT64_C(3000000)  /* before it is tried again */

struct switch_record {
    struct text user, json; /* json.bytes NULL: a tombstone */
};

/*
 *   opening    what was published is read, and the log is opened, on a helper thread
 *   following  the follower's engine replays the log in silence, up to the committed position
 *   frozen     the live one stands still until all is committed and the follower is there too
 *   counting   of rules that are only tried: the live one goes on, and what the follower would
 *              publish is counted
 */
struct successor {
    struct pipeline_job job; /* first: the job is the successor */
    struct partition *partition;
    bool given_up; /* while it was opening */
    bool opened;
    struct partition *follower;
    struct rebuild *rebuild;
    struct tail *tail;
    bool counting;
    struct tail_request request;
    struct reach_since since; /* of a log that is not read from its beginning */
    bool is_short;
    bool inherited;
    uint32_t inherit_cursor;
    bool published; /* something, ever */
    enum err_code code;
    struct err err;
    /* Membership records that were closed into a transaction since the reading began. */
    struct arena arena;
    struct switch_record *records;
    size_t record_count, record_capacity;
    /* Idle jumps that the follower does not have yet. */
    struct position_jump *jumps;
    size_t jump_count, jump_first, jump_capacity;
    int64_t begun_us, frozen_us, thawed_us;
};

/* --- the end --------------------------------------------------------------------------------------- */

struct switch_close {
    struct pipeline_job job;
    struct partition *partition;
    struct tail *tail;
};

static void
switch_close_work(struct pipeline_job *job)
{
    tail_close(((struct switch_close *)job)->tail);
}

static void
switch_close_done(struct pipeline_job *job)
{
    ((struct switch_close *)job)->partition->busy--;
    free(job);
}

static void
switch_close(struct partition *p, struct tail *tail)
{
    struct switch_close *end;

    if (tail == NULL)
        return;
    end = calloc(1, sizeof(*end));
    CHECK(end != NULL);
    *end = (struct switch_close){{.work = switch_close_work, .done = switch_close_done}, p, tail};
    p->busy++;
    p->shared->host->run(p->shared->host->opaque, LANE_QUERY, &end->job);
}

static void
switch_free(struct successor *successor)
{
    partition_free(successor->follower);
    rebuild_free(successor->rebuild);
    switch_close(successor->partition, successor->tail);
    arena_fini(&successor->arena);
    free(successor->records);
    free(successor->jumps);
    free(successor);
}

void
switch_end(struct partition *p)
{
    struct successor *successor = p->successor;

    p->frozen = false;
    if (p->shared->switching == p)
        p->shared->switching = NULL;
    if (successor == NULL)
        return;
    p->successor = NULL;
    p->switch_at_us = partition_now_us(p) + RETRY_US;
    if (successor->opened)
        switch_free(successor);
    else
        successor->given_up = true;
}

/* --- what it must know of the live one ------------------------------------------------------------- */

void
switch_jump(struct partition *p, int64_t offset, int64_t watermark)
{
    struct successor *successor = p->successor;

    if (successor == NULL || successor->counting)
        return;
    if (successor->jump_count == successor->jump_capacity) {
        successor->jump_capacity = successor->jump_capacity > 0 ? 2 * successor->jump_capacity : 64;
        successor->jumps =
            realloc(successor->jumps, successor->jump_capacity * sizeof(successor->jumps[0]));
        CHECK(successor->jumps != NULL);
    }
    successor->jumps[successor->jump_count++] = (struct position_jump){offset, watermark};
}

void
switch_member(struct partition *p, struct text user, struct text json)
{
    struct successor *successor = p->successor;
    struct switch_record *record;

    if (successor->counting)
        return;
    if (successor->opened) {
        rebuild_add(successor->rebuild, user, json);
        return;
    }
    if (successor->record_count == successor->record_capacity) {
        successor->record_capacity =
            successor->record_capacity > 0 ? 2 * successor->record_capacity : 256;
        successor->records =
            realloc(successor->records, successor->record_capacity * sizeof(successor->records[0]));
        CHECK(successor->records != NULL);
    }
    record = &successor->records[successor->record_count++];
    record->user = arena_copy(&successor->arena, user);
    record->json = json;
    if (json.bytes != NULL)
        record->json = arena_copy(&successor->arena, json);
}

/* --- rules that are only tried --------------------------------------------------------------------- */

static void
switch_leave_out(struct partition *p, const char *why)
{
    trial_leave_out(p->shared->trial, p->number, why);
    p->trying = false;
}

/* Exactly what a reload would publish, said to another ear; the live one goes on meanwhile. */
static void
switch_count_begin(struct partition *p)
{
    struct successor *successor = p->successor;
    struct engine *engine = successor->follower->engine;
    struct buffer ids;
    uint32_t slot;

    p->frozen = false;
    p->read_whole = false;
    successor->counting = true;
    buffer_init(&ids);
    rebuild_print_ids(p->rules->config->plan, &ids);
    rebuild_other_rules(successor->rebuild, (struct text){ids.bytes, (uint32_t)ids.length});
    buffer_fini(&ids);
    while (engine_changed_next(engine, &slot))
        ; /* in silence until now */
    engine_listen(engine, trial_change, p->shared->trial);
    engine_silence(engine, false);
}

static bool
switch_count_turn(struct partition *p)
{
    struct successor *successor = p->successor;

    for (int done = 0; done < APPLY_RECORDS_PER_TURN; done++) {
        if (rebuild_step(successor->rebuild, successor->follower->engine) != ENGINE_SLOT_NONE)
            continue;
        trial_counted(p->shared->trial, p->number);
        p->trying = false;
        switch_end(p);
        return false;
    }
    return true;
}

/* What keeps it from trying at all, or NULL. */
static const char *
switch_why_not(const struct partition *p)
{
    if (p->state != PARTITION_LIVE)
        return partition_state_name(p);
    if (p->hold != HOLD_NONE)
        return hold_name(p);
    if (p->rebuild != NULL || p->rules != p->shared->rules)
        return "it follows other rules already";
    return switch_is_older(p, p->shared->trial_rules) ? "their revision is lower than its own"
                                                      : NULL;
}

void
partition_try(struct partition *p)
{
    p->trying = p->state != PARTITION_GONE;
}

bool
partition_is_trying(struct partition *p)
{
    const char *why = p->trying ? switch_why_not(p) : NULL;

    if (why != NULL) {
        switch_leave_out(p, why);
        if (p->successor != NULL && p->successor->follower->rules == p->shared->trial_rules)
            switch_end(p);
    }
    return p->trying;
}

/* --- opening --------------------------------------------------------------------------------------- */

static void
switch_open_work(struct pipeline_job *job)
{
    struct successor *successor = (struct successor *)job;
    struct partition *p = successor->partition;

    successor->code = rebuild_read(successor->rebuild, &successor->err);
    if (successor->code == ERR_INPUT && !successor->published)
        successor->code = ERR_NONE; /* the topic is empty, as it should be */
    if (successor->code != ERR_NONE)
        return;
    successor->tail = tail_open(p->shared->config, &successor->request, &successor->err);
    if (successor->tail == NULL)
        successor->code = successor->err.code;
}

/* The follower stands at the beginning of the log, like a rebuild that was asked for by a start; or
 * where enough of it begins, and then nothing that it needs is gone. */
static void
switch_follow(struct successor *successor)
{
    struct partition *p = successor->partition, *follower = successor->follower;
    struct engine_position nowhere = {INT64_MIN, INT64_MIN, INT64_MIN, 0};

    successor->opened = true;
    for (size_t i = 0; i < successor->record_count; i++)
        rebuild_add(successor->rebuild, successor->records[i].user, successor->records[i].json);
    arena_reset(&successor->arena);
    successor->record_count = 0;
    follower->now.offset = follower->start = tail_begin(successor->tail);
    follower->log_low = tail_low(successor->tail);
    follower->now.origin = p->now.origin;
    follower->committed = p->committed;
    engine_position_set(follower->engine, &nowhere);
    residency_init(follower, NULL, 0);
    gap_look_begin(follower);
    successor->is_short = tail_begin(successor->tail) > tail_low(successor->tail) &&
                          tail_begin(successor->tail) > successor->request.offset;
    if (successor->is_short)
        follower->reach.state = REACH_ENOUGH;
}

static void
switch_open_done(struct pipeline_job *job)
{
    struct successor *successor = (struct successor *)job;
    struct partition *p = successor->partition;

    p->busy--;
    p->opening = false;
    if (successor->given_up) {
        successor->opened = true;
        switch_free(successor);
        return;
    }
    CHECK(p->successor == successor);
    if (successor->code == ERR_NONE) {
        switch_follow(successor);
        return;
    }
    successor->opened = true;
    if (p->trying && successor->follower->rules == p->shared->trial_rules)
        switch_leave_out(p, successor->err.msg);
    else
        partition_notice(p, NOTICE_WARN, "rules-later", "%s; tried again", successor->err.msg);
    switch_end(p);
}

/*
 * What the log tells of users who have not been seen for long is known to the live one, if it has
 * all of them in memory; then only the rules say how far back the log must be read.
 */
static void
switch_ask(struct successor *successor, const struct plan *plan)
{
    struct partition *p = successor->partition;
    const struct settings *settings = &p->shared->config->settings;

    successor->request = (struct tail_request){
        .partition = p->number,
        .offset = p->now.origin,
        .since_ms = TAIL_SINCE_EVER,
        .latest = p->committed_offset,
    };
    if (p->complete && !p->read_whole &&
        reach_since(plan, settings, p->committed.time.watermark, &successor->since))
        successor->request.since_ms = successor->since.records_ms;
}

/* No transaction is under way, so the members topic has all that was closed before. */
static void
switch_begin(struct partition *p, struct ruleset *rules)
{
    struct successor *successor = calloc(1, sizeof(*successor));

    CHECK(successor != NULL && p->successor == NULL);
    successor->job.work = switch_open_work;
    successor->job.done = switch_open_done;
    successor->partition = p;
    switch_ask(successor, rules->config->plan);
    successor->published = p->committed.changes > 0;
    successor->begun_us = partition_now_us(p);
    arena_init(&successor->arena);
    successor->follower = partition_new_follower(p, rules);
    successor->rebuild =
        rebuild_new(p->shared->config, successor->follower->rules->config->plan, p->number);
    p->successor = successor;
    p->shared->switching = p;
    for (uint32_t i = 0; i < p->now.jumps.count; i++)
        switch_jump(p, p->now.jumps.at[i].offset, p->now.jumps.at[i].watermark);
    if (!p->trying)
        partition_notice(p, NOTICE_INFO, "rules-begin",
            "a successor under rules %s fills its windows from the log",
            rules->config->plan->rules_id);
    p->busy++;
    p->opening = true;
    p->shared->host->run(p->shared->host->opaque, LANE_QUERY, &successor->job);
}

/* --- following ------------------------------------------------------------------------------------- */

static void
switch_feed_jumps(struct successor *successor)
{
    struct partition *follower = successor->follower;
    struct position_jumps *jumps = &follower->now.jumps;

    if (follower->jumps_made < jumps->count)
        return;
    follower->jumps_made = jumps->count = 0;
    while (jumps->count < JUMPS_MAX && successor->jump_first < successor->jump_count)
        jumps->at[jumps->count++] = successor->jumps[successor->jump_first++];
    if (successor->jump_first == successor->jump_count)
        successor->jump_first = successor->jump_count = 0;
}

static void
switch_take(void *opaque, const struct source_message *message)
{
    partition_take(opaque, message);
}

static bool
switch_read(struct successor *successor)
{
    struct partition *follower = successor->follower;

    if (partition_is_full(follower))
        return false;
    return tail_read(successor->tail, SWITCH_READ_MAX, switch_take, follower) > 0;
}

/* What it can't do is said once; the old rules stay until the next reload. */
static void
switch_refuse(struct partition *p)
{
    struct partition *follower = p->successor->follower;

    if (p->trying) {
        switch_leave_out(p, follower->reason);
        switch_end(p);
        return;
    }
    p->refused = follower->rules;
    partition_notice(p, NOTICE_ERROR, "rules-refused", "rules %s stay, %s are not taken: %s",
        p->rules->config->plan->rules_id, follower->rules->config->plan->rules_id,
        follower->reason);
    switch_end(p);
}

static bool
switch_is_near(const struct partition *p)
{
    const struct successor *successor = p->successor;

    return p->committed_offset - successor->follower->now.offset < SWITCH_NEAR &&
           partition_store_ready(p) && !checkpoint_is_full(p) && p->hold == HOLD_NONE &&
           partition_now_us(p) - successor->thawed_us > SWITCH_PAUSE_US;
}

static void
switch_freeze(struct partition *p)
{
    p->frozen = true;
    p->successor->frozen_us = partition_now_us(p);
}

/* All that was applied is committed and in Redis, and no answer is awaited. */
static bool
switch_is_still(const struct partition *p)
{
    return !p->in_transaction && p->target == NO_TARGET && p->chunks == NULL && p->loads == 0 &&
           p->bucket_loads == 0 && !p->reacquiring && partition_store_ready(p) &&
           !p->members_behind && partition_need(p) == PARTITION_NEEDS_NOTHING;
}

/* --- changing places ------------------------------------------------------------------------------- */

static void
switch_engines(struct partition *p, struct partition *follower)
{
    struct engine *engine = p->engine;
    struct ruleset *rules = p->rules;
    int64_t *members = p->mark_members;

    p->engine = follower->engine;
    p->rules = follower->rules;
    p->mark_members = follower->mark_members;
    follower->engine = engine;
    follower->rules = rules;
    follower->mark_members = members;
    engine_listen(p->engine, apply_change, p);
}

/* From here on it is a rebuild that has just gone live: what differs is published first. */
static void
switch_places(struct partition *p)
{
    struct successor *successor = p->successor;
    struct buffer ids;
    uint32_t slot;

    buffer_init(&ids);
    rebuild_print_ids(p->rules->config->plan, &ids);
    switch_engines(p, successor->follower);
    p->rebuild = successor->rebuild;
    successor->rebuild = NULL;
    rebuild_other_rules(p->rebuild, (struct text){ids.bytes, (uint32_t)ids.length});
    buffer_fini(&ids);
    p->now.origin = successor->follower->now.origin;
    p->read_whole = false;
    snprintf(p->now.switching_to, sizeof(p->now.switching_to), "%s", p->rules->config->state_id);
    p->counted = *engine_counts(p->engine);
    while (engine_changed_next(p->engine, &slot))
        ; /* what was published is not known to the engine yet */
    engine_silence(p->engine, false);
    p->incarnation++;
    partition_name_owner(p);
    residency_init(p, NULL, 0);
    p->complete = true;
    checkpoint_init(p);
    partition_time(p, &p->now.time);
    p->boundary = p->now;
    partition_decode_again(p);
    partition_notice(p, NOTICE_INFO, "rules-switched",
        "rules %s from offset %lld on, by the log from %lld on, after %lld ms; the last %lld ms it "
        "stood still",
        p->rules->config->plan->rules_id, (long long)p->now.offset,
        (long long)successor->follower->start,
        (long long)((partition_now_us(p) - successor->begun_us) / 1000),
        (long long)((partition_now_us(p) - successor->frozen_us) / 1000));
    switch_end(p);
}

/* What was read does not suffice: it begins again, with the whole log. */
static void
switch_read_whole(struct partition *p, const char *why)
{
    p->read_whole = true;
    partition_notice(
        p, NOTICE_WARN, "rules-again", "%s; the log is read again, from its beginning", why);
    switch_end(p);
}

/* False: not now. */
static bool
switch_inherit(struct partition *p)
{
    struct successor *successor = p->successor;

    if (!successor->is_short || successor->inherited)
        return true;
    if (!p->complete) {
        switch_read_whole(p, "users have gone from memory meanwhile");
        return false;
    }
    switch (engine_inherit(successor->follower->engine, p->engine, &successor->inherit_cursor,
        successor->since.events_ms, SWITCH_USERS_PER_TURN)) {
    case INHERIT_MORE:
        return false;
    case INHERIT_DIFFERS:
        switch_read_whole(p, "the broker's answer where to begin has left out events");
        return false;
    case INHERIT_DONE:
        break;
    }
    successor->inherited = true;
    return true;
}

/* True: more can be done at once. */
static bool
switch_arrived(struct partition *p)
{
    if (!switch_inherit(p))
        return p->successor != NULL;
    if (p->trying)
        switch_count_begin(p);
    else
        switch_places(p);
    return true;
}

static bool
switch_frozen_turn(struct partition *p)
{
    struct partition *follower = p->successor->follower;

    if (p->successor->inherit_cursor == 0 &&
        partition_now_us(p) - p->successor->frozen_us > SWITCH_FROZEN_US) {
        p->frozen = false;
        follower->follow = FOLLOW_LOG;
        p->successor->thawed_us = partition_now_us(p);
    } else if (!switch_is_still(p)) {
        follower->follow = FOLLOW_LOG;
        p->successor->inherit_cursor = 0;
    } else if (follower->follow == FOLLOW_ARRIVED) {
        return switch_arrived(p);
    } else {
        follower->committed = p->committed;
        follower->follow = FOLLOW_TO_END;
    }
    return false;
}

static bool
switch_follow_turn(struct partition *p)
{
    struct successor *successor = p->successor;
    struct partition *follower = successor->follower;
    bool more;

    if (successor->counting)
        return switch_count_turn(p);
    follower->committed_offset = p->committed_offset;
    switch_feed_jumps(successor);
    more = switch_read(successor);
    if (apply_turn(follower))
        more = true;
    if (follower->state == PARTITION_HALTED) {
        switch_refuse(p);
        return false;
    }
    if (p->frozen)
        return switch_frozen_turn(p) || more;
    if (switch_is_near(p))
        switch_freeze(p);
    return more;
}

/* --- the turn -------------------------------------------------------------------------------------- */

void
partition_follow(struct partition *p)
{
    p->refused = NULL;
    p->switch_at_us = 0;
    if (p->state == PARTITION_ACQUIRING && p->retry_at_us != INT64_MAX)
        p->retry_at_us = INT64_MIN;
    if (p->state != PARTITION_HALTED)
        return;
    partition_take_rules(p);
    if (!p->older_rules)
        return;
    p->seek_on_ready = p->is_assigned;
    acquire_begin(p);
}

bool
partition_is_switching(const struct partition *p)
{
    return p->state != PARTITION_GONE &&
           (p->rules != p->shared->rules ||
               (p->rebuild != NULL && strcmp(p->now.state_id, p->rules->config->state_id) != 0));
}

bool
switch_is_older(const struct partition *p, const struct ruleset *rules)
{
    const struct config *config = rules->config;

    return config->settings.revision < p->committed.revision &&
           strcmp(config->state_id, p->committed.state_id) != 0;
}

/* Said once: these rules are not for this partition. */
static bool
switch_may(struct partition *p)
{
    const struct ruleset *rules = p->shared->rules;

    if (!switch_is_older(p, rules))
        return true;
    p->refused = rules;
    partition_notice(p, NOTICE_ERROR, "rules-refused",
        "rules %s stay, %s are not taken: their revision %lld is lower than %lld",
        p->rules->config->plan->rules_id, rules->config->plan->rules_id,
        (long long)rules->config->settings.revision, (long long)p->committed.revision);
    return false;
}

/* Those that are tried, or the newest where they are not its own; NULL: it has nothing to follow.
 */
static struct ruleset *
switch_wanted(struct partition *p)
{
    if (partition_is_trying(p))
        return p->shared->trial_rules;
    return p->rules == p->shared->rules ? NULL : p->shared->rules;
}

static bool
switch_can_begin(const struct partition *p)
{
    return p->state == PARTITION_LIVE && p->hold == HOLD_NONE && p->rebuild == NULL &&
           !p->opening && !p->in_transaction && p->shared->switching == NULL &&
           partition_now_us(p) >= p->switch_at_us;
}

bool
switch_turn(struct partition *p)
{
    struct ruleset *wanted = switch_wanted(p);

    if (p->successor != NULL && p->successor->follower->rules != wanted)
        switch_end(p); /* there are newer ones already */
    if (p->successor != NULL)
        return p->successor->opened && switch_follow_turn(p);
    if (wanted != NULL && wanted != p->refused && switch_can_begin(p) &&
        (p->trying || switch_may(p)))
        switch_begin(p, wanted);
    return false;
}
