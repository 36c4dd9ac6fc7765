/* Real requests to the daemon's HTTP: the truth, and no more than that. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "daemon/http.h"
#include "tests/unit/daemon_rig.h"

static struct board board;
static struct http *http;
static struct counters counters;

/* A port that nobody has just now. */
static unsigned
free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    close(fd);
    return ntohs(address.sin_port);
}

static int
begin(void **state)
{
    char listen[32];
    struct err err;

    (void)state;
    snprintf(listen, sizeof(listen), "127.0.0.1:%u", free_port());
    rig_count(&counters);
    board_init(&board, &rig_config);
    http = http_new(listen, &board, &err);
    assert_non_null(http);
    return 0;
}

static int
end(void **state)
{
    (void)state;
    http_free(http);
    board_fini(&board);
    counters_fini(&counters);
    return 0;
}

/* What comes back for these bytes, until the server closes or half a second is silent. */
static const char *
asked(const char *request, size_t length)
{
    static char answer[1 << 18];
    struct sockaddr_in address = {.sin_family = AF_INET};
    struct timeval patience = {.tv_usec = 500000};
    size_t got = 0;
    ssize_t more;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_port = htons((uint16_t)strtoul(strchr(http_address(http), ':') + 1, NULL, 10));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(send(fd, request, length, MSG_NOSIGNAL), length);
    while (got < sizeof(answer) - 1 &&
           (more = recv(fd, answer + got, sizeof(answer) - 1 - got, 0)) > 0)
        got += (size_t)more;
    close(fd);
    answer[got] = '\0';
    return answer;
}

static const char *
got(const char *method, const char *path)
{
    char request[256];
    int length = snprintf(request, sizeof(request),
        "%s %s HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n", method, path);

    return asked(request, (size_t)length);
}

static void
renew(const char *reasons, const char *stalls)
{
    struct buffer why, still;

    buffer_init(&why);
    buffer_init(&still);
    buffer_add_text(&why, text_of(reasons));
    buffer_add_text(&still, text_of(stalls));
    board_renew(&board, &counters, &rig_process, &why, &still);
    buffer_fini(&why);
    buffer_fini(&still);
}

static void
readiness_names_each_reason(void **state)
{
    (void)state;
    assert_memory_equal(got("GET", "/readyz"), "HTTP/1.1 503 ", 13);
    renew("redis: connection refused\npartition 3: replaying\n", "");
    assert_memory_equal(got("GET", "/readyz"), "HTTP/1.1 503 ", 13);
    assert_non_null(strstr(
        got("GET", "/readyz"), "\r\n\r\nredis: connection refused\npartition 3: replaying\n"));
    assert_memory_equal(got("GET", "/livez"), "HTTP/1.1 200 ", 13);
    renew("", "");
    assert_non_null(strstr(got("GET", "/readyz"), "\r\n\r\nok\n"));
    assert_memory_equal(got("GET", "/readyz"), "HTTP/1.1 200 ", 13);
}

static void
a_worker_that_hangs_is_not_alive(void **state)
{
    (void)state;
    renew("worker 0: has not moved\n", "worker 0: has not moved\n");
    assert_memory_equal(got("GET", "/livez"), "HTTP/1.1 503 ", 13);
}

static void
an_old_board_is_not_believed(void **state)
{
    (void)state;
    renew("", "");
    board.renewed_us -= 2 * BOARD_STALE_US;
    assert_memory_equal(got("GET", "/readyz"), "HTTP/1.1 503 ", 13);
    assert_non_null(strstr(got("GET", "/livez"), "control: nothing new"));
}

static void
metrics_are_prometheus_text(void **state)
{
    const char *answer;

    (void)state;
    renew("", "");
    answer = got("GET", "/metrics");
    assert_memory_equal(answer, "HTTP/1.1 200 ", 13);
    assert_non_null(strstr(answer, "Content-Type: text/plain; version=0.0.4"));
    assert_non_null(strstr(answer, "footprint_rejects_total{reason=\"no_user\"} 7\n"));
}

static void
health_is_json(void **state)
{
    const char *answer;

    (void)state;
    renew("redis: \"no\"\npartition 3: replaying\n", "");
    answer = got("GET", "/healthz");
    assert_memory_equal(answer, "HTTP/1.1 503 ", 13);
    assert_non_null(strstr(answer, "Content-Type: application/json\r\n"));
    assert_non_null(strstr(answer, "\"reasons\":[{\"of\":\"redis\",\"reason\":\"\\\"no\\\"\"},"
                                   "{\"of\":\"partition 3\",\"reason\":\"replaying\"}],"
                                   "\"stalls\":[],\"ready\":false,\"live\":true}\n"));
    renew("", "");
    answer = got("GET", "/healthz");
    assert_memory_equal(answer, "HTTP/1.1 200 ", 13);
    assert_non_null(strstr(answer, "\"reasons\":[],\"stalls\":[],\"ready\":true,\"live\":true}\n"));
}

static void
paths_are_taken_as_they_are(void **state)
{
    static const char bare[] = "GET /livez HTTP/1.1\r\n\r\n";

    (void)state;
    renew("", "");
    assert_memory_equal(got("GET", "http://here:9464/livez"), "HTTP/1.1 200 ", 13);
    assert_memory_equal(got("GET", "http://here"), "HTTP/1.1 404 ", 13);
    assert_memory_equal(got("GET", "/livez%00"), "HTTP/1.1 404 ", 13);
    assert_memory_equal(asked(bare, sizeof(bare) - 1), "HTTP/1.1 400 ", 13);
}

static void
only_reading_is_answered(void **state)
{
    static const char post[] =
        "POST /metrics HTTP/1.1\r\nHost: here\r\nContent-Length: 1000000\r\n\r\n";
    const char *answer;

    (void)state;
    answer = asked(post, sizeof(post) - 1); /* the body never comes */
    assert_memory_equal(answer, "HTTP/1.1 405 ", 13);
    assert_non_null(strstr(answer, "Allow: GET, HEAD"));
    assert_memory_equal(got("DELETE", "/metrics"), "HTTP/1.1 405 ", 13);
    assert_memory_equal(got("GET", "/etc/passwd"), "HTTP/1.1 404 ", 13);
    answer = got("HEAD", "/livez");
    assert_memory_equal(answer, "HTTP/1.1 200 ", 13);
    assert_null(strstr(answer, "\r\n\r\nok"));
}

static void
a_head_without_end_is_refused(void **state)
{
    size_t length = 64 * 1024;
    char *request = malloc(length);

    (void)state;
    memset(request, 'a', length);
    memcpy(request, "GET /", 5);
    /* Closed, or answered with an error; never served. */
    assert_null(strstr(asked(request, length), " 200 "));
    free(request);
    renew("", "");
    assert_memory_equal(got("GET", "/livez"), "HTTP/1.1 200 ", 13);
}

static void
a_taken_port_is_an_error_that_names_it(void **state)
{
    struct err err;

    (void)state;
    assert_null(http_new(http_address(http), &board, &err));
    assert_non_null(strstr(err.msg, "http.listen: 127.0.0.1:"));
    assert_null(http_new("no-colon", &board, &err));
    assert_int_equal(err.code, ERR_INPUT);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(readiness_names_each_reason, begin, end),
        cmocka_unit_test_setup_teardown(a_worker_that_hangs_is_not_alive, begin, end),
        cmocka_unit_test_setup_teardown(an_old_board_is_not_believed, begin, end),
        cmocka_unit_test_setup_teardown(metrics_are_prometheus_text, begin, end),
        cmocka_unit_test_setup_teardown(health_is_json, begin, end),
        cmocka_unit_test_setup_teardown(paths_are_taken_as_they_are, begin, end),
        cmocka_unit_test_setup_teardown(only_reading_is_answered, begin, end),
        cmocka_unit_test_setup_teardown(a_head_without_end_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(a_taken_port_is_an_error_that_names_it, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
