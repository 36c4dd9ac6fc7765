/* Expressions to trees, seen through their canonical form. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "config/base/limits.h"
#include "config/language/canon.h"
#include "config/language/parser.h"

/* Writes the canonical form of an expression; false when it does not parse. */
static bool
canonical(const char *source, struct buffer *out)
{
    struct report *report = report_new();
    struct yaml_document *file;
    struct origin origin;
    struct arena arena;
    struct buffer yaml;
    struct expr *expr;

    arena_init(&arena);
    buffer_init(&yaml);
    buffer_add_json(&yaml, text_of(source));
    file = yaml_parse("x", (struct text){yaml.bytes, (uint32_t)yaml.length}, report);
    buffer_fini(&yaml);
    assert_non_null(file);
    origin = (struct origin){file->root, report};
    expr = parser_parse(file->root->text, &arena, &origin);
    assert_true((expr == NULL) == (report_error_count(report) == 1));
    buffer_clear(out);
    if (expr != NULL)
        canon_expr(out, expr);
    buffer_add_char(out, '\0');
    yaml_free(file);
    report_free(report);
    arena_fini(&arena);
    return expr != NULL;
}

/* The expression has this canonical form, which is its own. */
static void
expect(const char *source, const char *expected)
{
    struct buffer out;

    buffer_init(&out);
    if (!canonical(source, &out))
        fail_msg("does not parse: %s", source);
    assert_string_equal(out.bytes, expected);
    if (!canonical(expected, &out))
        fail_msg("does not parse: %s", expected);
    assert_string_equal(out.bytes, expected);
    buffer_fini(&out);
}

static void
expect_wrong(const char *source)
{
    struct buffer out;

    buffer_init(&out);
    if (canonical(source, &out))
        fail_msg("parses: %s", source);
    buffer_fini(&out);
}

static void
operators_bind_as_the_grammar_says(void **state)
{
    (void)state;
    expect("any(a[1d]) or any(b[1d]) and any(c[1d])", "any(a[1d]) or any(b[1d]) and any(c[1d])");
    expect(
        "(any(a[1d]) or any(b[1d])) and any(c[1d])", "(any(a[1d]) or any(b[1d])) and any(c[1d])");
    expect("((any(a[1d])) and ((any(b[1d]) or any(c[1d]))))",
        "any(a[1d]) and (any(b[1d]) or any(c[1d]))");
    expect("not any(a[1d]) and not not any(b[1d])", "not any(a[1d]) and not not any(b[1d])");
    expect("not (any(a[1d]) and any(b[1d]))", "not (any(a[1d]) and any(b[1d]))");
    expect("not count(a[1d]) >= 3", "not count(a[1d]) >= 3");
    expect(
        "(1+2)*3 - 4/5 - (6-7) == -count(a[1d])", "(1 + 2) * 3 - 4 / 5 - (6 - 7) == -count(a[1d])");
    expect("1 - (2 - 3) > (4 * 5) / (6 / 7)", "1 - (2 - 3) > 4 * 5 / (6 / 7)");
    expect("-(1 + 2) < - -3", "-(1 + 2) < 3");
    expect("(1 == 1) == 2", "(1 == 1) == 2");
}

static void
constants_have_one_form(void **state)
{
    (void)state;
    expect("since(a) > 1h30m", "since(a) > 5400");
    expect("count(a[1d]) >= 3.50", "count(a[1d]) >= 3.5");
    expect("count(a[1d]) in (1e1, -2, -1m, \"x\")", "count(a[1d]) in (10, -2, -60, \"x\")");
    expect("trait.plan == \"\\u0061\\/b\"", "trait.plan == \"a/b\"");
    expect("any(a[24h]) or any(a[1w])", "any(a[1d]) or any(a[7d])");
}

static void
selectors_have_one_form(void **state)
{
    (void)state;
    expect("any(b|a|b[1d])", "any(a|b[1d])");
    expect("any(\"view\"|\"Order Completed\"[1d])", "any(\"Order Completed\"|view[1d])");
    expect("last( * . hour { b = \"2\" , a != 3 , b = \"2\" } [ ever ] ) == 3",
        "last(*.hour{a!=3,b=\"2\"}[ever]) == 3");
    expect("any(a{x=~\"y.*\",x!~\"z\",n<1,n<=2,n>-3,n>=4}[1d])",
        "any(a{n<1,n<=2,n>-3,n>=4,x!~\"z\",x=~\"y.*\"}[1d])");
    expect("sum(\"Order Completed\".\"total-paid\"[1d]) > 3",
        "sum(\"Order Completed\".\"total-paid\"[1d]) > 3");
    expect("any(a{}[1d])", "any(a[1d])");
    expect("any(and{or=\"in\"}[1d])", "any(and{or=\"in\"}[1d])");
}

static void
functions_have_their_shapes(void **state)
{
    (void)state;
    expect(
        "share(view , {b=\"1\",a=\"2\"}[7d]) > 0.5", "share(view, {a=\"2\",b=\"1\"} [7d]) > 0.5");
    expect("seq(a,b{x=1},c within 90m by item)[1d]", "seq(a, b{x=1}, c within 1h30m by item)[1d]");
    expect("seq(within, by within 1h by \"by\")[ever]", "seq(within, by within 1h by by)[ever]");
    expect("unanswered(add_to_cart,purchase,30m by \"item-id\")[1d]",
        "unanswered(add_to_cart, purchase, 30m by \"item-id\")[1d]");
    expect("bucket( \"v\" )>=10", "bucket(\"v\") >= 10");
    expect("trait.\"first name\" == \"Ann\"", "trait.\"first name\" == \"Ann\"");
    expect("member( vip )", "member(vip)");
    expect("decay(a.v{v>0}[7d]) >= 3", "decay(a.v{v>0}[7d]) >= 3");
    expect("since(a) > 1 and age(b{c=\"d\"}) < 2", "since(a) > 1 and age(b{c=\"d\"}) < 2");
}

/* ((((...)))) and not not not ... of `depth` levels. */
static void
nest(struct buffer *out, const char *open, const char *close, int depth)
{
    buffer_clear(out);
    for (int i = 0; i < depth; i++)
        buffer_add_text(out, text_of(open));
    buffer_add_literal(out, "any(a[1d])");
    for (int i = 0; i < depth; i++)
        buffer_add_text(out, text_of(close));
    buffer_add_char(out, '\0');
}

static void
nesting_is_bounded(void **state)
{
    struct buffer source, out;

    (void)state;
    buffer_init(&source);
    buffer_init(&out);
    nest(&source, "(", ")", EXPR_DEPTH_MAX);
    assert_true(canonical(source.bytes, &out));
    nest(&source, "(", ")", EXPR_DEPTH_MAX + 1);
    assert_false(canonical(source.bytes, &out));
    nest(&source, "not ", "", EXPR_DEPTH_MAX - 1);
    assert_true(canonical(source.bytes, &out));
    nest(&source, "not ", "", 100000);
    assert_false(canonical(source.bytes, &out));
    nest(&source, "", " + 1", EXPR_DEPTH_MAX - 1);
    assert_true(canonical(source.bytes, &out));
    nest(&source, "", " + 1", 100000);
    assert_false(canonical(source.bytes, &out));
    nest(&source, "", " and any(b[1d])", 10000); /* a list, not a tower */
    assert_true(canonical(source.bytes, &out));
    buffer_fini(&source);
    buffer_fini(&out);
}

static void
what_the_grammar_has_not_is_refused(void **state)
{
    static const char *const sources[] = {"", "any", "any(", "any()", "any(a", "any(a[", "any(a[1d",
        "any(a[1d])]", "any(a.[1d])", "any(a{[1d])", "any(a{b}[1d])", "any(a{b=}[1d])",
        "any(a{b=\"c\",}[1d])", "any(a|[1d])", "any(|a[1d])", "any(*a[1d])", "1 < 2 < 3", "1 in 2",
        "1 in ()", "1 in (1,)", "1 in (a)", "1 in (-\"a\")", "not", "and", "1 +", "* 3", "trait",
        "trait.", "trait.3", "member", "member()", "bucket(3)", "seq()", "seq(a, b)[1d]",
        "seq(a, b within)[1d]", "seq(a, b within 3)[1d]", "seq(a, b within 1h by)[1d]",
        "unanswered(a)[1d]", "unanswered(a, b)[1d]", "share(a)", "share(a, b)",
        "share(a, {b=\"c\"}) [1d]", "count(a[1d])[1d]", "1 2", "(1", "1)", "\"a"};

    (void)state;
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
        expect_wrong(sources[i]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operators_bind_as_the_grammar_says),
        cmocka_unit_test(constants_have_one_form),
        cmocka_unit_test(selectors_have_one_form),
        cmocka_unit_test(functions_have_their_shapes),
        cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(what_the_grammar_has_not_is_refused),
    };

    return cmocka_run_group_tests_name("parser", tests, NULL, NULL);
}
