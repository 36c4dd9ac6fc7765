/* Records stand where they were put, and a full outbox says so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "config/base/limits.h"
#include "pipeline/kafka/outbox.h"

static struct text
at(const struct outbox *outbox, size_t place, uint32_t length)
{
    return (struct text){outbox->bytes.bytes + place, length};
}

static void
a_record_is_key_value_and_headers_in_a_row(void **state)
{
    struct outbox outbox;
    const struct outbox_record *record;

    (void)state;
    outbox_init(&outbox);
    outbox_begin(&outbox, OUTBOX_CHANGES, TEXT("ann"), true);
    buffer_add_literal(&outbox.bytes, "{\"change\":");
    buffer_add_literal(&outbox.bytes, "\"enter\"}");
    outbox_end(&outbox, true);
    outbox_header(&outbox, "segment", TEXT("vips"));
    outbox_header(&outbox, "change", TEXT("enter"));
    assert_int_equal(outbox.record_count, 1);
    record = &outbox.records[0];
    assert_int_equal(record->topic, OUTBOX_CHANGES);
    assert_true(text_equal(at(&outbox, record->key_at, record->key_length), TEXT("ann")));
    assert_true(text_equal(
        at(&outbox, record->value_at, record->value_length), TEXT("{\"change\":\"enter\"}")));
    assert_int_equal(record->header_count, 2);
    assert_string_equal(record->headers[1].name, "change");
    assert_true(text_equal(
        at(&outbox, record->headers[0].value_at, record->headers[0].value_length), TEXT("vips")));
    outbox_fini(&outbox);
}

static void
a_tombstone_an_empty_value_and_no_key_are_told_apart(void **state)
{
    struct outbox outbox;

    (void)state;
    outbox_init(&outbox);
    outbox_begin(&outbox, OUTBOX_MEMBERS, TEXT("ann"), true);
    outbox_end(&outbox, false);
    outbox_begin(&outbox, OUTBOX_REJECTS, (struct text){NULL, 0}, false);
    outbox_end(&outbox, true);
    outbox_begin(&outbox, OUTBOX_REJECTS, TEXT(""), true);
    outbox_end(&outbox, true);
    assert_false(outbox.records[0].has_value);
    assert_false(outbox.records[1].has_key);
    assert_true(outbox.records[1].has_value);
    assert_int_equal(outbox.records[1].value_length, 0);
    assert_true(outbox.records[2].has_key);
    outbox_fini(&outbox);
}

static void
records_survive_growth_and_clear_keeps_the_memory(void **state)
{
    struct outbox outbox;
    size_t capacity;

    (void)state;
    outbox_init(&outbox);
    for (int i = 0; i < 1000; i++) {
        outbox_begin(&outbox, OUTBOX_CHANGES, TEXT("user"), true);
        buffer_add_int(&outbox.bytes, i);
        outbox_end(&outbox, true);
    }
    assert_true(text_equal(
        at(&outbox, outbox.records[777].value_at, outbox.records[777].value_length), TEXT("777")));
    capacity = outbox.record_capacity;
    outbox_clear(&outbox);
    assert_int_equal(outbox.record_count, 0);
    assert_int_equal(outbox.bytes.length, 0);
    assert_int_equal(outbox.record_capacity, capacity);
    outbox_fini(&outbox);
}

static void
full_is_by_records_or_by_bytes(void **state)
{
    struct outbox outbox;

    (void)state;
    outbox_init(&outbox);
    for (int i = 0; i < TXN_RECORDS_MAX; i++) {
        assert_false(outbox_full(&outbox));
        outbox_begin(&outbox, OUTBOX_CHANGES, TEXT("u"), true);
        outbox_end(&outbox, true);
    }
    assert_true(outbox_full(&outbox));
    outbox_clear(&outbox);
    assert_false(outbox_full(&outbox));
    outbox_begin(&outbox, OUTBOX_CHANGES, TEXT("u"), true);
    memset(buffer_reserve(&outbox.bytes, TXN_BYTES_MAX), 'x', TXN_BYTES_MAX);
    outbox.bytes.length += TXN_BYTES_MAX;
    outbox_end(&outbox, true);
    assert_true(outbox_full(&outbox));
    outbox_fini(&outbox);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_key_value_and_headers_in_a_row),
        cmocka_unit_test(a_tombstone_an_empty_value_and_no_key_are_told_apart),
        cmocka_unit_test(records_survive_growth_and_clear_keeps_the_memory),
        cmocka_unit_test(full_is_by_records_or_by_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
