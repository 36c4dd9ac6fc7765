/* YAML to a tree that remembers where everything stood. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "config/base/limits.h"
#include "config/yaml/yaml.h"

static struct yaml_document *
parse_bytes(const char *bytes, size_t length)
{
    struct report *report = report_new();
    struct yaml_document *document =
        yaml_parse("f.yaml", (struct text){bytes, (uint32_t)length}, report);
    struct buffer out;

    if (document == NULL) {
        buffer_init(&out);
        report_print(report, &out);
        fwrite(out.bytes, 1, out.length, stderr);
        buffer_fini(&out);
    }
    assert_non_null(document);
    assert_int_equal(report_error_count(report), 0);
    report_free(report);
    return document;
}

static struct yaml_document *
parse(const char *text)
{
    return parse_bytes(text, strlen(text));
}

static void
expect_error(const char *bytes, size_t length, const char *expected)
{
    struct report *report = report_new();
    struct buffer out;

    assert_null(yaml_parse("f.yaml", (struct text){bytes, (uint32_t)length}, report));
    buffer_init(&out);
    report_print(report, &out);
    buffer_add_char(&out, '\0');
    assert_string_equal(out.bytes, expected);
    buffer_fini(&out);
    report_free(report);
}

static void
expect_scalar(const struct yaml_node *node, enum yaml_style style, const char *text, uint32_t line,
    uint32_t column)
{
    assert_non_null(node);
    assert_int_equal(node->kind, YAML_SCALAR);
    assert_int_equal(node->style, style);
    assert_string_equal(node->text.bytes, text);
    assert_int_equal(node->text.length, strlen(text));
    assert_int_equal(node->line, line);
    assert_int_equal(node->column, column);
}

static void
scalars_keep_their_text_style_and_place(void **state)
{
    struct yaml_document *document = parse("\xc3\xbc: \"\xc3\xa9\\u00e9 x\"\n"
                                           "a: 'b'\n"
                                           "b: |\n"
                                           "   lit\n"
                                           "   two\n"
                                           "c: >-\n"
                                           "  fold\n"
                                           "  ed\n"
                                           "\n"
                                           "d:\n"
                                           "e: pl\n"
                                           "  ain\n"
                                           "f: [1, {x: 2}, \"q\"] # no\n"
                                           "g: no\n");
    const struct yaml_node *root = document->root, *list;

    (void)state;
    assert_int_equal(root->kind, YAML_MAP);
    assert_int_equal(root->count, 8);
    expect_scalar(yaml_get(root, "\xc3\xbc"), YAML_QUOTED, "\xc3\xa9\xc3\xa9 x", 1, 5);
    expect_scalar(yaml_get(root, "a"), YAML_QUOTED, "b", 2, 4);
    expect_scalar(yaml_get(root, "b"), YAML_BLOCK, "lit\ntwo\n", 4, 4);
    expect_scalar(yaml_get(root, "c"), YAML_BLOCK, "fold ed", 7, 3);
    expect_scalar(yaml_get(root, "d"), YAML_PLAIN, "", 10, 1);
    assert_true(yaml_is_null(yaml_get(root, "d")));
    expect_scalar(yaml_get(root, "e"), YAML_PLAIN, "pl ain", 11, 4);
    list = yaml_get(root, "f");
    assert_int_equal(list->kind, YAML_LIST);
    assert_int_equal(list->count, 3);
    assert_int_equal(list->column, 4);
    expect_scalar(list->items[0], YAML_PLAIN, "1", 13, 5);
    expect_scalar(yaml_get(list->items[1], "x"), YAML_PLAIN, "2", 13, 12);
    expect_scalar(list->items[2], YAML_QUOTED, "q", 13, 16);
    expect_scalar(yaml_get(root, "g"), YAML_PLAIN, "no", 14, 4);
    assert_null(yaml_get(root, "h"));
    yaml_free(document);
}

static void
nothing_is_a_document_without_a_root(void **state)
{
    const char *const texts[] = {"", "# only this\n", "\n\n", "\xef\xbb\xbf"};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct yaml_document *document = parse(texts[i]);

        assert_null(document->root);
        yaml_free(document);
    }
}

static void
json_is_yaml(void **state)
{
    struct yaml_document *document =
        parse("\xef\xbb\xbf{\"a\": [1, null, \"\\u00e9\"], \"b\": {}, \"c\":{\"d\":\"\"}}");
    const struct yaml_node *list = yaml_get(document->root, "a");

    (void)state;
    assert_int_equal(document->root->count, 3);
    assert_int_equal(list->count, 3);
    assert_true(yaml_is_null(list->items[1]));
    assert_string_equal(list->items[2]->text.bytes, "\xc3\xa9");
    assert_int_equal(yaml_get(document->root, "b")->count, 0);
    assert_false(yaml_is_null(yaml_get(yaml_get(document->root, "c"), "d")));
    yaml_free(document);
}

/* Where `needle` stands in the scalar's text is where it stands in the file. */
static void
expect_place(const char *file_text, const char *needle, uint32_t line, uint32_t column)
{
    struct yaml_document *document = parse(file_text);
    const struct yaml_node *node = document->root->pairs[document->root->count - 1].value;
    const char *at = strstr(node->text.bytes, needle);
    struct report_place place;

    assert_non_null(at);
    place = yaml_place(node, (uint32_t)(at - node->text.bytes));
    assert_int_equal(place.line, line);
    assert_int_equal(place.column, column);
    yaml_free(document);
}

static void
a_byte_of_a_scalar_finds_its_place(void **state)
{
    (void)state;
    expect_place("when: a  or b", "b", 1, 13);
    expect_place("when: 'it''s  x'", "x", 1, 15);
    expect_place("when: \"\\u00e9\\n\\\"\\xe9 x\"", "x", 1, 23);
    expect_place("when: |\n    a\n      b\n\n    c d\n", "d", 5, 7);
    expect_place("when: |\n\n    a\n      b\n\n    c d\n", "a", 3, 5);
    expect_place("when: >\n    a b\n    c\n\n    d\n", "d", 5, 5);
    expect_place("when: a b\n    c\n    d e\n", "e", 3, 7);
    expect_place("when: \"a b\n    c\\\n    d e\"\n", "e", 3, 7);
    expect_place("when: |\r\n  a\r\n  b c\r\n", "c", 3, 5);
}

static void
the_end_of_a_text_stands_behind_its_last_character(void **state)
{
    struct yaml_document *document = parse("when: |\n  a and\n\nx: y\n");
    const struct yaml_node *node = yaml_get(document->root, "when");
    struct report_place place = yaml_place(node, node->text.length);

    (void)state;
    assert_int_equal(place.line, 2);
    assert_int_equal(place.column, 8);
    assert_int_equal(place.line_text.length, 7);
    yaml_free(document);
}

static void
what_is_no_yaml_is_refused_with_its_place(void **state)
{
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"a: 1\na: 2\n", "f.yaml:2:1: duplicate key 'a'; it is given in line 1 already\n"
                         "    a: 2\n    ^\n"},
        {"a: *b\n", "f.yaml:1:4: '*' begins an alias, and there are none here; put a text in "
                    "quotes\n    a: *b\n       ^\n"},
        {"a: &b c\n", "f.yaml:1:4: '&' begins an anchor, and there are none here; put a text in "
                      "quotes\n    a: &b c\n       ^\n"},
        {"a: !!int 3\n", "f.yaml:1:4: '!' begins a tag, and there are none here; put a text in "
                         "quotes\n    a: !!int 3\n       ^\n"},
        {"a: 1\n---\nb: 2\n", "f.yaml:2:1: a second document; a file has one, without a '---' in "
                              "the middle\n    ---\n    ^\n"},
        {"%YAML 1.1\n---\na: 1\n",
            "f.yaml:1:1: a directive; leave this line out\n    %YAML 1.1\n    ^\n"},
        {"? [a]\n: b\n", "f.yaml:1:3: a key is a text; '[' stands here\n    ? [a]\n      ^\n"},
        {"a: \xff\n", "f.yaml:1:4: byte 0xff is not UTF-8 here; save the file as UTF-8\n"
                      "    a: ?\n       ^\n"},
        {"a: \x01\n", "f.yaml:1:4: control character 0x01; a file is text, and \"\\x01\" stands "
                      "for it in quotes\n    a: ?\n       ^\n"},
        {"a: b\n  c: d\n", "f.yaml:1:4: invalid multiline plain key; a ':' is missing, or this or "
                           "the next line is indented wrongly\n    a: b\n       ^\n"},
        {"a:\n  b: c\n\td: e\n",
            "f.yaml:3:1: a tab in the indentation; indent by spaces\n     d: e\n    ^\n"},
        {"a:\n  b: c\n d: e\n", "f.yaml:3:2: invalid indentation in mapping; indent it as the "
                                "lines that it belongs to\n    d: e\n    ^\n"},
        {"\xc3\xbc: \"x\n", "f.yaml:1:6: double-quoted scalar without closing quote\n"
                            "    \xc3\xbc: \"x\n        ^\n"},
        {"a: \"\\d+\"\n", "f.yaml:1:5: invalid escape 'd' in double-quoted string; write '\\\\' "
                          "for a backslash, or use single quotes\n    a: \"\\d+\"\n        ^\n"},
        {"a: [b\nc: d\n", "f.yaml:3:1: flow sequence without a closing bracket\n"},
        {"a: b: c\n", "f.yaml:1:5: invalid nested block mapping on the same line; put a text that "
                      "contains ': ' in quotes\n    a: b: c\n        ^\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect_error(cases[i].text, strlen(cases[i].text), cases[i].expected);
    expect_error("a: b\0", 5,
        "f.yaml:1:5: control character 0x00; a file is text, and \"\\x00\" stands for it in "
        "quotes\n    a: b?\n        ^\n");
}

static void
all_that_is_wrong_is_reported(void **state)
{
    const char *text = "a: *x\nb: 1\nb: 2\n";

    (void)state;
    expect_error(text, strlen(text),
        "f.yaml:1:4: '*' begins an alias, and there are none here; put a text in quotes\n"
        "    a: *x\n       ^\n"
        "f.yaml:3:1: duplicate key 'b'; it is given in line 2 already\n"
        "    b: 2\n    ^\n");
}

static void
a_syntax_error_does_not_show_a_secret(void **state)
{
    const char *text = "redis: {password: \"hunter2\n";

    (void)state;
    expect_error(text, strlen(text), "f.yaml:1:20: double-quoted scalar without closing quote\n");
}

static void
depth_has_a_bound(void **state)
{
    struct report *report = report_new();
    char text[4 * YAML_DEPTH_MAX * YAML_DEPTH_MAX];
    size_t length = 0;

    (void)state;
    for (int i = 0; i < YAML_DEPTH_MAX - 1; i++)
        length += (size_t)sprintf(text + length, "%*sa:\n", i, "");
    sprintf(text + length, "%*sa: b\n", YAML_DEPTH_MAX - 1, "");
    yaml_free(parse(text));
    sprintf(text + length, "%*sa: {b: c}\n", YAML_DEPTH_MAX - 1, "");
    assert_null(yaml_parse("f.yaml", text_of(text), report));
    memset(text, '[', 10000);
    assert_null(yaml_parse("f.yaml", (struct text){text, 10000}, report));
    assert_int_equal(report_error_count(report), 2);
    report_free(report);
}

static void
many_keys_take_linear_time(void **state)
{
    struct buffer text;
    struct yaml_document *document;

    (void)state;
    buffer_init(&text);
    for (int i = 0; i < 20000; i++)
        buffer_printf(&text, "key%d: %d\n", i, i);
    document = parse_bytes(text.bytes, text.length);
    assert_int_equal(document->root->count, 20000);
    yaml_free(document);
    buffer_fini(&text);
}

static void
a_file_is_read_whole_or_the_report_says_why(void **state)
{
    char name[] = "/tmp/test_yaml_XXXXXX";
    struct report *report = report_new();
    struct yaml_document *document;
    struct buffer out;
    int fd = mkstemp(name);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "a: b\n", 5), 5);
    close(fd);
    document = yaml_load(name, report);
    assert_non_null(document);
    assert_string_equal(document->file, name);
    yaml_free(document);
    unlink(name);
    assert_null(yaml_load("/nowhere/f.yaml", report));
    assert_null(yaml_load("/", report));
    buffer_init(&out);
    report_print(report, &out);
    buffer_add_char(&out, '\0');
    assert_string_equal(out.bytes, "/nowhere/f.yaml: can't be opened: No such file or directory\n"
                                   "/: can't be read: Is a directory\n");
    buffer_fini(&out);
    report_free(report);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalars_keep_their_text_style_and_place),
        cmocka_unit_test(nothing_is_a_document_without_a_root),
        cmocka_unit_test(json_is_yaml),
        cmocka_unit_test(a_byte_of_a_scalar_finds_its_place),
        cmocka_unit_test(the_end_of_a_text_stands_behind_its_last_character),
        cmocka_unit_test(what_is_no_yaml_is_refused_with_its_place),
        cmocka_unit_test(all_that_is_wrong_is_reported),
        cmocka_unit_test(a_syntax_error_does_not_show_a_secret),
        cmocka_unit_test(depth_has_a_bound),
        cmocka_unit_test(many_keys_take_linear_time),
        cmocka_unit_test(a_file_is_read_whole_or_the_report_says_why),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
