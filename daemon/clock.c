/* The only place that asks what time it is, and whether to believe it. */
#include "daemon/clock.h"

#include <stdatomic.h>
#include <stddef.h>
#include <time.h>

/* The brokers' wall clock less our monotonic one, in ms, at least; or one of the words. */
#define CLOCK_BASE_UNKNOWN INT64_MIN
#define CLOCK_BASE_KEPT (INT64_MIN + 1)
#define CLOCK_BASE_REFUSED (INT64_MIN + 2)

static atomic_int_fast64_t clock_base_ms = CLOCK_BASE_UNKNOWN;

int64_t
clock_wall_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t
clock_mono_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* --- beside the brokers' ------------------------------------------------------------------------ */

/*
 * The record was stored between sending and now, so the wall clock is ahead by less than now -
 * stamp and by more than sent - stamp. An answer that took long and leaves both possible says
 * nothing.
 */
void
clock_broker_stamped(int64_t sent_wall_ms, int64_t stamp_ms)
{
    int64_t now_ms = clock_wall_ms();

    if (now_ms - stamp_ms > CLOCK_APART_MS && sent_wall_ms - stamp_ms <= CLOCK_APART_MS)
        return;
    atomic_store(&clock_base_ms, stamp_ms - clock_mono_us() / 1000);
}

void
clock_broker_kept(void)
{
    atomic_store(&clock_base_ms, CLOCK_BASE_KEPT);
}

void
clock_broker_refused(void)
{
    atomic_store(&clock_base_ms, CLOCK_BASE_REFUSED);
}

enum clock_trust
clock_trust(int64_t *ret_ahead_ms)
{
    int64_t base_ms = atomic_load(&clock_base_ms), ahead_ms = 0;
    enum clock_trust trust = CLOCK_UNKNOWN;

    if (base_ms == CLOCK_BASE_KEPT) {
        trust = CLOCK_UNCHECKED;
    } else if (base_ms == CLOCK_BASE_REFUSED) {
        trust = CLOCK_DIFFERS;
        ahead_ms = CLOCK_APART_UNSAID;
    } else if (base_ms != CLOCK_BASE_UNKNOWN) {
        ahead_ms = clock_wall_ms() - clock_mono_us() / 1000 - base_ms;
        trust = ahead_ms >= -CLOCK_APART_MS && ahead_ms <= CLOCK_APART_MS ? CLOCK_AGREES
                                                                          : CLOCK_DIFFERS;
    }
    if (ret_ahead_ms != NULL)
        *ret_ahead_ms = ahead_ms;
    return trust;
}

bool
clock_is_trusted(void)
{
    enum clock_trust trust = clock_trust(NULL);

    return trust == CLOCK_AGREES || trust == CLOCK_UNCHECKED;
}

int64_t
clock_corrected_ms(void)
{
    int64_t ahead_ms;

    if (clock_trust(&ahead_ms) != CLOCK_DIFFERS || ahead_ms == CLOCK_APART_UNSAID)
        return clock_wall_ms();
    return clock_wall_ms() - ahead_ms;
}
