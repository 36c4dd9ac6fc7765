/* A lag that shrinks and one where nothing moves are told apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "daemon/stall.h"

#define SECOND INT64_C(1000000)

static const struct plan plan;
static struct counters counters;
static struct stall *stall;
static int64_t now_us;

static int
begin(void **state)
{
    (void)state;
    counters_init(&counters, &plan);
    stall = calloc(1, sizeof(*stall));
    now_us = SECOND;
    return 0;
}

static int
end(void **state)
{
    (void)state;
    counters_fini(&counters);
    free(stall);
    return 0;
}

/* Each second of some a look: the partition stands there, with that lag. */
static uint32_t
looks(int seconds, int64_t offset, int64_t lag)
{
    uint32_t count = 0;

    for (int i = 0; i < seconds; i++) {
        struct counters_partition *row;

        now_us += SECOND;
        counters_partitions_clear(&counters);
        row = counters_partition_add(&counters, 3);
        row->offset = offset;
        row->lag = lag;
        count = stall_look(stall, &counters, now_us);
        assert_int_equal(count, row->stalled);
    }
    return count;
}

static void
it_takes_thirty_seconds(void **state)
{
    (void)state;
    assert_int_equal(looks(30, 5, 1), 0);
    assert_int_equal(looks(1, 5, 1), 1);
}

static void
a_growing_lag_alone_does_not_end_it(void **state)
{
    (void)state;
    looks(40, 5, 1);
    assert_int_equal(looks(1, 5, 100), 1);
}

static void
one_message_applied_ends_it(void **state)
{
    (void)state;
    looks(40, 5, 10);
    assert_int_equal(looks(1, 6, 9), 0);
    assert_int_equal(looks(29, 6, 9), 0);
    assert_int_equal(looks(1, 6, 9), 1);
}

static void
a_long_quiet_is_none_and_counts_for_nothing(void **state)
{
    (void)state;
    assert_int_equal(looks(100, 5, 0), 0);
    assert_int_equal(looks(30, 5, 1), 0);
    assert_int_equal(looks(1, 5, 1), 1);
}

static void
who_was_away_begins_anew(void **state)
{
    (void)state;
    looks(40, 5, 1);
    counters_partitions_clear(&counters);
    now_us += 60 * SECOND;
    assert_int_equal(stall_look(stall, &counters, now_us), 0);
    assert_int_equal(looks(30, 5, 1), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_takes_thirty_seconds, begin, end),
        cmocka_unit_test_setup_teardown(a_growing_lag_alone_does_not_end_it, begin, end),
        cmocka_unit_test_setup_teardown(one_message_applied_ends_it, begin, end),
        cmocka_unit_test_setup_teardown(a_long_quiet_is_none_and_counts_for_nothing, begin, end),
        cmocka_unit_test_setup_teardown(who_was_away_begins_anew, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
