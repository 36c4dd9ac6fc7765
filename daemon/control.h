#ifndef FOOTPRINT_CONTROL_H
#define FOOTPRINT_CONTROL_H

/*
 * The control thread: everything that is no worker's business.
 *
 *   preparing --topics fit--> running --SIGTERM, SIGINT or a worker that gave up--> stopping
 *       |                                                                              ^
 *       +-------------------- SIGTERM, SIGINT, an error for the operator --------------+
 *
 * It has the signals, the service manager, /readyz and the metrics; it starts the workers, looks at
 * them four times a second and stops them. While Kafka is away it waits and says so.
 */

#include "config/config.h"
#include "daemon/options.h"

/* What the process ends with. */
enum control_exit {
    CONTROL_STOPPED = 0, /* as asked */
    CONTROL_INPUT = 1,   /* an operator must change something */
    CONTROL_USAGE = 2,
    CONTROL_GAVE_UP = 3 /* the service manager may try again */
};

/* Signals that only the control thread may get: called before any other thread is there. */
void control_block_signals(void);
/* The options: what a reload reads again. */
enum control_exit control_run(const struct config *config, const struct options *options);

#endif
