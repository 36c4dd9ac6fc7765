/* Where the daemon listens: an address for HTTP, a path for the runtime socket. */
#include "daemon/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "config/base/arena.h"
#include "config/settings/address.h"
#include "config/settings/fault.h"
#include "config/settings/reader.h"

#define LISTEN_BACKLOG 64

/* --- an address -------------------------------------------------------------------------------- */

/* A bound socket, or -1 and errno. */
static int
listen_bind(const struct addrinfo *address)
{
    int on = 1, error;
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(fd, address->ai_addr, address->ai_addrlen) == 0)
        return fd;
    error = errno;
    close(fd);
    errno = error;
    return -1;
}

static enum err_code
listen_resolve(const char *listen, struct addrinfo **ret_addresses, struct err *reterr)
{
    static const struct addrinfo hints = {
        .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct address_listen parsed;
    enum err_code code;
    struct arena arena;
    char port[8];
    int failed;

    arena_init(&arena);
    code = address_listen(text_of(listen), &arena, &parsed, reterr);
    if (code == ERR_NONE) {
        snprintf(port, sizeof(port), "%u", (unsigned)parsed.port);
        failed = getaddrinfo(parsed.host, port, &hints, ret_addresses);
        if (failed != 0)
            code = err_set(reterr, ERR_INPUT, "%s: %s", listen, gai_strerror(failed));
    }
    arena_fini(&arena);
    return code;
}

/* The first address that can be bound; otherwise -1: ERR_RETRY when someone else has it. */
static int
listen_bind_any(const char *listen, struct err *reterr)
{
    struct addrinfo *addresses;
    int fd = -1;

    if (listen_resolve(listen, &addresses, reterr) != ERR_NONE)
        return -1;
    for (struct addrinfo *at = addresses; at != NULL && fd < 0; at = at->ai_next)
        fd = listen_bind(at);
    if (fd < 0)
        err_set(reterr, errno == EADDRINUSE ? ERR_RETRY : ERR_INPUT, "%s: %s%s", listen,
            strerror(errno),
            errno == EADDRNOTAVAIL ? "; it is no address of this host, write one, or 0.0.0.0 or "
                                     "[::] for all of them"
                                   : "");
    freeaddrinfo(addresses);
    return fd;
}

int
listen_open(const char *listen_at, struct err *reterr)
{
    int fd = listen_bind_any(listen_at, reterr);

    if (fd >= 0 && listen(fd, LISTEN_BACKLOG) != 0) {
        err_set(reterr, ERR_RETRY, "%s: %s", listen_at, strerror(errno));
        close(fd);
        fd = -1;
    }
    if (fd < 0)
        err_wrap(reterr, "http.listen: ");
    return fd;
}

/* --- a path ------------------------------------------------------------------------------------- */

const char *
listen_path(const struct settings *settings, char out[256])
{
    const char *folder = getenv("RUNTIME_DIRECTORY");

    if (strcmp(settings->socket_path, "off") == 0)
        return NULL;
    if (strcmp(settings->socket_path, "auto") != 0)
        return settings->socket_path;
    if (folder == NULL || folder[0] != '/')
        return NULL;
    snprintf(out, 256, "%.*s/footprintd.sock", (int)strcspn(folder, ":"), folder);
    return out;
}

enum err_code
listen_path_check(const char *path, struct err *reterr)
{
    char folder[256];
    struct stat found;

    if (strlen(path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
        return err_set(reterr, ERR_INPUT, "%s is too long for a socket", path);
    snprintf(folder, sizeof(folder), "%.*s", (int)(strrchr(path, '/') - path) + 1, path);
    if (lstat(path, &found) == 0 && !S_ISSOCK(found.st_mode))
        return err_set(reterr, ERR_INPUT, "%s is there already and is no socket", path);
    if (faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) != 0)
        return err_set(
            reterr, ERR_INPUT, "%s: %s; a socket can't be made there", folder, strerror(errno));
    return ERR_NONE;
}

/* --- before a start ------------------------------------------------------------------------------ */

/* At the node that gave the row's value; a default has no place. */
static void
listen_complain(const struct config *config, int row, const struct err *err, struct report *report)
{
    const struct yaml_node *node = config->given->nodes[row];

    if (node != NULL)
        fault(report, node, "%s", err->msg);
    else
        report_error(report, NULL, "%s: %s", table[row].path, err->msg);
}

bool
listen_check(const struct config *config, struct report *report)
{
    size_t errors = report_error_count(report);
    const char *at = config->settings.http_listen;
    char room[256];
    const char *path = listen_path(&config->settings, room);
    struct err err;
    int fd;

    if (strcmp(at, "off") != 0) {
        fd = listen_bind_any(at, &err);
        if (fd >= 0)
            close(fd);
        else if (err.code != ERR_RETRY)
            listen_complain(config, SETTING_ROW_http_listen, &err, report);
    }
    if (path != NULL && listen_path_check(path, &err) != ERR_NONE)
        listen_complain(config, SETTING_ROW_socket_path, &err, report);
    return report_error_count(report) == errors;
}
