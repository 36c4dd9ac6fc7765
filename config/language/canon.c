/* Prints expressions and segments in their canonical form. */
#include "config/language/canon.h"

#include <stdlib.h>

#include "config/base/check.h"
#include "config/base/number.h"
#include "config/language/duration.h"
#include "config/language/functions.h"
#include "config/language/lexer.h"

/* How tightly an expression binds. */
enum canon_rank {
    RANK_OR,
    RANK_AND,
    RANK_NOT,
    RANK_COMPARE,
    RANK_ARITH,
    RANK_TERM,
    RANK_FACTOR
};

void
canon_name(struct buffer *out, struct text name)
{
    if (lexer_is_word(name))
        buffer_add_text(out, name);
    else
        buffer_add_json(out, name);
}

void
canon_number(struct buffer *out, int64_t number)
{
    char digits[NUMBER_TEXT_BYTES_MAX];

    buffer_add(out, digits, number_format(number, digits));
}

/* --- lists in order -------------------------------------------------------------------------- */

/* Pieces of text that are printed sorted, each once. */
struct canon_pieces {
    struct buffer text;
    struct canon_piece {
        uint32_t first;
        uint32_t length;
        const struct buffer *text;
    } * pieces;
    uint32_t count;
};

static int
canon_piece_compare(const void *left, const void *right)
{
    const struct canon_piece *a = left, *b = right;

    return text_compare((struct text){a->text->bytes + a->first, a->length},
        (struct text){b->text->bytes + b->first, b->length});
}

static void
canon_pieces_init(struct canon_pieces *pieces, uint32_t capacity)
{
    buffer_init(&pieces->text);
    pieces->pieces = calloc(capacity + 1, sizeof(*pieces->pieces));
    CHECK(pieces->pieces != NULL);
    pieces->count = 0;
}

/* What was printed since the last end is one piece. */
static void
canon_pieces_end(struct canon_pieces *pieces)
{
    struct canon_piece *piece = &pieces->pieces[pieces->count];

    piece->text = &pieces->text;
    piece->first = pieces->count == 0 ? 0 : piece[-1].first + piece[-1].length;
    piece->length = (uint32_t)pieces->text.length - piece->first;
    pieces->count++;
}

static void
canon_pieces_print(struct canon_pieces *pieces, struct buffer *out, const char *separator)
{
    qsort(pieces->pieces, pieces->count, sizeof(*pieces->pieces), canon_piece_compare);
    for (uint32_t i = 0; i < pieces->count; i++) {
        const struct canon_piece *piece = &pieces->pieces[i];

        if (i > 0 && canon_piece_compare(piece, piece - 1) == 0)
            continue;
        if (i > 0)
            buffer_add_text(out, text_of(separator));
        buffer_add(out, pieces->text.bytes + piece->first, piece->length);
    }
    free(pieces->pieces);
    buffer_fini(&pieces->text);
}

/* --- selectors ------------------------------------------------------------------------------- */

static void
canon_matcher(struct buffer *out, const struct matcher *matcher)
{
    static const char *const operators[] = {
        [MATCH_EQ] = "=",
        [MATCH_NE] = "!=",
        [MATCH_REGEX] = "=~",
        [MATCH_NO_REGEX] = "!~",
        [MATCH_LT] = "<",
        [MATCH_LE] = "<=",
        [MATCH_GT] = ">",
        [MATCH_GE] = ">=",
    };

    canon_name(out, matcher->field.text);
    buffer_add_text(out, text_of(operators[matcher->op]));
    if (matcher->is_number)
        canon_number(out, matcher->number);
    else
        buffer_add_json(out, matcher->text);
}

static void
canon_matchers(struct buffer *out, const struct matcher *matchers)
{
    struct canon_pieces pieces;
    uint32_t count = 0;

    for (const struct matcher *matcher = matchers; matcher != NULL; matcher = matcher->next)
        count++;
    canon_pieces_init(&pieces, count);
    for (const struct matcher *matcher = matchers; matcher != NULL; matcher = matcher->next) {
        canon_matcher(&pieces.text, matcher);
        canon_pieces_end(&pieces);
    }
    buffer_add_char(out, '{');
    canon_pieces_print(&pieces, out, ",");
    buffer_add_char(out, '}');
}

static void
canon_types(struct buffer *out, const struct selector *selector)
{
    struct canon_pieces pieces;
    uint32_t count = 0;

    if (selector->any_type) {
        buffer_add_char(out, '*');
        return;
    }
    for (const struct name *name = selector->types; name != NULL; name = name->next)
        count++;
    canon_pieces_init(&pieces, count);
    for (const struct name *name = selector->types; name != NULL; name = name->next) {
        canon_name(&pieces.text, name->text);
        canon_pieces_end(&pieces);
    }
    canon_pieces_print(&pieces, out, "|");
}

void
canon_predicate(struct buffer *out, struct text field, const struct plan_predicate *predicate)
{
    static const char *const signs[] = {
        [TEST_TEXT_EQ] = "=",
        [TEST_TEXT_NE] = "!=",
        [TEST_REGEX_MATCH] = "=~",
        [TEST_REGEX_NO_MATCH] = "!~",
        [TEST_NUMBER_EQ] = "=",
        [TEST_NUMBER_NE] = "!=",
        [TEST_NUMBER_LT] = "<",
        [TEST_NUMBER_LE] = "<=",
        [TEST_NUMBER_GT] = ">",
        [TEST_NUMBER_GE] = ">=",
        [TEST_IS_NUMBER] = " is a number",
        [TEST_NOT_EMPTY] = " is not empty",
    };

    canon_name(out, field);
    buffer_add_text(out, text_of(signs[predicate->test]));
    if (predicate->test <= TEST_REGEX_NO_MATCH)
        buffer_add_json(out, predicate->text);
    else if (predicate->test <= TEST_NUMBER_GE)
        canon_number(out, predicate->number);
}

void
canon_window(struct buffer *out, int64_t window_ms)
{
    if (window_ms == WINDOW_NOT_GIVEN)
        return;
    buffer_add_char(out, '[');
    if (window_ms == PLAN_EVER)
        buffer_add_literal(out, "ever");
    else
        duration_print(out, window_ms);
    buffer_add_char(out, ']');
}

static void
canon_selector(struct buffer *out, const struct selector *selector)
{
    canon_types(out, selector);
    if (selector->has_field) {
        buffer_add_char(out, '.');
        canon_name(out, selector->field.text);
    }
    if (selector->matchers != NULL)
        canon_matchers(out, selector->matchers);
    canon_window(out, selector->window_ms);
}

/* --- calls ----------------------------------------------------------------------------------- */

static void
canon_selectors(struct buffer *out, const struct selector *selectors)
{
    for (const struct selector *selector = selectors; selector != NULL; selector = selector->next) {
        if (selector != selectors)
            buffer_add_literal(out, ", ");
        canon_selector(out, selector);
    }
}

static void
canon_arguments(struct buffer *out, const struct call *call)
{
    canon_selectors(out, call->selectors);
    switch (functions[call->function].shape) {
    case SHAPE_SHARE:
        buffer_add_literal(out, ", ");
        canon_matchers(out, call->also);
        buffer_add_char(out, ' ');
        canon_window(out, call->window_ms);
        break;
    case SHAPE_SEQ:
        buffer_add_literal(out, " within ");
        duration_print(out, call->within_ms);
        break;
    case SHAPE_UNANSWERED:
        buffer_add_literal(out, ", ");
        duration_print(out, call->within_ms);
        break;
    case SHAPE_SALT:
        buffer_add_json(out, call->argument.text);
        break;
    case SHAPE_SEGMENT:
        buffer_add_text(out, call->argument.text);
        break;
    case SHAPE_SELECTOR:
    case SHAPE_TRAIT:
        break;
    }
    if (call->has_by) {
        buffer_add_literal(out, " by ");
        canon_name(out, call->by.text);
    }
}

static void
canon_call(struct buffer *out, const struct call *call)
{
    const struct function *function = &functions[call->function];

    buffer_add_text(out, text_of(function->name));
    if (function->shape == SHAPE_TRAIT) {
        buffer_add_char(out, '.');
        canon_name(out, call->argument.text);
        return;
    }
    buffer_add_char(out, '(');
    canon_arguments(out, call);
    buffer_add_char(out, ')');
    if (function->shape == SHAPE_SEQ || function->shape == SHAPE_UNANSWERED)
        canon_window(out, call->window_ms);
}

/* --- expressions ----------------------------------------------------------------------------- */

static enum canon_rank
canon_rank(const struct expr *expr)
{
    switch (expr->kind) {
    case EXPR_OR:
        return RANK_OR;
    case EXPR_AND:
        return RANK_AND;
    case EXPR_NOT:
        return RANK_NOT;
    case EXPR_COMPARE:
    case EXPR_IN:
        return RANK_COMPARE;
    case EXPR_ADD:
    case EXPR_SUBTRACT:
        return RANK_ARITH;
    case EXPR_MULTIPLY:
    case EXPR_DIVIDE:
        return RANK_TERM;
    case EXPR_NUMBER:
    case EXPR_TEXT:
    case EXPR_CALL:
    case EXPR_NEGATE:
        return RANK_FACTOR;
    }
    CHECK_NEVER();
}

/* In parentheses where it binds less than its place asks for. */
static void
canon_ranked(struct buffer *out, const struct expr *expr, enum canon_rank least)
{
    bool parentheses = canon_rank(expr) < least;

    if (parentheses)
        buffer_add_char(out, '(');
    canon_expr(out, expr);
    if (parentheses)
        buffer_add_char(out, ')');
}

static void
canon_pair(struct buffer *out, const struct expr *expr, const char *sign)
{
    enum canon_rank rank = canon_rank(expr);

    canon_ranked(out, expr->child, rank == RANK_COMPARE ? RANK_ARITH : rank);
    buffer_add_text(out, text_of(sign));
    canon_ranked(out, expr->child->next, rank + 1);
}

static void
canon_chain(struct buffer *out, const struct expr *expr, const char *word)
{
    for (const struct expr *child = expr->child; child != NULL; child = child->next) {
        if (child != expr->child)
            buffer_add_text(out, text_of(word));
        canon_ranked(out, child, canon_rank(expr) + 1);
    }
}

static void
canon_in(struct buffer *out, const struct expr *expr)
{
    canon_ranked(out, expr->child, RANK_ARITH);
    buffer_add_literal(out, " in (");
    for (const struct expr *child = expr->child->next; child != NULL; child = child->next) {
        if (child != expr->child->next)
            buffer_add_literal(out, ", ");
        canon_expr(out, child);
    }
    buffer_add_char(out, ')');
}

static void
canon_compare(struct buffer *out, const struct expr *expr)
{
    static const char *const operators[] = {
        [COMPARE_EQ] = " == ",
        [COMPARE_NE] = " != ",
        [COMPARE_LT] = " < ",
        [COMPARE_LE] = " <= ",
        [COMPARE_GT] = " > ",
        [COMPARE_GE] = " >= ",
    };

    canon_pair(out, expr, operators[expr->compare]);
}

void
canon_expr(struct buffer *out, const struct expr *expr)
{
    switch (expr->kind) {
    case EXPR_NUMBER:
        canon_number(out, expr->number);
        return;
    case EXPR_TEXT:
        buffer_add_json(out, expr->text);
        return;
    case EXPR_CALL:
        canon_call(out, expr->call);
        return;
    case EXPR_NOT:
        buffer_add_literal(out, "not ");
        canon_ranked(out, expr->child, RANK_NOT);
        return;
    case EXPR_AND:
        canon_chain(out, expr, " and ");
        return;
    case EXPR_OR:
        canon_chain(out, expr, " or ");
        return;
    case EXPR_COMPARE:
        canon_compare(out, expr);
        return;
    case EXPR_IN:
        canon_in(out, expr);
        return;
    case EXPR_ADD:
        canon_pair(out, expr, " + ");
        return;
    case EXPR_SUBTRACT:
        canon_pair(out, expr, " - ");
        return;
    case EXPR_MULTIPLY:
        canon_pair(out, expr, " * ");
        return;
    case EXPR_DIVIDE:
        canon_pair(out, expr, " / ");
        return;
    case EXPR_NEGATE:
        buffer_add_char(out, '-');
        canon_ranked(out, expr->child, RANK_FACTOR);
        return;
    }
}

/* --- segments -------------------------------------------------------------------------------- */

static void
canon_option(struct buffer *out, const char *name, int64_t ms)
{
    if (ms == 0)
        return;
    buffer_add_text(out, text_of(name));
    duration_print(out, ms);
    buffer_add_char(out, '\n');
}

void
canon_rule(struct buffer *out, const struct rule *rule)
{
    buffer_add_literal(out, "name: ");
    buffer_add_text(out, rule->name);
    buffer_add_literal(out, "\nwhen: ");
    canon_expr(out, rule->when);
    buffer_add_char(out, '\n');
    canon_option(out, "for: ", rule->for_ms);
    canon_option(out, "keep: ", rule->keep_ms);
    canon_option(out, "cooldown: ", rule->cooldown_ms);
}

void
canon_values(struct buffer *out, const struct rule *rule)
{
    for (uint32_t i = 0; i < rule->value_count; i++) {
        buffer_add_literal(out, "attach: ");
        buffer_add_json(out, rule->values[i].name);
        buffer_add_char(out, ' ');
        canon_expr(out, rule->values[i].expr);
        buffer_add_char(out, '\n');
    }
}
