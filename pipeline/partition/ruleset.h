#ifndef FOOTPRINT_RULESET_H
#define FOOTPRINT_RULESET_H

/*
 * The rules by which a partition decides, and what reads events for them.
 *
 *   shared->rules   the newest; partitions that still decide by older ones follow
 *   users           partitions (and those being made ready) that hold it
 *
 * The config is borrowed and must outlive it. All on the worker's thread.
 */

#include "config/config.h"
#include "pipeline/decode/decode.h"

struct ruleset {
    struct ruleset *next; /* the pipeline's */
    const struct config *config;
    struct decode *decode;
    int users;
};

struct ruleset *ruleset_new(const struct config *config);
void ruleset_free(struct ruleset *ruleset);

#endif
