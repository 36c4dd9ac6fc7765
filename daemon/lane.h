#ifndef FOOTPRINT_LANE_H
#define FOOTPRINT_LANE_H

/*
 * A helper thread that runs one blocking job after another for a worker.
 *
 * lane_run is called on the worker's thread. Finished jobs gather in a list that lane_finished
 * takes, on the worker's thread, after `wake` was called (on the helper's).
 */

#include "pipeline/partition/host.h"

struct lane;

struct lane *lane_new(void (*wake)(void *opaque), void *opaque);
/* No job may be under way. */
void lane_free(struct lane *lane);
void lane_run(struct lane *lane, struct pipeline_job *job);
/* All jobs that have ended since, linked by next, oldest first; NULL if none. */
struct pipeline_job *lane_finished(struct lane *lane);

#endif
