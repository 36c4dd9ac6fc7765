#ifndef FOOTPRINT_REDIS_VISIT_H
#define FOOTPRINT_REDIS_VISIT_H

/*
 * A short stay in Redis, by another program than the daemon: connects, greets, asks, leaves.
 *
 * All calls are BLOCKING, each up to redis.timeout.
 */

#include <stddef.h>
#include <stdint.h>

#include "config/base/err.h"
#include "config/config.h"
#include "pipeline/redis/command.h"
#include "pipeline/redis/store.h"

struct redisReply;
struct visit;

/* NULL: reterr says why. `config` must outlive it. */
struct visit *visit_new(const struct config *config, struct err *reterr);
void visit_free(struct visit *visit); /* NULL is fine */
/* The answer, for freeReplyObject; NULL for an error, be it one that Redis answers. */
struct redisReply *visit_ask(
    struct visit *visit, const struct command *command, struct err *reterr);

typedef void visit_field_fn(void *opaque, const struct store_field *field);
/* Every field of <prefix>{P}:ck; none where there is no record. Borrowed during the call. */
enum err_code visit_fields(struct visit *visit, int32_t partition, visit_field_fn *each,
    void *opaque, struct err *reterr) ERR_MUSTCHECK;
/* How many keys a partition has; `remove`: and removes them, its record first. Walks over all keys
 * of the database. */
enum err_code visit_keys(struct visit *visit, int32_t partition, bool remove, size_t *ret_keys,
    struct err *reterr) ERR_MUSTCHECK;

#endif
