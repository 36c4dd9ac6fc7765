/* Rules to plans: what is computed, what is kept for it, and what is shared. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "config/base/number.h"
#include "config/language/describe.h"
#include "config/language/language.h"

#define HOUR_MS INT64_C(3600000)
#define DAY_MS (24 * HOUR_MS)

static struct plan *
compile(const char *rules)
{
    const struct language_limits limits = {1024};
    struct report *report = report_new();
    struct yaml_document *file = yaml_parse("rules.yaml", text_of(rules), report);
    const struct yaml_document *files[] = {file};
    struct plan *plan = file == NULL ? NULL : language_compile(files, 1, &limits, report);

    if (plan == NULL) {
        struct buffer out;

        buffer_init(&out);
        report_print(report, &out);
        buffer_add_char(&out, '\0');
        print_error("%s\n", out.bytes);
        buffer_fini(&out);
    }
    assert_non_null(plan);
    yaml_free(file);
    report_free(report);
    return plan;
}

/* A plan of one segment with this condition. */
static struct plan *
compile_condition(const char *when)
{
    struct buffer rules;
    struct plan *plan;

    buffer_init(&rules);
    buffer_add_literal(&rules, "{\"segments\": [{\"name\": \"a\", \"when\": ");
    buffer_add_json(&rules, text_of(when));
    buffer_add_literal(&rules, "}]}");
    buffer_add_char(&rules, '\0');
    plan = compile(rules.bytes);
    buffer_fini(&rules);
    return plan;
}

/* All leaves, one after another, separated by "; ". */
static void
print_leaves(const struct plan *plan, struct buffer *out)
{
    for (uint32_t i = 0; i < plan->leaf_count; i++) {
        if (i > 0)
            buffer_add_literal(out, "; ");
        describe_leaf(plan, i, out);
    }
}

struct expectation {
    const char *when;
    const char *plan;
    const char *leaves;
};

static void
expect(const struct expectation *expectation)
{
    struct plan *plan = compile_condition(expectation->when);
    struct buffer out;

    buffer_init(&out);
    describe_node(plan, plan->segments[0].when, &out);
    buffer_add_char(&out, '\0');
    if (strcmp(out.bytes, expectation->plan) != 0)
        fail_msg(
            "%s\n  is       %s\n  expected %s", expectation->when, out.bytes, expectation->plan);
    buffer_clear(&out);
    print_leaves(plan, &out);
    buffer_add_char(&out, '\0');
    if (strcmp(out.bytes, expectation->leaves) != 0)
        fail_msg(
            "%s\n  keeps    %s\n  expected %s", expectation->when, out.bytes, expectation->leaves);
    buffer_fini(&out);
    plan_free(plan);
}

#define EXPECT_ALL(expectations)                                                                   \
    for (size_t i = 0; i < sizeof(expectations) / sizeof((expectations)[0]); i++)                  \
    expect(&(expectations)[i])

/* --- thresholds ------------------------------------------------------------------------------ */

static void
counts_become_thresholds(void **state)
{
    static const struct expectation all[] = {
        {"count(v[1d]) >= 3", "count(v) >= 3 [1d]", "times v [1d] keep 3"},
        {"3 <= count(v[1d])", "count(v) >= 3 [1d]", "times v [1d] keep 3"},
        {"count(v[1d]) > 3", "count(v) >= 4 [1d]", "times v [1d] keep 4"},
        {"count(v[1d]) > 3.5", "count(v) >= 4 [1d]", "times v [1d] keep 4"},
        {"count(v[1d]) >= 3.5", "count(v) >= 4 [1d]", "times v [1d] keep 4"},
        {"count(v[1d]) < 3", "not count(v) >= 3 [1d]", "times v [1d] keep 3"},
        {"count(v[1d]) <= 3", "not count(v) >= 4 [1d]", "times v [1d] keep 4"},
        {"count(v[1d]) < 2.5", "not count(v) >= 3 [1d]", "times v [1d] keep 3"},
        {"count(v[1d]) == 0", "not count(v) >= 1 [1d]", "times v [1d] keep 1"},
        {"count(v[1d]) != 0", "count(v) >= 1 [1d]", "times v [1d] keep 1"},
        {"count(v[1d]) == 2.5", "false", ""},
        {"count(v[1d]) != 2.5", "true", ""},
        {"count(v[1d]) == -1", "false", ""},
        {"count(v[1d]) >= 0", "true", ""},
        {"count(v[1d]) < 0", "false", ""},
        {"count(v[1d]) != \"x\"", "true", ""},
        {"count(v[1d]) == \"3\"", "false", ""},
        {"any(v[1d])", "count(v) >= 1 [1d]", "times v [1d] keep 1"},
        {"none(v[ever])", "not count(v) >= 1 [ever]", "times v [ever] keep 1"},
        {"count(v[1d]) in (0, 0.5)", "not count(v) >= 1 [1d]", "times v [1d] keep 1"},
        {"distinct(v.f[1d]) >= 2", "distinct(v{f is not empty} of f) >= 2 [1d]",
            "seen v{f is not empty} of f [1d] keep 2"},
        {"distinct(v.f{f=\"x\"}[1d]) < 2", "not distinct(v{f=\"x\"} of f) >= 2 [1d]",
            "seen v{f=\"x\"} of f [1d] keep 2"},
    };

    (void)state;
    EXPECT_ALL(all);
}

static void
sums_that_only_grow_become_thresholds(void **state)
{
    static const struct expectation all[] = {
        {"sum(p.v{v>=0}[1d]) >= 5", "sum(p{v>=0} of v) >= 5 [1d]",
            "suffix p{v>=0} of v [1d] enough 5"},
        {"sum(p.v{v>=0}[1d]) > 5", "sum(p{v>=0} of v) >= 5.000001 [1d]",
            "suffix p{v>=0} of v [1d] enough 5.000001"},
        {"sum(p.v{v>0}[1d]) < 5", "not sum(p{v>=0.000001} of v) >= 5 [1d]",
            "suffix p{v>=0.000001} of v [1d] enough 5"},
        {"sum(p.v{v=3}[ever]) <= 5", "not sum(p{v=3} of v) >= 5.000001 [ever]",
            "suffix p{v=3} of v [ever] enough 5.000001"},
        {"sum(p.v{v>=0}[1d]) > 0", "sum(p{v>=0} of v) >= 0.000001 [1d]",
            "suffix p{v>=0} of v [1d] enough 0.000001"},
        {"sum(p.v{v>=0}[1d]) >= 0", "true", ""},
        {"sum(p.v{v>=0}[1d]) > -1", "true", ""},
        {"sum(p.v{v>=0}[1d]) > 9.2e12", "false", ""},
        {"sum(p.v{v>=0}[1d]) == \"x\"", "false", ""},
        {"sum(p.v{v>=-1}[1d]) >= 5", "(sum(p{v>=-1} of v) [1d] >= 5)",
            "numbers p{v>=-1} of v [1d]"},
        {"sum(p.v{w>=0}[1d]) >= 5", "(sum(p{v is a number,w>=0} of v) [1d] >= 5)",
            "numbers p{v is a number,w>=0} of v [1d]"},
        {"sum(p.v[ever]) >= 5", "(sum(p{v is a number} of v) [ever] >= 5)",
            "totals p{v is a number} of v [ever]"},
    };

    (void)state;
    EXPECT_ALL(all);
}

static void
min_and_max_become_the_newest_beyond_the_constant(void **state)
{
    static const struct expectation all[] = {
        {"max(p.v[1d]) >= 5", "count(p{v>=5}) >= 1 [1d]", "times p{v>=5} [1d] keep 1"},
        {"max(p.v[1d]) > 5", "count(p{v>=5.000001}) >= 1 [1d]", "times p{v>=5.000001} [1d] keep 1"},
        {"max(p.v[1d]) > 9.2e12", "false", ""},
        {"max(p.v[1d]) >= -9.2e12", "count(p{v is a number}) >= 1 [1d]",
            "times p{v is a number} [1d] keep 1"},
        {"max(p.v[1d]) < -9.2e12", "false", ""},
        {"max(p.v[1d]) != \"x\"", "count(p{v is a number}) >= 1 [1d]",
            "times p{v is a number} [1d] keep 1"},
        {"min(p.v[1d]) < 5", "count(p{v<5}) >= 1 [1d]", "times p{v<5} [1d] keep 1"},
        {"min(p.v[1d]) <= 5", "count(p{v<5.000001}) >= 1 [1d]", "times p{v<5.000001} [1d] keep 1"},
        {"min(p.v[1d]) < -9.2e12", "false", ""},
        {"min(p.v[1d]) <= 9.2e12", "count(p{v is a number}) >= 1 [1d]",
            "times p{v is a number} [1d] keep 1"},
    };

    (void)state;
    EXPECT_ALL(all);
}

/* Conditions in words: the order of the children is not what this is about. */
static void
expect_same(const char *a, const char *b)
{
    struct plan *plans[] = {compile_condition(a), compile_condition(b)};
    struct buffer out[2];

    for (int i = 0; i < 2; i++) {
        buffer_init(&out[i]);
        describe_node(plans[i], plans[i]->segments[0].when, &out[i]);
        print_leaves(plans[i], &out[i]);
        buffer_add_char(&out[i], '\0');
    }
    assert_string_equal(out[0].bytes, out[1].bytes);
    for (int i = 0; i < 2; i++) {
        buffer_fini(&out[i]);
        plan_free(plans[i]);
    }
}

static void
comparisons_are_what_they_mean(void **state)
{
    (void)state;
    expect_same("count(v[1d]) == 2", "count(v[1d]) >= 2 and not count(v[1d]) >= 3");
    expect_same("count(v[1d]) != 2", "not (count(v[1d]) >= 2 and count(v[1d]) < 3)");
    expect_same("count(v[1d]) in (1, 4)", "count(v[1d]) == 4 or count(v[1d]) == 1");
    expect_same("max(p.v[1d]) < 5", "max(p.v[1d]) >= -9.2e12 and none(p{v>=5}[1d])");
    expect_same("max(p.v[1d]) == 5", "any(p{v>=5}[1d]) and none(p{v>5}[1d])");
    expect_same("min(p.v[1d]) == 5", "any(p{v<=5}[1d]) and none(p{v<5}[1d])");
    expect_same("min(p.v[1d]) >= 5", "min(p.v[1d]) <= 9.2e12 and not min(p.v[1d]) < 5");
    expect_same("max(p.v[1d]) != 5", "max(p.v[1d]) >= -9.2e12 and not max(p.v[1d]) == 5");
    expect_same("since(p) < 60", "any(p[ever]) and not since(p) >= 1m");
    expect_same("since(p) != 60", "any(p[ever]) and not since(p) == 60");
    expect_same("age(p) < 60", "age(p) >= 0 and not age(p) >= 60");
    expect_same("not not any(a[1d])", "any(a[1d])");
    expect_same("any(a[1d]) and (any(b[1d]) and any(a[1d]))", "any(b[1d]) and any(a[1d])");
    expect_same("any(a[1d]) or any(b[1d]) and 1 < 0", "any(a[1d])");
    expect_same("any(a[1d]) and 2 * 3 == 6", "any(a[1d])");
    expect_same("trait.x > trait.y", "trait.y < trait.x");
    expect_same("1 + 1 < trait.x", "trait.x > 2");
    expect_same("trait.x == 2 * count(a[1d])", "2 * count(a[1d]) == trait.x");
    expect_same("any(a{x!=\"\"}[1d])", "any(a{x!=\"\",x!=\"\"}[1d])");
    expect_same("any(a{x>3}[1d])", "any(a{x>=3.000001}[1d])");
    expect_same("decay(a[1d]) < 3", "not decay(a[1d]) >= 3");
}

static void
times_become_whole_milliseconds(void **state)
{
    static const struct expectation all[] = {
        {"since(p) >= 1.5", "since(p) >= 1s500ms", "times p [ever] keep 1"},
        {"since(p) >= 0.0015", "since(p) >= 2ms", "times p [ever] keep 1"},
        {"since(p) > 30m", "since(p) >= 30m1ms", "times p [ever] keep 1"},
        {"since(p) > 0.0015", "since(p) >= 2ms", "times p [ever] keep 1"},
        {"since(p) >= -5", "count(p) >= 1 [ever]", "times p [ever] keep 1"},
        {"since(p) == 0.0015", "false", ""},
        {"since(p) < 0", "false", ""},
        {"since(p) == \"x\"", "false", ""},
        {"since(p) != \"x\"", "count(p) >= 1 [ever]", "times p [ever] keep 1"},
        {"age(p) >= 1d", "age(p) >= 1d", "oldest p [ever]"},
        {"age(p) >= 0", "age(p) >= 0s", "oldest p [ever]"},
    };

    (void)state;
    EXPECT_ALL(all);
}

static void
scores_are_never_negative(void **state)
{
    static const struct expectation all[] = {
        {"decay(p[7d]) >= 3", "decay(p half-life 7d) >= 3", "decay p half-life 7d [ever]"},
        {"decay(p.v[7d]) >= 3", "decay(p{v>=0} of v half-life 7d) >= 3",
            "decay p{v>=0} of v half-life 7d [ever]"},
        {"decay(p[7d]) >= 0", "true", ""},
        {"decay(p[7d]) < 0", "false", ""},
        {"decay(p[7d]) >= \"x\"", "false", ""},
    };

    (void)state;
    EXPECT_ALL(all);
}

/* --- values ---------------------------------------------------------------------------------- */

static void
values_keep_what_they_need(void **state)
{
    static const struct expectation all[] = {
        {"count(v[1d]) > count(w[1d])", "(count(w) [1d] < count(v) [1d])",
            "counts v [1d]; counts w [1d]"},
        {"count(v[ever]) * 2 > 3", "((count(v) [ever] * 2) > 3)", "tally v [ever]"},
        {"count(v[1d]) + 0 > 2 and count(v[7d]) >= 3",
            "and(count(v) >= 3 [7d], ((count(v) [1d] + 0) > 2))",
            "counts v [1d]; times v [7d] keep 3"},
        {"count(v[7d]) + 0 > 2 and count(v[1d]) >= 3",
            "and(count(v) >= 3 [1d], ((count(v) [7d] + 0) > 2))", "counts v [7d]"},
        {"avg(v.p[1d]) > 3", "(avg(v{p is a number} of p) [1d] > 3)",
            "numbers v{p is a number} of p [1d]"},
        {"avg(v.p[ever]) > 3", "(avg(v{p is a number} of p) [ever] > 3)",
            "totals v{p is a number} of p [ever]"},
        {"max(v.p[1d]) == trait.p",
            "(last(identify of p) [ever] == max(v{p is a number} of p) [1d])",
            "last identify of p [ever] or empty; numbers v{p is a number} of p [1d]"},
        {"repeats(v.p[1d]) >= 3", "(repeats(v{p is not empty} of p) [1d] >= 3)",
            "records v{p is not empty} of p [1d]"},
        {"top(v.p[1d]) == \"a\"", "(top(v{p is not empty} of p) [1d] == \"a\")",
            "records v{p is not empty} of p [1d] with texts"},
        {"first(v.p[ever]) == 3", "(first(v{p is not empty} of p) [ever] == 3)",
            "first v{p is not empty} of p [ever]"},
        {"last(v.p[1h]) == last(v.p[1d])",
            "(last(v{p is not empty} of p) [1d] == last(v{p is not empty} of p) [1h])",
            "last v{p is not empty} of p [1d]"},
        {"trait.plan in (\"a\", \"b\")",
            "or((last(identify of plan) [ever] == \"a\"), (last(identify of plan) [ever] == "
            "\"b\"))",
            "last identify of plan [ever] or empty"},
        {"share(v, {c=\"x\"} [1d]) > 0.5", "((count(v{c=\"x\"}) [1d] / count(v) [1d]) > 0.5)",
            "counts v [1d]; counts v{c=\"x\"} [1d]"},
        {"bucket(\"s\") < 10", "(bucket\"s\" < 10)", ""},
        {"distinct(v.p[1d]) == distinct(v.q[1d])",
            "(distinct(v{p is not empty} of p) [1d] == distinct(v{q is not empty} of q) [1d])",
            "seen v{p is not empty} of p [1d]; seen v{q is not empty} of q [1d]"},
        {"1 / 0 == 1", "false", ""},
        {"\"a\" < \"b\" and 3 != \"3\"", "true", ""},
    };

    (void)state;
    EXPECT_ALL(all);
}

static void
patterns_have_steps(void **state)
{
    static const struct expectation all[] = {
        {"seq(a, b{x=\"1\"}, a within 1h)[1d]", "seq(a, b{x=\"1\"}, a within 1h) [1d]",
            "seq a, b{x=\"1\"}, a within 1h [1d]"},
        {"unanswered(a, b{i=\"x\"}, 30m by i)[ever]",
            "unanswered(a{i is not empty}, b{i=\"x\"} within 30m by i) [ever]",
            "unanswered a{i is not empty}, b{i=\"x\"} within 30m by i [ever]"},
        {"unanswered(a, b, 0s)[1d]", "unanswered(a, b within 0s) [1d]",
            "unanswered a, b within 0s [1d]"},
    };

    (void)state;
    EXPECT_ALL(all);
}

/* --- sharing --------------------------------------------------------------------------------- */

static void
one_leaf_serves_all_rules_on_a_selector(void **state)
{
    struct plan *plan = compile("segments:\n"
                                "  - {name: a, when: 'count(v|w{c=\"x\",d=\"y\"}[1h]) >= 3'}\n"
                                "  - {name: b, when: 'count(w|v{d=\"y\",c=\"x\"}[1d]) >= 2'}\n"
                                "  - {name: c, when: 'since(v|w|v{c=\"x\",d=\"y\"}) > 1m'}\n"
                                "  - {name: d, when: 'count(v|w{c=\"x\",d=\"y\"}[1h]) >= 3'}\n");
    struct buffer out;

    (void)state;
    buffer_init(&out);
    print_leaves(plan, &out);
    buffer_add_char(&out, '\0');
    assert_string_equal(out.bytes, "times v|w{c=\"x\",d=\"y\"} [ever] keep 3");
    buffer_fini(&out);
    assert_int_equal(plan->selector_count, 1);
    assert_int_equal(plan->predicate_count, 2);
    assert_int_equal(plan->node_count, 3);
    assert_int_equal(plan->segments[0].when, plan->segments[3].when);
    assert_int_equal(plan->leaves[0].segments.count, 4);
    plan_free(plan);
}

static void
one_pattern_serves_all_its_windows(void **state)
{
    struct plan *plan =
        compile_condition("seq(a, b within 1h by i)[1d] and not seq(a, b within 60m by i)[2d]");

    (void)state;
    assert_int_equal(plan->leaf_count, 1);
    assert_int_equal(plan->leaves[0].window_ms, 2 * DAY_MS);
    plan_free(plan);
}

static void
ever_and_windowed_values_are_two_leaves(void **state)
{
    struct plan *plan = compile_condition("top(v.p[1d]) == top(v.p[ever])");

    (void)state;
    assert_int_equal(plan->leaf_count, 2);
    assert_int_equal(plan->leaves[0].kind, LEAF_RECORDS);
    assert_int_equal(plan->leaves[1].kind, LEAF_RECORDS);
    assert_true(plan->leaves[0].id != plan->leaves[1].id);
    plan_free(plan);
}

static void
what_no_rule_needs_is_not_in_the_plan(void **state)
{
    struct plan *plan = compile_condition("any(a{x=\"1\"}[1d]) and 1 > 2 or any(b[1d])");

    (void)state;
    assert_int_equal(plan->leaf_count, 1);
    assert_int_equal(plan->type_count, 1);
    assert_int_equal(plan->field_count, 0);
    assert_int_equal(plan->predicate_count, 0);
    assert_int_equal(plan_type_find(plan, TEXT("a")), PLAN_TYPE_OTHER);
    assert_int_equal(plan_type_find(plan, TEXT("b")), 0);
    plan_free(plan);
}

static const char types_rules[] = "segments:\n"
                                  "  - {name: a, when: 'any(v|w[1d]) and any(*[1h])'}\n"
                                  "  - {name: b, when: 'seq(v, *, x within 1h)[1d]'}\n"
                                  "  - {name: c, when: 'any(w{f=\"1\"}[1d])'}\n";

static void
expect_leaves_of(const struct plan *plan, const char *type, uint32_t count)
{
    uint32_t number = plan_type_find(plan, text_of(type));
    const struct plan_run run =
        number == PLAN_TYPE_OTHER ? plan->other_leaves : plan->types[number].leaves;
    const uint32_t *leaves = plan_run_at(plan, run);

    assert_int_equal(run.count, count);
    for (uint32_t i = 1; i < count; i++)
        assert_true(leaves[i - 1] < leaves[i]);
}

static void
an_event_type_knows_its_leaves(void **state)
{
    struct plan *plan = compile(types_rules);

    (void)state;
    assert_int_equal(plan->leaf_count, 4);
    expect_leaves_of(plan, "v", 3);
    expect_leaves_of(plan, "w", 4);
    expect_leaves_of(plan, "x", 2);
    expect_leaves_of(plan, "unheard of", 2);
    plan_free(plan);
}

static void
fields_know_what_they_are_for(void **state)
{
    struct plan *plan =
        compile_condition("top(*.hour{weekday=\"mon\",price>3}[1d]) == 3 and sum(*.price[1d]) > 3");

    (void)state;
    assert_int_equal(plan->field_count, 3);
    assert_int_equal(plan->fields[0].kind, FIELD_HOUR);
    assert_true(plan->fields[0].text_wanted);
    assert_int_equal(plan->fields[1].kind, FIELD_MAPPED);
    assert_false(plan->fields[1].text_wanted);
    assert_int_equal(plan->fields[2].kind, FIELD_WEEKDAY);
    assert_true(plan->fields[2].text_wanted);
    plan_free(plan);
}

/* --- segments -------------------------------------------------------------------------------- */

static const char chain_rules[] =
    "segments:\n"
    "  - {name: z, when: 'any(v[1d])', for: 1h}\n"
    "  - {name: y, when: 'none(v[2d])', keep: 2h}\n"
    "  - {name: b, when: 'member(z) and not member(y) and any(w[1h])', cooldown: 3h}\n"
    "  - {name: a, when: 'member(b) or member(z) or member(b)'}\n";

static void
segments_stand_by_level_and_name(void **state)
{
    static const char *const names[] = {"y", "z", "b", "a"};
    static const uint32_t levels[] = {0, 0, 1, 2};
    struct plan *plan = compile(chain_rules);

    (void)state;
    assert_int_equal(plan->segment_count, 4);
    for (uint32_t i = 0; i < 4; i++) {
        assert_true(text_equal(plan->segments[i].name, text_of(names[i])));
        assert_int_equal(plan->segments[i].level, levels[i]);
        assert_int_equal(plan_segment_find(plan, text_of(names[i])), i);
    }
    assert_int_equal(plan_segment_find(plan, TEXT("c")), PLAN_NONE);
    assert_int_equal(plan->segments[1].dependents.count, 2);
    assert_int_equal(plan_run_at(plan, plan->segments[1].dependents)[0], 2);
    assert_int_equal(plan_run_at(plan, plan->segments[1].dependents)[1], 3);
    assert_int_equal(plan->segments[3].names.count, 2);
    assert_int_equal(plan_run_at(plan, plan->segments[3].names)[0], 1);
    assert_int_equal(plan_run_at(plan, plan->segments[3].names)[1], 2);
    assert_int_equal(plan->segments[2].leaves.count, 1);
    plan_free(plan);
}

static void
reach_adds_up_along_members(void **state)
{
    struct plan *plan = compile(chain_rules);

    (void)state;
    /* a: b: 1h + cooldown 3h + max(z: 1d + 1h, y: 2d + 2h) */
    assert_int_equal(plan->reach_ms, 2 * DAY_MS + 6 * HOUR_MS);
    assert_false(plan->reach_ever);
    plan_free(plan);
    plan = compile_condition("seq(a, b within 2h)[1d]");
    assert_int_equal(plan->reach_ms, DAY_MS + 2 * HOUR_MS);
    plan_free(plan);
}

static void
what_looks_at_all_reaches_ever(void **state)
{
    static const char *const conditions[] = {"any(a[ever])", "since(a) > 3", "age(a) > 3",
        "trait.a == 3", "decay(a[1h]) >= 3", "first(a.b[ever]) == 3"};

    (void)state;
    for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++) {
        struct plan *plan = compile_condition(conditions[i]);

        assert_true(plan->reach_ever);
        plan_free(plan);
    }
}

static void
what_hangs_on_earlier_decisions_is_settled_from_nowhere(void **state)
{
    static const struct {
        const char *rule;
        int64_t settle_ms;
    } cases[] = {
        {"when: 'any(a[1h])'", HOUR_MS},
        {"when: 'any(a[1h])', for: 2h", 3 * HOUR_MS},
        {"when: 'any(a[1h])', keep: 2h", 3 * HOUR_MS},
        {"when: 'any(a[1h])', attach: {x: 'count(b[1d])'}", DAY_MS},
        {"when: 'any(a[1h])', for: 1s, keep: 2h", PLAN_EVER},
        {"when: 'any(a[1h])', cooldown: 1s", PLAN_EVER},
        {"when: 'none(a[1h])'", PLAN_EVER},
        {"when: 'any(a[1h]) and none(b[1d])'", DAY_MS},
        {"when: 'bucket(\"x\") >= 50'", PLAN_EVER},
        {"when: 'any(a[ever])'", PLAN_EVER},
        {"when: 'decay(a[1h]) >= 3'", PLAN_EVER},
        {"when: 'any(a[1h])'}, {name: other, when: 'member(one) and any(b[2h])'", 3 * HOUR_MS},
        {"when: 'any(a[1h])', cooldown: 1s}, {name: other, when: 'member(one)'", PLAN_EVER},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char rules[300];
        struct plan *plan;

        snprintf(rules, sizeof(rules), "segments: [{name: one, %s}]", cases[i].rule);
        plan = compile(rules);
        assert_int_equal(plan->settle_ms, cases[i].settle_ms);
        plan_free(plan);
    }
}

static void
expect_start(const char *when, bool starts)
{
    struct plan *plan = compile_condition(when);

    if (plan->segments[0].starts_true != starts || plan->starters.count != (starts ? 1 : 0))
        fail_msg("%s starts %s", when, starts ? "false" : "true");
    plan_free(plan);
}

static void
conditions_that_may_hold_on_nothing_are_known(void **state)
{
    (void)state;
    expect_start("none(a[1d])", true);
    expect_start("any(a[1d])", false);
    expect_start("not any(a[1d]) and any(b[1d])", false);
    expect_start("bucket(\"x\") < 10", true);
    expect_start("bucket(\"x\") < 10 and any(b[1d])", false);
    expect_start("count(a[1d]) <= 3", true);
    expect_start("count(a[1d]) - count(b[1d]) < 3", true);
    expect_start("count(a[1d]) - count(b[1d]) > 3", false);
    expect_start("sum(a.v[1d]) == 0", true);
    expect_start("avg(a.v[1d]) < 3", false);
    expect_start("not avg(a.v[1d]) < 3", true);
    expect_start("trait.x != \"y\"", false);
    expect_start("not trait.x == \"y\"", true);
    expect_start("share(a, {x=\"y\"} [1d]) < 1", false);
    expect_start("decay(a[1d]) < 3", true);
    expect_start("since(a) < 3", false);
    expect_start("repeats(a.v[1d]) < 3", true);
    expect_start("unanswered(a, b, 1h)[1d]", false);
}

static void
members_of_starters_may_start(void **state)
{
    struct plan *plan = compile("segments:\n"
                                "  - {name: a, when: 'none(v[1d])'}\n"
                                "  - {name: b, when: 'any(v[1d])'}\n"
                                "  - {name: c, when: 'member(a)'}\n"
                                "  - {name: d, when: 'member(b)'}\n"
                                "  - {name: e, when: 'not member(b)'}\n");
    static const bool starts[] = {true, false, true, false, true};

    (void)state;
    for (uint32_t i = 0; i < 5; i++)
        assert_int_equal(plan->segments[i].starts_true, starts[i]);
    assert_int_equal(plan->starters.count, 3);
    plan_free(plan);
}

static void
attached_values_keep_their_order(void **state)
{
    struct plan *plan = compile("segments:\n"
                                "  - name: a\n"
                                "    when: any(v[1d])\n"
                                "    attach:\n"
                                "      z: last(v.item[1d])\n"
                                "      y: since(w)\n"
                                "      x: 1 / 0\n"
                                "      w: decay(v[1h])\n");

    (void)state;
    assert_int_equal(plan->segments[0].attach_count, 4);
    assert_true(text_equal(plan->attaches[0].name, TEXT("z")));
    assert_int_equal(plan->nodes[plan->attaches[0].node].kind, NODE_LAST);
    assert_int_equal(plan->nodes[plan->attaches[1].node].kind, NODE_SINCE);
    assert_int_equal(plan->nodes[plan->attaches[2].node].kind, NODE_DIVIDE);
    assert_int_equal(plan->nodes[plan->attaches[3].node].kind, NODE_DECAY);
    assert_int_equal(plan->segments[0].leaves.count, 1);
    assert_int_equal(plan->leaf_count, 4);
    expect_leaves_of(plan, "w", 1);
    plan_free(plan);
}

/* --- identity -------------------------------------------------------------------------------- */

/* Everything that has a number, in the order of the numbers. */
static void
print_plan(const struct plan *plan, struct buffer *out)
{
    buffer_printf(out, "%s %lld\n", plan->rules_id, (long long)plan->reach_ms);
    for (uint32_t i = 0; i < plan->segment_count; i++) {
        describe_segment(plan, i, out);
        describe_node(plan, plan->segments[i].when, out);
        buffer_printf(out, " %016llx\n", (unsigned long long)plan->segments[i].id);
    }
    for (uint32_t i = 0; i < plan->leaf_count; i++) {
        describe_leaf(plan, i, out);
        buffer_printf(out, " %016llx\n", (unsigned long long)plan->leaves[i].id);
    }
    for (uint32_t i = 0; i < plan->node_count; i++)
        buffer_printf(out, "%d ", (int)plan->nodes[i].kind);
    for (uint32_t i = 0; i < plan->index_count; i++)
        buffer_printf(out, "%u ", plan->index_pool[i]);
    buffer_add_char(out, '\0');
}

static void
expect_equal_plans(const char *a, const char *b)
{
    struct plan *plans[] = {compile(a), compile(b)};
    struct buffer out[2];

    for (int i = 0; i < 2; i++) {
        buffer_init(&out[i]);
        print_plan(plans[i], &out[i]);
    }
    assert_string_equal(out[0].bytes, out[1].bytes);
    for (int i = 0; i < 2; i++) {
        buffer_fini(&out[i]);
        plan_free(plans[i]);
    }
}

static void
order_space_and_comments_do_not_count(void **state)
{
    (void)state;
    expect_equal_plans("segments:\n"
                       "  - {name: a, when: 'any(v[1d]) and count(w|v{x=1}[60m])>=3', for: 60s}\n"
                       "  - {name: b, when: 'member(a) or trait.x==\"y\"'}\n"
                       "  - {name: c, when: 'avg(v.x[1d]) > 3 or seq(a, b within 1h)[1d]'}\n",
        "segments:\n"
        "  - name: c\n"
        "    when: (avg(v.x[24h]) > 3.0) or seq(a,b within 60m)[1d]\n"
        "  - when: |\n"
        "      member(a)  # a comment\n"
        "        or trait.x == \"\\u0079\"\n"
        "    name: b\n"
        "    keep: 0\n"
        "  - for: 1m\n"
        "    name: a\n"
        "    when: any(v[1d]) and count(v|w{x=1.0}[1h]) >= 3\n");
}

static void
expect_other_id(const char *rules)
{
    struct plan *plan = compile("segments:\n  - {name: a, when: 'any(v[1d])'}\n");
    struct plan *other = compile(rules);

    assert_string_not_equal(plan->rules_id, other->rules_id);
    plan_free(plan);
    plan_free(other);
}

static void
what_counts_changes_the_id(void **state)
{
    (void)state;
    expect_other_id("segments:\n  - {name: b, when: 'any(v[1d])'}\n");
    expect_other_id("segments:\n  - {name: a, when: 'any(v[2d])'}\n");
    expect_other_id("segments:\n  - {name: a, when: 'any(v[1d])', for: 1s}\n");
    expect_other_id("segments:\n  - {name: a, when: 'any(v[1d])', keep: 1s}\n");
    expect_other_id("segments:\n  - {name: a, when: 'any(v[1d])', cooldown: 1s}\n");
    expect_other_id("segments:\n  - {name: a, when: 'any(v[1d])', attach: {x: '3'}}\n");
}

static void
a_segment_keeps_its_id_whatever_it_attaches(void **state)
{
    struct plan *plan = compile("segments:\n  - {name: a, when: 'any(v[1d])'}\n");
    struct plan *other = compile("segments:\n"
                                 "  - {name: a, when: 'any(v[1d])', attach: {x: '3'}}\n"
                                 "  - {name: b, when: 'any(v[2d])'}\n");

    (void)state;
    assert_true(plan->segments[0].id == other->segments[0].id);
    assert_true(other->segments[0].id != other->segments[1].id);
    assert_true(plan->leaves[0].id == other->leaves[0].id);
    assert_int_equal(other->leaf_count, 1);
    plan_free(plan);
    plan_free(other);
}

static void
no_rules_are_a_plan(void **state)
{
    struct plan *plan = compile("segments: []\n");

    (void)state;
    assert_int_equal(plan->segment_count, 0);
    assert_int_equal(plan_type_find(plan, TEXT("a")), PLAN_TYPE_OTHER);
    assert_int_equal(plan_segment_find(plan, TEXT("a")), PLAN_NONE);
    assert_int_equal(plan->other_leaves.count, 0);
    assert_int_equal(strlen(plan->rules_id), 8);
    plan_free(plan);
}

static void
ten_thousand_segments_in_a_chain_are_no_matter(void **state)
{
    struct buffer rules;
    struct plan *plan;

    (void)state;
    buffer_init(&rules);
    buffer_add_literal(&rules, "segments:\n  - {name: s0, when: 'any(v[1d])'}\n");
    for (int i = 1; i < 10000; i++)
        buffer_printf(&rules, "  - {name: s%d, when: 'member(s%d)'}\n", i, i - 1);
    buffer_add_char(&rules, '\0');
    plan = compile(rules.bytes);
    assert_int_equal(plan->segments[9999].level, 9999);
    plan_free(plan);
    buffer_fini(&rules);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_become_thresholds),
        cmocka_unit_test(sums_that_only_grow_become_thresholds),
        cmocka_unit_test(min_and_max_become_the_newest_beyond_the_constant),
        cmocka_unit_test(comparisons_are_what_they_mean),
        cmocka_unit_test(times_become_whole_milliseconds),
        cmocka_unit_test(scores_are_never_negative),
        cmocka_unit_test(values_keep_what_they_need),
        cmocka_unit_test(patterns_have_steps),
        cmocka_unit_test(one_leaf_serves_all_rules_on_a_selector),
        cmocka_unit_test(one_pattern_serves_all_its_windows),
        cmocka_unit_test(ever_and_windowed_values_are_two_leaves),
        cmocka_unit_test(what_no_rule_needs_is_not_in_the_plan),
        cmocka_unit_test(an_event_type_knows_its_leaves),
        cmocka_unit_test(fields_know_what_they_are_for),
        cmocka_unit_test(segments_stand_by_level_and_name),
        cmocka_unit_test(reach_adds_up_along_members),
        cmocka_unit_test(what_looks_at_all_reaches_ever),
        cmocka_unit_test(what_hangs_on_earlier_decisions_is_settled_from_nowhere),
        cmocka_unit_test(conditions_that_may_hold_on_nothing_are_known),
        cmocka_unit_test(members_of_starters_may_start),
        cmocka_unit_test(attached_values_keep_their_order),
        cmocka_unit_test(order_space_and_comments_do_not_count),
        cmocka_unit_test(what_counts_changes_the_id),
        cmocka_unit_test(a_segment_keeps_its_id_whatever_it_attaches),
        cmocka_unit_test(no_rules_are_a_plan),
        cmocka_unit_test(ten_thousand_segments_in_a_chain_are_no_matter),
    };

    return cmocka_run_group_tests_name("compile", tests, NULL, NULL);
}
