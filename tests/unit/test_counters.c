/* The numbers of workers: copied, added up, and named as the decoder names its reasons. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "pipeline/counters/counters.h"
#include "pipeline/decode/decode.h"

static struct plan_segment segments[2];
static const struct plan plan = {.segments = segments, .segment_count = 2};

static void
workers_add_up(void **state)
{
    struct counters a, b, sum;

    (void)state;
    counters_init(&a, &plan);
    counters_init(&b, &plan);
    counters_init(&sum, &plan);
    a.events = 3;
    b.events = 4;
    a.rejects[COUNTERS_REASON_no_user] = 2;
    a.segments[1].members = 5;
    b.segments[1].members = 6;
    counters_partition_add(&a, 0)->lag = 7;
    counters_partition_add(&b, 1)->lag = 8;
    counters_merge(&sum, &a);
    counters_merge(&sum, &b);
    assert_int_equal(sum.events, 7);
    assert_int_equal(sum.rejects[COUNTERS_REASON_no_user], 2);
    assert_int_equal(sum.segments[0].members, 0);
    assert_int_equal(sum.segments[1].members, 11);
    assert_int_equal(sum.partition_count, 2);
    assert_int_equal(sum.partitions[1].number, 1);
    assert_int_equal(sum.partitions[1].lag, 8);
    counters_fini(&a);
    counters_fini(&b);
    counters_fini(&sum);
}

static void
a_copy_is_independent_of_its_source(void **state)
{
    struct counters a, copy;

    (void)state;
    counters_init(&a, &plan);
    counters_init(&copy, &plan);
    for (int i = 0; i < 20; i++)
        counters_partition_add(&a, i)->offset = i;
    a.segments[0].enters = 1;
    counters_copy(&copy, &a);
    counters_partitions_clear(&a);
    a.segments[0].enters = 2;
    assert_int_equal(copy.partition_count, 20);
    assert_int_equal(copy.partitions[19].offset, 19);
    assert_int_equal(copy.segments[0].enters, 1);
    counters_copy(&copy, &a);
    assert_int_equal(copy.partition_count, 0);
    assert_int_equal(copy.segments[0].enters, 2);
    counters_fini(&a);
    counters_fini(&copy);
}

static void
a_bucket_takes_its_upper_bound(void **state)
{
    struct counters_histogram histogram = {0};

    (void)state;
    counters_observe(&histogram, 0);
    counters_observe(&histogram, 0.0005);
    counters_observe(&histogram, 0.00051);
    counters_observe(&histogram, 60);
    counters_observe(&histogram, 61);
    assert_int_equal(histogram.buckets[0], 2);
    assert_int_equal(histogram.buckets[1], 1);
    assert_int_equal(histogram.buckets[COUNTER_BOUND_COUNT - 1], 1);
    assert_int_equal(histogram.buckets[COUNTER_BOUND_COUNT], 1);
    assert_int_equal(histogram.count, 5);
}

static void
reasons_are_numbered_and_named_as_the_decoder_does(void **state)
{
    (void)state;
    assert_int_equal(COUNTERS_REASON_COUNT, DECODE_RESULT_COUNT);
    for (int i = DECODE_OK + 1; i < DECODE_RESULT_COUNT; i++)
        assert_string_equal(
            counters_reason_name((enum counters_reason)i), decode_reason((enum decode_result)i));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(workers_add_up),
        cmocka_unit_test(a_copy_is_independent_of_its_source),
        cmocka_unit_test(a_bucket_takes_its_upper_bound),
        cmocka_unit_test(reasons_are_numbered_and_named_as_the_decoder_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
