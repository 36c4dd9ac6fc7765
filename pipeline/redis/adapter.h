#ifndef FOOTPRINT_REDIS_ADAPTER_H
#define FOOTPRINT_REDIS_ADAPTER_H

/*
 * hiredis on libuv, for all releases of both: unlike theirs it does not swallow poll errors (a
 * refused connection would never be told) and touches the poll only when what it waits for changes.
 */

struct redisAsyncContext;
struct uv_loop_s;

/*
 * Watches the context until hiredis lets go of it; then closed() runs once, on the loop.
 * Returns 0, or libuv's error: then nothing is attached and closed() never runs.
 */
int adapter_attach(struct redisAsyncContext *context, struct uv_loop_s *loop,
    void (*closed)(void *opaque), void *opaque);

#endif
