/* What the daemon says: one line a change, repeats counted, nothing that harms a terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "config/settings/settings.h"
#include "daemon/log.h"

/* Runs `say` with stderr in a pipe; what it wrote. */
static const char *
heard(void (*say)(void))
{
    static char text[8192];
    int ends[2], saved = dup(STDERR_FILENO);
    ssize_t length;

    assert_int_equal(pipe(ends), 0);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    say();
    log_flush(true);
    dup2(saved, STDERR_FILENO);
    close(saved);
    length = read(ends[0], text, sizeof(text) - 1);
    close(ends[0]);
    text[length < 0 ? 0 : length] = '\0';
    return text;
}

static void
say_plain(void)
{
    log_init(LOG_FORMAT_LOGFMT, LOG_INFO_LINE);
    log_line(LOG_WARN_LINE, "redis-down", 1, 3, "connection %s", "refused");
}

static void
a_line_is_logfmt(void **state)
{
    const char *line = heard(say_plain);

    (void)state;
    assert_memory_equal(line, "ts=20", 5);
    assert_non_null(strstr(
        line, "Z level=warn id=redis-down worker=1 partition=3 text=\"connection refused\"\n"));
}

static void
say_hostile(void)
{
    log_init(LOG_FORMAT_LOGFMT, LOG_INFO_LINE);
    log_line(LOG_ERROR_LINE, "odd", LOG_NOBODY, LOG_NOBODY, "a\n\"b\"\033[2J");
}

static void
control_characters_never_get_out(void **state)
{
    const char *line = heard(say_hostile);

    (void)state;
    assert_null(strchr(line, '\033'));
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
    assert_non_null(strstr(line, "\\\"b\\\""));
}

static void
say_again(void)
{
    log_init(LOG_FORMAT_LOGFMT, LOG_INFO_LINE);
    for (int i = 0; i < 5; i++)
        log_line(LOG_WARN_LINE, "again", 0, LOG_NOBODY, "the same");
    log_line(LOG_WARN_LINE, "again", 1, LOG_NOBODY, "the same");
}

static void
repeats_are_counted_not_repeated(void **state)
{
    const char *text = heard(say_again);
    size_t lines = 0;

    (void)state;
    for (const char *c = text; *c != '\0'; c++)
        lines += *c == '\n';
    assert_int_equal(lines, 3);
    assert_non_null(strstr(text, "worker=0 text=\"the same\" repeated=4\n"));
}

static void
say_little(void)
{
    log_init(LOG_FORMAT_LOGFMT, LOG_WARN_LINE);
    log_line(LOG_INFO_LINE, "little", LOG_NOBODY, LOG_NOBODY, "nobody asked");
}

static void
lines_below_the_level_are_left_out(void **state)
{
    (void)state;
    assert_string_equal(heard(say_little), "");
}

static void
say_json(void)
{
    log_init(LOG_FORMAT_JSON, LOG_INFO_LINE);
    log_line(LOG_INFO_LINE, "json", 2, LOG_NOBODY, "say \"so\"");
}

static void
json_is_an_object_a_line(void **state)
{
    const char *line = heard(say_json);

    (void)state;
    assert_memory_equal(line, "{\"ts\":\"20", 9);
    assert_non_null(strstr(
        line, "\"level\":\"info\",\"id\":\"json\",\"worker\":2,\"text\":\"say \\\"so\\\"\"}\n"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_logfmt),
        cmocka_unit_test(control_characters_never_get_out),
        cmocka_unit_test(repeats_are_counted_not_repeated),
        cmocka_unit_test(lines_below_the_level_are_left_out),
        cmocka_unit_test(json_is_an_object_a_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
