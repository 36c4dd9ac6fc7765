/* /metrics, /livez, /readyz and /healthz, answered from the board. */
#include "daemon/http.h"

#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config/base/check.h"
#include "daemon/clock.h"
#include "daemon/guests.h"
#include "daemon/listen.h"
#include "daemon/metrics_text.h"

#define HTTP_MAGIC 0x68747470u
#define HTTP_CONNECTIONS_MAX ((unsigned)GUESTS_MAX)
#define HTTP_SILENCE_S_MAX 3u
#define HTTP_MEMORY_BYTES_MAX ((size_t)16 * 1024) /* of one connection: head and answer's head */
#define HTTP_ADDRESS_BYTES_MAX 300

struct http {
    uint32_t magic;
    struct board *board;
    struct MHD_Daemon *daemon;
    struct guests guests;
    char address[HTTP_ADDRESS_BYTES_MAX];
};

struct http_answer {
    unsigned status;
    const char *type;
    struct buffer body;
};

/* --- the socket ----------------------------------------------------------------------------- */

static void
http_name(struct http *http, int fd)
{
    struct sockaddr_storage bound;
    socklen_t length = sizeof(bound);
    char host[NI_MAXHOST], port[NI_MAXSERV];
    bool v6;

    if (getsockname(fd, (struct sockaddr *)&bound, &length) != 0 ||
        getnameinfo((struct sockaddr *)&bound, length, host, sizeof(host), port, sizeof(port),
            NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return;
    v6 = bound.ss_family == AF_INET6;
    snprintf(http->address, sizeof(http->address), "%s%.200s%s:%s", v6 ? "[" : "", host,
        v6 ? "]" : "", port);
}

/* --- answers -------------------------------------------------------------------------------- */

static void
http_compose(struct board *board, const char *path, struct http_answer *answer)
{
    bool good;

    answer->status = MHD_HTTP_OK;
    if (strcmp(path, "/metrics") == 0) {
        answer->type = METRICS_TEXT_TYPE;
        board_metrics(board, &answer->body);
        return;
    }
    if (strcmp(path, "/healthz") == 0) {
        answer->type = "application/json";
        good = board_health(board, &answer->body);
    } else if (strcmp(path, "/livez") == 0) {
        good = board_live(board, &answer->body);
    } else if (strcmp(path, "/readyz") == 0) {
        good = board_ready(board, &answer->body);
    } else {
        answer->status = MHD_HTTP_NOT_FOUND;
        buffer_add_literal(
            &answer->body, "not found; there are /metrics, /livez, /readyz and /healthz\n");
        return;
    }
    if (!good)
        answer->status = MHD_HTTP_SERVICE_UNAVAILABLE;
}

static enum MHD_Result
http_send(struct MHD_Connection *connection, struct http_answer *answer)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        answer->body.length, answer->body.bytes, MHD_RESPMEM_MUST_COPY);
    enum MHD_Result result;

    if (response == NULL)
        return MHD_NO;
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->type);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    if (answer->status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    result = MHD_queue_response(connection, answer->status, response);
    MHD_destroy_response(response);
    return result;
}

/* A request may name the host in front of the path, as to a proxy. */
static const char *
http_path(const char *target)
{
    const char *path;

    if (strncasecmp(target, "http://", 7) != 0)
        return target;
    path = strchr(target + 7, '/');
    return path == NULL ? "" : path;
}

/* The library's own check has another name in each of its releases. */
static bool
http_lacks_host(struct MHD_Connection *connection, const char *version)
{
    return strcmp(version, MHD_HTTP_VERSION_1_0) != 0 &&
           MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST) == NULL;
}

/* Called once a head is complete; the answer is given at once, bodies are never read. */
static enum MHD_Result
http_request(void *opaque, struct MHD_Connection *connection, const char *path, const char *method,
    const char *version, const char *upload, size_t *upload_length, void **state)
{
    struct http_answer answer = {.type = "text/plain; charset=utf-8"};
    struct http *http;
    enum MHD_Result result;

    (void)upload;
    (void)upload_length;
    (void)state;
    CHECK_CAST(http, opaque, HTTP_MAGIC);
    buffer_init(&answer.body);
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0) {
        answer.status = MHD_HTTP_METHOD_NOT_ALLOWED;
        buffer_add_literal(&answer.body, "only GET and HEAD\n");
    } else if (http_lacks_host(connection, version)) {
        answer.status = MHD_HTTP_BAD_REQUEST;
        buffer_add_literal(&answer.body, "a request of HTTP/1.1 names its host\n");
    } else {
        http_compose(http->board, http_path(path), &answer);
    }
    result = http_send(connection, &answer);
    buffer_fini(&answer.body);
    return result;
}

/* The library's own complaints are about clients; they are nobody's news. */
static void
http_complain(void *opaque, const char *fmt, va_list args)
{
    (void)opaque;
    (void)fmt;
    (void)args;
}

/* None of our paths needs an escape, and %00 would cut one short. */
static size_t
http_unescape(void *opaque, struct MHD_Connection *connection, char *text)
{
    (void)opaque;
    (void)connection;
    return strlen(text);
}

static void
http_guest(void *opaque, struct MHD_Connection *connection, void **own,
    enum MHD_ConnectionNotificationCode code)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct http *http;

    (void)own;
    CHECK_CAST(http, opaque, HTTP_MAGIC);
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        guests_arrive(&http->guests, info->connect_fd, clock_mono_us());
    else
        guests_leave(&http->guests, info->connect_fd);
}

/* --- life ------------------------------------------------------------------------------------ */

struct http *
http_new(const char *listen, struct board *board, struct err *reterr)
{
    struct http *http = calloc(1, sizeof(*http));
    int fd;

    CHECK(http != NULL);
    http->magic = HTTP_MAGIC;
    http->board = board;
    guests_init(&http->guests);
    fd = listen_open(listen, reterr);
    if (fd < 0)
        goto fail;
    http_name(http, fd);
    http->daemon =
        MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL | MHD_USE_ERROR_LOG, 0,
            NULL, NULL, http_request, http, MHD_OPTION_EXTERNAL_LOGGER, http_complain, NULL,
            MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, HTTP_CONNECTIONS_MAX,
            MHD_OPTION_CONNECTION_TIMEOUT, HTTP_SILENCE_S_MAX, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
            HTTP_MEMORY_BYTES_MAX, MHD_OPTION_NOTIFY_CONNECTION, http_guest, http,
            MHD_OPTION_UNESCAPE_CALLBACK, http_unescape, NULL, MHD_OPTION_END);
    if (http->daemon != NULL)
        return http;
    close(fd);
    err_set(reterr, ERR_FATAL, "http.listen: %s: the HTTP thread did not start", listen);
fail:
    http_free(http);
    return NULL;
}

void
http_free(struct http *http)
{
    if (http == NULL)
        return;
    if (http->daemon != NULL)
        MHD_stop_daemon(http->daemon); /* closes the socket */
    guests_fini(&http->guests);
    http->magic = 0;
    free(http);
}

void
http_turn(struct http *http)
{
    guests_turn(&http->guests, clock_mono_us());
}

const char *
http_address(const struct http *http)
{
    return http->address;
}
