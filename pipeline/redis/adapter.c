/* One poll handle per context. */
#include "pipeline/redis/adapter.h"

#include <hiredis/async.h>
#include <stdlib.h>
#include <uv.h>

#include "config/base/check.h"

#define ADAPTER_MAGIC 0xada97e40u

struct adapter {
    uint32_t magic;
    uv_poll_t poll;
    redisAsyncContext *context; /* NULL: let go */
    int events;                 /* waited for */
    void (*closed)(void *opaque);
    void *opaque;
};

static void
adapter_polled(uv_poll_t *poll, int status, int events)
{
    struct adapter *adapter;

    CHECK_CAST(adapter, poll->data, ADAPTER_MAGIC);
    if (status < 0) /* hiredis finds out by itself what is wrong */
        events = UV_READABLE | UV_WRITABLE;
    if ((events & UV_READABLE) != 0 && adapter->context != NULL)
        redisAsyncHandleRead(adapter->context);
    if ((events & UV_WRITABLE) != 0 && adapter->context != NULL)
        redisAsyncHandleWrite(adapter->context);
}

static void
adapter_wait(struct adapter *adapter, int events)
{
    if (adapter->events == events || adapter->context == NULL)
        return;
    adapter->events = events;
    if (events == 0)
        uv_poll_stop(&adapter->poll);
    else
        uv_poll_start(&adapter->poll, events, adapter_polled);
}

static void
adapter_add_read(void *opaque)
{
    struct adapter *adapter = opaque;

    adapter_wait(adapter, adapter->events | UV_READABLE);
}

static void
adapter_del_read(void *opaque)
{
    struct adapter *adapter = opaque;

    adapter_wait(adapter, adapter->events & ~UV_READABLE);
}

static void
adapter_add_write(void *opaque)
{
    struct adapter *adapter = opaque;

    adapter_wait(adapter, adapter->events | UV_WRITABLE);
}

static void
adapter_del_write(void *opaque)
{
    struct adapter *adapter = opaque;

    adapter_wait(adapter, adapter->events & ~UV_WRITABLE);
}

static void
adapter_closed(uv_handle_t *handle)
{
    struct adapter *adapter;

    CHECK_CAST(adapter, handle->data, ADAPTER_MAGIC);
    adapter->closed(adapter->opaque);
    adapter->magic = 0;
    free(adapter);
}

static void
adapter_cleanup(void *opaque)
{
    struct adapter *adapter;

    CHECK_CAST(adapter, opaque, ADAPTER_MAGIC);
    if (adapter->context == NULL)
        return;
    adapter->context = NULL;
    uv_close((uv_handle_t *)&adapter->poll, adapter_closed);
}

int
adapter_attach(struct redisAsyncContext *context, struct uv_loop_s *loop,
    void (*closed)(void *opaque), void *opaque)
{
    struct adapter *adapter = calloc(1, sizeof(*adapter));
    int error;

    CHECK(adapter != NULL);
    adapter->magic = ADAPTER_MAGIC;
    adapter->context = context;
    adapter->closed = closed;
    adapter->opaque = opaque;
    error = uv_poll_init(loop, &adapter->poll, context->c.fd);
    if (error != 0) {
        free(adapter);
        return error;
    }
    adapter->poll.data = adapter;
    context->ev.data = adapter;
    context->ev.addRead = adapter_add_read;
    context->ev.delRead = adapter_del_read;
    context->ev.addWrite = adapter_add_write;
    context->ev.delWrite = adapter_del_write;
    context->ev.cleanup = adapter_cleanup;
    return 0;
}
