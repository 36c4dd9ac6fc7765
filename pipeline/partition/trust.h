#ifndef FOOTPRINT_TRUST_H
#define FOOTPRINT_TRUST_H

/*
 * Whether a log that does not grow is silent, or its producers still hold back what an outage of
 * the brokers kept from it.
 *
 *   seen .......... outage .......... answer ...... from
 *        <- nobody watched: gap ->           <- gap ->        at most TRUST_WAIT_MS
 *
 * An outage that nobody saw is no longer than the time in which nobody looked, and producers whose
 * pauses between attempts grow come back within as long again. So silence counts from then on. A
 * worker has a trust of its own; a partition brings one along in its committed position, since who
 * saw the outage may be gone. Wall time in ms throughout; 0: never.
 */

#include <stdbool.h>
#include <stdint.h>

#define TRUST_WAIT_MS INT64_C(15000)

struct trust {
    int64_t seen_ms; /* the brokers' newest good answer */
    int64_t from_ms; /* silence before proves nothing */
};

/* They answered to a question of this time, well and soon; so long had nobody known of them. */
void trust_answered(struct trust *trust, int64_t asked_ms, int64_t gap_ms);
/* They did not, or late. */
void trust_failed(struct trust *trust, int64_t now_ms);
/* A partition came with this one; the brokers answered at that time. */
void trust_taken_over(struct trust *trust, int64_t asked_ms);
/* The end of the log at this time is the end of what was sent. */
bool trust_holds(struct trust *trust, int64_t asked_ms);

#endif
