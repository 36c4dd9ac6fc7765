/* The figures of `check --cost` against what the engine really keeps. */
#include "tests/unit/engine_rig.h"

#include "config/base/limits.h"
#include "pipeline/engine/cost.h"
#include "pipeline/engine/profile.h"

#define EVENTS 6
#define TEXT_BYTES 16
#define ENTRIES_MAX 12
#define FILL_EVENTS 600

static size_t
packed_bytes(struct rig *rig)
{
    struct engine_flushed flushed;
    size_t length = 0;

    while (engine_flush_next(rig->engine, rig->offset, 0, &flushed))
        length = flushed.length;
    return length;
}

/* Six events, each with another text of 16 bytes; nobody becomes a member. */
static void
assert_bytes(const char *when)
{
    struct cost_case given = {
        .events = EVENTS, .text_bytes = TEXT_BYTES, .events_per_window = 1024};
    char rules[256], fields[64];
    struct cost cost;
    struct rig rig;

    snprintf(rules, sizeof(rules), "segments:\n  - {name: s, when: '%s', for: 1000d}\n", when);
    rig_init(&rig, rules);
    rig.lateness = 1000000;
    for (int i = 0; i < EVENTS; i++) {
        snprintf(fields, sizeof(fields), "item=sixteen letters%d,value=%d", i, i + 1);
        rig_event(&rig, "somebody", "view", 1000 + i, fields);
    }
    cost_segment(rig.plan, 0, &given, &cost);
    assert_int_equal(
        packed_bytes(&rig), sizeof(struct profile) + strlen("somebody") + cost.bytes_usual);
    assert_true(cost.bytes_most >= cost.bytes_usual);
    assert_true(cost.reads_most >= cost.reads_usual);
    rig_fini(&rig);
}

static const char *const conditions[] = {
    "any(view[1h])",
    "count(view[1h]) >= 6",
    "count(view[ever]) >= 6",
    "count(view[1h]) + 1 > 0",
    "count(view[ever]) + 1 > 0",
    "sum(view.value{value>=0}[1h]) >= 21",
    "avg(view.value[1h]) > 0",
    "sum(view.value[ever]) > 0",
    "distinct(view.item[1h]) >= 6",
    "distinct(view.item[1h]) + 1 > 0",
    "repeats(view.item[1h]) > 0",
    "last(view.item[1h]) != \"x\"",
    "first(view.item[ever]) != \"x\"",
    "since(view) >= 0",
    "age(view) >= 0",
    "decay(view[1h]) >= 1",
    "not seq(view, buy within 1h)[1h]",
    "unanswered(view, buy, 1ms)[1h]",
};

static void
bytes_are_those_of_the_profile(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++)
        assert_bytes(conditions[i]);
}

/* Far more events than a list may hold, in any order, with the longest texts. */
static void
fill(struct rig *rig)
{
    static const char *const types[] = {"view", "view", "view", "buy"};
    static char fields[TEXT_BYTES_MAX + 64];
    uint32_t dice = 1;

    for (uint32_t i = 0; i < FILL_EVENTS; i++) {
        dice = dice * 1664525u + 1013904223u;
        snprintf(fields, sizeof(fields), "item=x%0*u,value=%u", TEXT_BYTES_MAX - 1, dice >> 16 & 63,
            (dice >> 8) % 100);
        rig_event(
            rig, "somebody", types[dice >> 30], 100000 + (int64_t)((dice >> 12) % 5000), fields);
    }
}

/* Returns the bytes of the profile after far too many events. */
static size_t
assert_bounded(const char *rules)
{
    struct cost_case given = {
        .events = EVENTS, .text_bytes = TEXT_BYTES, .events_per_window = ENTRIES_MAX};
    struct cost cost;
    struct rig rig;
    size_t bytes;

    rig_init(&rig, rules);
    rig.settings.events_per_window = ENTRIES_MAX;
    engine_free(rig.engine);
    rig_start(&rig);
    rig.lateness = 1000000;
    fill(&rig);
    bytes = packed_bytes(&rig);
    cost_user(rig.plan, &given, &cost);
    assert_true(bytes <= cost.bytes_most);
    rig_fini(&rig);
    return bytes;
}

static void
no_profile_exceeds_what_it_costs_at_most(void **state)
{
    struct buffer rules;
    char one[256];
    size_t bytes;

    (void)state;
    buffer_init(&rules);
    buffer_add_literal(&rules, "segments:\n");
    for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++) {
        snprintf(one, sizeof(one), "segments:\n  - {name: s, when: '%s'}\n", conditions[i]);
        assert_bounded(one);
        buffer_printf(&rules, "  - {name: s%zu, when: '%s', attach: {top: 'top(*.item[1h])'}}\n", i,
            conditions[i]);
    }
    buffer_add(&rules, "", 1);
    bytes = assert_bounded(rules.bytes);
    assert_true(bytes > (size_t)ENTRIES_MAX * TEXT_BYTES_MAX);
    buffer_fini(&rules);
}

static void
a_list_that_the_rules_bound_is_exact(void **state)
{
    struct cost_case given = {.events = 10, .text_bytes = 16, .events_per_window = 1024};
    struct plan *plan = rig_plan("segments:\n"
                                 "  - {name: a, when: 'count(view[1h]) >= 5'}\n"
                                 "  - {name: b, when: 'avg(view.value[1h]) > 5'}\n",
        1024);
    struct cost cost;

    (void)state;
    cost_segment(plan, 0, &given, &cost);
    assert_false(cost.is_bounded);
    assert_int_equal(cost.reads_most, 2);
    cost_segment(plan, 1, &given, &cost);
    assert_true(cost.is_bounded);
    assert_int_equal(cost.reads_most, 1025);
    assert_int_equal(cost.reads_usual, 11);
    cost_user(plan, &given, &cost);
    assert_int_equal(cost.leaf_count, 2);
    assert_true(cost.node_count >= 2);
    plan_free(plan);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_those_of_the_profile),
        cmocka_unit_test(no_profile_exceeds_what_it_costs_at_most),
        cmocka_unit_test(a_list_that_the_rules_bound_is_exact),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
