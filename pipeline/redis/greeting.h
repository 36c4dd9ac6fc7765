#ifndef FOOTPRINT_REDIS_GREETING_H
#define FOOTPRINT_REDIS_GREETING_H

/*
 * What is said on a new connection, and whether what Redis says of itself is good enough.
 *
 *   AUTH, SELECT (each when needed), INFO, SCRIPT LOAD of every script
 *
 * Refused: wrong credentials, a replica, a Redis that is still loading, and one that may evict keys
 * (maxmemory is set and its policy is not noeviction).
 */

#include <stdbool.h>
#include <stddef.h>

#include "pipeline/redis/command.h"
#include "pipeline/redis/script.h"
#include "config/settings/url.h"

struct redisReply;

struct greeting {
    const struct url *url; /* borrowed; set once */
    int said, answered;    /* steps */
    char digests[SCRIPT_COUNT][SCRIPT_DIGEST_BYTES];
};

void greeting_begin(struct greeting *greeting);
/* The next command, cleared first; false: all are said. */
bool greeting_next(struct greeting *greeting, struct command *command);
/* Answers in the order of the commands. False: Redis can't be used, why_bytes of why say it. */
bool greeting_answer(
    struct greeting *greeting, const struct redisReply *reply, char *why, size_t why_bytes);
/* What INFO says is a Redis that the daemon can use; else why not. */
bool greeting_check(const char *info, char *why, size_t why_bytes);
/* The value of a line "name:value\r\n"; empty when there is none. */
struct text greeting_info(const char *info, const char *name);
/* Whether an answer to INFO says that keys may be evicted; then why says how. */
bool greeting_evicts(const char *info, char *why, size_t why_bytes);
bool greeting_is_done(const struct greeting *greeting);

#endif
