/* The forms of redis.url, good and bad. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "config/settings/url.h"

struct good {
    const char *text, *host, *username, *password, *name;
    int port, db;
    bool is_unix, is_tls;
};

static void
every_form_is_taken_apart(void **state)
{
    static const struct good cases[] = {
        {"redis://localhost", "localhost", "", "", "localhost:6379", 6379, 0, false, false},
        {"redis://h:7000/", "h", "", "", "h:7000", 7000, 0, false, false},
        {"redis://h:7000/12", "h", "", "", "h:7000", 7000, 12, false, false},
        {"redis://:pw@h", "h", "", "pw", "h:6379", 6379, 0, false, false},
        {"redis://me:p%40%3Aw@h/1", "h", "me", "p@:w", "h:6379", 6379, 1, false, false},
        {"redis://me:p@w@h", "h", "me", "p@w", "h:6379", 6379, 0, false, false},
        {"redis://[::1]:7000/2", "::1", "", "", "::1:7000", 7000, 2, false, false},
        {"redis://[::1]", "::1", "", "", "::1:6379", 6379, 0, false, false},
        {"rediss://h", "h", "", "", "h:6379", 6379, 0, false, true},
        {"unix:/run/redis.sock", "/run/redis.sock", "", "", "/run/redis.sock", 0, 0, true, false},
        {"unix:///run/r?db=4", "/run/r", "", "", "/run/r", 0, 4, true, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct good *good = &cases[i];
        struct url url;
        struct err err;

        if (url_parse(good->text, &url, &err) != ERR_NONE)
            fail_msg("%s: %s", good->text, err.msg);
        assert_string_equal(url.host, good->host);
        assert_string_equal(url.username, good->username);
        assert_string_equal(url.password, good->password);
        assert_string_equal(url.name, good->name);
        assert_int_equal(url.port, good->port);
        assert_int_equal(url.db, good->db);
        assert_int_equal(url.is_unix, good->is_unix);
        assert_int_equal(url.is_tls, good->is_tls);
    }
}

static void
what_is_wrong_is_said(void **state)
{
    static const char *const cases[][2] = {
        {"", "must begin with"},
        {"localhost:6379", "must begin with"},
        {"redis://", "a host is missing"},
        {"redis://:6379", "a host is missing"},
        {"redis://h:", "the port must be"},
        {"redis://h:0", "the port must be"},
        {"redis://h:65536", "the port must be"},
        {"redis://h:12x", "the port must be"},
        {"redis://[::1", "']' is missing"},
        {"redis://[::1]7000", "the port must be"},
        {"redis://h/one", "'one' is not the number of a database"},
        {"redis://h/-1", "'-1' is not the number of a database"},
        {"redis://:p%4@h", "two hex digits"},
        {"redis://:p%zz@h", "two hex digits"},
        {"redis://:p%00@h", "two hex digits"},
        {"unix:", "must begin with '/'"},
        {"unix:tmp/s", "must begin with '/'"},
        {"unix:///s?db=x", "'x' is not the number of a database"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct url url;
        struct err err;

        assert_int_equal(url_parse(cases[i][0], &url, &err), ERR_INPUT);
        if (strstr(err.msg, cases[i][1]) == NULL)
            fail_msg("%s: %s", cases[i][0], err.msg);
    }
}

static void
settings_go_before_the_url(void **state)
{
    struct settings settings = {0};
    struct url url;
    struct err err;

    (void)state;
    settings.redis_url = "redis://me:one@h";
    settings.redis_username = "";
    settings.redis_password = "two";
    assert_int_equal(url_login(&settings, &url, &err), ERR_NONE);
    assert_string_equal(url.username, "me");
    assert_string_equal(url.password, "two");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_is_taken_apart),
        cmocka_unit_test(what_is_wrong_is_said),
        cmocka_unit_test(settings_go_before_the_url),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
