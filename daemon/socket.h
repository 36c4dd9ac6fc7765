#ifndef FOOTPRINT_SOCKET_H
#define FOOTPRINT_SOCKET_H

/*
 * The runtime socket: one line in, an answer out, on the control thread's loop.
 *
 *   status json\n      ->   ok\n{...}\n                         and the connection ends
 *   drain\n            ->   no denied: drain wants operate ...\n
 *
 * Mode 0660; the kernel says who asks, and each command has a level that they need. Bounded in
 * connections, in the length and the time of a request, and in what a slow reader may leave
 * unread. Nothing here waits, and workers are never touched.
 *
 * A command runs on the loop. It writes into socket_call_out and returns, which ends the call; or
 * it keeps the call (socket_call_keep) and sends and ends later: a stream, or an answer that takes
 * its time. Whatever has been changed by a command is logged with the asker's uid and pid.
 */

#include <stdbool.h>
#include <uv.h>

#include "config/base/buffer.h"
#include "config/base/err.h"
#include "config/config.h"
#include "daemon/peer.h"
#include "daemon/request.h"

struct socket;
struct socket_call;

struct socket_command {
    const char *name;
    enum peer_level level;
    void (*run)(void *opaque, struct socket_call *call);
    void *opaque;
    const char *help; /* one line for `help` */
};

#define SOCKET_COMMANDS_MAX 32
#define SOCKET_CONNECTIONS_MAX 32

/* A socket that nobody listens at any more is replaced; one with a living owner is an error. */
struct socket *socket_new(
    const struct config *config, const char *path, uv_loop_t *loop, struct err *reterr);
/* `command` must outlive the socket. */
void socket_add(struct socket *socket, const struct socket_command *command);
/* Ends all calls and removes the file. The memory goes when the loop has closed the handles. */
void socket_free(struct socket *socket);

/* --- for commands ------------------------------------------------------------------------------ */

struct request *socket_call_request(struct socket_call *call);
const struct peer *socket_call_peer(const struct socket_call *call);
/* `json` was given. */
bool socket_call_json(const struct socket_call *call);
/* Where the answer is written; sent when the command returns, or by socket_call_send. */
struct buffer *socket_call_out(struct socket_call *call);
/* The answer is an error instead: `kind` is one word for a program, the rest is for a person. Only
 * before the first socket_call_send. */
void socket_call_refuse(struct socket_call *call, const char *kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The peer's level is enough for more than the command itself needs; otherwise it is refused. */
bool socket_call_may(struct socket_call *call, enum peer_level level, const char *what);
/* The call goes on after the command has returned. gone(own) runs once, when it ends by whatever
 * cause; the call must not be touched any more then. */
void socket_call_keep(struct socket_call *call, void *own, void (*gone)(void *own));
/* Sends what is in the out buffer. False: the reader is too slow, what was in it is dropped. */
bool socket_call_send(struct socket_call *call);
/* Sends the rest and ends a kept call. */
void socket_call_end(struct socket_call *call);

#endif
