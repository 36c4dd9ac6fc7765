/* Listens, reads one line from each who connects, and writes what the command answers. */
#include "daemon/socket.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "config/base/check.h"
#include "daemon/clock.h"
#include "daemon/listen.h"
#include "daemon/log.h"

#define SOCKET_MAGIC 0x736f636bu
#define SOCKET_CALL_MAGIC 0x63616c6cu
#define SOCKET_BACKLOG 64
#define SOCKET_REQUEST_US INT64_C(5000000)   /* from the connection to the end of its line */
#define SOCKET_UNREAD_US INT64_C(10000000)   /* an answer of which nothing is read for so long */
#define SOCKET_UNREAD_BYTES_MAX (256 * 1024) /* of a stream: what comes meanwhile is dropped */
#define SOCKET_SWEEP_MS 500

struct socket {
    uint32_t magic;
    uv_pipe_t listener;
    uv_timer_t sweep;
    int handles; /* of the two, still open */
    char path[256];
    struct peer_groups groups;
    const struct socket_command *commands[SOCKET_COMMANDS_MAX];
    size_t command_count;
    struct socket_call *calls;
    size_t call_count;
};

struct socket_call {
    uint32_t magic;
    struct socket *socket;
    struct socket_call *next;
    uv_pipe_t pipe;
    struct peer peer;
    char line[REQUEST_BYTES_MAX + 2];
    size_t length;
    struct request request;
    bool json, running, answered, refused, kept, ending, closing;
    struct buffer out;
    void *own;
    void (*gone)(void *own);
    int64_t begun_us;
    size_t unread; /* as last seen to shrink, and when */
    int64_t unread_us;
};

/* Frees it behind the last of its handles; the loop closes them in any order. */
static void
socket_ended(struct socket *socket)
{
    if (socket->handles > 0 || socket->calls != NULL)
        return;
    socket->magic = 0;
    free(socket);
}

/* --- the end of a call ------------------------------------------------------------------------ */

static void
socket_call_closed(uv_handle_t *handle)
{
    struct socket_call *call, **at;

    CHECK_CAST(call, handle->data, SOCKET_CALL_MAGIC);
    for (at = &call->socket->calls; *at != call; at = &(*at)->next)
        CHECK(*at != NULL);
    *at = call->next;
    call->socket->call_count--;
    socket_ended(call->socket);
    buffer_fini(&call->out);
    call->magic = 0;
    free(call);
}

static void
socket_call_close(struct socket_call *call)
{
    void (*gone)(void *own) = call->gone;

    if (call->closing)
        return;
    call->closing = true;
    call->gone = NULL;
    if (gone != NULL)
        gone(call->own);
    uv_close((uv_handle_t *)&call->pipe, socket_call_closed);
}

/* --- writing ----------------------------------------------------------------------------------- */

struct socket_write {
    uv_write_t write;
    struct socket_call *call;
    char bytes[];
};

static void
socket_written(uv_write_t *write, int status)
{
    struct socket_write *done = (struct socket_write *)write;
    struct socket_call *call = done->call;

    free(done);
    if (call->closing)
        return;
    call->unread_us = clock_mono_us();
    if (status != 0 ||
        (call->ending && uv_stream_get_write_queue_size((uv_stream_t *)&call->pipe) == 0))
        socket_call_close(call);
}

static void
socket_write(struct socket_call *call)
{
    struct socket_write *write = malloc(sizeof(*write) + call->out.length);
    uv_buf_t bytes;

    CHECK(write != NULL);
    write->call = call;
    memcpy(write->bytes, call->out.bytes, call->out.length);
    bytes = uv_buf_init(write->bytes, (unsigned)call->out.length);
    buffer_clear(&call->out);
    if (uv_stream_get_write_queue_size((uv_stream_t *)&call->pipe) == 0)
        call->unread_us = clock_mono_us();
    if (uv_write(&write->write, (uv_stream_t *)&call->pipe, &bytes, 1, socket_written) == 0)
        return;
    free(write);
    socket_call_close(call);
}

bool
socket_call_send(struct socket_call *call)
{
    size_t unread = uv_stream_get_write_queue_size((uv_stream_t *)&call->pipe);

    if (call->closing || (call->out.length == 0 && !call->ending))
        return true;
    if (call->answered && unread > SOCKET_UNREAD_BYTES_MAX) {
        buffer_clear(&call->out);
        return false;
    }
    if (!call->answered && !call->refused) {
        buffer_reserve(&call->out, 3);
        memmove(call->out.bytes + 3, call->out.bytes, call->out.length);
        memcpy(call->out.bytes, "ok\n", 3);
        call->out.length += 3;
    }
    call->answered = true;
    socket_write(call);
    return true;
}

void
socket_call_end(struct socket_call *call)
{
    if (call->closing || call->ending)
        return;
    call->ending = true;
    if (!call->answered || call->out.length > 0)
        socket_call_send(call);
    if (!call->closing && uv_stream_get_write_queue_size((uv_stream_t *)&call->pipe) == 0)
        socket_call_close(call);
}

/* --- what commands ask ------------------------------------------------------------------------- */

struct request *
socket_call_request(struct socket_call *call)
{
    return &call->request;
}

const struct peer *
socket_call_peer(const struct socket_call *call)
{
    return &call->peer;
}

bool
socket_call_json(const struct socket_call *call)
{
    return call->json;
}

struct buffer *
socket_call_out(struct socket_call *call)
{
    return &call->out;
}

void
socket_call_refuse(struct socket_call *call, const char *kind, const char *fmt, ...)
{
    char text[1024];
    va_list args;

    CHECK(!call->answered);
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    buffer_clear(&call->out);
    buffer_printf(&call->out, "no %s: %s\n", kind, text);
    call->refused = true;
}

bool
socket_call_may(struct socket_call *call, enum peer_level level, const char *what)
{
    if (call->peer.level >= level)
        return true;
    log_line(LOG_WARN_LINE, "socket-denied", LOG_NOBODY, LOG_NOBODY, "%s: uid %u may only %s",
        call->request.command, (unsigned)call->peer.uid, peer_level_name(call->peer.level));
    socket_call_refuse(call, "denied", "%s needs the level %s, uid %u has %s", what,
        peer_level_name(level), (unsigned)call->peer.uid, peer_level_name(call->peer.level));
    return false;
}

void
socket_call_keep(struct socket_call *call, void *own, void (*gone)(void *own))
{
    CHECK(!call->kept);
    call->kept = true;
    call->own = own;
    call->gone = gone;
}

/* --- one request -------------------------------------------------------------------------------- */

static const struct socket_command *
socket_find(const struct socket *socket, const char *name)
{
    for (size_t i = 0; i < socket->command_count; i++)
        if (strcmp(socket->commands[i]->name, name) == 0)
            return socket->commands[i];
    return NULL;
}

static void
socket_help(const struct socket *socket, struct buffer *out)
{
    for (size_t i = 0; i < socket->command_count; i++)
        buffer_printf(out, "%-11s %-8s %s\n", socket->commands[i]->name,
            peer_level_name(socket->commands[i]->level), socket->commands[i]->help);
}

static void
socket_call_run(struct socket_call *call)
{
    const struct socket_command *command = socket_find(call->socket, call->request.command);

    if (strcmp(call->request.command, "help") == 0)
        socket_help(call->socket, &call->out);
    else if (command == NULL)
        socket_call_refuse(call, "unknown", "there is no command %s; `help` lists them all",
            call->request.command);
    else if (socket_call_may(call, command->level, command->name))
        command->run(command->opaque, call);
}

static void
socket_call_begin(struct socket_call *call, size_t length)
{
    struct err err;

    call->running = true;
    if (request_read((struct text){call->line, (uint32_t)length}, &call->request, &err) !=
        ERR_NONE) {
        socket_call_refuse(call, "usage", "%s", err.msg);
    } else {
        call->json = request_word(&call->request, "json");
        socket_call_run(call);
    }
    if (!call->kept || call->refused)
        socket_call_end(call);
    else
        socket_call_send(call);
}

static void
socket_call_room(uv_handle_t *handle, size_t wanted, uv_buf_t *ret_room)
{
    static char rest[1024]; /* behind the line nothing counts */
    struct socket_call *call;

    (void)wanted;
    CHECK_CAST(call, handle->data, SOCKET_CALL_MAGIC);
    if (call->running)
        *ret_room = uv_buf_init(rest, sizeof(rest));
    else
        *ret_room =
            uv_buf_init(call->line + call->length, (unsigned)(sizeof(call->line) - call->length));
}

/* A reader who has shut its sending half still waits for the answer; one who is gone does not. */
static void
socket_call_said(uv_stream_t *stream, ssize_t count, const uv_buf_t *room)
{
    struct socket_call *call;
    const char *end;

    (void)room;
    CHECK_CAST(call, stream->data, SOCKET_CALL_MAGIC);
    if (call->closing)
        return;
    if (count < 0) {
        if (count == UV_EOF && call->running && !call->kept)
            uv_read_stop(stream);
        else
            socket_call_close(call);
        return;
    }
    if (call->running)
        return;
    call->length += (size_t)count;
    end = memchr(call->line, '\n', call->length);
    if (end != NULL) {
        socket_call_begin(call, (size_t)(end - call->line));
    } else if (call->length == sizeof(call->line)) {
        call->running = true;
        socket_call_refuse(call, "usage", "a line of more than %d bytes", REQUEST_BYTES_MAX);
        socket_call_end(call);
    }
}

/* --- connections ---------------------------------------------------------------------------------- */

static void
socket_call_new(struct socket *socket)
{
    struct socket_call *call = calloc(1, sizeof(*call));
    uv_os_fd_t fd;

    CHECK(call != NULL);
    call->magic = SOCKET_CALL_MAGIC;
    call->socket = socket;
    call->begun_us = clock_mono_us();
    buffer_init(&call->out);
    CHECK(uv_pipe_init(socket->listener.loop, &call->pipe, 0) == 0);
    call->pipe.data = call;
    call->next = socket->calls;
    socket->calls = call;
    socket->call_count++;
    if (uv_accept((uv_stream_t *)&socket->listener, (uv_stream_t *)&call->pipe) != 0 ||
        uv_fileno((uv_handle_t *)&call->pipe, &fd) != 0 ||
        !peer_read(fd, &socket->groups, &call->peer)) {
        socket_call_close(call);
        return;
    }
    if (socket->call_count > SOCKET_CONNECTIONS_MAX) {
        call->running = true;
        socket_call_refuse(call, "busy", "%d others are asking", SOCKET_CONNECTIONS_MAX);
        socket_call_end(call);
    } else if (uv_read_start((uv_stream_t *)&call->pipe, socket_call_room, socket_call_said) != 0) {
        socket_call_close(call);
    }
}

static void
socket_connected(uv_stream_t *listener, int status)
{
    struct socket *socket;

    CHECK_CAST(socket, listener->data, SOCKET_MAGIC);
    if (status == 0)
        socket_call_new(socket);
}

static bool
socket_call_is_late(const struct socket_call *call, int64_t now_us)
{
    if (!call->running)
        return now_us - call->begun_us > SOCKET_REQUEST_US;
    return uv_stream_get_write_queue_size((const uv_stream_t *)&call->pipe) > 0 &&
           now_us - call->unread_us > SOCKET_UNREAD_US;
}

static void
socket_sweep(uv_timer_t *sweep)
{
    struct socket *socket;
    int64_t now_us = clock_mono_us();

    CHECK_CAST(socket, sweep->data, SOCKET_MAGIC);
    for (struct socket_call *call = socket->calls; call != NULL; call = call->next) {
        size_t unread =
            call->closing ? 0 : uv_stream_get_write_queue_size((const uv_stream_t *)&call->pipe);

        if (unread < call->unread)
            call->unread_us = now_us;
        call->unread = unread;
        if (!call->closing && socket_call_is_late(call, now_us))
            socket_call_close(call);
    }
}

/* --- life ------------------------------------------------------------------------------------------ */

/* Somebody answers there. */
static bool
socket_is_alive(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool alive;

    CHECK(fd >= 0);
    memcpy(address.sun_path, path, strlen(path) + 1);
    alive = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 || errno == EAGAIN;
    close(fd);
    return alive;
}

/* Takes away what a dead daemon has left. */
static enum err_code
socket_make_room(const char *path, struct err *reterr)
{
    struct stat found;

    if (listen_path_check(path, reterr) != ERR_NONE)
        return err_wrap(reterr, "socket.path: ");
    if (lstat(path, &found) != 0)
        return ERR_NONE;
    if (socket_is_alive(path))
        return err_set(reterr, ERR_INPUT,
            "socket.path: another daemon listens at %s; give each its own socket.path", path);
    if (unlink(path) != 0)
        return err_set(reterr, ERR_INPUT, "socket.path: %s: %s", path, strerror(errno));
    return ERR_NONE;
}

/* Closed to everybody until the mode is right. */
static enum err_code
socket_listen(struct socket *socket, struct err *reterr)
{
    mode_t before = umask(0177);
    int code = uv_pipe_bind(&socket->listener, socket->path);

    umask(before);
    if (code == 0 && chmod(socket->path, 0660) != 0)
        code = -errno;
    if (code == 0)
        code = uv_listen((uv_stream_t *)&socket->listener, SOCKET_BACKLOG, socket_connected);
    if (code != 0)
        return err_set(reterr, ERR_INPUT, "socket.path: %s: %s", socket->path, uv_strerror(code));
    return ERR_NONE;
}

struct socket *
socket_new(const struct config *config, const char *path, uv_loop_t *loop, struct err *reterr)
{
    struct socket *socket;

    if (socket_make_room(path, reterr) != ERR_NONE)
        return NULL;
    socket = calloc(1, sizeof(*socket));
    CHECK(socket != NULL);
    socket->magic = SOCKET_MAGIC;
    snprintf(socket->path, sizeof(socket->path), "%s", path);
    peer_groups_read(&config->settings, &socket->groups);
    CHECK(uv_pipe_init(loop, &socket->listener, 0) == 0);
    CHECK(uv_timer_init(loop, &socket->sweep) == 0);
    socket->listener.data = socket->sweep.data = socket;
    socket->handles = 2;
    if (socket_listen(socket, reterr) == ERR_NONE) {
        uv_timer_start(&socket->sweep, socket_sweep, SOCKET_SWEEP_MS, SOCKET_SWEEP_MS);
        return socket;
    }
    socket_free(socket);
    return NULL;
}

void
socket_add(struct socket *socket, const struct socket_command *command)
{
    CHECK(socket->command_count < SOCKET_COMMANDS_MAX);
    socket->commands[socket->command_count++] = command;
}

static void
socket_closed(uv_handle_t *handle)
{
    struct socket *socket;

    CHECK_CAST(socket, handle->data, SOCKET_MAGIC);
    socket->handles--;
    socket_ended(socket);
}

void
socket_free(struct socket *socket)
{
    if (socket == NULL)
        return;
    for (struct socket_call *call = socket->calls; call != NULL; call = call->next)
        socket_call_close(call);
    uv_close((uv_handle_t *)&socket->sweep, socket_closed);
    uv_close((uv_handle_t *)&socket->listener, socket_closed); /* removes the file */
}
