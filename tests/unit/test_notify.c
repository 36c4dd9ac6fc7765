/* What the service manager hears, with a socket of our own in its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "daemon/notify.h"

static char folder[] = "/tmp/footprint-notify-XXXXXX";
static int manager;

static int
manager_begin(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/notify", folder);
    manager = socket(AF_UNIX, SOCK_DGRAM, 0);
    assert_int_equal(bind(manager, (struct sockaddr *)&address, sizeof(address)), 0);
    setenv("NOTIFY_SOCKET", address.sun_path, 1);
    return 0;
}

static int
manager_end(void **state)
{
    char path[128];

    (void)state;
    close(manager);
    snprintf(path, sizeof(path), "%s/notify", folder);
    unlink(path);
    rmdir(folder);
    return 0;
}

static const char *
heard(void)
{
    static char text[1024];
    ssize_t length = recv(manager, text, sizeof(text) - 1, MSG_DONTWAIT);

    text[length < 0 ? 0 : length] = '\0';
    return text;
}

static void
the_protocol_is_systemds(void **state)
{
    (void)state;
    notify_ready();
    assert_string_equal(heard(), "READY=1");
    notify_stopping();
    assert_string_equal(heard(), "STOPPING=1");
    notify_watchdog();
    assert_string_equal(heard(), "WATCHDOG=1");
    notify_extend(60000000);
    assert_string_equal(heard(), "EXTEND_TIMEOUT_USEC=60000000");
}

static void
a_status_is_told_when_it_changes(void **state)
{
    (void)state;
    notify_status("%d of %d partitions", 2, 4);
    assert_string_equal(heard(), "STATUS=2 of 4 partitions");
    notify_status("%d of %d partitions", 2, 4);
    assert_string_equal(heard(), "");
    notify_status("%d of %d partitions", 3, 4);
    assert_string_equal(heard(), "STATUS=3 of 4 partitions");
}

static void
the_watchdog_is_asked_for_by_the_manager(void **state)
{
    (void)state;
    assert_int_equal(notify_watchdog_us(), 0);
    setenv("WATCHDOG_USEC", "30000000", 1);
    assert_int_equal(notify_watchdog_us(), 30000000);
    unsetenv("WATCHDOG_USEC");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_protocol_is_systemds),
        cmocka_unit_test(a_status_is_told_when_it_changes),
        cmocka_unit_test(the_watchdog_is_asked_for_by_the_manager),
    };

    return cmocka_run_group_tests(tests, manager_begin, manager_end);
}
