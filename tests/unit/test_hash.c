/* Hashes, against values that others have published. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "config/base/hash.h"
#include "config/base/murmur2.h"
#include "config/base/sha256.h"

/* From the tests of Kafka's Java client. */
static void
murmur2_is_that_of_the_java_clients(void **state)
{
    (void)state;
    assert_int_equal((int32_t)murmur2(TEXT("21")), -973932308);
    assert_int_equal((int32_t)murmur2(TEXT("foobar")), -790332482);
    assert_int_equal((int32_t)murmur2(TEXT("a-little-bit-long-string")), -985981536);
    assert_int_equal((int32_t)murmur2(TEXT("a-little-bit-longer-string")), -1486304829);
    assert_int_equal(
        (int32_t)murmur2(TEXT("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8")), -58897971);
    assert_int_equal((int32_t)murmur2(TEXT("abc")), 479470107);
}

static void
a_partition_is_the_positive_hash_modulo_their_number(void **state)
{
    (void)state;
    assert_int_equal(murmur2_partition(TEXT("abc"), 10), 7);
    assert_int_equal(murmur2_partition(TEXT("21"), 10), (INT64_C(0x80000000) - 973932308) % 10);
    assert_int_equal(murmur2_partition(TEXT("21"), 1), 0);
}

static void
expect_digest(const struct text *parts, uint32_t count, const char *expected)
{
    struct sha256 *sha256 = sha256_new();
    uint8_t digest[SHA256_BYTES];
    char hex[2 * SHA256_BYTES + 1];

    for (int again = 0; again < 2; again++) {
        sha256_digest(sha256, parts, count, digest);
        for (int i = 0; i < SHA256_BYTES; i++)
            snprintf(hex + (ptrdiff_t)2 * i, 3, "%02x", digest[i]);
        assert_string_equal(hex, expected);
    }
    sha256_free(sha256);
}

static void
sha256_takes_its_parts_as_one(void **state)
{
    const char *abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    const struct text parts[] = {{"a", 1}, {"", 0}, {"bc", 2}};

    (void)state;
    expect_digest(&TEXT("abc"), 1, abc);
    expect_digest(parts, 3, abc);
    expect_digest(NULL, 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

/* Stored profiles contain these. */
static void
hashes_of_texts_never_change(void **state)
{
    (void)state;
    assert_true(hash_text(TEXT("")) == UINT64_C(0xc78832c1051553ff));
    assert_true(hash_text(TEXT("u42")) == UINT64_C(0x377e065eb6599835));
    assert_true(
        hash_text(TEXT("a text of more than sixteen bytes")) == UINT64_C(0x454b97996439eae7));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(murmur2_is_that_of_the_java_clients),
        cmocka_unit_test(a_partition_is_the_positive_hash_modulo_their_number),
        cmocka_unit_test(sha256_takes_its_parts_as_one),
        cmocka_unit_test(hashes_of_texts_never_change),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
