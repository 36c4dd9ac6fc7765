#ifndef FOOTPRINT_BOARD_H
#define FOOTPRINT_BOARD_H

/*
 * What the outside may see at this moment: the control thread pins it up, HTTP threads read it.
 *
 * Nobody who reads waits for a worker, and no worker waits for a reader. A board that nobody has
 * renewed for BOARD_STALE_US tells that itself: it can't say "ready" for a process that hangs.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "config/base/buffer.h"
#include "config/config.h"
#include "daemon/metrics.h"
#include "pipeline/counters/counters.h"

#define BOARD_STALE_US INT64_C(10000000)

struct board {
    pthread_mutex_t lock;
    const struct config *config;
    struct counters counters;
    struct metrics_process process;
    struct buffer reasons; /* one line each: why it is not ready; empty: it is */
    struct buffer stalls;  /* one line each: what does not move; empty: all moves */
    int64_t renewed_us;
};

/* Not ready, all zero. The config must outlive it. */
void board_init(struct board *board, const struct config *config);
void board_fini(struct board *board);
/* Other rules: at the next board_renew its counters are of their plan. */
void board_follow(struct board *board, const struct config *config);
void board_renew(struct board *board, const struct counters *counters,
    const struct metrics_process *process, const struct buffer *reasons,
    const struct buffer *stalls);

/* What /readyz, /livez say: true with "ok\n", false with a line per reason. */
bool board_ready(struct board *board, struct buffer *out);
bool board_live(struct board *board, struct buffer *out);
/* Both as one JSON object, for programs; true when alive and ready. */
bool board_health(struct board *board, struct buffer *out);
void board_metrics(struct board *board, struct buffer *out);

#endif
