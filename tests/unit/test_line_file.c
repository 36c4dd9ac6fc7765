/* Files line by line, plain and gzip. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <cmocka.h>

#include "daemon/ctl/line_file.h"
#include "daemon/ctl/number_option.h"

static char path[] = "/tmp/footprint-lines-XXXXXX";

static void
write_plain(const char *text, size_t length)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, length, file), length);
    fclose(file);
}

static void
write_packed(const char *text, size_t length)
{
    gzFile file = gzopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(gzwrite(file, text, (unsigned)length), length);
    gzclose(file);
}

/* All lines with a '|' behind each, as read; the error that ended it. */
static enum err_code
read_all(char *out, size_t bytes)
{
    struct err err;
    struct line_file *file = line_file_open(path, &err);
    struct text line;
    enum err_code code;
    size_t length = 0;

    assert_non_null(file);
    while (line_file_next(file, &line))
        length +=
            (size_t)snprintf(out + length, bytes - length, "%.*s|", (int)line.length, line.bytes);
    out[length] = '\0';
    code = line_file_error(file, &err);
    line_file_close(file);
    return code;
}

static void
every_line_comes_once(void **state)
{
    char out[256];

    (void)state;
    write_plain("one\n\ntwo\nthree", 14);
    assert_int_equal(read_all(out, sizeof(out)), ERR_NONE);
    assert_string_equal(out, "one||two|three|");
    write_packed("one\n\ntwo\nthree\n", 15);
    assert_int_equal(read_all(out, sizeof(out)), ERR_NONE);
    assert_string_equal(out, "one||two|three|");
    write_plain("", 0);
    assert_int_equal(read_all(out, sizeof(out)), ERR_NONE);
    assert_string_equal(out, "");
}

static void
long_lines_are_whole(void **state)
{
    size_t length = 3 * 1000 * 1000;
    char *text = malloc(length + 1), *out = malloc(length + 16);

    (void)state;
    memset(text, 'x', length);
    text[1000000] = '\n';
    write_packed(text, length);
    assert_int_equal(read_all(out, length + 16), ERR_NONE);
    text[1000000] = '|';
    assert_memory_equal(out, text, length);
    free(text);
    free(out);
}

static void
a_damaged_archive_is_an_error(void **state)
{
    char text[4096], out[8192];

    (void)state;
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)('a' + (i * i) % 23);
    write_packed(text, sizeof(text));
    assert_int_equal(truncate(path, 40), 0);
    assert_int_equal(read_all(out, sizeof(out)), ERR_INPUT);
    assert_string_equal(out, ""); /* what there is of the line is no line */
}

static void
a_file_that_is_not_there_is_named(void **state)
{
    struct err err;

    (void)state;
    assert_null(line_file_open("/no/such/file", &err));
    assert_string_equal(err.msg, "/no/such/file: No such file or directory");
}

static void
numbers_are_whole_words(void **state)
{
    uint64_t whole;
    double real;
    int64_t ms;

    (void)state;
    assert_true(number_option_whole("12", 1, 20, &whole));
    assert_int_equal(whole, 12);
    assert_false(number_option_whole("12x", 1, 20, &whole));
    assert_false(number_option_whole("-1", 0, 20, &whole));
    assert_false(number_option_whole("21", 1, 20, &whole));
    assert_false(number_option_whole("", 0, 20, &whole));
    assert_false(number_option_whole("99999999999999999999", 0, UINT64_MAX, &whole));
    assert_true(number_option_real(".5", 0, 1, &real));
    assert_false(number_option_real("nan", 0, 1, &real));
    assert_false(number_option_real("1e9", 0, 1, &real));
    assert_true(number_option_time("2026-01-01T00:00:00Z", &ms));
    assert_int_equal(ms, INT64_C(1767225600000));
    assert_false(number_option_time("yesterday", &ms));
}

static int
begin(void **state)
{
    int fd = mkstemp(path);

    (void)state;
    return fd < 0 ? -1 : close(fd);
}

static int
end(void **state)
{
    (void)state;
    return unlink(path);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_line_comes_once),
        cmocka_unit_test(long_lines_are_whole),
        cmocka_unit_test(a_damaged_archive_is_an_error),
        cmocka_unit_test(a_file_that_is_not_there_is_named),
        cmocka_unit_test(numbers_are_whole_words),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
