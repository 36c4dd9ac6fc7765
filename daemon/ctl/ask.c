/* A question to the running daemon. */
#include "daemon/ctl/ask.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static bool
ask_is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           memchr("._-,:/", c, 6) != NULL;
}

void
ask_part(struct buffer *line, const char *name, const char *value)
{
    buffer_printf(line, " %s", name);
    if (value == NULL)
        return;
    buffer_add_char(line, '=');
    for (; *value != '\0'; value++) {
        if (ask_is_plain(*value))
            buffer_add_char(line, *value);
        else
            buffer_printf(line, "%%%02X", (unsigned)(unsigned char)*value);
    }
}

static enum err_code
ask_connect(struct ask *ask, const char *path, struct err *reterr)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof(address.sun_path))
        return err_set(reterr, ERR_INPUT, "%s is too long for a socket", path);
    memcpy(address.sun_path, path, strlen(path) + 1);
    ask->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (ask->fd < 0)
        return err_set(reterr, ERR_RETRY, "socket: %s", strerror(errno));
    if (connect(ask->fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return ERR_NONE;
    err_set(reterr, ERR_RETRY, "%s: %s%s", path, strerror(errno),
        errno == ENOENT || errno == ECONNREFUSED
            ? "; is footprintd running, and is this its socket.path?"
        : errno == EACCES ? "; members of the socket's group may ask"
                          : "");
    close(ask->fd);
    return ERR_RETRY;
}

static bool
ask_send(struct ask *ask, const struct buffer *line)
{
    size_t sent = 0;

    while (sent < line->length) {
        ssize_t more = send(ask->fd, line->bytes + sent, line->length - sent, MSG_NOSIGNAL);

        if (more < 0 && errno == EINTR)
            continue;
        if (more < 0)
            return false;
        sent += (size_t)more;
    }
    return send(ask->fd, "\n", 1, MSG_NOSIGNAL) == 1;
}

enum err_code
ask_open(struct ask *ask, const char *path, const struct buffer *line, struct err *reterr)
{
    struct buffer first;
    enum err_code code = ask_connect(ask, path, reterr);

    if (code != ERR_NONE)
        return code;
    ask->length = ask->at = 0;
    buffer_init(&first);
    /* A daemon that is busy has answered already and reads no more. */
    (void)ask_send(ask, line);
    if (!ask_line(ask, &first))
        code = err_set(reterr, ERR_RETRY, "%s: the daemon has closed without an answer", path);
    else if (first.length >= 3 && memcmp(first.bytes, "no ", 3) == 0)
        code = err_set(reterr, ERR_INPUT, "%.*s", (int)first.length - 3, first.bytes + 3);
    else if (first.length != 2 || memcmp(first.bytes, "ok", 2) != 0)
        code = err_set(reterr, ERR_INPUT, "%s: this is no footprintd", path);
    buffer_fini(&first);
    if (code != ERR_NONE)
        close(ask->fd);
    return code;
}

static bool
ask_fill(struct ask *ask)
{
    ssize_t more;

    do
        more = recv(ask->fd, ask->bytes, sizeof(ask->bytes), 0);
    while (more < 0 && errno == EINTR);
    ask->at = 0;
    ask->length = more > 0 ? (size_t)more : 0;
    return more > 0;
}

bool
ask_line(struct ask *ask, struct buffer *out)
{
    bool any = false;

    while (ask->at < ask->length || ask_fill(ask)) {
        const char *from = ask->bytes + ask->at;
        const char *end = memchr(from, '\n', ask->length - ask->at);
        size_t length = end == NULL ? ask->length - ask->at : (size_t)(end - from);

        any = true;
        buffer_add(out, from, length);
        ask->at += length + (end != NULL);
        if (end != NULL)
            return true;
    }
    return any;
}

void
ask_close(struct ask *ask)
{
    close(ask->fd);
    ask->fd = -1;
}
