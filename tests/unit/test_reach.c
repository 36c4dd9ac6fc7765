/* Whether a log goes back far enough, by the events it begins with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pipeline/partition/reach.h"

#define CLOCK_MS INT64_C(1000000)
#define LATENESS_MS INT64_C(100)

static struct plan_segment segments[] = {
    {.name = {"short", 5}, .reach_ms = 1000},
    {.name = {"long", 4}, .reach_ms = 50000},
};
static const struct plan finite = {
    .segments = segments, .segment_count = 2, .reach_ms = 50000, .reach_ever = false};

static struct reach
begun(const struct plan *plan)
{
    struct reach reach;

    reach_begin(&reach, plan, LATENESS_MS, CLOCK_MS);
    assert_int_equal(reach.state, REACH_LOOKING);
    return reach;
}

static void
the_first_event_on_time_decides(void **state)
{
    struct reach reach = begun(&finite);

    (void)state;
    reach_look(&reach, CLOCK_MS - LATENESS_MS - 50000, CLOCK_MS - LATENESS_MS - 50000);
    assert_int_equal(reach.state, REACH_ENOUGH);
    reach = begun(&finite);
    reach_look(&reach, CLOCK_MS - LATENESS_MS - 49999, CLOCK_MS - LATENESS_MS - 49999);
    assert_int_equal(reach.state, REACH_SHORT);
}

static void
a_straggler_at_the_beginning_proves_nothing(void **state)
{
    struct reach reach = begun(&finite);

    (void)state;
    reach_look(&reach, 0, CLOCK_MS - 10);
    assert_int_equal(reach.state, REACH_LOOKING);
    reach_look(&reach, CLOCK_MS - 10, CLOCK_MS);
    assert_int_equal(reach.state, REACH_SHORT);
}

static void
a_history_that_was_loaded_later_is_taken_in_its_order(void **state)
{
    struct reach reach = begun(&finite);

    (void)state;
    for (int i = 0; i < 3; i++)
        reach_look(&reach, 1000 + i, 100 * CLOCK_MS);
    assert_int_equal(reach.state, REACH_LOOKING);
    reach_end(&reach);
    assert_int_equal(reach.state, REACH_ENOUGH);
}

static void
an_empty_log_is_too_short_and_an_unused_state_needs_none(void **state)
{
    struct reach reach = begun(&finite);

    (void)state;
    reach_end(&reach);
    assert_int_equal(reach.state, REACH_SHORT);
    reach_begin(&reach, &finite, LATENESS_MS, INT64_MIN);
    assert_int_equal(reach.state, REACH_ENOUGH);
}

static void
rules_that_look_at_everything_are_never_satisfied_by_a_part(void **state)
{
    struct plan ever = finite;
    struct reach reach;

    (void)state;
    ever.reach_ever = true;
    reach = begun(&ever);
    reach_look(&reach, 0, 0);
    assert_int_equal(reach.state, REACH_SHORT);
}

static void
what_is_missing_names_the_segments_that_need_it(void **state)
{
    struct reach reach = begun(&finite);
    struct buffer text;

    (void)state;
    reach_look(&reach, CLOCK_MS - 40000, CLOCK_MS - 40000);
    buffer_init(&text);
    reach_tell(&reach, &text, 400);
    buffer_add_char(&text, '\0');
    assert_non_null(strstr(text.bytes, "10s100ms are missing; of: long"));
    assert_null(strstr(text.bytes, "short"));
    buffer_clear(&text);
    reach_tell(&reach, &text, 0);
    buffer_add_char(&text, '\0');
    assert_non_null(strstr(text.bytes, "of 1 segments"));
    buffer_fini(&text);
}

static void
a_replay_begins_where_all_that_counts_lies_behind_it(void **state)
{
    struct settings settings = {
        .input_lateness_ms = 5, .input_dedupe_ms = 10, .input_max_ahead_ms = 1000};
    struct plan plan = {.settle_ms = 50000};
    struct reach_since since;

    (void)state;
    assert_true(reach_since(&plan, &settings, CLOCK_MS, &since));
    assert_int_equal(since.events_ms, CLOCK_MS - 50000 - 5 - 8 * 10);
    assert_int_equal(since.records_ms, since.events_ms - 1000);
    assert_false(reach_since(&plan, &settings, 51000, &since));
    assert_false(reach_since(&plan, &settings, INT64_MIN, &since));
    settings.input_max_ahead_ms = SETTING_NEVER;
    assert_false(reach_since(&plan, &settings, CLOCK_MS, &since));
    settings.input_max_ahead_ms = 0;
    plan.settle_ms = PLAN_EVER;
    assert_false(reach_since(&plan, &settings, CLOCK_MS, &since));
    plan.settle_ms = PLAN_EVER - 4;
    assert_false(reach_since(&plan, &settings, CLOCK_MS, &since));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_event_on_time_decides),
        cmocka_unit_test(a_straggler_at_the_beginning_proves_nothing),
        cmocka_unit_test(a_history_that_was_loaded_later_is_taken_in_its_order),
        cmocka_unit_test(an_empty_log_is_too_short_and_an_unused_state_needs_none),
        cmocka_unit_test(rules_that_look_at_everything_are_never_satisfied_by_a_part),
        cmocka_unit_test(what_is_missing_names_the_segments_that_need_it),
        cmocka_unit_test(a_replay_begins_where_all_that_counts_lies_behind_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
