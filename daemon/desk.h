#ifndef FOOTPRINT_DESK_H
#define FOOTPRINT_DESK_H

/*
 * What is answered at the runtime socket from the numbers that the control thread has collected:
 * the same that the board and the metrics show.
 *
 *   desk.c        status   partitions   rules   loglevel
 *   desk_hold.c   pause   resume   drain
 *   desk_sight.c  errors   tap
 *   desk_top.c    top
 *   desk_reload.c reload
 *   desk_trial.c  reload --dry-run
 */

#include "daemon/crew.h"
#include "daemon/metrics.h"
#include "daemon/rehearsal.h"
#include "daemon/reload.h"
#include "daemon/socket.h"

/* The control thread's own, renewed four times a second. */
struct desk_view {
    struct metrics_view metrics;     /* its config: the rules in force */
    const struct settings *settings; /* of the start */
    const struct buffer *reasons;    /* a line each: why it is not ready */
    const struct buffer *stalls;     /* a line each: what does not move */
    int32_t partition_count;         /* of the input; 0: not known yet */
    struct crew *crew;               /* NULL: not started yet */
};

/* Adds the commands; the view must outlive the socket. */
void desk_open(struct socket *socket, const struct desk_view *view);
/* No part of the request may be left over; false: it is refused. */
bool desk_begin(struct socket_call *call);

void desk_hold_open(struct socket *socket, const struct desk_view *view);
/* Looks whether what somebody waits for has come; after each renewal of the view. */
void desk_hold_turn(void);

/* A user as JSON; not plain: a hash, the same as long as the daemon runs. After desk_sight_open. */
void desk_user(struct text user, bool plain, struct buffer *out);
void desk_sight_open(struct socket *socket, const struct desk_view *view);
/* Behind the end of all calls. */
void desk_sight_close(void);
/* Shows what the workers have gathered. */
void desk_sight_turn(void);

void desk_top_open(struct socket *socket, const struct desk_view *view);
/* Draws the pictures that are due. */
void desk_top_turn(void);

void desk_reload_open(struct socket *socket, struct reload *reload);
/* Looks whether a reload that somebody waits for has ended. */
void desk_reload_turn(void);
/* Refuses with the lines that say what is wrong, without those that show where, as one line. */
void desk_refuse_wrong(struct socket_call *call, const char *text);

void desk_trial_open(const struct desk_view *view, struct rehearsal *rehearsal);
void desk_trial_run(struct socket_call *call, bool users);
void desk_trial_turn(void);

#endif
