/* A partition stands still when an operator wants it: nothing is read, applied or decided. */
#include "pipeline/partition/life.h"

static bool
hold_is_on(const struct partition *p)
{
    return p->state == PARTITION_LIVE && p->hold != HOLD_NONE;
}

/* A drain first finishes what was read. */
static bool
hold_is_empty(const struct partition *p)
{
    return backlog_head(&p->backlog) == NULL && p->target == NO_TARGET && p->rebuild == NULL;
}

bool
hold_stops(const struct partition *p)
{
    return hold_is_on(p) && (p->hold == HOLD_PAUSE || hold_is_empty(p));
}

/* All that was applied is committed. */
static bool
hold_is_committed(const struct partition *p)
{
    return !p->in_transaction && partition_need(p) == PARTITION_NEEDS_NOTHING;
}

/* Fetching stops only while it is live: a replay must reach its end, a seek its place. */
static void
hold_source(struct partition *p)
{
    bool pause = hold_is_on(p);

    if (pause == p->source_paused || p->shared->source == NULL)
        return;
    source_pause(p->shared->source, p->number, pause);
    p->source_paused = pause;
    if (!pause)
        p->last_message_us = partition_now_us(p); /* silence counts from now on */
}

/* One whole copy behind the last commit: whoever takes the partition has nothing to replay. */
static void
hold_copy(struct partition *p)
{
    if (checkpoint_is_under_way(p) || checkpoint_is_done(p) || !partition_store_ready(p))
        return;
    checkpoint_copy(p, true);
    checkpoint_committed(p);
}

void
hold_turn(struct partition *p)
{
    hold_source(p);
    if (hold_is_on(p) && p->hold == HOLD_DRAIN && hold_is_empty(p) && hold_is_committed(p))
        hold_copy(p);
}

void
partition_hold(struct partition *p, enum pipeline_hold hold)
{
    static const char *const said[] = {
        [HOLD_NONE] = "goes on", [HOLD_PAUSE] = "to be paused", [HOLD_DRAIN] = "to be drained"};

    if (p->hold == hold)
        return;
    p->hold = hold;
    partition_notice(p, NOTICE_INFO, "partition-hold", "%s", said[hold]);
}

bool
partition_is_held(const struct partition *p)
{
    return hold_is_on(p);
}

const char *
hold_name(const struct partition *p)
{
    if (p->hold == HOLD_PAUSE)
        return "paused";
    return hold_is_empty(p) && hold_is_committed(p) && checkpoint_is_done(p) ? "drained"
                                                                             : "draining";
}
