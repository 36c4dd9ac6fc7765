#ifndef FOOTPRINT_DESK_H
#define FOOTPRINT_DESK_H

/*
 * What is answered at the runtime socket from the numbers that the control thread has collected:
 * the same that the board and the metrics show.
 *
 *   status   partitions   rules   loglevel
 */

#include "daemon/metrics.h"
#include "daemon/socket.h"

/* The control thread's own, renewed four times a second. */
struct desk_view {
    struct metrics_view metrics;
    const struct buffer *reasons; /* a line each: why it is not ready */
    const struct buffer *stalls;  /* a line each: what does not move */
    int32_t partition_count;      /* of the input; 0: not known yet */
};

/* Adds the commands; the view must outlive the socket. */
void desk_open(struct socket *socket, const struct desk_view *view);

#endif
