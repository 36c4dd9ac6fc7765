/* for, keep and cooldown: sentences of the language page, one test each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "pipeline/engine/gate.h"

static enum gate_move
step(struct gate *gate, const struct plan_segment *segment, bool truth, int64_t at)
{
    return gate_step(gate, segment, truth, at);
}

static void
without_options_the_truth_is_the_membership(void **state)
{
    struct plan_segment segment = {0};
    struct gate gate = {0};

    (void)state;
    assert_int_equal(step(&gate, &segment, false, 1), GATE_STAYS);
    assert_true(gate_is_default(&gate));
    assert_int_equal(step(&gate, &segment, true, 2), GATE_ENTERS);
    assert_int_equal(gate.since, 2);
    assert_int_equal(step(&gate, &segment, true, 3), GATE_STAYS);
    assert_int_equal(step(&gate, &segment, false, 3), GATE_LEAVES);
    assert_true(gate_is_default(&gate));
}

static void
for_wants_the_truth_without_a_break(void **state)
{
    struct plan_segment segment = {.for_ms = 10};
    struct gate gate = {0};

    (void)state;
    assert_int_equal(step(&gate, &segment, true, 100), GATE_STAYS);
    assert_int_equal(gate_next(&gate, &segment, PLAN_NEVER), 110);
    assert_int_equal(gate_next(&gate, &segment, 105), 105);
    assert_int_equal(step(&gate, &segment, false, 110), GATE_STAYS);
    assert_true(gate_is_default(&gate));
    assert_int_equal(step(&gate, &segment, true, 110), GATE_STAYS);
    assert_int_equal(step(&gate, &segment, true, 119), GATE_STAYS);
    assert_int_equal(step(&gate, &segment, true, 120), GATE_ENTERS);
}

static void
keep_runs_anew_from_the_next_stop(void **state)
{
    struct plan_segment segment = {.keep_ms = 10};
    struct gate gate = {0};

    (void)state;
    assert_int_equal(step(&gate, &segment, true, 100), GATE_ENTERS);
    assert_int_equal(step(&gate, &segment, false, 105), GATE_STAYS);
    assert_int_equal(gate_next(&gate, &segment, PLAN_NEVER), 115);
    /* d itself included */
    assert_int_equal(step(&gate, &segment, true, 115), GATE_STAYS);
    assert_int_equal(step(&gate, &segment, false, 115), GATE_STAYS);
    assert_int_equal(step(&gate, &segment, false, 120), GATE_STAYS);
    assert_int_equal(gate_next(&gate, &segment, PLAN_NEVER), 125);
    assert_int_equal(step(&gate, &segment, false, 125), GATE_LEAVES);
}

static void
a_cooldown_bars_the_way_while_for_runs_on(void **state)
{
    struct plan_segment segment = {.for_ms = 5, .cooldown_ms = 20};
    struct gate gate = {0};

    (void)state;
    step(&gate, &segment, true, 95);
    assert_int_equal(step(&gate, &segment, true, 100), GATE_ENTERS);
    assert_int_equal(step(&gate, &segment, false, 110), GATE_LEAVES);
    assert_true(gate_is_cooling(&gate, &segment, 129));
    assert_false(gate_is_cooling(&gate, &segment, 130));
    assert_int_equal(step(&gate, &segment, true, 112), GATE_STAYS);
    assert_int_equal(gate_next(&gate, &segment, PLAN_NEVER), 130);
    assert_int_equal(step(&gate, &segment, true, 129), GATE_STAYS);
    assert_int_equal(step(&gate, &segment, true, 130), GATE_ENTERS);
}

static void
a_cooldown_that_is_over_leaves_nothing_behind(void **state)
{
    struct plan_segment segment = {.cooldown_ms = 20};
    struct gate gate = {0};

    (void)state;
    step(&gate, &segment, true, 100);
    step(&gate, &segment, false, 110);
    assert_false(gate_is_default(&gate));
    assert_int_equal(gate_next(&gate, &segment, PLAN_NEVER), PLAN_NEVER);
    step(&gate, &segment, false, 130);
    assert_true(gate_is_default(&gate));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_options_the_truth_is_the_membership),
        cmocka_unit_test(for_wants_the_truth_without_a_break),
        cmocka_unit_test(keep_runs_anew_from_the_next_stop),
        cmocka_unit_test(a_cooldown_bars_the_way_while_for_runs_on),
        cmocka_unit_test(a_cooldown_that_is_over_leaves_nothing_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
