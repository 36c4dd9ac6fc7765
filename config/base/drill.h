#ifndef FOOTPRINT_BASE_DRILL_H
#define FOOTPRINT_BASE_DRILL_H

/*
 * Drills: what shows that each part of the protocol is needed, and that a crash at any place of it
 * does no harm. Only a build with FOOTPRINT_DRILL has them, and that can't be installed; in any
 * other all of this compiles to nothing.
 *
 *   FOOTPRINT_CRASH=K3:2    the process kills itself as it passes this point the second time
 *   FOOTPRINT_STOP=K7       it stops itself there (SIGSTOP) until somebody wakes it
 *   FOOTPRINT_WITHOUT=cas   a mechanism is switched off; several by comma
 *
 * A name that is not known ends the process: no drill may pass by a slip of the pen.
 */

#include <stdbool.h>

/* In the order of one cycle. All workers of the process count together. */
enum drill_point {
    DRILL_K1,      /* events are applied, nothing of them is produced */
    DRILL_K2,      /* the outputs are with the brokers, in an open transaction */
    DRILL_K3,      /* the offsets too */
    DRILL_K4,      /* the commit is acknowledged, nothing has taken note of it */
    DRILL_K5,      /* a chunk is acknowledged, nothing has taken note of it */
    DRILL_K6,      /* the membership records of a chunk are on their way, its profiles are not */
    DRILL_K7,      /* a whole chunk is on its way, unanswered */
    DRILL_K8,      /* a partition is acquired: its new token is in Redis */
    DRILL_K9,      /* the end of a transaction is asked for, unanswered */
    DRILL_RELEASE, /* the last transaction of a partition is done, its checkpoint is not */
    DRILL_REPLAY,  /* a record of a replay is applied */
    DRILL_REBUILD, /* a user of a rebuild is taken over */
    DRILL_POINT_COUNT
};

enum drill_mechanism {
    DRILL_CAS,        /* Redis compares owner and number before it writes */
    DRILL_VERIFY,     /* a load counts only if the chain holds behind it */
    DRILL_AGAIN,      /* behind a new connection Redis must have the newest chunk */
    DRILL_GUARD,      /* a profile says which events it has */
    DRILL_STABLE,     /* a committed offset is read when no transaction can move it any more */
    DRILL_GENERATION, /* a transaction is tied to the membership of the group */
    DRILL_FENCING,    /* a transactional id is stable: the older of two holders is refused */
    DRILL_DOUBT,      /* a commit without an answer is looked up before it is repeated */
    DRILL_END,        /* the end of the log is asked for, not remembered from the last fetch */
    DRILL_JUMPS,      /* a position has the jumps of a silent partition's clock */
    DRILL_CUT,        /* a position has the advance that its transaction cut */
    DRILL_SEEK,       /* nothing is read while a seek is under way */
    DRILL_HAND,       /* records in hand are dropped when their partition is reset */
    DRILL_BEHIND,     /* profiles are written behind the commit, never before */
    DRILL_BUCKETS,    /* who may be due is loaded before the clock moves */
    DRILL_EVICT,      /* nobody goes whose hint lies in a bucket that is being read */
    DRILL_TRUST,      /* silence counts once producers have sent what an outage held back */
    DRILL_MECHANISM_COUNT
};

#ifdef FOOTPRINT_DRILL

bool drill_is_due(enum drill_point point); /* counts as passing it */
void drill_end(void);                      /* kills or stops the process, as was asked for */
void drill_end_soon(void);                 /* the same within milliseconds */
bool drill_is_without(enum drill_mechanism mechanism);
/* Switches one off or on again; false: there is none of this name. */
bool drill_set(const char *mechanism, bool off);

#define DRILL_POINT(point)                                                                         \
    do {                                                                                           \
        if (drill_is_due(point))                                                                   \
            drill_end();                                                                           \
    } while (0)
#define DRILL_IS_DUE(point) drill_is_due(point)
#define DRILL_END() drill_end()
#define DRILL_END_SOON() drill_end_soon()
#define DRILL_WITHOUT(mechanism) drill_is_without(mechanism)

#else

#define DRILL_POINT(point) ((void)0)
#define DRILL_IS_DUE(point) ((void)(point), false)
#define DRILL_END() ((void)0)
#define DRILL_END_SOON() ((void)0)
#define DRILL_WITHOUT(mechanism) false

#endif

#endif
