/* Events that the log should have and has not: whether to go on without them is not ours to say. */
#include <stdarg.h>
#include <stdio.h>

#include "pipeline/partition/life.h"

static bool
gap_is_allowed(const struct partition *p)
{
    return p->committed.gap_accepted || p->shared->config->settings.input_on_gap == ON_GAP_CONTINUE;
}

bool
gap_found(struct partition *p, const char *fmt, ...)
{
    char text[800];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    if (!gap_is_allowed(p)) {
        partition_halt(p,
            "%s; nothing is guessed: footprintctl reset -c FILE --partition %d --accept-gap goes "
            "on with what is there (so does input.on_gap: continue)",
            text, p->number);
        return false;
    }
    if (p->rules == p->shared->trial_rules) {
        buffer_printf(&p->shared->trial->left_out, "partition %d: as far as the log goes: %s\n",
            (int)p->number, text);
        return true;
    }
    p->shared->counters->gaps++;
    partition_notice(p, NOTICE_WARN, "partition-gap", "%s; going on without, as %s says", text,
        p->committed.gap_accepted ? "footprintctl reset" : "input.on_gap");
    return true;
}

/* Windows are filled from the log; does it begin early enough? */
void
gap_look_begin(struct partition *p)
{
    const struct config *config = p->shared->config;

    reach_begin(&p->reach, p->rules->config->plan, config->settings.input_lateness_ms,
        p->committed.time.watermark);
    if (p->log_low <= p->committed.origin || p->log_low == 0)
        p->reach.state = REACH_ENOUGH; /* all that ever counted is there */
}

bool
gap_look(struct partition *p, const struct record *record)
{
    struct buffer text;
    bool goes_on;

    if (p->reach.state != REACH_LOOKING)
        return true;
    if (record != NULL)
        reach_look(&p->reach, record->event.ts, record->timestamp_ms);
    else
        reach_end(&p->reach);
    if (p->reach.state != REACH_SHORT)
        return true;
    buffer_init(&text);
    reach_tell(&p->reach, &text, 400);
    goes_on = gap_found(p,
        "the windows must be filled from the log, which begins at offset %lld, too late: %.*s",
        (long long)p->log_low, (int)text.length, text.bytes);
    buffer_fini(&text);
    p->reach.state = REACH_NOT_ASKED;
    p->now.origin = p->start;
    return goes_on;
}
