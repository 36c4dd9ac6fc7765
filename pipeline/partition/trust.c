/* How long a log without news is not believed to be silent. */
#include "pipeline/partition/trust.h"

#include "config/base/drill.h"

/* Questions are asked each second at least: what one alone misses is shorter than any lateness. */
#define TRUST_LOOK_MS INT64_C(1500)

static void
trust_wait(struct trust *trust, int64_t now_ms, int64_t wait_ms)
{
    if (wait_ms > TRUST_WAIT_MS)
        wait_ms = TRUST_WAIT_MS;
    if (wait_ms > 0 && trust->from_ms < now_ms + wait_ms)
        trust->from_ms = now_ms + wait_ms;
}

void
trust_answered(struct trust *trust, int64_t asked_ms, int64_t gap_ms)
{
    if (gap_ms > TRUST_LOOK_MS)
        trust_wait(trust, asked_ms, gap_ms);
    trust->seen_ms = asked_ms;
}

void
trust_failed(struct trust *trust, int64_t now_ms)
{
    trust_wait(trust, now_ms, TRUST_WAIT_MS);
}

void
trust_taken_over(struct trust *trust, int64_t asked_ms)
{
    if (trust->seen_ms != 0)
        trust_wait(trust, asked_ms, asked_ms - trust->seen_ms);
    trust->seen_ms = asked_ms;
}

bool
trust_holds(struct trust *trust, int64_t asked_ms)
{
    if (trust->from_ms > asked_ms + TRUST_WAIT_MS) /* the clock was set back meanwhile */
        trust->from_ms = asked_ms + TRUST_WAIT_MS;
    return asked_ms >= trust->from_ms || DRILL_WITHOUT(DRILL_TRUST);
}
