/* What leaves keep, one function of the language after another, by hand. */
#include "tests/unit/engine_rig.h"

#define ONE(when) "segments:\n  - name: s\n    when: " when "\n"

/* A rig whose watermark stays far behind, so that everything can be late. */
static void
start(struct rig *rig, const char *rules)
{
    rig_init(rig, rules);
    rig->lateness = 1000000;
}

static void
restart(struct rig *rig, uint32_t events_per_window)
{
    engine_free(rig->engine);
    rig->settings.events_per_window = events_per_window;
    rig_start(rig);
}

/* Lists of k >= 3 in a window up to 49 days are distances from a base, which has to move. */
static void
counts_are_exact_however_far_events_lie_apart(void **state)
{
    const int64_t day = 86400000, last = 400 * day;
    struct rig rig;

    (void)state;
    start(&rig, ONE("count(view[40d]) >= 4"));
    rig.lateness = 500 * day;
    rig_event(&rig, "u", "view", day, "");
    rig_event(&rig, "u", "view", 2 * day, "");
    rig_event(&rig, "u", "view", 3 * day, "");
    rig_event(&rig, "u", "view", last, "");
    rig_event(&rig, "u", "view", last - 40 * day + 1, "");
    rig_event(&rig, "u", "view", last - 40 * day, "");
    rig_event(&rig, "u", "view", last - 20 * day, "");
    rig_says(&rig, "");
    rig_event(&rig, "u", "view", last - 39 * day, "");
    rig_says(&rig, "u +s @34560000000 34560000001 event\n");
    rig_event(&rig, "u", "view", last - 38 * day, "");
    rig_event(&rig, "u", "view", last - 40 * day + 1, ""); /* older than the 4 newest */
    engine_advance(rig.engine, last + 100 * day, UINT64_MAX);
    rig_says(&rig, "u -s @34646400000 time\n");
    rig_fini(&rig);
}

static void
sums_keep_the_newest_that_reach_the_constant(void **state)
{
    struct rig rig;

    (void)state;
    start(&rig, ONE("sum(buy.value{value>=0}[100ms]) >= 10"));
    rig_event(&rig, "u", "buy", 100, "value=4");
    rig_event(&rig, "u", "buy", 110, "value=5.999999");
    rig_says(&rig, "");
    rig_event(&rig, "u", "buy", 120, "value=0.000001");
    rig_says(&rig, "u +s @120 200 event\n");
    rig_event(&rig, "u", "buy", 130, "value=20");
    rig_event(&rig, "u", "buy", 125, "value=-7");
    rig_event(&rig, "u", "buy", 125, "value=many");
    engine_advance(rig.engine, 500, UINT64_MAX);
    rig_says(&rig, "u -s @230 time\n");
    rig_fini(&rig);
}

static void
sums_with_negative_numbers_keep_the_window(void **state)
{
    struct rig rig;

    (void)state;
    start(&rig, ONE("sum(buy.value[100ms]) >= 10"));
    rig_event(&rig, "u", "buy", 100, "value=-5");
    rig_event(&rig, "u", "buy", 150, "value=12");
    rig_says(&rig, "");
    engine_advance(rig.engine, 199, UINT64_MAX);
    rig_says(&rig, "");
    engine_advance(rig.engine, 300, UINT64_MAX);
    rig_says(&rig, "u +s @200 250 time\nu -s @250 time\n");
    rig_fini(&rig);
}

static void
distinct_values_are_counted_as_last_seen(void **state)
{
    struct rig rig;

    (void)state;
    start(&rig, ONE("distinct(view.item[100ms]) >= 2"));
    rig_event(&rig, "u", "view", 100, "item=a");
    rig_event(&rig, "u", "view", 110, "item=5");
    rig_says(&rig, "u +s @110 200 event\n");
    rig_event(&rig, "u", "view", 150, "item=a");
    rig_event(&rig, "u", "view", 120, "item=");
    rig_event(&rig, "u", "view", 155, "item=5.0");
    engine_advance(rig.engine, 500, UINT64_MAX);
    rig_says(&rig, "u -s @250 time\n");
    rig_fini(&rig);
}

static void
top_of_equals_is_the_one_seen_last(void **state)
{
    struct rig rig;

    (void)state;
    start(&rig, "segments:\n  - {name: s, when: 'any(view[10ms])', keep: 0s,\n"
                "     attach: {t: 'top(view.item[100ms])', e: 'top(view.item[ever])',\n"
                "       f: 'first(view.item[100ms])', l: 'last(view.item[100ms])'}}\n");
    rig.long_lines = true;
    rig_event(&rig, "u", "view", 100, "item=a");
    rig_says(&rig,
        "u +s @100 110 event 0.1,\"with\":{\"t\":\"a\",\"e\":\"a\",\"f\":\"a\",\"l\":\"a\"}\n");
    rig_event(&rig, "u", "view", 105, "item=b");
    rig_event(&rig, "u", "view", 104, "item=a");
    rig_event(&rig, "u", "view", 105, "item=5");
    rig_event(&rig, "u", "view", 105, "item=b");
    engine_advance(rig.engine, 200, UINT64_MAX);
    rig_says(
        &rig, "u -s @115 time 0.2,\"with\":{\"t\":\"b\",\"e\":\"b\",\"f\":\"a\",\"l\":\"b\"}\n");
    rig_fini(&rig);
}

static void
a_score_falls_at_its_half_life(void **state)
{
    struct rig rig;

    (void)state;
    start(&rig, ONE("decay(view[1000ms]) >= 2"));
    rig_event(&rig, "u", "view", 10000, "");
    rig_event(&rig, "u", "view", 10000, "");
    rig_says(&rig, "u +s @10000 10001 event\n");
    rig_event(&rig, "u", "view", 10000, "");
    rig_event(&rig, "u", "view", 9000, "");
    rig_event(&rig, "u", "view", 9000, "");
    engine_advance(rig.engine, 20000, UINT64_MAX);
    rig_says(&rig, "u -s @11001 time\n");
    rig_fini(&rig);
}

static void
a_sequence_has_its_steps_in_order_by_key(void **state)
{
    struct rig rig;

    (void)state;
    start(&rig, ONE("seq(view, cart, buy within 50ms by item)[100ms]"));
    rig_event(&rig, "u", "view", 100, "item=a");
    rig_event(&rig, "u", "cart", 110, "item=b");
    rig_event(&rig, "u", "buy", 120, "item=a");
    rig_says(&rig, "");
    rig_event(&rig, "u", "cart", 120, "item=a"); /* arrived after the buy of that instant */
    rig_says(&rig, "");
    rig_event(&rig, "u", "cart", 105, "item=a"); /* late, in its true place */
    rig_says(&rig, "u +s @120 220 event\n");
    rig_event(&rig, "u", "buy", 150, "item=a");
    rig_event(&rig, "u", "buy", 151, "item=a"); /* 51 ms after the view */
    engine_advance(rig.engine, 500, UINT64_MAX);
    rig_says(&rig, "u -s @250 time\n");
    rig_fini(&rig);
}

static void
an_event_is_one_step_of_a_sequence_only(void **state)
{
    struct rig rig;

    (void)state;
    start(&rig, ONE("seq(*, view within 50ms)[100ms]"));
    rig_event(&rig, "u", "view", 100, "");
    rig_says(&rig, "");
    rig_event(&rig, "u", "view", 150, "");
    rig_says(&rig, "u +s @150 250 event\n");
    rig_fini(&rig);
    start(&rig, ONE("seq(view, *, *, buy within 50ms)[100ms]"));
    rig_event(&rig, "u", "view", 100, "");
    rig_event(&rig, "u", "cart", 110, "");
    rig_event(&rig, "u", "buy", 120, "");
    rig_says(&rig, "");
    rig_event(&rig, "u", "buy", 130, "");
    rig_says(&rig, "u +s @130 230 event\n");
    rig_fini(&rig);
}

static void
an_answer_may_come_late(void **state)
{
    struct rig rig;

    (void)state;
    start(&rig, ONE("unanswered(cart, buy, 50ms)[100ms]"));
    rig_event(&rig, "u", "cart", 100, "");
    rig_event(&rig, "u", "other", 149, "");
    rig_says(&rig, "");
    rig_event(&rig, "u", "other", 160, "");
    rig_says(&rig, "u +s @150 200 time\n");
    rig_event(&rig, "u", "buy", 151, ""); /* too far from it */
    rig_says(&rig, "");
    rig_event(&rig, "u", "buy", 150, "");
    rig_says(&rig, "u -s @160 event\n");
    rig_event(&rig, "u", "cart", 120, ""); /* answered by what is there already */
    rig_says(&rig, "");
    rig_event(&rig, "u", "cart", 190, "");
    engine_advance(rig.engine, 500, UINT64_MAX);
    rig_says(&rig, "u +s @240 290 time\nu -s @290 time\n");
    rig_fini(&rig);
}

static void
an_event_does_not_answer_itself(void **state)
{
    struct rig rig;

    (void)state;
    start(&rig, ONE("unanswered(*, view, 10ms)[100ms]"));
    rig_event(&rig, "u", "view", 100, "");
    rig_event(&rig, "u", "view", 105, "");
    engine_advance(rig.engine, 500, UINT64_MAX);
    rig_says(&rig, "u +s @115 205 time\nu -s @205 time\n");
    rig_fini(&rig);
}

static void
values_of_the_past_are_kept_for_ever(void **state)
{
    struct rig rig;

    (void)state;
    start(&rig, ONE("trait.plan == \"gold\" and first(*.item[ever]) == 1 and age(view) >= 0.05"));
    rig_event(&rig, "u", "identify", 100, "plan=gold");
    rig_event(&rig, "u", "view", 110, "item=1");
    rig_event(&rig, "u", "view", 120, "item=2");
    rig_event(&rig, "u", "identify", 90, "plan=tin");
    rig_event(&rig, "u", "other", 161, "");
    rig_says(&rig, "u +s @160 never time\n");
    rig_event(&rig, "u", "identify", 170, "plan=");
    rig_says(&rig, "u -s @170 event\n");
    rig_fini(&rig);
}

static void
of_equals_the_first_that_arrived_is_the_first(void **state)
{
    struct rig rig;

    (void)state;
    start(&rig, ONE("first(*.item[ever]) == 1 and last(*.item[1h]) == 3"));
    rig_event(&rig, "u", "view", 110, "item=1");
    rig_event(&rig, "u", "view", 110, "item=2");
    rig_event(&rig, "u", "view", 110, "item=3");
    rig_says(&rig, "u +s @110 3600110 event\n");
    rig_fini(&rig);
}

static void
a_regular_expression_past_its_limit_matches_in_no_way(void **state)
{
    struct rig rig;
    char fields[80] = "item=";

    (void)state;
    start(&rig, "segments:\n"
                "  - {name: a, when: 'any(view{item=~\"(x+x+)+[yz]\"}[ever])'}\n"
                "  - {name: b, when: 'any(view{item!~\"(x+x+)+[yz]\"}[ever])'}\n");
    memset(fields + 5, 'x', 40);
    rig_event(&rig, "u", "view", 100, fields);
    rig_says(&rig, "");
    assert_true(engine_counts(rig.engine)->regex_limit > 0);
    rig_event(&rig, "u", "view", 101, "item=xxy");
    rig_event(&rig, "u", "view", 102, "");
    rig_says(&rig, "u +a @101 never event\nu +b @102 never event\n");
    rig_fini(&rig);
}

/* --- past the limit --------------------------------------------------------------------------- */

static void
counts_past_the_limit_are_merged_into_the_newer(void **state)
{
    struct rig rig;

    (void)state;
    start(&rig,
        ONE("count(view[100ms]) > count(buy[100ms])") "    attach: {n: 'count(view[100ms])'}\n");
    restart(&rig, 4);
    rig.long_lines = true;
    for (int i = 0; i < 6; i++)
        rig_event(&rig, "u", "view", 100 + i * 10, "");
    assert_int_equal(engine_counts(rig.engine)->merged, 2);
    assert_int_equal(engine_counts(rig.engine)->dropped, 0);
    /* 100, 110 and 120 leave together with 120. */
    engine_advance(rig.engine, 219, UINT64_MAX);
    buffer_clear(&rig.out);
    for (int i = 0; i < 5; i++)
        rig_event(&rig, "u", "buy", 219, "");
    rig_says(&rig, "");
    rig_event(&rig, "u", "buy", 219, "");
    rig_says(&rig, "u -s @219 event 0.2,\"with\":{\"n\":6}\n");
    rig_fini(&rig);
}

static void
numbers_past_the_limit_merge_where_they_are_alike(void **state)
{
    struct rig rig;

    (void)state;
    start(&rig, ONE("sum(buy.value[100ms]) >= 1000") "    attach: {n: 'sum(buy.value[100ms])'}\n");
    restart(&rig, 3);
    rig.long_lines = true;
    rig_event(&rig, "u", "buy", 100, "value=5");
    rig_event(&rig, "u", "buy", 110, "value=7");
    rig_event(&rig, "u", "buy", 120, "value=5");
    rig_event(&rig, "u", "buy", 130, "value=8");
    assert_int_equal(engine_counts(rig.engine)->merged, 1);
    rig_event(&rig, "u", "buy", 140, "value=1000");
    assert_int_equal(engine_counts(rig.engine)->dropped, 1);
    rig_says(&rig, "u +s @140 240 event 0.1,\"with\":{\"n\":1018}\n");
    rig_fini(&rig);
}

static void
patterns_past_the_limit_stay_bounded(void **state)
{
    struct rig rig;

    (void)state;
    start(&rig,
        ONE("unanswered(cart, buy, 50ms by item)[10s] or seq(cart, buy within 1s by item)[1s]"));
    restart(&rig, 4);
    for (int i = 0; i < 5; i++)
        rig_event(&rig, "u", "cart", 100 + i, "item=a");
    assert_int_equal(engine_counts(rig.engine)->merged, 2);
    for (int i = 0; i < 5; i++) {
        char fields[16];
        snprintf(fields, sizeof(fields), "item=x%c", 'a' + i);
        rig_event(&rig, "u", "cart", 200 + i, fields);
    }
    assert_true(engine_counts(rig.engine)->dropped >= 2);
    rig_fini(&rig);
}

static void
a_profile_past_its_bound_sheds_its_oldest(void **state)
{
    struct engine_flushed flushed;
    struct rig rig;
    char fields[1100] = "item=";

    (void)state;
    start(&rig, ONE("top(view.item[10h]) == \"x\""));
    restart(&rig, 4096);
    memset(fields + 5, 'x', 1000);
    for (int i = 0; i < 1500; i++) {
        snprintf(fields + 900, 20, "%d", i);
        rig_event(&rig, "u", "view", 100 + i, fields);
    }
    assert_true(engine_counts(rig.engine)->dropped > 0);
    assert_true(engine_flush_next(rig.engine, rig.offset, 0, &flushed));
    assert_true(flushed.length <= 1024 * 1024);
    rig_fini(&rig);
}

static void
a_user_without_memory_left_to_him_is_evicted(void **state)
{
    struct engine_flushed flushed;
    struct rig rig;

    (void)state;
    start(&rig, ONE("any(view[100ms])"));
    rig_event(&rig, "u", "view", 100, "");
    assert_int_equal(engine_evict(rig.engine, 0, 0), 0); /* not stored yet */
    assert_true(engine_flush_next(rig.engine, rig.offset, -1, &flushed));
    assert_int_equal(flushed.bucket, 0);
    assert_int_equal(flushed.bucket_stored, ENGINE_BUCKET_NONE);
    assert_int_equal(engine_evict(rig.engine, 0, -1), 0); /* not acknowledged yet */
    engine_flush_done(rig.engine, 1);
    assert_int_equal(engine_evict(rig.engine, 0, -1), 0); /* his change was not told yet */
    assert_true(engine_changed_next(rig.engine, &(uint32_t){0}));
    assert_int_equal(engine_evict(rig.engine, 0, 0), 0); /* his bucket is loaded: he is needed */
    assert_int_equal(engine_evict(rig.engine, 0, -1), 1);
    assert_int_equal(engine_profile_count(rig.engine), 0);
    rig_fini(&rig);
}

/* Found by a restart: exits were missing whose bucket had gone while all users were in memory. */
static void
a_user_in_memory_gets_a_new_bucket_when_his_passes(void **state)
{
    const int64_t hour = 60 * 60 * 1000, day = 24 * hour;
    struct engine_flushed flushed;
    struct rig rig;

    (void)state;
    start(&rig, ONE("any(view[10d])"));
    rig_event(&rig, "u", "view", 5 * hour, "");
    assert_true(engine_flush_next(rig.engine, rig.offset, -1, &flushed));
    assert_int_equal(flushed.bucket, 10 * day / ENGINE_BUCKET_MS);
    engine_flush_done(rig.engine, 1);
    engine_advance(rig.engine, 10 * day - 1, UINT64_MAX);
    assert_int_equal(engine_dirty_count(rig.engine), 0);
    engine_advance(rig.engine, 10 * day, UINT64_MAX);
    assert_int_equal(engine_dirty_count(rig.engine), 1);
    assert_true(engine_flush_next(rig.engine, rig.offset, 10 * day / ENGINE_BUCKET_MS, &flushed));
    assert_int_equal(flushed.bucket, (10 * day + 5 * hour) / ENGINE_BUCKET_MS);
    engine_flush_done(rig.engine, 1);
    rig_fini(&rig);
}

/* Found by the simulation: a checkpoint in the middle of an advance, whose days are read already.
 */
static void
a_day_that_is_read_takes_no_new_hint(void **state)
{
    const int64_t hour = 60 * 60 * 1000, day = 24 * hour;
    struct engine_flushed flushed;
    struct rig rig;

    (void)state;
    start(&rig, ONE("any(view[10d])"));
    rig_event(&rig, "u", "view", 5 * hour, "");
    assert_true(engine_flush_next(rig.engine, rig.offset, 10 * day / ENGINE_BUCKET_MS, &flushed));
    assert_int_equal(flushed.bucket, (10 * day + 5 * hour) / ENGINE_BUCKET_MS);
    engine_flush_done(rig.engine, 1);
    rig_fini(&rig);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_are_exact_however_far_events_lie_apart),
        cmocka_unit_test(sums_keep_the_newest_that_reach_the_constant),
        cmocka_unit_test(sums_with_negative_numbers_keep_the_window),
        cmocka_unit_test(distinct_values_are_counted_as_last_seen),
        cmocka_unit_test(top_of_equals_is_the_one_seen_last),
        cmocka_unit_test(a_score_falls_at_its_half_life),
        cmocka_unit_test(a_sequence_has_its_steps_in_order_by_key),
        cmocka_unit_test(an_event_is_one_step_of_a_sequence_only),
        cmocka_unit_test(an_answer_may_come_late),
        cmocka_unit_test(an_event_does_not_answer_itself),
        cmocka_unit_test(values_of_the_past_are_kept_for_ever),
        cmocka_unit_test(of_equals_the_first_that_arrived_is_the_first),
        cmocka_unit_test(a_regular_expression_past_its_limit_matches_in_no_way),
        cmocka_unit_test(counts_past_the_limit_are_merged_into_the_newer),
        cmocka_unit_test(numbers_past_the_limit_merge_where_they_are_alike),
        cmocka_unit_test(patterns_past_the_limit_stay_bounded),
        cmocka_unit_test(a_profile_past_its_bound_sheds_its_oldest),
        cmocka_unit_test(a_user_without_memory_left_to_him_is_evicted),
        cmocka_unit_test(a_user_in_memory_gets_a_new_bucket_when_his_passes),
        cmocka_unit_test(a_day_that_is_read_takes_no_new_hint),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
