#ifndef FOOTPRINT_REDIS_KEY_H
#define FOOTPRINT_REDIS_KEY_H

/*
 * Names of keys, as arguments of a command: "<prefix>{P}:<kind>[:<rest>]". The tag {P} keeps all
 * keys of a partition on one node of a cluster.
 */

#include <stdint.h>

#include "pipeline/redis/command.h"

void key_add(struct command *command, const char *prefix, int32_t partition, const char *kind);
void key_add_user(struct command *command, const char *prefix, int32_t partition, const char *kind,
    struct text user);
void key_add_bucket(struct command *command, const char *prefix, int32_t partition, int64_t bucket);

#endif
