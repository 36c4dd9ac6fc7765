#ifndef FOOTPRINT_CLOCK_H
#define FOOTPRINT_CLOCK_H

/*
 * The only place that asks what time it is, and whether to believe it. Any thread.
 *
 * A clock that is ahead would end memberships that nothing brings back. So it is held against the
 * brokers': a record of ours comes back with the time at which a broker stored it.
 */

#include <stdbool.h>
#include <stdint.h>

int64_t clock_wall_ms(void); /* since the epoch; may be set back */
int64_t clock_mono_us(void); /* since some instant; never goes back */

enum clock_trust {
    CLOCK_UNKNOWN,   /* no broker has answered yet */
    CLOCK_UNCHECKED, /* brokers keep the time that we give: nothing to compare with */
    CLOCK_AGREES,    /* within CLOCK_APART_MS */
    CLOCK_DIFFERS
};

#define CLOCK_APART_MS 1000
#define CLOCK_APART_UNSAID INT64_MAX

/* What became of a record that was sent at sent_wall_ms; called as soon as that is known. */
void clock_broker_stamped(int64_t sent_wall_ms, int64_t stamp_ms);
void clock_broker_kept(void);    /* it has our own time */
void clock_broker_refused(void); /* our time is too far off to be stored */

/* How far the wall clock is ahead of the brokers', at most; CLOCK_APART_UNSAID if they refuse it
 * without saying, 0 if unknown. A clock that is set while we run is noticed at once. */
enum clock_trust clock_trust(int64_t *ret_ahead_ms);
bool clock_is_trusted(void);
/* The wall clock; the brokers' where ours is known to differ. */
int64_t clock_corrected_ms(void);

#endif
