/* The JSON scanner: its verdicts, its values, and the suite's files where they are there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "config/base/limits.h"
#include "config/base/pointer.h"
#include "pipeline/decode/json.h"
#include "pipeline/decode/scan.h"

#define SUITE_FOLDER "JSON_TEST_SUITE" /* the environment names the folder test_parsing */
#define DOCUMENT_BYTES_MAX (1 << 20)

/* A document and its length, which may contain zero bytes. */
#define DOCUMENT(literal)                                                                          \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }

/* Copies to the heap's end, so that the sanitizer sees a read past it. */
static enum json_result
scan(struct json *json, struct text document, struct json_fault *ret_fault)
{
    char *copy = malloc(document.length);
    enum json_result result;

    if (document.length > 0)
        memcpy(copy, document.bytes, document.length);
    result = json_scan(json, (struct text){copy, document.length}, ret_fault);
    free(copy);
    return result;
}

static enum json_result
verdict(struct text document)
{
    struct paths *paths = paths_new();
    struct json_fault fault = {0};
    struct json *json;
    enum json_result result;

    paths_pointer(paths, PATHS_ROOT, TEXT("/a/b"));
    paths_pointer(paths, PATHS_ROOT, TEXT("/1"));
    paths_seal(paths);
    json = json_new(paths);
    result = scan(json, document, &fault);
    if (result != JSON_OK) {
        assert_true(fault.offset <= document.length);
        assert_non_null(fault.wanted);
    }
    json_free(json);
    paths_free(paths);
    return result;
}

static void
expect_each(const struct text *documents, size_t count, enum json_result result)
{
    for (size_t i = 0; i < count; i++) {
        if (verdict(documents[i]) != result)
            fail_msg("%zu. '%.*s' is %d, not %d", i, (int)documents[i].length, documents[i].bytes,
                verdict(documents[i]), result);
    }
}

#define EXPECT_ALL(documents, result)                                                              \
    expect_each(documents, sizeof(documents) / sizeof((documents)[0]), result)

static void
json_is_accepted(void **state)
{
    static const struct text documents[] = {DOCUMENT("{}"), DOCUMENT("[]"), DOCUMENT(" [ ] "),
        DOCUMENT("{ }"), DOCUMENT("[[],{}]"), DOCUMENT("null"), DOCUMENT("true"), DOCUMENT("false"),
        DOCUMENT("0"), DOCUMENT("-0"), DOCUMENT("\"\""), DOCUMENT("\"a\""), DOCUMENT("[1]"),
        DOCUMENT("[1,2]"), DOCUMENT("[\"a\",1,null,true,false,{},[]]"), DOCUMENT("{\"a\":1}"),
        DOCUMENT("{\"a\":1,\"a\":2}"), DOCUMENT("{\"\":0}"),
        DOCUMENT("{\"a\":{\"b\":[{\"c\":[]}]}}"), DOCUMENT("\t\n\r [\t\n\r 1\t\n\r ,\t\n 2 ]\n"),
        DOCUMENT("{ \"a\" : 1 , \"b\" : 2 }"), DOCUMENT("[0.5,-0.5,1e5,1E5,1e+5,1e-5,1.5e5,0e0]"),
        DOCUMENT("[123456789012345678901234567890123456789012345678901234567890]"),
        DOCUMENT("[1e999,-1e999,1e-999,0.000000000000000000000000000000000000001]"),
        DOCUMENT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\u00e9\\uFFFF\""),
        DOCUMENT("\"\\ud834\\udd1e\""), DOCUMENT("\"\\uDBFF\\uDFFF\""),
        DOCUMENT("\"\xc3\xa9 \xe2\x82\xac \xf0\x9d\x84\x9e \xf4\x8f\xbf\xbf \xed\x9f\xbf\""),
        DOCUMENT("\"\x7f\""), DOCUMENT("\"\xef\xbb\xbf\""), DOCUMENT("\xef\xbb\xbf{}"),
        DOCUMENT("\xef\xbb\xbf 1"),
        DOCUMENT("\"0123456789abcdef0123456789abcdef0123456789abcdef\""),
        DOCUMENT("\"0123456789abcd\\\"0123456789abcdef\\\\\\\\0123456789abcde\\\"\"")};

    (void)state;
    EXPECT_ALL(documents, JSON_OK);
}

static void
what_is_nearly_json_is_refused(void **state)
{
    static const struct text documents[] = {DOCUMENT("{"), DOCUMENT("["), DOCUMENT("}"),
        DOCUMENT("]"), DOCUMENT("[}"), DOCUMENT("{]"), DOCUMENT("[1"), DOCUMENT("[1,"),
        DOCUMENT("[1,]"), DOCUMENT("[,1]"), DOCUMENT("[,]"), DOCUMENT("[1,,2]"), DOCUMENT("[1 2]"),
        DOCUMENT("[1:2]"), DOCUMENT("[1]]"), DOCUMENT("[1]x"), DOCUMENT("1 2"), DOCUMENT("{}{}"),
        DOCUMENT("{\"a\"}"), DOCUMENT("{\"a\":}"), DOCUMENT("{\"a\":1,}"), DOCUMENT("{,}"),
        DOCUMENT("{\"a\" 1}"), DOCUMENT("{\"a\"::1}"), DOCUMENT("{\"a\":1 \"b\":2}"),
        DOCUMENT("{a:1}"), DOCUMENT("{'a':1}"), DOCUMENT("{1:1}"), DOCUMENT("{null:1}"),
        DOCUMENT("{[]:1}"), DOCUMENT("{\"a\":1"), DOCUMENT("{\"a\":"), DOCUMENT("{\"a\""),
        DOCUMENT("{\"a"), DOCUMENT("{\"a\":1,"), DOCUMENT("{\"a\",1}"), DOCUMENT("{\"a\":1]"),
        DOCUMENT("nul"), DOCUMENT("nulL"), DOCUMENT("True"), DOCUMENT("tru"), DOCUMENT("falsy"),
        DOCUMENT("truetrue"), DOCUMENT("NaN"), DOCUMENT("Infinity"), DOCUMENT("-Infinity"),
        DOCUMENT("undefined"), DOCUMENT("-"), DOCUMENT("+1"), DOCUMENT("01"), DOCUMENT("-01"),
        DOCUMENT("00"), DOCUMENT("1."), DOCUMENT(".1"), DOCUMENT("-.1"), DOCUMENT("1.e1"),
        DOCUMENT("1e"), DOCUMENT("1e+"), DOCUMENT("1e-"), DOCUMENT("1ee1"), DOCUMENT("1e1.5"),
        DOCUMENT("0x10"), DOCUMENT("1_000"), DOCUMENT("--1"), DOCUMENT("1-1"), DOCUMENT("[-]"),
        DOCUMENT("[- 1]"), DOCUMENT("[1a]"), DOCUMENT("\""), DOCUMENT("\"a"), DOCUMENT("\"\\\""),
        DOCUMENT("\"\\"), DOCUMENT("\"\\u"), DOCUMENT("\"\\u12\""), DOCUMENT("\"\\u123g\""),
        DOCUMENT("\"\\x41\""), DOCUMENT("\"\\a\""), DOCUMENT("\"\\\0\""), DOCUMENT("\"\\U0041\""),
        DOCUMENT("\"\\ \""), DOCUMENT("\"\\u 123\""), DOCUMENT("\"\n\""), DOCUMENT("\"\t\""),
        DOCUMENT("\"\0\""), DOCUMENT("\"\x1f\""), DOCUMENT("[\"a\0\"]"), DOCUMENT("\0"),
        DOCUMENT("1\0"), DOCUMENT("{}\0"), DOCUMENT("[1]\0\0"), DOCUMENT("'a'"), DOCUMENT("a"),
        DOCUMENT("\"a\"\"b\""), DOCUMENT("[\"a\" \"b\"]"), DOCUMENT("[1]//x"), DOCUMENT("/**/1"),
        DOCUMENT("[1]#"), DOCUMENT("\v1"), DOCUMENT("\f[]"), DOCUMENT("[\xc2\xa0]"),
        DOCUMENT("\xe2\x80\x8b[]"), DOCUMENT("[]\xef\xbb\xbf"),
        DOCUMENT("\xef\xbb\xbf\xef\xbb\xbf{}"), DOCUMENT("\xc3\xa9"), DOCUMENT("*"),
        DOCUMENT("<html>"), DOCUMENT(","), DOCUMENT(":")};

    (void)state;
    EXPECT_ALL(documents, JSON_NOT_JSON);
}

static void
half_a_surrogate_pair_is_refused(void **state)
{
    static const struct text documents[] = {DOCUMENT("\"\\ud800\""), DOCUMENT("\"\\udc00\""),
        DOCUMENT("\"\\ud800\\u0041\""), DOCUMENT("\"\\ud800a\""), DOCUMENT("\"\\udc00\\ud800\""),
        DOCUMENT("\"\\ud800\\ud800\""), DOCUMENT("\"\\ud800\\n\""), DOCUMENT("\"\\ud800\\udc0\""),
        DOCUMENT("{\"\\udfff\":1}"), DOCUMENT("\"\\ud834\\\\udd1e\"")};

    (void)state;
    EXPECT_ALL(documents, JSON_NOT_JSON);
}

static void
bad_utf8_is_told_apart_wherever_it_is(void **state)
{
    static const struct text documents[] = {DOCUMENT("\"\x80\""), DOCUMENT("\"\xff\""),
        DOCUMENT("\"\xc3\""), DOCUMENT("\"\xe2\x82\""), DOCUMENT("\"\xc0\xaf\""),
        DOCUMENT("\"\xc1\xbf\""), DOCUMENT("\"\xe0\x80\xaf\""), DOCUMENT("\"\xf0\x80\x80\xaf\""),
        DOCUMENT("\"\xed\xa0\x80\""), DOCUMENT("\"\xed\xbf\xbf\""),
        DOCUMENT("\"\xf4\x90\x80\x80\""), DOCUMENT("\"\xf5\x80\x80\x80\""),
        DOCUMENT("\"\xfc\x83\xbf\xbf\xbf\xbf\""), DOCUMENT("\"\xc3"), DOCUMENT("\xff"),
        DOCUMENT("[\xff]"), DOCUMENT("{\"a\xc3\":1}"), DOCUMENT("\xff\xfe[\0]\0"),
        DOCUMENT("\0[\0]\xd8"), DOCUMENT("not json \xff"), DOCUMENT("[1,] \"\xff\""),
        DOCUMENT("\xef\xbb"), DOCUMENT("\xef"), DOCUMENT("1\xff"), DOCUMENT("\"\\\xe5\"")};

    (void)state;
    EXPECT_ALL(documents, JSON_BAD_UTF8);
}

static void
nothing_is_empty(void **state)
{
    static const struct text documents[] = {DOCUMENT(""), DOCUMENT(" "), DOCUMENT("\n\t\r "),
        DOCUMENT("\xef\xbb\xbf"), DOCUMENT("\xef\xbb\xbf ")};

    (void)state;
    EXPECT_ALL(documents, JSON_EMPTY);
}

static struct text
nested(char *out, uint32_t depth, const char *open, const char *close)
{
    size_t each = strlen(open), last = strlen(close);
    char *at = out;

    for (uint32_t i = 0; i < depth; i++, at += each)
        memcpy(at, open, each);
    if (open[each - 1] == ':')
        *at++ = '0';
    for (uint32_t i = 0; i < depth; i++, at += last)
        memcpy(at, close, last);
    return (struct text){out, (uint32_t)(at - out)};
}

static void
depth_64_is_read_and_65_is_too_deep(void **state)
{
    static char bytes[DOCUMENT_BYTES_MAX];

    (void)state;
    assert_int_equal(verdict(nested(bytes, JSON_DEPTH_MAX, "[", "]")), JSON_OK);
    assert_int_equal(verdict(nested(bytes, JSON_DEPTH_MAX + 1, "[", "]")), JSON_TOO_DEEP);
    assert_int_equal(verdict(nested(bytes, JSON_DEPTH_MAX, "{\"a\":", "}")), JSON_OK);
    assert_int_equal(verdict(nested(bytes, JSON_DEPTH_MAX + 1, "{\"a\":", "}")), JSON_TOO_DEEP);
    assert_int_equal(verdict(nested(bytes, 200000, "[", "")), JSON_TOO_DEEP);
    assert_int_equal(verdict(nested(bytes, 60, "[", "")), JSON_NOT_JSON);
}

/* --- values ---------------------------------------------------------------------------------- */

/* "kind:raw" of the value at a pointer; a star after the kind says that it is escaped. */
static void
expect_at(const char *document, const char *pointer, const char *expected)
{
    static const char *const kinds[] = {
        "missing", "null", "false", "true", "number", "string", "array", "object"};
    struct paths *paths = paths_new();
    uint32_t node = paths_pointer(paths, PATHS_ROOT, text_of(pointer));
    struct json_fault fault;
    struct json *json;
    const struct json_value *value;
    char found[512];

    paths_pointer(paths, PATHS_ROOT, TEXT("/a/b/c")); /* company on the way */
    paths_pointer(paths, PATHS_ROOT, TEXT("/a/z"));
    paths_pointer(paths, PATHS_ROOT, TEXT("/b/2"));
    paths_seal(paths);
    json = json_new(paths);
    assert_int_equal(json_scan(json, text_of(document), &fault), JSON_OK);
    value = json_value(json, node);
    snprintf(found, sizeof(found), "%s%s:%.*s", kinds[value->kind], value->escaped ? "*" : "",
        (int)value->length, value->bytes);
    assert_string_equal(found, expected);
    json_free(json);
    paths_free(paths);
}

static void
each_kind_is_found_as_it_is_written(void **state)
{
    const char *document = "{\"s\":\"x y\",\"e\":\"a\\nb\",\"n\":-1.50e+02,\"t\":true,\"f\":false,"
                           "\"z\":null,\"a\":[1, 2],\"o\":{\"k\" :1},\"empty\":\"\",\"\":7}";

    (void)state;
    expect_at(document, "/s", "string:x y");
    expect_at(document, "/e", "string*:a\\nb");
    expect_at(document, "/n", "number:-1.50e+02");
    expect_at(document, "/t", "true:true");
    expect_at(document, "/f", "false:false");
    expect_at(document, "/z", "null:null");
    expect_at(document, "/a", "array:[1, 2]");
    expect_at(document, "/o", "object:{\"k\" :1}");
    expect_at(document, "/empty", "string:");
    expect_at(document, "/", "number:7");
    expect_at(document, "/x", "missing:");
    expect_at(document, "/s/x", "missing:");
    expect_at("[1]", "", "array:[1]");
    expect_at(" 5 ", "", "number:5");
}

static void
pointers_go_through_objects_and_arrays(void **state)
{
    const char *document = "{\"a\":{\"b\":{\"c\":1,\"d\":[10,[20,21],{\"e\":30}]}},\"b\":[0,1,2,3],"
                           "\"0\":{\"1\":\"x\"},\"a/b\":4,\"m~n\":5,\"~1\":6,\"01\":[8]}";

    (void)state;
    expect_at(document, "/a/b/c", "number:1");
    expect_at(document, "/a/b/d/0", "number:10");
    expect_at(document, "/a/b/d/1/1", "number:21");
    expect_at(document, "/a/b/d/2/e", "number:30");
    expect_at(document, "/a/b/d/3", "missing:");
    expect_at(document, "/b/2", "number:2");
    expect_at(document, "/b/02", "missing:");
    expect_at(document, "/b/-", "missing:");
    expect_at(document, "/b/4294967295", "missing:");
    expect_at(document, "/0/1", "string:x");
    expect_at(document, "/a~1b", "number:4");
    expect_at(document, "/m~0n", "number:5");
    expect_at(document, "/~01", "number:6");
    expect_at(document, "/01/0", "number:8");
    expect_at("[[1,2],[3,4]]", "/1/0", "number:3");
    expect_at("[0,1,2,3,4,5,6,7,8,9,10,11,12]", "/12", "number:12");
}

static void
names_are_compared_unescaped(void **state)
{
    (void)state;
    expect_at("{\"\\u0061\":{\"b\":1}}", "/a/b", "number:1");
    expect_at("{\"caf\\u00e9\":1}", "/caf\xc3\xa9", "number:1");
    expect_at("{\"\\ud834\\udd1e\":1}", "/\xf0\x9d\x84\x9e", "number:1");
    expect_at("{\"\\/\":1}", "/~1", "number:1");
    expect_at("{\"\\u0061\\u0062\\u0063\\u0064\":1}", "/a", "missing:");
    expect_at("{\"a\\\\\":1}", "/a", "missing:");
    expect_at("{\"\\uffff\\uffff\":1}", "/a", "missing:");
    expect_at("{\"abcdefgh\":1,\"abcdefghi\":2,\"abcdefg\":3}", "/abcdefgh", "number:1");
    expect_at("{\"a-very-long-name-x-of-a-field\":1,\"a-very-long-name-y-of-a-field\":2}",
        "/a-very-long-name-y-of-a-field", "number:2");
}

static void
of_equal_names_the_last_counts_with_all_that_is_in_it(void **state)
{
    (void)state;
    expect_at("{\"s\":1,\"s\":2}", "/s", "number:2");
    expect_at("{\"s\":1,\"\\u0073\":\"x\"}", "/s", "string:x");
    expect_at("{\"a\":{\"b\":{\"c\":1}},\"a\":{\"z\":2}}", "/a/b/c", "missing:");
    expect_at("{\"a\":{\"b\":{\"c\":1}},\"a\":{\"z\":2}}", "/a/z", "number:2");
    expect_at("{\"a\":{\"b\":{\"c\":1},\"z\":1,\"b\":{}}}", "/a/b/c", "missing:");
    expect_at("{\"a\":{\"b\":{\"c\":1},\"z\":1,\"b\":{}}}", "/a/z", "number:1");
    expect_at("{\"a\":{\"b\":{\"c\":1}},\"a\":5}", "/a/b/c", "missing:");
    expect_at("{\"a\":5,\"a\":{\"b\":{\"c\":1}}}", "/a/b/c", "number:1");
    expect_at("{\"b\":[1,2,3],\"b\":[4]}", "/b/2", "missing:");
    expect_at("{\"b\":[1,2,3],\"b\":[4,5,6]}", "/b/2", "number:6");
}

static void
one_scan_leaves_nothing_for_the_next(void **state)
{
    struct paths *paths = paths_new();
    uint32_t node = paths_pointer(paths, PATHS_ROOT, TEXT("/a"));
    struct json_fault fault;
    struct json *json;

    (void)state;
    paths_seal(paths);
    json = json_new(paths);
    assert_int_equal(json_scan(json, TEXT("{\"a\":1}"), &fault), JSON_OK);
    assert_int_equal(json_value(json, node)->kind, JSON_NUMBER);
    assert_int_equal(json_scan(json, TEXT("{\"a\":[[[1"), &fault), JSON_NOT_JSON);
    assert_int_equal(json_scan(json, TEXT("{\"b\":1}"), &fault), JSON_OK);
    assert_int_equal(json_value(json, node)->kind, JSON_MISSING);
    json_free(json);
    paths_free(paths);
}

static void
expect_same(const struct json_value *found, const struct json_value *expected)
{
    assert_int_equal(found->kind, expected->kind);
    assert_ptr_equal(found->bytes, expected->bytes);
    assert_int_equal(found->length, expected->length);
    assert_int_equal(found->escaped, expected->escaped);
}

/* Names are guessed by those of the document before: whatever that was, nothing may differ. */
static void
the_document_before_changes_nothing(void **state)
{
    static const struct text documents[] = {DOCUMENT("{\"a\":1,\"bb\":\"x\",\"long_name_here\":3}"),
        DOCUMENT("{\"bb\":1,\"a\":\"x\",\"long_name_here\":3}"), DOCUMENT("{\"a\" :1,\"b\":2}"),
        DOCUMENT("{ \"a\":1}"), DOCUMENT("{\"a\":1,\"a\":2}"), DOCUMENT("{\"\\u0061\":7}"),
        DOCUMENT("{\"a\":{\"a\":9,\"bb\":8},\"bb\":1}"), DOCUMENT("{\"a\"}"), DOCUMENT("{\"a\":"),
        DOCUMENT("{\"ab\":1}"), DOCUMENT("{\"long_name_here\":1}"),
        DOCUMENT("{\"long_name_hers\":1}"), DOCUMENT("{\"a\":1 ,\"bb\":2}"),
        DOCUMENT("[{\"a\":1}]"), DOCUMENT("{}"), DOCUMENT("{\"a\":\"\\q\",\"bb\":1}"),
        DOCUMENT("{\"long_name_here\":{\"a\":1},\"a\":5}"), DOCUMENT("{\"a\": 1}"),
        DOCUMENT("{\"a\":1{\"a\":2}}"), DOCUMENT("{,\"a\":1}"), DOCUMENT("{\"a\":1\"bb\":2}"),
        DOCUMENT("{\"x\":{\"a\":1,\"bb\":2},\"a\":3}"), DOCUMENT("{\"x\":{\"a\":1},\"bb\":2}"),
        DOCUMENT("{\"a\":{\"bb\":1},\"bb\":\"long_name_here\"}"),
        DOCUMENT("{\"a\":[{\"bb\":1},{\"bb\":2}],\"bb\":[],\"long_name_here\":\"\"}"),
        DOCUMENT("{\n    \"a\": 1,\n    \"long_name_here\": \"x\",\n    \"bb\": null\n}"),
        DOCUMENT("{\n    \"a\": 1,\n    \"bb\":\n \"x\"}"), DOCUMENT("{\"x\":0,\"bb\":1}"),
        DOCUMENT("{\"a\":1,\"x\":\"y\",\"bb\":0.5,\"long_name_here\":[1]}"),
        DOCUMENT("{\"a\":1,                                    \"bb\":2}")};
    static const char *const pointers[] = {"/a", "/bb", "/long_name_here", "/a/a", "/a/bb"};
    enum {
        DOCUMENTS = sizeof(documents) / sizeof(documents[0]),
        POINTERS = 5
    };
    struct paths *paths = paths_new();
    struct json_fault fault = {0}, fault_again = {0};
    uint32_t nodes[POINTERS];

    (void)state;
    for (int i = 0; i < POINTERS; i++)
        nodes[i] = paths_pointer(paths, PATHS_ROOT, text_of(pointers[i]));
    paths_seal(paths);
    for (int pair = 0; pair < DOCUMENTS * DOCUMENTS; pair++) {
        struct text before = documents[pair / DOCUMENTS], document = documents[pair % DOCUMENTS];
        struct json *fresh = json_new(paths), *used = json_new(paths);
        enum json_result result = json_scan(fresh, document, &fault);

        scan(used, before, &fault_again);
        assert_int_equal(json_scan(used, document, &fault_again), result);
        if (result != JSON_OK)
            assert_int_equal(fault_again.offset, fault.offset);
        for (int i = 0; i < POINTERS && result == JSON_OK; i++)
            expect_same(json_value(used, nodes[i]), json_value(fresh, nodes[i]));
        json_free(fresh);
        json_free(used);
    }
    paths_free(paths);
}

/* More members than names are remembered, some of them gone the next time. */
static void
a_long_document_is_read_like_a_short_one(void **state)
{
    enum {
        MEMBERS = 300
    };
    static char document[MEMBERS * 16];
    struct paths *paths = paths_new();
    uint32_t nodes[MEMBERS];
    struct json_fault fault;
    struct json *json;
    char name[16];

    (void)state;
    for (int i = 0; i < MEMBERS; i++) {
        snprintf(name, sizeof(name), "/m%d", i);
        nodes[i] = paths_pointer(paths, PATHS_ROOT, text_of(name));
    }
    paths_seal(paths);
    json = json_new(paths);
    for (int gone = 1; gone < 9; gone++) {
        char *at = document;

        for (int i = 0; i < MEMBERS; i++) {
            if (i % gone != gone - 1 || gone == 1)
                at += sprintf(at, "%c\"m%d\":%d", at == document ? '{' : ',', i, i);
        }
        strcpy(at, "}");
        assert_int_equal(json_scan(json, text_of(document), &fault), JSON_OK);
        for (int i = 0; i < MEMBERS; i++) {
            const struct json_value *value = json_value(json, nodes[i]);

            if (i % gone == gone - 1 && gone != 1)
                assert_int_equal(value->kind, JSON_MISSING);
            else
                assert_int_equal(strtol(value->bytes, NULL, 10), i);
        }
    }
    json_free(json);
    paths_free(paths);
}

/* A scanner tells its documents apart by 16 bits. */
static void
a_value_of_65536_documents_ago_is_missing(void **state)
{
    struct paths *paths = paths_new();
    uint32_t node = paths_pointer(paths, PATHS_ROOT, TEXT("/a"));
    struct json_fault fault;
    struct json *json;

    (void)state;
    paths_seal(paths);
    json = json_new(paths);
    assert_int_equal(json_scan(json, TEXT("{\"a\":1}"), &fault), JSON_OK);
    for (int i = 0; i < 3 * 65536; i++) {
        assert_int_equal(json_scan(json, TEXT("{\"b\":1}"), &fault), JSON_OK);
        assert_int_equal(json_value(json, node)->kind, JSON_MISSING);
    }
    json_free(json);
    paths_free(paths);
}

static void
a_fault_names_the_byte_and_what_would_be_right(void **state)
{
    static const struct {
        const char *document;
        size_t offset;
        const char *wanted;
    } faults[] = {{"{\"a\" 1}", 5, "a colon"}, {"[1 2]", 3, "a comma"}, {"[1,]", 3, "a value"},
        {"{1}", 1, "a name in quotes"}, {"[\"abc", 5, "the end of the string"},
        {"[1.x]", 3, "a digit"}, {"[] []", 3, "the end of the document"},
        {"{\"a\":1", 6, "the closing brace"}, {"[1", 2, "the closing bracket"},
        {"[\"a\\q\"]", 3, "an escape that is a character"}, {"[\"a\xff\", x]", 3, "UTF-8"}};
    struct paths *paths = paths_new();
    struct json_fault fault;
    struct json *json;

    (void)state;
    paths_seal(paths);
    json = json_new(paths);
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        assert_int_not_equal(json_scan(json, text_of(faults[i].document), &fault), JSON_OK);
        assert_int_equal(fault.offset, faults[i].offset);
        assert_string_equal(fault.wanted, faults[i].wanted);
    }
    json_free(json);
    paths_free(paths);
}

static void
strings_are_unescaped(void **state)
{
    static const struct {
        const char *raw;
        struct text text;
    } strings[] = {{"abc", DOCUMENT("abc")},
        {"\\\"\\\\\\/\\b\\f\\n\\r\\t", DOCUMENT("\"\\/\b\f\n\r\t")},
        {"\\u0041\\u00e9\\u20ac", DOCUMENT("A\xc3\xa9\xe2\x82\xac")},
        {"\\ud834\\udd1e", DOCUMENT("\xf0\x9d\x84\x9e")}, {"a\\u0000b", DOCUMENT("a\0b")},
        {"\xc3\xa9\\n", DOCUMENT("\xc3\xa9\n")}, {"\\\\u0041", DOCUMENT("\\u0041")}};
    char out[64];

    (void)state;
    for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
        uint32_t length = json_unescape(text_of(strings[i].raw), out);

        assert_true(text_equal((struct text){out, length}, strings[i].text));
    }
}

/* The places of plain bytes, escapes and ends against the 16-byte steps. */
static void
strings_of_every_length_end_where_they_end(void **state)
{
    char document[128];

    (void)state;
    for (uint32_t length = 0; length < 70; length++) {
        document[0] = '"';
        memset(document + 1, 'x', length);
        memcpy(document + 1 + length, "\"", 2);
        assert_int_equal(verdict(text_of(document)), JSON_OK);
        assert_int_equal(verdict((struct text){document, length + 1}), JSON_NOT_JSON);
        for (uint32_t at = 1; at <= length; at++) {
            document[at] = '\x01';
            assert_int_equal(verdict(text_of(document)), JSON_NOT_JSON);
            document[at] = '\xff';
            assert_int_equal(verdict(text_of(document)), JSON_BAD_UTF8);
            document[at] = '"';
            assert_int_equal(verdict(text_of(document)), JSON_NOT_JSON);
            document[at] = 'x';
        }
    }
}

/* Digits on both sides of the point, near a document's end and far from it. */
static void
expect_number(int whole, int places, const char *exponent, const char *end)
{
    char number[64], document[128], expected[128];

    for (int negative = 0; negative < 2; negative++) {
        snprintf(number, sizeof(number), "%s%.*s%s%.*s%s", negative ? "-" : "", whole,
            "123456789012345678901", places > 0 ? "." : "", places, "098765432109876543210",
            exponent);
        snprintf(document, sizeof(document), "[%s%s", number, end);
        snprintf(expected, sizeof(expected), "number:%s", number);
        if (whole == 0)
            assert_int_equal(verdict(text_of(document)), JSON_NOT_JSON);
        else
            expect_at(document, "/0", expected);
    }
}

static void
numbers_of_every_length_end_where_they_end(void **state)
{
    (void)state;
    for (int whole = 0; whole < 20; whole++) {
        for (int places = whole == 0; places < 20; places++) {
            expect_number(whole, places, "", "]");
            expect_number(whole, places, "", ",0,0,0,0,0,0,0,0,0,0,0,0]");
            expect_number(whole, places, "E-7", "]");
            expect_number(whole, places, "e1", "                       ]");
        }
    }
}

static void
any_beginning_of_a_document_is_refused_cleanly(void **state)
{
    struct text document =
        TEXT("{\"user\":\"u\\u00e9\xc3\xa9\",\"a\":{\"b\":[1.5e-3,true,null,false]}}");

    (void)state;
    assert_int_equal(verdict(document), JSON_OK);
    for (uint32_t length = 1; length < document.length; length++)
        assert_int_not_equal(verdict((struct text){document.bytes, length}), JSON_OK);
}

static void
pointers_are_checked_and_taken_apart(void **state)
{
    struct text rest = TEXT("/a~1b//m~0n/"), token;
    char out[16];

    (void)state;
    assert_true(pointer_valid(TEXT("")));
    assert_true(pointer_valid(rest));
    assert_false(pointer_valid(TEXT("a")));
    assert_false(pointer_valid(TEXT("/a~")));
    assert_false(pointer_valid(TEXT("/~2")));
    assert_true(pointer_next(&rest, out, &token));
    assert_true(text_equal(token, TEXT("a/b")));
    assert_true(pointer_next(&rest, out, &token));
    assert_true(text_equal(token, TEXT("")));
    assert_true(pointer_next(&rest, out, &token));
    assert_true(text_equal(token, TEXT("m~n")));
    assert_true(pointer_next(&rest, out, &token));
    assert_true(text_equal(token, TEXT("")));
    assert_false(pointer_next(&rest, out, &token));
}

/* --- the suite ------------------------------------------------------------------------------- */

/* y_ must be read, n_ refused; of i_, which the standard leaves open, ours is written down. */
static bool
suite_expects_ok(const char *name)
{
    if (name[0] == 'i')
        return strncmp(name, "i_number_", 9) == 0 || strstr(name, "BOM_empty_object") != NULL;
    return name[0] == 'y';
}

static void
suite_file(const char *folder, const char *name)
{
    static char bytes[DOCUMENT_BYTES_MAX];
    char path[4096];
    struct text document = {bytes, 0};
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "rb");
    assert_non_null(file);
    document.length = (uint32_t)fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    if ((verdict(document) == JSON_OK) != suite_expects_ok(name))
        fail_msg("%s: %d", name, verdict(document));
}

static void
the_json_test_suite_passes_where_it_is_there(void **state)
{
    const char *folder = getenv(SUITE_FOLDER);
    DIR *listing = folder == NULL ? NULL : opendir(folder);
    struct dirent *entry;
    int count = 0;

    (void)state;
    if (listing == NULL) {
        print_message("skipped: " SUITE_FOLDER " names no folder\n");
        skip();
    }
    while ((entry = readdir(listing)) != NULL) {
        if (strstr(entry->d_name, ".json") == NULL)
            continue;
        suite_file(folder, entry->d_name);
        count++;
    }
    closedir(listing);
    print_message("%d files\n", count);
    assert_true(count > 300);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_is_accepted),
        cmocka_unit_test(what_is_nearly_json_is_refused),
        cmocka_unit_test(half_a_surrogate_pair_is_refused),
        cmocka_unit_test(bad_utf8_is_told_apart_wherever_it_is),
        cmocka_unit_test(nothing_is_empty),
        cmocka_unit_test(depth_64_is_read_and_65_is_too_deep),
        cmocka_unit_test(each_kind_is_found_as_it_is_written),
        cmocka_unit_test(pointers_go_through_objects_and_arrays),
        cmocka_unit_test(names_are_compared_unescaped),
        cmocka_unit_test(of_equal_names_the_last_counts_with_all_that_is_in_it),
        cmocka_unit_test(one_scan_leaves_nothing_for_the_next),
        cmocka_unit_test(the_document_before_changes_nothing),
        cmocka_unit_test(a_long_document_is_read_like_a_short_one),
        cmocka_unit_test(a_value_of_65536_documents_ago_is_missing),
        cmocka_unit_test(a_fault_names_the_byte_and_what_would_be_right),
        cmocka_unit_test(strings_are_unescaped),
        cmocka_unit_test(strings_of_every_length_end_where_they_end),
        cmocka_unit_test(numbers_of_every_length_end_where_they_end),
        cmocka_unit_test(any_beginning_of_a_document_is_refused_cleanly),
        cmocka_unit_test(pointers_are_checked_and_taken_apart),
        cmocka_unit_test(the_json_test_suite_passes_where_it_is_there),
    };

    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    scan_without_avx2(true);
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
