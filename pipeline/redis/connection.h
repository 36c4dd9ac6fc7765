#ifndef FOOTPRINT_REDIS_CONNECTION_H
#define FOOTPRINT_REDIS_CONNECTION_H

/*
 * One connection to Redis that is always being made again, and the questions under way on it.
 *
 * Up means: connected, authenticated, database chosen, scripts loaded, and Redis is a master that
 * evicts nothing. An answer that does not come within redis.timeout breaks the connection; so does
 * a PING once a second when nothing else is asked, and so does a Redis that is set to evict.
 * Reconnects after 100 ms, doubling to 5 s, with jitter. Every question is answered once, in their
 * order, never inside the call.
 */

#include <stdbool.h>
#include <stddef.h>

#include "config/base/buffer.h"
#include "config/base/err.h"
#include "config/config.h"
#include "pipeline/redis/script.h"
#include "pipeline/redis/store.h"

struct connection;
struct redisReply;

/* NULL: the connection is lost, and with it what became of the question. */
typedef void connection_reply_fn(void *opaque, const struct redisReply *reply);

struct connection_callbacks {
    void *opaque;
    void (*up)(void *opaque);
    void (*down)(void *opaque, const char *why);
    void (*closed)(void *opaque); /* after connection_close; the connection is gone */
};

/* ERR_INPUT: redis.url is wrong. Begins to connect. */
struct connection *connection_new(const struct config *config, struct uv_loop_s *loop,
    const struct connection_callbacks *callbacks, struct err *reterr);
/* Everything under way is answered with NULL first. */
void connection_close(struct connection *connection);
bool connection_is_up(const struct connection *connection);
bool connection_is_busy(const struct connection *connection);
/* One command with its reply; reply NULL: its answer is of no interest. */
void connection_send(struct connection *connection, const struct buffer *command,
    connection_reply_fn *reply, void *opaque);
/* Gives the connection up and makes a new one; `why` is told. May be called in a reply. */
void connection_break(struct connection *connection, const char *why);
/* Why it is not up, or was lost last. */
const char *connection_why(const struct connection *connection);
struct text connection_digest(const struct connection *connection, enum script script);
const struct store_counts *connection_counts(const struct connection *connection);

#endif
