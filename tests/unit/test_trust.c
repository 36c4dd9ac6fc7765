/* When silence is believed: after an outage, seen or not, and after a handing over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pipeline/partition/trust.h"

#define NOW INT64_C(1700000000000)

static void
silence_is_believed_while_brokers_answer(void **state)
{
    struct trust trust = {.seen_ms = NOW};

    (void)state;
    for (int64_t at = NOW; at < NOW + 10000; at += 1000) {
        trust_answered(&trust, at, 1000);
        assert_true(trust_holds(&trust, at));
    }
    assert_int_equal(trust.seen_ms, NOW + 9000);
}

static void
a_failure_forbids_it_for_the_whole_time(void **state)
{
    struct trust trust = {.seen_ms = NOW};

    (void)state;
    trust_failed(&trust, NOW);
    trust_answered(&trust, NOW + 100, 100);
    assert_false(trust_holds(&trust, NOW + TRUST_WAIT_MS - 1));
    assert_true(trust_holds(&trust, NOW + TRUST_WAIT_MS));
}

static void
who_did_not_look_waits_as_long_as_that(void **state)
{
    struct trust trust = {.seen_ms = NOW};

    (void)state;
    trust_answered(&trust, NOW + 4000, 4000);
    assert_false(trust_holds(&trust, NOW + 7999));
    assert_true(trust_holds(&trust, NOW + 8000));
    trust_answered(&trust, NOW + 3600000, 3590000);
    assert_false(trust_holds(&trust, NOW + 3600000 + TRUST_WAIT_MS - 1));
    assert_true(trust_holds(&trust, NOW + 3600000 + TRUST_WAIT_MS));
}

static void
a_new_owner_waits_as_long_as_nobody_looked(void **state)
{
    struct trust trust = {.seen_ms = NOW};

    (void)state;
    trust_taken_over(&trust, NOW + 700);
    assert_false(trust_holds(&trust, NOW + 1399));
    assert_true(trust_holds(&trust, NOW + 1400));
}

static void
a_new_owner_keeps_the_doubt_of_the_old_one(void **state)
{
    struct trust trust = {.seen_ms = NOW, .from_ms = NOW + 12000};

    (void)state;
    trust_taken_over(&trust, NOW + 500);
    assert_false(trust_holds(&trust, NOW + 11999));
    assert_true(trust_holds(&trust, NOW + 12000));
}

static void
where_nobody_was_before_silence_is_believed_at_once(void **state)
{
    struct trust trust = {0};

    (void)state;
    trust_taken_over(&trust, NOW);
    assert_true(trust_holds(&trust, NOW));
}

static void
a_clock_that_is_set_back_does_not_prolong_the_wait(void **state)
{
    struct trust trust = {.seen_ms = NOW};

    (void)state;
    trust_failed(&trust, NOW);
    assert_false(trust_holds(&trust, NOW - 7200000));
    assert_true(trust_holds(&trust, NOW - 7200000 + TRUST_WAIT_MS));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(silence_is_believed_while_brokers_answer),
        cmocka_unit_test(a_failure_forbids_it_for_the_whole_time),
        cmocka_unit_test(who_did_not_look_waits_as_long_as_that),
        cmocka_unit_test(a_new_owner_waits_as_long_as_nobody_looked),
        cmocka_unit_test(a_new_owner_keeps_the_doubt_of_the_old_one),
        cmocka_unit_test(where_nobody_was_before_silence_is_believed_at_once),
        cmocka_unit_test(a_clock_that_is_set_back_does_not_prolong_the_wait),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
