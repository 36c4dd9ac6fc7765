/* Arguments of functions: selectors, matchers, windows. */
#include "config/language/parser_call.h"

#include "config/base/check.h"
#include "config/base/number.h"

#define STEPS_MAX 32     /* of a seq */
#define MATCHERS_MAX 256 /* in one pair of braces */

/* --- names ----------------------------------------------------------------------------------- */

/* A word or a quoted string. */
static bool
parser_name(struct parser *parser, const char *what, struct name *ret_name)
{
    if (parser->token.kind != TOKEN_WORD && parser->token.kind != TOKEN_STRING)
        return parser_fail_expected(parser, what);
    *ret_name = (struct name){parser->token.text, parser->token.offset, NULL};
    if (ret_name->text.length == 0)
        return parser_fail(parser, parser->token.offset, "a name is not empty");
    parser_advance(parser);
    return true;
}

static bool
parser_field(struct parser *parser, struct name *ret_name)
{
    return parser_name(parser, "the name of a field", ret_name);
}

/* --- matchers -------------------------------------------------------------------------------- */

static bool
parser_match_operator(struct parser *parser, enum match_operator *ret_op)
{
    switch (parser->token.kind) {
    case TOKEN_ASSIGN:
        *ret_op = MATCH_EQ;
        break;
    case TOKEN_NOT_EQUAL:
        *ret_op = MATCH_NE;
        break;
    case TOKEN_MATCHES:
        *ret_op = MATCH_REGEX;
        break;
    case TOKEN_MATCHES_NOT:
        *ret_op = MATCH_NO_REGEX;
        break;
    case TOKEN_LESS:
        *ret_op = MATCH_LT;
        break;
    case TOKEN_LESS_EQUAL:
        *ret_op = MATCH_LE;
        break;
    case TOKEN_MORE:
        *ret_op = MATCH_GT;
        break;
    case TOKEN_MORE_EQUAL:
        *ret_op = MATCH_GE;
        break;
    case TOKEN_EQUAL:
        return parser_fail(parser, parser->token.offset, "in braces equality is written '='");
    default:
        return parser_fail_expected(parser, "one of = != =~ !~ < <= > >=");
    }
    parser_advance(parser);
    return true;
}

static bool
parser_match_text(struct parser *parser, struct matcher *matcher)
{
    if (matcher->op >= MATCH_LT)
        return parser_fail(parser, parser->token.offset,
            "< <= > >= compare numbers; a number stands without quotes");
    matcher->text = parser->token.text;
    parser_advance(parser);
    return true;
}

static bool
parser_match_number(struct parser *parser, struct matcher *matcher)
{
    bool minus = parser_take(parser, TOKEN_MINUS);
    int64_t number = parser->token.number;

    if (parser->token.kind != TOKEN_NUMBER && parser->token.kind != TOKEN_DURATION)
        return parser_fail_expected(parser, "a number");
    if (matcher->op == MATCH_REGEX || matcher->op == MATCH_NO_REGEX)
        return parser_fail(
            parser, matcher->value_offset, "=~ and !~ take a regular expression in double quotes");
    if (parser->token.kind == TOKEN_DURATION)
        number *= NUMBER_ONE / 1000;
    matcher->is_number = true;
    matcher->number = minus ? -number : number;
    parser_advance(parser);
    return true;
}

static bool
parser_match_value(struct parser *parser, struct matcher *matcher)
{
    matcher->value_offset = parser->token.offset;
    switch (parser->token.kind) {
    case TOKEN_STRING:
        return parser_match_text(parser, matcher);
    case TOKEN_NUMBER:
    case TOKEN_DURATION:
    case TOKEN_MINUS:
        return parser_match_number(parser, matcher);
    case TOKEN_WORD:
        return parser_fail(parser, parser->token.offset,
            "a string stands in double quotes: \"%.*s\"", COMPLAIN_TEXT(parser->token.text));
    default:
        return parser_fail_expected(parser, "a string in double quotes or a number");
    }
}

/* {matcher, ...}; the brace is at hand. */
static bool
parser_matchers(struct parser *parser, struct matcher **ret_matchers)
{
    struct matcher **end = ret_matchers;
    uint32_t count = 0;

    parser_advance(parser);
    if (parser_take(parser, TOKEN_RIGHT_BRACE))
        return true;
    do {
        struct matcher *matcher = arena_take_zeroed(parser->arena, sizeof(*matcher));

        if (!parser_field(parser, &matcher->field) ||
            !parser_match_operator(parser, &matcher->op) || !parser_match_value(parser, matcher))
            return false;
        if (++count > MATCHERS_MAX)
            return parser_fail(parser, matcher->field.offset,
                "there are at most %d matchers in a pair of braces", MATCHERS_MAX);
        *end = matcher;
        end = &matcher->next;
    } while (parser_take(parser, TOKEN_COMMA));
    if (parser_is_keyword(&parser->token, "and") || parser_is_keyword(&parser->token, "or"))
        return parser_fail(parser, parser->token.offset,
            "matchers are separated by ',' and all of them must hold");
    return parser_expect(parser, TOKEN_RIGHT_BRACE, "',' or '}'");
}

/* --- windows --------------------------------------------------------------------------------- */

static bool
parser_window_length(struct parser *parser, int64_t *ret_ms)
{
    if (parser_is_keyword(&parser->token, "ever")) {
        *ret_ms = PLAN_EVER;
    } else if (parser->token.kind == TOKEN_DURATION) {
        *ret_ms = parser->token.number;
    } else if (parser->token.kind == TOKEN_NUMBER) {
        return parser_fail(parser, parser->token.offset,
            "a window has a unit: %.*ss is as many seconds", COMPLAIN_TEXT(parser->token.source));
    } else {
        return parser_fail_expected(parser, "a duration such as 30m, or 'ever'");
    }
    parser_advance(parser);
    return true;
}

/* [window]; the bracket is at hand, or there is none. */
static bool
parser_window(struct parser *parser, int64_t *ret_ms, uint32_t *ret_offset)
{
    *ret_ms = WINDOW_NOT_GIVEN;
    *ret_offset = parser->token.offset;
    if (!parser_take(parser, TOKEN_LEFT_BRACKET))
        return true;
    *ret_offset = parser->token.offset;
    return parser_window_length(parser, ret_ms) &&
           parser_expect(parser, TOKEN_RIGHT_BRACKET, "']'");
}

/* --- selectors ------------------------------------------------------------------------------- */

static bool
parser_types(struct parser *parser, struct selector *selector)
{
    struct name **end = &selector->types;

    if (parser_take(parser, TOKEN_STAR)) {
        selector->any_type = true;
        if (parser->token.kind == TOKEN_BAR)
            return parser_fail(parser, parser->token.offset, "'*' is all types already");
        return true;
    }
    do {
        struct name *name = arena_take_zeroed(parser->arena, sizeof(*name));

        if (parser->token.kind == TOKEN_STAR)
            return parser_fail(parser, parser->token.offset, "'*' is all types already");
        if (!parser_name(parser, "an event type, such as view or \"Order Completed\"", name))
            return false;
        *end = name;
        end = &name->next;
    } while (parser_take(parser, TOKEN_BAR));
    return true;
}

static struct selector *
parser_selector(struct parser *parser)
{
    struct selector *selector = arena_take_zeroed(parser->arena, sizeof(*selector));

    selector->offset = parser->token.offset;
    if (!parser_types(parser, selector))
        return NULL;
    if (parser_take(parser, TOKEN_DOT)) {
        selector->has_field = true;
        if (!parser_field(parser, &selector->field))
            return NULL;
    }
    if (parser->token.kind == TOKEN_LEFT_BRACE && !parser_matchers(parser, &selector->matchers))
        return NULL;
    if (parser->token.kind == TOKEN_DOT) {
        parser_fail(parser, parser->token.offset,
            selector->has_field ? "a selector has one field; a name with a point in it is quoted"
                                : "the field stands before the braces: purchase.value{value>=0}");
        return NULL;
    }
    if (!parser_window(parser, &selector->window_ms, &selector->window_offset))
        return NULL;
    if (parser->token.kind == TOKEN_LEFT_BRACE) {
        parser_fail(parser, parser->token.offset,
            "matchers stand before the window: view{category=\"shoes\"}[30m]");
        return NULL;
    }
    return selector;
}

/* --- shapes ---------------------------------------------------------------------------------- */

static bool
parser_close(struct parser *parser)
{
    if (parser->token.kind == TOKEN_COMMA)
        return parser_fail(parser, parser->token.offset,
            "this function takes one selector; several types are joined by '|'");
    if (parser->token.kind == TOKEN_WORD)
        return parser_fail(parser, parser->token.offset,
            "expected ')', not '%.*s'; a name of several words is quoted: \"Order Completed\"",
            COMPLAIN_TEXT(parser->token.text));
    return parser_expect(parser, TOKEN_RIGHT_PAREN, "')'");
}

static bool
parser_shape_selector(struct parser *parser, struct call *call)
{
    call->selectors = parser_selector(parser);
    return call->selectors != NULL && parser_close(parser);
}

static bool
parser_shape_share(struct parser *parser, struct call *call)
{
    call->selectors = parser_selector(parser);
    if (call->selectors == NULL)
        return false;
    if (call->selectors->window_ms != WINDOW_NOT_GIVEN)
        return parser_fail(parser, call->selectors->window_offset,
            "the window of share stands at its end: share(view, {category=\"shoes\"} [7d])");
    if (!parser_expect(parser, TOKEN_COMMA, "',' and matchers in braces"))
        return false;
    if (parser->token.kind != TOKEN_LEFT_BRACE)
        return parser_fail_expected(parser, "matchers in braces: {category=\"shoes\"}");
    return parser_matchers(parser, &call->also) &&
           parser_window(parser, &call->window_ms, &call->window_offset) &&
           parser_expect(parser, TOKEN_RIGHT_PAREN, "a window and ')'");
}

static bool
parser_duration(struct parser *parser, int64_t *ret_ms)
{
    *ret_ms = parser->token.number;
    return parser_expect(parser, TOKEN_DURATION, "a duration such as 30m");
}

/* ["by" field] ")" [window] */
static bool
parser_pattern_end(struct parser *parser, struct call *call)
{
    if (parser_is_keyword(&parser->token, "by")) {
        parser_advance(parser);
        call->has_by = true;
        if (!parser_field(parser, &call->by))
            return false;
    }
    return parser_expect(parser, TOKEN_RIGHT_PAREN, call->has_by ? "')'" : "'by' or ')'") &&
           parser_window(parser, &call->window_ms, &call->window_offset);
}

static bool
parser_shape_seq(struct parser *parser, struct call *call)
{
    struct selector **end = &call->selectors;
    uint32_t steps = 0;

    do {
        struct selector *step = parser_selector(parser);

        if (step == NULL)
            return false;
        if (++steps > STEPS_MAX)
            return parser_fail(parser, step->offset, "a seq has at most %d steps", STEPS_MAX);
        *end = step;
        end = &step->next;
    } while (parser_take(parser, TOKEN_COMMA));
    if (!parser_is_keyword(&parser->token, "within"))
        return parser_fail_expected(parser, "',' and a step, or 'within' and a duration");
    if (steps < 2)
        return parser_fail(parser, parser->token.offset,
            "a seq has two steps or more: seq(view, purchase within 1h)[7d]");
    parser_advance(parser);
    return parser_duration(parser, &call->within_ms) && parser_pattern_end(parser, call);
}

static bool
parser_shape_unanswered(struct parser *parser, struct call *call)
{
    call->selectors = parser_selector(parser);
    if (call->selectors == NULL || !parser_expect(parser, TOKEN_COMMA, "',' and the answer"))
        return false;
    call->selectors->next = parser_selector(parser);
    if (call->selectors->next == NULL)
        return false;
    if (parser_is_keyword(&parser->token, "within"))
        return parser_fail(parser, parser->token.offset,
            "the duration of unanswered stands after a ',': unanswered(a, b, 30m)[1d]");
    return parser_expect(parser, TOKEN_COMMA, "',' and a duration") &&
           parser_duration(parser, &call->within_ms) && parser_pattern_end(parser, call);
}

static bool
parser_shape_salt(struct parser *parser, struct call *call)
{
    call->argument = (struct name){parser->token.text, parser->token.offset, NULL};
    return parser_expect(parser, TOKEN_STRING, "a text in double quotes: bucket(\"vip\")") &&
           parser_expect(parser, TOKEN_RIGHT_PAREN, "')'");
}

static bool
parser_shape_segment(struct parser *parser, struct call *call)
{
    call->argument = (struct name){parser->token.text, parser->token.offset, NULL};
    if (parser->token.kind == TOKEN_STRING)
        return parser_fail(parser, parser->token.offset,
            "the name of a segment stands without quotes: member(%.*s)",
            COMPLAIN_TEXT(parser->token.text));
    return parser_expect(parser, TOKEN_WORD, "the name of a segment") &&
           parser_expect(parser, TOKEN_RIGHT_PAREN, "')'");
}

static bool
parser_shape(struct parser *parser, const struct function *function, struct call *call)
{
    switch (function->shape) {
    case SHAPE_SELECTOR:
        return parser_shape_selector(parser, call);
    case SHAPE_SHARE:
        return parser_shape_share(parser, call);
    case SHAPE_SEQ:
        return parser_shape_seq(parser, call);
    case SHAPE_UNANSWERED:
        return parser_shape_unanswered(parser, call);
    case SHAPE_SALT:
        return parser_shape_salt(parser, call);
    case SHAPE_SEGMENT:
        return parser_shape_segment(parser, call);
    case SHAPE_TRAIT:
        return parser_name(parser, "the name of a trait: trait.plan", &call->argument);
    }
    CHECK_NEVER();
}

struct call *
parser_call_arguments(struct parser *parser, const struct function *function)
{
    struct call *call = arena_take_zeroed(parser->arena, sizeof(*call));
    bool trait = function->shape == SHAPE_TRAIT;

    call->function = (enum function_id)(function - functions);
    call->window_ms = WINDOW_NOT_GIVEN;
    if (trait && !parser_expect(parser, TOKEN_DOT, "'.' and the name of a trait: trait.plan"))
        return NULL;
    if (!trait && parser->token.kind != TOKEN_LEFT_PAREN) {
        parser_fail(parser, parser->token.offset, "'%s' is a function; write %s", function->name,
            function->signature);
        return NULL;
    }
    if (!trait)
        parser_advance(parser);
    return parser_shape(parser, function, call) ? call : NULL;
}
