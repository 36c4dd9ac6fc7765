/* What librdkafka says of a broker, in words that say what to mend. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "pipeline/kafka/blame.h"

static const char *
said(const char *text)
{
    static char room[BLAME_BYTES_MAX];

    blame_say(text, room, sizeof(room));
    return room;
}

static void
what_differs_each_time_is_left_out(void **state)
{
    (void)state;
    assert_string_equal(said("a:1/bootstrap: Connect to ipv4#a:1 failed: Connection refused (after "
                             "3ms in state CONNECT, 2 identical error(s) suppressed)"),
        "a:1/bootstrap: Connect to ipv4#a:1 failed: Connection refused");
    assert_string_equal(said("no more than this"), "no more than this");
    assert_string_equal(said(""), "");
}

static void
old_protocols_are_named(void **state)
{
    static const char told[] =
        "ssl://a:1/1: the broker's TLS is too old: it takes 1.2 with SHA-256";

    (void)state;
    assert_string_equal(said("ssl://a:1/1: SSL handshake failed: error:0A000102:SSL routines::"
                             "unsupported protocol (after 1ms in state SSL_HANDSHAKE)"),
        told);
    assert_string_equal(said("ssl://a:1/1: SSL handshake failed: error:0A00014D:SSL routines::"
                             "legacy sigalg disallowed or unsupported"),
        told);
}

/* Nobody has looked at a certificate in this process: then librdkafka's own words must do. */
static void
a_refusal_without_a_cause_is_told_as_it_is(void **state)
{
    static const char text[] = "ssl://a:1/1: SSL handshake failed: certificate verify failed";

    (void)state;
    assert_string_equal(said(text), text);
}

static void
what_is_too_long_is_cut(void **state)
{
    char text[2 * BLAME_BYTES_MAX];

    (void)state;
    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    assert_int_equal(strlen(said(text)), BLAME_BYTES_MAX - 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_differs_each_time_is_left_out),
        cmocka_unit_test(old_protocols_are_named),
        cmocka_unit_test(a_refusal_without_a_cause_is_told_as_it_is),
        cmocka_unit_test(what_is_too_long_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
