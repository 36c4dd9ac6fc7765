/* The runtime socket by itself: requests, levels, and clients that mean no good. */
#include <fcntl.h>
#include <grp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "daemon/desk.h"
#include "daemon/log.h"
#include "daemon/socket.h"
#include "tests/unit/daemon_rig.h"

#define CLIENTS_MAX 64

static uv_loop_t loop;
static struct socket *server;
static struct counters counters;
static struct buffer reasons, stalls;
static struct desk_view view;
static char folder[64], path[96];
static int gone_count;
static struct socket_call *kept;

static void
command_echo(void *opaque, struct socket_call *call)
{
    struct request *request = socket_call_request(call);

    (void)opaque;
    for (size_t i = 0; i < request->count; i++)
        buffer_printf(socket_call_out(call), "[%s|%s]", request->parts[i].name,
            request->parts[i].value == NULL ? "" : request->parts[i].value);
    buffer_add_literal(socket_call_out(call), "\n");
}

static void
command_gone(void *own)
{
    assert_ptr_equal(own, &gone_count);
    gone_count++;
    kept = NULL;
}

static void
command_keep(void *opaque, struct socket_call *call)
{
    (void)opaque;
    kept = call;
    socket_call_keep(call, &gone_count, command_gone);
}

static struct socket_command commands[] = {
    {"echo", PEER_READ, command_echo, NULL, "says it again"},
    {"keep", PEER_READ, command_keep, NULL, "answers later"},
    {"operate", PEER_OPERATE, command_echo, NULL, "for operators"},
    {"admin", PEER_ADMIN, command_echo, NULL, "for admins"},
};

static int
begin(void **state)
{
    struct err err;

    (void)state;
    log_init(0, LOG_ERROR_LINE);
    snprintf(folder, sizeof(folder), "/tmp/test-socket-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/s", folder);
    rig_config.settings.socket_operators = rig_config.settings.socket_admins = "";
    rig_config.settings.kafka_group = "g";
    rig_config.settings.input_topic = "interactions";
    rig_count(&counters);
    buffer_init(&reasons);
    buffer_init(&stalls);
    view = (struct desk_view){
        .metrics = {&rig_config, &counters, &rig_process},
        .settings = &rig_config.settings,
        .reasons = &reasons,
        .stalls = &stalls,
        .partition_count = 8,
    };
    assert_int_equal(uv_loop_init(&loop), 0);
    server = socket_new(&rig_config, path, &loop, &err);
    assert_non_null(server);
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        socket_add(server, &commands[i]);
    desk_open(server, &view);
    desk_hold_open(server, &view);
    gone_count = 0;
    return 0;
}

static int
end(void **state)
{
    (void)state;
    socket_free(server);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_int_not_equal(access(path, F_OK), 0);
    assert_int_equal(rmdir(folder), 0);
    counters_fini(&counters);
    buffer_fini(&reasons);
    buffer_fini(&stalls);
    return 0;
}

static void
turn(int times)
{
    for (int i = 0; i < times; i++)
        uv_run(&loop, UV_RUN_NOWAIT);
}

static int
connected(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

    memcpy(address.sun_path, path, strlen(path) + 1);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static int
client(void)
{
    int fd = connected();

    turn(2);
    return fd;
}

/* Adds what has come to `answer`. True: the other end has closed. */
static bool
hear(int fd, struct buffer *answer)
{
    for (;;) {
        char *room = buffer_reserve(answer, 65536);
        ssize_t more = recv(fd, room, 65536, 0);

        if (more <= 0)
            return more == 0;
        answer->length += (size_t)more;
    }
}

/* All of the answer, as a string that holds until the next call. */
static const char *
answer_of(int fd)
{
    static struct buffer answer;

    buffer_clear(&answer);
    for (int i = 0; i < 1000; i++) {
        turn(1);
        if (hear(fd, &answer))
            break;
        assert_int_not_equal(i, 999);
    }
    close(fd);
    buffer_add_char(&answer, '\0');
    return answer.bytes;
}

static const char *
asked(const char *line)
{
    int fd = client();

    assert_int_equal(send(fd, line, strlen(line), MSG_NOSIGNAL), strlen(line));
    return answer_of(fd);
}

/* --- requests ------------------------------------------------------------------------------------- */

static void
a_line_is_taken_apart(void **state)
{
    (void)state;
    assert_string_equal(asked("echo\n"), "ok\n\n");
    assert_string_equal(asked("  echo   a  b=c%20d e=%3D\r\n"), "ok\n[a|][b|c d][e|=]\n");
    assert_string_equal(asked("echo a\necho b\n"), "ok\n[a|]\n"); /* one line a connection */
}

static void
a_line_that_is_none_is_refused(void **state)
{
    (void)state;
    assert_string_equal(asked("\n"), "no usage: an empty line; `help` lists the commands\n");
    assert_string_equal(asked("echo \x1b[2J\n"), "no usage: a control character in the line\n");
    assert_string_equal(
        asked("echo a=%0\n"), "no usage: % must be followed by two hex digits of a byte\n");
    assert_string_equal(
        asked("echo a=%00\n"), "no usage: % must be followed by two hex digits of a byte\n");
    assert_string_equal(
        asked("ekko\n"), "no unknown: there is no command ekko; `help` lists them all\n");
    assert_string_equal(asked("status jason\n"), "no usage: status does not know jason\n");
    assert_string_equal(
        asked("echo 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\n"),
        "no usage: more than 32 words\n");
}

/* What a process of this user and with this further group is told; its own group is 65534. */
static const char *
asked_as(uid_t user, gid_t group, const char *line)
{
    gid_t mine[1] = {0};
    int fd;

    assert_int_equal(setgroups(1, &group), 0);
    assert_int_equal(setegid(65534), 0);
    assert_int_equal(seteuid(user), 0);
    fd = connected();
    assert_int_equal(seteuid(0), 0);
    assert_int_equal(setegid(0), 0);
    assert_int_equal(setgroups(1, mine), 0);
    assert_int_equal(send(fd, line, strlen(line), MSG_NOSIGNAL), strlen(line));
    return answer_of(fd);
}

/* Groups that every Debian has: daemon is 1, bin is 2. */
static void
the_kernel_says_who_asks_and_that_decides(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        print_message("skipped: only root can be somebody else\n");
        skip();
    }
    rig_config.settings.socket_operators = "daemon";
    rig_config.settings.socket_admins = "bin";
    socket_free(server);
    turn(3);
    server = socket_new(&rig_config, path, &loop, &(struct err){0});
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        socket_add(server, &commands[i]);
    assert_int_equal(chmod(folder, 0755), 0);
    assert_int_equal(chmod(path, 0666), 0); /* as if all of them were in the socket's group */
    assert_string_equal(asked_as(65534, 65534, "echo\n"), "ok\n\n");
    assert_string_equal(asked_as(65534, 65534, "operate\n"),
        "no denied: operate needs the level operate, uid 65534 has read\n");
    assert_string_equal(asked_as(65534, 65534, "admin\n"),
        "no denied: admin needs the level admin, uid 65534 has read\n");
    assert_string_equal(asked_as(65534, 1, "operate\n"), "ok\n\n");
    assert_string_equal(asked_as(65534, 1, "admin\n"),
        "no denied: admin needs the level admin, uid 65534 has operate\n");
    assert_string_equal(asked_as(65534, 2, "operate\n"), "ok\n\n");
    assert_string_equal(asked_as(65534, 2, "admin\n"), "ok\n\n");
    assert_string_equal(asked_as(0, 65534, "admin\n"), "ok\n\n");
}

static void
help_lists_every_command(void **state)
{
    (void)state;
    assert_non_null(strstr(asked("help\n"), "\nkeep        read     answers later\n"));
    assert_non_null(strstr(asked("help\n"), "partitions"));
}

/* --- hostile clients -------------------------------------------------------------------------------- */

static void
a_line_without_end_is_cut_off(void **state)
{
    static char line[REQUEST_BYTES_MAX * 4];
    int fd = client();

    (void)state;
    memset(line, 'x', sizeof(line));
    send(fd, line, sizeof(line), MSG_NOSIGNAL);
    assert_string_equal(answer_of(fd), "no usage: a line of more than 4096 bytes\n");
}

static void
many_clients_do_not_grow_without_bound(void **state)
{
    int fds[CLIENTS_MAX];
    struct buffer answer;

    (void)state;
    buffer_init(&answer);
    for (int i = 0; i < CLIENTS_MAX; i++)
        fds[i] = client();
    turn(20);
    assert_true(hear(fds[CLIENTS_MAX - 1], &answer));
    assert_memory_equal(answer.bytes, "no busy: ", 9);
    assert_false(hear(fds[0], &answer)); /* the first ones are still served */
    for (int i = 0; i < CLIENTS_MAX; i++)
        close(fds[i]);
    turn(20);
    assert_string_equal(asked("echo\n"), "ok\n\n");
    buffer_fini(&answer);
}

static void
a_silent_client_is_sent_away(void **state)
{
    int fd = client();
    struct buffer answer;

    (void)state;
    buffer_init(&answer);
    assert_int_equal(send(fd, "ech", 3, 0), 3);
    while (!hear(fd, &answer)) /* the loop's own timer ends it: five seconds */
        uv_run(&loop, UV_RUN_ONCE);
    assert_int_equal(answer.length, 0);
    close(fd);
    buffer_fini(&answer);
}

static void
a_reader_who_does_not_read_loses_what_is_too_much(void **state)
{
    int fd = client();
    bool sent = true;

    (void)state;
    assert_int_equal(send(fd, "keep\n", 5, 0), 5);
    turn(3);
    assert_non_null(kept);
    for (int i = 0; i < 1000 && sent; i++) {
        char *room = buffer_reserve(socket_call_out(kept), 10000);

        memset(room, '.', 10000);
        socket_call_out(kept)->length += 10000;
        sent = socket_call_send(kept);
        turn(1);
    }
    assert_false(sent);
    assert_int_equal(socket_call_out(kept)->length, 0);
    close(fd);
    turn(5);
    assert_int_equal(gone_count, 1);
}

/* --- kept calls --------------------------------------------------------------------------------------- */

static void
an_answer_may_come_later(void **state)
{
    int fd = client();
    struct buffer answer;

    (void)state;
    buffer_init(&answer);
    send(fd, "keep\n", 5, 0);
    turn(5);
    assert_false(hear(fd, &answer));
    assert_int_equal(answer.length, 0);
    buffer_add_literal(socket_call_out(kept), "one\n");
    assert_true(socket_call_send(kept));
    turn(2);
    assert_false(hear(fd, &answer));
    buffer_add_literal(socket_call_out(kept), "two\n");
    socket_call_end(kept);
    assert_string_equal(answer_of(fd), "two\n");
    assert_int_equal(gone_count, 1);
    assert_int_equal(answer.length, 7);
    assert_memory_equal(answer.bytes, "ok\none\n", 7);
    buffer_fini(&answer);
}

static void
a_later_answer_may_be_a_refusal(void **state)
{
    int fd = client();

    (void)state;
    send(fd, "keep\n", 5, 0);
    turn(5);
    socket_call_refuse(kept, "failed", "it did not %s", "work");
    socket_call_end(kept);
    assert_string_equal(answer_of(fd), "no failed: it did not work\n");
}

static void
a_client_who_leaves_ends_the_call(void **state)
{
    int fd = client();

    (void)state;
    send(fd, "keep\n", 5, 0);
    turn(5);
    close(fd);
    turn(5);
    assert_int_equal(gone_count, 1);
}

static void
the_end_of_the_socket_ends_the_call(void **state)
{
    int fd = client();

    (void)state;
    send(fd, "keep\n", 5, 0);
    turn(5);
    assert_non_null(kept);
    end(NULL);
    assert_int_equal(gone_count, 1);
    close(fd);
    begin(NULL);
}

/* --- the file -------------------------------------------------------------------------------------------- */

static void
the_file_is_for_its_group_alone(void **state)
{
    struct stat found;

    (void)state;
    assert_int_equal(stat(path, &found), 0);
    assert_int_equal(found.st_mode & 07777, 0660);
}

static void
a_living_owner_is_not_pushed_aside(void **state)
{
    struct err err;

    (void)state;
    assert_null(socket_new(&rig_config, path, &loop, &err));
    assert_non_null(strstr(err.msg, "another daemon listens at"));
    assert_string_equal(asked("echo\n"), "ok\n\n");
}

static void
what_a_dead_owner_left_is_replaced(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    struct socket *other;
    struct err err;

    (void)state;
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/dead", folder);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    close(fd);
    other = socket_new(&rig_config, address.sun_path, &loop, &err);
    assert_non_null(other);
    socket_free(other);
    turn(3);
    assert_int_not_equal(access(address.sun_path, F_OK), 0);
}

static void
a_file_that_is_no_socket_stays(void **state)
{
    char other[128];
    struct err err;
    int fd;

    (void)state;
    snprintf(other, sizeof(other), "%s/file", folder);
    fd = open(other, O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    close(fd);
    assert_null(socket_new(&rig_config, other, &loop, &err));
    assert_non_null(strstr(err.msg, "is no socket"));
    assert_int_equal(unlink(other), 0);
}

static void
a_folder_that_is_not_there_is_said(void **state)
{
    struct err err;

    (void)state;
    assert_null(socket_new(&rig_config, "/nowhere/at/all/s", &loop, &err));
    assert_non_null(strstr(err.msg, "socket.path: /nowhere/at/all/: No such file"));
    turn(2);
}

/* --- what is answered ---------------------------------------------------------------------------------------- */

static void
status_tells_the_numbers_of_the_metrics(void **state)
{
    const char *answer;

    (void)state;
    buffer_add_literal(&reasons, "redis: \"down\"\nkafka: gone\n");
    answer = asked("status json\n");
    assert_memory_equal(answer, "ok\n{\"instance\":\"web-1\",", 23);
    assert_non_null(strstr(answer,
        "\"ready\":false,\"reasons\":[\"redis: \\\"down\\\"\",\"kafka: gone\"],\"stalls\":[],"));
    assert_non_null(strstr(answer, "\"partitions_here\":2,\"partitions\":8,"));
    assert_non_null(strstr(answer, "\"events\":9007199254740993,"));
    assert_non_null(strstr(answer, "\"rejects\":7,"));
    answer = asked("status\n");
    assert_non_null(
        strstr(answer, "ready       no\n            redis: \"down\"\n            kafka: gone\n"));
    assert_non_null(strstr(answer, "behind      12 messages, 0.2 s\n"));
}

static void
partitions_have_all_that_the_table_has(void **state)
{
    const char *answer;

    (void)state;
    answer = asked("partitions json\n");
    assert_memory_equal(answer, "ok\n{\"partitions\":[{\"partition\":3,\"state\":\"live\",", 48);
#define PARTITION_STATE(member, name, help) assert_non_null(strstr(answer, "\"" #member "\":"));
#define PARTITION_GAUGE(member, name, help) assert_non_null(strstr(answer, "\"" #member "\":"));
#define PARTITION_SECONDS(member, name, help) assert_non_null(strstr(answer, "\"" #member "\":"));
#define PARTITION_INSTANT(member, name, help) assert_non_null(strstr(answer, "\"" #member "\":"));
#include "pipeline/counters/counters.def"
    assert_non_null(strstr(answer, "],\"of\":8}\n"));
    answer = asked("partitions\n");
    assert_non_null(strstr(answer, "\n        4  replaying "));
}

static void
rules_tell_who_is_in_them(void **state)
{
    (void)state;
    assert_non_null(strstr(asked("rules json\n"),
        "{\"segment\":\"cart_abandoner\",\"level\":0,\"members\":5,\"enters\":0,\"exits\":0,"));
    assert_non_null(strstr(asked("rules\n"), "cart_abandoner                              5 "));
}

static void
the_log_level_is_told_and_changed(void **state)
{
    (void)state;
    assert_string_equal(asked("loglevel\n"), "ok\nerror\n");
    assert_string_equal(asked("loglevel level=loud\n"),
        "no usage: there is no log level 'loud'; write debug, info, warn or error\n");
    assert_string_equal(asked("loglevel level=warn json\n"), "ok\n{\"log_level\":\"warn\"}\n");
    assert_int_equal(log_level_get(), LOG_WARN_LINE);
}

static void
nothing_is_held_before_there_are_workers(void **state)
{
    (void)state;
    assert_string_equal(asked("pause\n"), "no early: there are no workers yet\n");
    assert_string_equal(asked("drain wait=x\n"), "no usage: wait: a whole number from 0 to 3600\n");
}

int
main(void)
{
#define SOCKET_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        SOCKET_TEST(a_line_is_taken_apart),
        SOCKET_TEST(a_line_that_is_none_is_refused),
        SOCKET_TEST(the_kernel_says_who_asks_and_that_decides),
        SOCKET_TEST(help_lists_every_command),
        SOCKET_TEST(a_line_without_end_is_cut_off),
        SOCKET_TEST(many_clients_do_not_grow_without_bound),
        SOCKET_TEST(a_silent_client_is_sent_away),
        SOCKET_TEST(a_reader_who_does_not_read_loses_what_is_too_much),
        SOCKET_TEST(an_answer_may_come_later),
        SOCKET_TEST(a_later_answer_may_be_a_refusal),
        SOCKET_TEST(a_client_who_leaves_ends_the_call),
        SOCKET_TEST(the_end_of_the_socket_ends_the_call),
        SOCKET_TEST(the_file_is_for_its_group_alone),
        SOCKET_TEST(a_living_owner_is_not_pushed_aside),
        SOCKET_TEST(what_a_dead_owner_left_is_replaced),
        SOCKET_TEST(a_file_that_is_no_socket_stays),
        SOCKET_TEST(a_folder_that_is_not_there_is_said),
        SOCKET_TEST(status_tells_the_numbers_of_the_metrics),
        SOCKET_TEST(partitions_have_all_that_the_table_has),
        SOCKET_TEST(rules_tell_who_is_in_them),
        SOCKET_TEST(the_log_level_is_told_and_changed),
        SOCKET_TEST(nothing_is_held_before_there_are_workers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
