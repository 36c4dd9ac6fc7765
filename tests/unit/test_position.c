/* Positions survive being written and read; jumps merge, drop and end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "pipeline/partition/position.h"

static struct position
some_position(void)
{
    struct position position = {
        .time = {1000, 1000, INT64_MIN, 0},
        .changes = 42,
        .state_id = "0123456789abcdef",
        .engine_version = POSITION_ENGINE,
        .partition_count = 4,
    };

    return position;
}

static void
assert_round_trip(const struct position *position)
{
    struct position back;
    struct buffer text;
    struct err err;

    buffer_init(&text);
    position_print(position, &text);
    assert_int_equal(
        position_parse((struct text){text.bytes, (uint32_t)text.length}, &back, &err), ERR_NONE);
    assert_true(position_time_equal(&back.time, &position->time));
    assert_int_equal(back.changes, position->changes);
    assert_string_equal(back.state_id, position->state_id);
    assert_int_equal(back.partition_count, position->partition_count);
    assert_int_equal(back.origin, position->origin);
    assert_int_equal(back.gap_accepted, position->gap_accepted);
    assert_int_equal(back.trust.seen_ms, position->trust.seen_ms);
    assert_int_equal(back.trust.from_ms, position->trust.from_ms);
    assert_int_equal(back.jumps.count, position->jumps.count);
    assert_memory_equal(
        back.jumps.at, position->jumps.at, back.jumps.count * sizeof(back.jumps.at[0]));
    buffer_fini(&text);
}

static void
a_position_is_read_as_it_was_written(void **state)
{
    struct position position = some_position();

    (void)state;
    assert_round_trip(&position);
}

static void
a_position_before_the_first_event_has_no_watermark(void **state)
{
    struct position position = some_position();

    (void)state;
    position.time = (struct engine_position){INT64_MIN, INT64_MIN, INT64_MIN, 0};
    assert_round_trip(&position);
}

static void
a_cut_advance_keeps_its_target_and_place(void **state)
{
    struct position position = some_position();

    (void)state;
    position.time = (struct engine_position){1000, 5000, 1777, UINT64_C(0xfedcba9876543210)};
    assert_true(position_is_cut(&position.time));
    assert_round_trip(&position);
}

static void
the_longest_position_fits_the_metadata(void **state)
{
    struct position position = some_position();
    struct buffer text;

    (void)state;
    position.time = (struct engine_position){INT64_MAX - 1, INT64_MAX, INT64_MAX, UINT64_MAX};
    position.changes = INT64_MAX;
    position.partition_count = INT64_MAX;
    position.origin = INT64_MAX;
    position.gap_accepted = true;
    position.trust = (struct trust){INT64_MAX - 1, INT64_MAX};
    for (int i = 0; i < JUMPS_MAX; i++)
        assert_true(position_jump_add(&position.jumps, INT64_MAX - JUMPS_MAX + i, INT64_MAX));
    buffer_init(&text);
    position_print(&position, &text);
    assert_true(text.length < METADATA_BYTES_MAX);
    buffer_fini(&text);
    assert_round_trip(&position);
}

static void
a_jump_at_the_same_offset_replaces_the_last(void **state)
{
    struct position_jumps jumps = {.count = 0};

    (void)state;
    assert_true(position_jump_add(&jumps, 7, 100));
    assert_true(position_jump_add(&jumps, 7, 200));
    assert_int_equal(jumps.count, 1);
    assert_int_equal(jumps.at[0].watermark, 200);
}

static void
a_full_list_gives_up_only_what_no_replay_needs(void **state)
{
    struct position_jumps jumps = {.count = 0};

    (void)state;
    for (int i = 0; i < JUMPS_MAX; i++)
        assert_true(position_jump_add(&jumps, i, i));
    assert_false(position_jump_add(&jumps, JUMPS_MAX, 1));
    position_jumps_fit(&jumps, 0);
    assert_false(position_jump_add(&jumps, JUMPS_MAX, 1));
    position_jumps_fit(&jumps, 3);
    assert_int_equal(jumps.count, JUMPS_MAX - 1);
    assert_int_equal(jumps.at[0].offset, 1);
    assert_int_equal(position_jumps_before(&jumps, 3), 2);
    position_jumps_fit(&jumps, 3); /* there is room: all are kept */
    assert_int_equal(jumps.count, JUMPS_MAX - 1);
    assert_true(position_jump_add(&jumps, JUMPS_MAX, 1));
}

static void
foreign_metadata_is_refused(void **state)
{
    static const char *const texts[] = {
        "consumer-1", "v=2 cnt=1", "v=1 jl=5", "v=1 wm=abc", "v=1 rs=0123456789abcdef0"};
    struct position position;
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_int_equal(position_parse(text_of(texts[i]), &position, &err), ERR_INPUT);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_position_is_read_as_it_was_written),
        cmocka_unit_test(a_position_before_the_first_event_has_no_watermark),
        cmocka_unit_test(a_cut_advance_keeps_its_target_and_place),
        cmocka_unit_test(the_longest_position_fits_the_metadata),
        cmocka_unit_test(a_jump_at_the_same_offset_replaces_the_last),
        cmocka_unit_test(a_full_list_gives_up_only_what_no_replay_needs),
        cmocka_unit_test(foreign_metadata_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
