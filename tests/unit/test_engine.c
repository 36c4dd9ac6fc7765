/* The engine by hand: sentences of the language page with their events and what is said. */
#include "tests/unit/engine_rig.h"

#define ONE(when) "segments:\n  - name: s\n    when: " when "\n"

static void
a_count_holds_until_the_kth_newest_leaves(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, ONE("count(view[10ms]) >= 2"));
    rig_event(&rig, "u", "view", 100, "");
    rig_says(&rig, "");
    rig_event(&rig, "u", "view", 105, "");
    rig_says(&rig, "u +s @105 110 event\n");
    rig_event(&rig, "u", "view", 108, "");
    rig_event(&rig, "v", "other", 115, "");
    rig_says(&rig, "u -s @115 time\n");
    rig_fini(&rig);
}

static void
an_exit_comes_by_time_alone(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, ONE("any(view[10ms])"));
    rig_event(&rig, "u", "view", 100, "");
    engine_advance(rig.engine, 109, UINT64_MAX);
    rig_says(&rig, "u +s @100 110 event\n");
    engine_advance(rig.engine, 200, UINT64_MAX);
    rig_says(&rig, "u -s @110 time\n");
    rig_fini(&rig);
}

static void
late_event_takes_its_true_place(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, ONE("count(view[10ms]) >= 2"));
    rig.lateness = 50;
    rig_event(&rig, "u", "view", 100, "");
    rig_event(&rig, "u", "view", 89, "");
    rig_event(&rig, "u", "view", 90, "");
    rig_says(&rig, "");
    rig_event(&rig, "u", "view", 91, "");
    rig_says(&rig, "u +s @100 101 event\n");
    rig_event(&rig, "u", "view", 102, "");
    rig_says(&rig, "u -s @101 time\nu +s @102 110 event\n");
    rig_fini(&rig);
}

static void
expiries_at_an_event_are_decided_with_it(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, ONE("any(view[10ms])"));
    rig.lateness = 50;
    rig_event(&rig, "u", "view", 100, "");
    rig_event(&rig, "u", "view", 110, "");
    rig_says(&rig, "u +s @100 110 event\n");
    rig_event(&rig, "u", "click", 120, "");
    rig_says(&rig, "u -s @120 event\n");
    rig_fini(&rig);
}

static void
none_holds_from_the_first_event_on(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, ONE("none(view[10ms])"));
    rig_event(&rig, "u", "click", 100, "");
    rig_says(&rig, "u +s @100 never event\n");
    rig_event(&rig, "u", "view", 105, "");
    rig_says(&rig, "u -s @105 event\n");
    engine_advance(rig.engine, 200, UINT64_MAX);
    rig_says(&rig, "u +s @115 never time\n");
    rig_fini(&rig);
}

static void
members_follow_members_in_one_decision(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, "segments:\n"
                   "  - {name: a, when: \"not member(b)\"}\n"
                   "  - {name: b, when: \"any(view[10ms])\", cooldown: 20ms}\n"
                   "  - {name: c, when: \"member(a) and any(view[1s])\"}\n");
    rig_event(&rig, "u", "view", 100, "");
    rig_says(&rig, "u +b @100 110 event\n");
    engine_advance(rig.engine, 110, UINT64_MAX);
    rig_says(&rig, "u -b @110 time\nu +a @110 never time\nu +c @110 1100 time\n");
    rig_event(&rig, "u", "view", 125, "");
    rig_says(&rig, "");
    engine_advance(rig.engine, 130, UINT64_MAX);
    rig_says(&rig, "u +b @130 135 time\nu -a @130 time\nu -c @130 time\n");
    rig_fini(&rig);
}

static void
a_user_is_forgotten_whole(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, ONE("any(view[ever])\n    keep: 1h\n    attach: {n: 'count(view[100ms])'}"));
    rig.settings.forget_after_ms = 50;
    rig.settings.dedupe_ms = 50;
    engine_free(rig.engine);
    rig_start(&rig);
    rig.long_lines = true;
    rig_event(&rig, "u", "view", 100, "");
    engine_advance(rig.engine, 149, UINT64_MAX);
    rig_says(&rig, "u +s @100 150 event 0.1,\"with\":{\"n\":1}\n");
    engine_advance(rig.engine, 150, UINT64_MAX);
    rig_says(&rig, "u -s @150 forget 0.2,\"with\":{\"n\":1}\n");
    assert_int_equal(rig_event(&rig, "u", "view", 100, ""), APPLY_TOO_OLD);
    assert_int_equal(rig_event(&rig, "u", "view", 101, ""), APPLY_DONE);
    rig_says(&rig, "u +s @150 151 event 2.1,\"with\":{\"n\":1}\n");
    rig_event(&rig, "u", "view", 202, "");
    rig_says(&rig,
        "u -s @151 forget 2.2,\"with\":{\"n\":1}\nu +s @202 252 event 3.1,\"with\":{\"n\":1}\n");
    rig_fini(&rig);
}

static void
repeats_move_nothing_but_the_watermark(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, ONE("count(view[1h]) >= 2"));
    rig.settings.dedupe_ms = 100;
    engine_free(rig.engine);
    rig_start(&rig);
    rig.lateness = 1000;
    assert_int_equal(rig_event_id(&rig, "u", "view", 1000, "", "x"), APPLY_DONE);
    assert_int_equal(rig_event_id(&rig, "u", "view", 1000, "", "x"), APPLY_REPEAT);
    assert_int_equal(rig_event_id(&rig, "u", "view", 1099, "", "x"), APPLY_REPEAT);
    assert_int_equal(rig_event_id(&rig, "u", "view", 950, "", "x"), APPLY_REPEAT);
    rig_says(&rig, "");
    assert_int_equal(rig_event_id(&rig, "u", "view", 1100, "", "x"), APPLY_DONE);
    rig_says(&rig, "u +s @1100 3601000 event\n");
    rig_fini(&rig);
}

static void
the_engine_stops_between_two_users(void **state)
{
    struct engine_position position;
    struct rig rig, twin;

    (void)state;
    rig_init(&rig, ONE("any(view[10ms])"));
    rig_init(&twin, ONE("any(view[10ms])"));
    for (int i = 0; i < 8; i++) {
        char user[8];
        snprintf(user, sizeof(user), "u%d", i % 10);
        rig_event(&rig, user, "view", 100, "");
        rig_event(&twin, user, "view", 100, "");
    }
    buffer_clear(&rig.out);
    buffer_clear(&twin.out);
    assert_int_equal(engine_advance(rig.engine, 200, 3), ADVANCE_MORE);
    engine_position_get(rig.engine, &position);
    assert_int_equal(position.watermark, 100);
    assert_int_equal(position.target, 200);
    assert_int_equal(position.due, 110);
    engine_advance_until(twin.engine, &position);
    buffer_add(&rig.out, "", 1);
    rig_says(&twin, rig.out.bytes);
    buffer_clear(&rig.out);
    assert_int_equal(engine_advance(rig.engine, 200, 100), ADVANCE_DONE);
    assert_int_equal(engine_advance(twin.engine, 200, 100), ADVANCE_DONE);
    buffer_add(&rig.out, "", 1);
    rig_says(&twin, rig.out.bytes);
    rig_fini(&rig);
    rig_fini(&twin);
}

static void
users_that_are_due_together_come_in_the_order_of_their_hashes(void **state)
{
    uint64_t before = 0;
    struct rig rig;

    (void)state;
    rig_init(&rig, ONE("any(view[10ms])"));
    for (int i = 0; i < 9; i++)
        rig_event(&rig, (char[]){'u', (char)('0' + i), 0}, "view", 100, "");
    buffer_clear(&rig.out);
    engine_advance(rig.engine, 200, UINT64_MAX);
    buffer_add(&rig.out, "", 1);
    for (const char *line = rig.out.bytes; *line != 0; line = strchr(line, '\n') + 1) {
        uint64_t hash = hash_text((struct text){line, 2});
        assert_true(hash > before);
        before = hash;
    }
    assert_true(before > 0);
    rig_fini(&rig);
}

static void
a_membership_is_what_is_known_now(void **state)
{
    struct membership membership;
    struct rig rig;
    uint32_t slot;

    (void)state;
    rig_init(&rig, "segments:\n"
                   "  - {name: b, when: \"any(view[10ms])\", cooldown: 1s}\n"
                   "  - {name: a, when: \"any(view[20ms])\", attach: {n: 'count(view[1h])'}}\n");
    rig.lateness = 1000;
    rig_event(&rig, "u", "view", 100, "");
    rig_event(&rig, "u", "view", 105, "");
    assert_true(engine_changed_next(rig.engine, &slot));
    assert_false(engine_changed_next(rig.engine, &slot));
    engine_membership(rig.engine, slot, &membership);
    assert_int_equal(membership.segment_count, 2);
    assert_int_equal(rig.plan->segments[membership.segments[0].segment].name.bytes[0], 'a');
    assert_int_equal(membership.segments[0].since, 100);
    assert_int_equal(membership.segments[0].until, 125);
    assert_int_equal(membership.segments[0].with_count, 1);
    assert_int_equal(membership.segments[0].with[0].value.number, 2 * NUMBER_ONE);
    engine_advance(rig.engine, 120, UINT64_MAX);
    engine_membership(rig.engine, slot, &membership);
    assert_int_equal(membership.segment_count, 1);
    assert_int_equal(membership.left_count, 1);
    assert_int_equal(membership.left[0].at, 115);
    assert_int_equal(membership.as_of, 120);
    assert_int_equal(membership.seq, 3);
    rig_fini(&rig);
}

static void
who_is_forgotten_has_a_changed_membership_even_if_in_nothing(void **state)
{
    struct membership membership;
    uint32_t slot;
    struct rig rig;

    (void)state;
    rig_init(&rig, ONE("any(view[10ms])"));
    rig.settings.forget_after_ms = 50;
    rig.settings.dedupe_ms = 50;
    engine_free(rig.engine);
    rig_start(&rig);
    rig_event(&rig, "u", "view", 100, "");
    rig_event(&rig, "quiet", "buy", 101, "");
    engine_advance(rig.engine, 120, UINT64_MAX);
    assert_true(engine_changed_next(rig.engine, &slot));
    engine_membership(rig.engine, slot, &membership);
    assert_true(membership.known && membership.segment_count == 0);
    assert_false(engine_changed_next(rig.engine, &slot));
    engine_advance(rig.engine, 160, UINT64_MAX);
    assert_true(engine_changed_next(rig.engine, &slot));
    engine_membership(rig.engine, slot, &membership);
    assert_false(membership.known);
    assert_false(engine_changed_next(rig.engine, &slot)); /* of him nothing was ever published */
    rig_fini(&rig);
}

static void
who_is_not_in_the_end_of_the_log_is_known_by_the_elder(void **state)
{
    static const char rules[] = ONE("count(view[10ms]) >= 2");
    struct rig elder, young, blind;
    uint32_t cursor = 0;

    (void)state;
    rig_init(&elder, rules);
    rig_init(&young, rules);
    rig_init(&blind, rules);
    young.long_lines = true;
    rig_event(&elder, "early", "view", 100, "");
    rig_event(&elder, "both", "view", 101, "");
    young.offset = blind.offset = elder.offset;
    rig_event(&elder, "both", "view", 200, "");
    rig_event(&young, "both", "view", 200, "");
    engine_advance(blind.engine, 200, UINT64_MAX);
    assert_int_equal(engine_inherit(young.engine, elder.engine, &cursor, 150, 1), INHERIT_MORE);
    assert_int_equal(engine_inherit(young.engine, elder.engine, &cursor, 150, 10), INHERIT_DONE);
    rig_event(&young, "both", "view", 201, "");
    rig_event(&young, "early", "view", 210, "");
    rig_event(&young, "early", "view", 211, "");
    rig_says(&young, "both +s @201 210 event 1.1\nboth -s @210 time 1.2\n"
                     "early +s @211 220 event 0.1\n");
    cursor = 0;
    assert_int_equal(engine_inherit(blind.engine, elder.engine, &cursor, 150, 10), INHERIT_DIFFERS);
    rig_event(&blind, "both", "view", 199, "");
    cursor = 0;
    assert_int_equal(engine_inherit(blind.engine, elder.engine, &cursor, 150, 10), INHERIT_DIFFERS);
    rig_fini(&blind);
    rig_fini(&young);
    rig_fini(&elder);
}

static void
damaged_profiles_are_refused(void **state)
{
    struct engine_flushed flushed;
    struct err err;
    struct rig rig;
    char bytes[512];
    uint64_t hash = hash_text(TEXT("u"));

    (void)state;
    rig_init(&rig, ONE("count(view[10ms]) >= 2"));
    rig_event(&rig, "u", "view", 100, "");
    assert_true(engine_flush_next(rig.engine, rig.offset, 0, &flushed));
    assert_true(flushed.length < sizeof(bytes));
    memcpy(bytes, flushed.bytes, flushed.length);
    engine_clear(rig.engine);
    assert_int_equal(
        engine_put(rig.engine, TEXT("v"), hash, bytes, flushed.length, &err), ERR_INPUT);
    assert_int_equal(
        engine_put(rig.engine, TEXT("u"), hash, bytes, flushed.length - 8, &err), ERR_INPUT);
    bytes[flushed.length - 1] ^= 0x7f;
    assert_int_equal(
        engine_put(rig.engine, TEXT("u"), hash, bytes, flushed.length, &err), ERR_INPUT);
    bytes[flushed.length - 1] ^= 0x7f;
    assert_int_equal(engine_put(rig.engine, TEXT("u"), hash, bytes, flushed.length, &err), 0);
    rig_event(&rig, "u", "view", 101, "");
    rig_says(&rig, "u +s @101 110 event\n");
    rig_fini(&rig);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_count_holds_until_the_kth_newest_leaves),
        cmocka_unit_test(an_exit_comes_by_time_alone),
        cmocka_unit_test(late_event_takes_its_true_place),
        cmocka_unit_test(expiries_at_an_event_are_decided_with_it),
        cmocka_unit_test(none_holds_from_the_first_event_on),
        cmocka_unit_test(members_follow_members_in_one_decision),
        cmocka_unit_test(a_user_is_forgotten_whole),
        cmocka_unit_test(repeats_move_nothing_but_the_watermark),
        cmocka_unit_test(the_engine_stops_between_two_users),
        cmocka_unit_test(users_that_are_due_together_come_in_the_order_of_their_hashes),
        cmocka_unit_test(a_membership_is_what_is_known_now),
        cmocka_unit_test(who_is_forgotten_has_a_changed_membership_even_if_in_nothing),
        cmocka_unit_test(who_is_not_in_the_end_of_the_log_is_known_by_the_elder),
        cmocka_unit_test(damaged_profiles_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
