/* The clock of a partition where nothing arrives: it moves only to a time at which the log's end
 * was proved. */
#include "config/base/check.h"
#include "pipeline/partition/life.h"

#define PROBE_US INT64_C(200000)
#define REPLICATED_LAG_MS INT64_C(15000) /* what a hanging follower can hide */

void
idle_message(struct partition *p, bool end)
{
    p->at_end = end;
    if (!end)
        p->last_message_us = p->shared->turn_us;
}

static int64_t
idle_lag_ms(const struct partition *p)
{
    const struct settings *settings = &p->shared->config->settings;
    int64_t lag = settings->input_idle_lag_ms;

    if (lag == SETTING_AUTO)
        lag = p->shared->topics->replication > 1 ? REPLICATED_LAG_MS : 0;
    return lag > settings->input_lateness_ms ? lag : settings->input_lateness_ms;
}

/* Everything that was read is applied, and the log had no more. */
static bool
idle_is_quiet(const struct partition *p)
{
    return p->state == PARTITION_LIVE && p->hold == HOLD_NONE && !p->frozen && p->at_end &&
           p->target == NO_TARGET && backlog_head(&p->backlog) == NULL;
}

void
partition_end_heard(struct partition *p, int64_t end, int64_t wall_ms)
{
    if (end > p->end_known)
        p->end_known = end;
    if (p->is_trusted || (p->state != PARTITION_REPLAYING && p->state != PARTITION_LIVE))
        return;
    p->is_trusted = true; /* from here on the worker's own trust covers it, resets and all */
    p->trust = p->committed.trust;
    trust_taken_over(&p->trust, wall_ms);
}

void
idle_trust(const struct partition *p, struct trust *ret_trust)
{
    *ret_trust = p->committed.trust;
    if (!p->is_trusted && ret_trust->seen_ms != 0)
        return;
    *ret_trust = p->shared->trust;
    if (ret_trust->from_ms < p->trust.from_ms)
        ret_trust->from_ms = p->trust.from_ms;
}

static bool
idle_is_believed(struct partition *p, int64_t wall_ms)
{
    return p->is_trusted && trust_holds(&p->shared->trust, wall_ms) &&
           trust_holds(&p->trust, wall_ms);
}

bool
partition_wants_probe(const struct partition *p, int64_t now_us)
{
    int64_t idle_ms = p->shared->config->settings.input_idle_after_ms;

    return idle_ms != SETTING_NEVER && idle_is_quiet(p) && now_us >= p->next_probe_us &&
           now_us - p->last_message_us >= idle_ms * 1000;
}

void
partition_end_proved(struct partition *p, int64_t end, int64_t wall_ms)
{
    int64_t target = wall_ms - idle_lag_ms(p);
    struct engine_position time;

    p->end_known = end;
    p->next_probe_us = partition_now_us(p) + PROBE_US;
    engine_position_get(p->engine, &time);
    if (!idle_is_quiet(p) || end != p->now.offset || target <= time.watermark ||
        !idle_is_believed(p, wall_ms))
        return;
    position_jumps_fit(&p->now.jumps, p->durable_offset);
    if (!position_jump_add(&p->now.jumps, p->now.offset, target))
        return; /* a checkpoint must come first, so that a replay can know all jumps */
    switch_jump(p, p->now.offset, target);
    p->shared->counters->idle_jumps++;
    p->target = target;
}
