/* UTF-8: every code point, and every way to be wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "config/base/utf8.h"

static void
every_code_point_is_written_and_accepted(void **state)
{
    char bytes[UTF8_SEQUENCE_BYTES_MAX];

    (void)state;
    for (uint32_t code = 0; code <= 0x10ffff; code++) {
        uint32_t length = utf8_encode(code, bytes);
        bool surrogate = code >= 0xd800 && code <= 0xdfff;

        assert_int_equal(utf8_sequence(bytes, bytes + length), surrogate ? 0 : length);
        if (length > 1)
            assert_int_equal(utf8_sequence(bytes, bytes + length - 1), 0);
    }
}

/* Decodes by the definition: the code point of the bytes, if it is written that way. */
static bool
is_sequence(const unsigned char *bytes, uint32_t length)
{
    static const uint32_t lowest[] = {0, 0, 0x80, 0x800, 0x10000};
    static const unsigned char marks[] = {0, 0, 0xc0, 0xe0, 0xf0};
    uint32_t code = bytes[0] ^ marks[length];

    if (code >= 0x80u >> length)
        return false;
    for (uint32_t i = 1; i < length; i++) {
        if (bytes[i] >> 6 != 2)
            return false;
        code = code << 6 | (bytes[i] & 0x3f);
    }
    return code >= lowest[length] && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
}

static void
every_two_bytes_are_judged_by_the_definition(void **state)
{
    (void)state;
    for (uint32_t word = 0; word < 0x10000; word++) {
        unsigned char bytes[] = {(unsigned char)(word >> 8), (unsigned char)word, 0x80, 0x80};
        const char *at = (const char *)bytes;
        uint32_t length = bytes[0] < 0x80 ? 1 : 0;

        for (uint32_t tried = 2; tried <= 4; tried++) {
            if (bytes[0] >= 0x80 && is_sequence(bytes, tried))
                length = tried;
        }
        assert_int_equal(utf8_sequence(at, at + 4), length);
    }
}

static void
a_fault_has_its_offset(void **state)
{
    uint32_t offset = 0;

    (void)state;
    assert_true(utf8_valid(TEXT(""), &offset));
    assert_true(utf8_valid(TEXT("eight bytes and a few more, \xc3\xa9 and \0 too"), &offset));
    assert_false(utf8_valid(TEXT("\xff"), &offset));
    assert_int_equal(offset, 0);
    assert_false(utf8_valid(TEXT("0123456789\xc3\xa9\xc3"), &offset));
    assert_int_equal(offset, 12);
    assert_false(utf8_valid(TEXT("\xed\xa0\x80 is half a pair"), &offset));
    assert_int_equal(offset, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_point_is_written_and_accepted),
        cmocka_unit_test(every_two_bytes_are_judged_by_the_definition),
        cmocka_unit_test(a_fault_has_its_offset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
