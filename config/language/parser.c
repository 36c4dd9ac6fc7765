/* Expressions by recursive descent: one function for each line of the grammar. */
#include "config/language/parser.h"

#include "config/base/check.h"
#include "config/base/limits.h"
#include "config/base/number.h"
#include "config/language/functions.h"
#include "config/language/parser_call.h"
#include "config/language/parser_token.h"

static struct expr *parser_or(struct parser *parser);

static struct expr *
parser_expr_new(struct parser *parser, enum expr_kind kind, uint32_t offset)
{
    struct expr *expr = arena_take_zeroed(parser->arena, sizeof(*expr));

    expr->kind = kind;
    expr->offset = offset;
    expr->operator_offset = offset;
    expr->depth = 1;
    return expr;
}

/* Refuses what is nested too deep, so that nothing that walks the tree can run out of stack. */
static struct expr *
parser_bounded(struct parser *parser, struct expr *expr)
{
    for (const struct expr *child = expr->child; child != NULL; child = child->next) {
        if (child->depth >= expr->depth)
            expr->depth = child->depth + 1;
    }
    if (expr->depth <= EXPR_DEPTH_MAX)
        return expr;
    parser_fail(parser, expr->operator_offset,
        "this is nested more than %d levels deep; make a segment of a part of it and use member()",
        EXPR_DEPTH_MAX);
    return NULL;
}

/* An expression inside another one: counts how deep we are. */
static struct expr *
parser_nested(struct parser *parser, struct expr *parse(struct parser *))
{
    struct expr *expr;

    if (parser->depth >= EXPR_DEPTH_MAX) {
        parser_fail(parser, parser->token.offset,
            "this is nested more than %d levels deep; make a segment of a part of it and use "
            "member()",
            EXPR_DEPTH_MAX);
        return NULL;
    }
    parser->depth++;
    expr = parse(parser);
    parser->depth--;
    return expr;
}

static struct expr *
parser_binary(struct parser *parser, enum expr_kind kind, const struct token *sign,
    struct expr *left, struct expr *right)
{
    struct expr *expr;

    if (right == NULL)
        return NULL;
    expr = parser_expr_new(parser, kind, left->offset);
    expr->operator_offset = sign->offset;
    expr->child = left;
    left->next = right;
    return parser_bounded(parser, expr);
}

/* --- factors --------------------------------------------------------------------------------- */

static struct expr *
parser_constant(struct parser *parser)
{
    struct token token = parser->token;
    struct expr *expr;

    if (token.kind == TOKEN_STRING) {
        expr = parser_expr_new(parser, EXPR_TEXT, token.offset);
        expr->text = token.text;
        expr->type = TYPE_TEXT;
    } else {
        expr = parser_expr_new(parser, EXPR_NUMBER, token.offset);
        expr->type = TYPE_NUMBER;
        expr->is_duration = token.kind == TOKEN_DURATION;
        expr->number = expr->is_duration ? token.number * (NUMBER_ONE / 1000) : token.number;
    }
    parser_advance(parser);
    return expr;
}

static struct expr *
parser_call(struct parser *parser, const struct function *function, const struct token *word)
{
    struct expr *expr = parser_expr_new(parser, EXPR_CALL, word->offset);

    expr->type = function->type;
    expr->call = parser_call_arguments(parser, function);
    return expr->call == NULL ? NULL : expr;
}

/* A word where a value or a condition is expected. */
static struct expr *
parser_word(struct parser *parser)
{
    struct token word = parser->token;
    const struct function *function = functions_find(word.text);

    if (parser_is_reserved(&word)) {
        parser_fail_expected(parser, "a value or a condition");
        return NULL;
    }
    parser_advance(parser);
    if (function != NULL)
        return parser_call(parser, function, &word);
    parser_fail_word(parser, &word);
    return NULL;
}

static struct expr *parser_factor(struct parser *parser);

static struct expr *
parser_negation(struct parser *parser)
{
    struct token minus = parser->token;
    struct expr *child, *expr;

    parser_advance(parser);
    child = parser_nested(parser, parser_factor);
    if (child == NULL)
        return NULL;
    if (child->kind == EXPR_NUMBER) { /* -5 is a constant */
        child->number = -child->number;
        child->offset = minus.offset;
        return child;
    }
    expr = parser_expr_new(parser, EXPR_NEGATE, minus.offset);
    expr->child = child;
    return parser_bounded(parser, expr);
}

static struct expr *
parser_parenthesis(struct parser *parser)
{
    struct token open = parser->token;
    struct expr *expr;

    parser_advance(parser);
    expr = parser_nested(parser, parser_or);
    if (expr == NULL)
        return NULL;
    if (parser->token.kind == TOKEN_END) {
        parser_fail(parser, open.offset, "this parenthesis is not closed");
        return NULL;
    }
    return parser_expect(parser, TOKEN_RIGHT_PAREN, "an operator or ')'") ? expr : NULL;
}

static struct expr *
parser_factor(struct parser *parser)
{
    switch (parser->token.kind) {
    case TOKEN_STRING:
    case TOKEN_NUMBER:
    case TOKEN_DURATION:
        return parser_constant(parser);
    case TOKEN_WORD:
        return parser_word(parser);
    case TOKEN_MINUS:
        return parser_negation(parser);
    case TOKEN_LEFT_PAREN:
        return parser_parenthesis(parser);
    case TOKEN_STAR:
        parser_fail(parser, parser->token.offset,
            "'*' stands for all events inside a function only: count(*[1h])");
        return NULL;
    default:
        parser_fail_expected(parser, "a value or a condition");
        return NULL;
    }
}

/* --- operators ------------------------------------------------------------------------------- */

static struct expr *
parser_term(struct parser *parser)
{
    struct expr *left = parser_factor(parser);

    while (
        left != NULL && (parser->token.kind == TOKEN_STAR || parser->token.kind == TOKEN_SLASH)) {
        struct token sign = parser->token;
        enum expr_kind kind = sign.kind == TOKEN_STAR ? EXPR_MULTIPLY : EXPR_DIVIDE;

        parser_advance(parser);
        left = parser_binary(parser, kind, &sign, left, parser_factor(parser));
    }
    return left;
}

static struct expr *
parser_arith(struct parser *parser)
{
    struct expr *left = parser_term(parser);

    while (
        left != NULL && (parser->token.kind == TOKEN_PLUS || parser->token.kind == TOKEN_MINUS)) {
        struct token sign = parser->token;
        enum expr_kind kind = sign.kind == TOKEN_PLUS ? EXPR_ADD : EXPR_SUBTRACT;

        parser_advance(parser);
        left = parser_binary(parser, kind, &sign, left, parser_term(parser));
    }
    return left;
}

static bool
parser_compare_of(enum token_kind kind, enum plan_compare *ret_compare)
{
    switch (kind) {
    case TOKEN_EQUAL:
        *ret_compare = COMPARE_EQ;
        return true;
    case TOKEN_NOT_EQUAL:
        *ret_compare = COMPARE_NE;
        return true;
    case TOKEN_LESS:
        *ret_compare = COMPARE_LT;
        return true;
    case TOKEN_LESS_EQUAL:
        *ret_compare = COMPARE_LE;
        return true;
    case TOKEN_MORE:
        *ret_compare = COMPARE_GT;
        return true;
    case TOKEN_MORE_EQUAL:
        *ret_compare = COMPARE_GE;
        return true;
    default:
        return false;
    }
}

/* One constant of an `in` list, or NULL. */
static struct expr *
parser_list_constant(struct parser *parser)
{
    bool minus = parser->token.kind == TOKEN_MINUS;

    if (minus)
        parser_advance(parser);
    if (parser->token.kind == TOKEN_NUMBER || parser->token.kind == TOKEN_DURATION ||
        (!minus && parser->token.kind == TOKEN_STRING)) {
        struct expr *expr = parser_constant(parser);

        expr->number = minus ? -expr->number : expr->number;
        return expr;
    }
    parser_fail_expected(parser, minus ? "a number" : "a constant, such as 3 or \"shoes\"");
    return NULL;
}

static struct expr *
parser_in(struct parser *parser, struct expr *value)
{
    struct expr *expr = parser_expr_new(parser, EXPR_IN, value->offset), *last = value;

    expr->operator_offset = parser->token.offset;
    expr->child = value;
    parser_advance(parser);
    if (!parser_expect(parser, TOKEN_LEFT_PAREN, "'(' and the constants, as in (\"a\", \"b\")"))
        return NULL;
    do {
        struct expr *constant = parser_list_constant(parser);

        if (constant == NULL)
            return NULL;
        last->next = constant;
        last = constant;
    } while (parser_take(parser, TOKEN_COMMA));
    if (!parser_expect(parser, TOKEN_RIGHT_PAREN, "',' or ')'"))
        return NULL;
    return parser_bounded(parser, expr);
}

static struct expr *
parser_compare(struct parser *parser)
{
    struct expr *left = parser_arith(parser);
    struct token sign = parser->token;
    enum plan_compare compare, second;

    if (left == NULL)
        return NULL;
    if (parser_is_keyword(&sign, "in"))
        return parser_in(parser, left);
    if (!parser_compare_of(sign.kind, &compare))
        return left;
    parser_advance(parser);
    left = parser_binary(parser, EXPR_COMPARE, &sign, left, parser_arith(parser));
    if (left == NULL)
        return NULL;
    left->compare = compare;
    if (parser_compare_of(parser->token.kind, &second)) {
        parser_fail(
            parser, parser->token.offset, "comparisons do not go on; join two of them with 'and'");
        return NULL;
    }
    return left;
}

static struct expr *
parser_not(struct parser *parser)
{
    struct token word = parser->token;
    struct expr *expr, *child;

    if (!parser_is_keyword(&word, "not"))
        return parser_compare(parser);
    parser_advance(parser);
    child = parser_nested(parser, parser_not);
    if (child == NULL)
        return NULL;
    expr = parser_expr_new(parser, EXPR_NOT, word.offset);
    expr->child = child;
    return parser_bounded(parser, expr);
}

/* operand (word operand)*: one node with all of them. */
static struct expr *
parser_chain(struct parser *parser, enum expr_kind kind, const char *word,
    struct expr *parse_operand(struct parser *))
{
    struct expr *first = parse_operand(parser), *last = first, *expr;

    if (first == NULL || !parser_is_keyword(&parser->token, word))
        return first;
    expr = parser_expr_new(parser, kind, first->offset);
    expr->operator_offset = parser->token.offset;
    expr->child = first;
    while (parser_is_keyword(&parser->token, word)) {
        parser_advance(parser);
        last->next = parse_operand(parser);
        if (last->next == NULL)
            return NULL;
        last = last->next;
    }
    return parser_bounded(parser, expr);
}

static struct expr *
parser_and(struct parser *parser)
{
    return parser_chain(parser, EXPR_AND, "and", parser_not);
}

static struct expr *
parser_or(struct parser *parser)
{
    return parser_chain(parser, EXPR_OR, "or", parser_and);
}

struct expr *
parser_parse(struct text source, struct arena *arena, const struct origin *origin)
{
    struct parser parser;
    struct expr *expr;

    parser_init(&parser, source, arena, origin);
    if (parser.token.kind == TOKEN_END) {
        parser_fail(&parser, 0, "an expression is missing here, such as count(view[30m]) >= 3");
        return NULL;
    }
    expr = parser_or(&parser);
    if (expr == NULL)
        return NULL;
    if (parser.token.kind == TOKEN_END)
        return expr;
    if (parser_is_keyword(&parser.token, "not"))
        parser_fail(&parser, parser.token.offset,
            "'not' stands before a condition: not trait.plan in (\"free\", \"trial\")");
    else if (parser.token.kind == TOKEN_ASSIGN)
        parser_fail(&parser, parser.token.offset,
            "outside of braces '=' means nothing; did you mean '=='?");
    else if (parser.token.kind == TOKEN_MATCHES || parser.token.kind == TOKEN_MATCHES_NOT)
        parser_fail(&parser, parser.token.offset,
            "regular expressions stand in braces: any(view{item=~\"sku-.*\"}[1d])");
    else if (parser.token.kind == TOKEN_RIGHT_PAREN)
        parser_fail(&parser, parser.token.offset, "there is no '(' for this ')'");
    else
        parser_fail_expected(&parser, "'and', 'or', an operator or the end");
    return NULL;
}
