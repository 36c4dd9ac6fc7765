/* The token at hand, and what to say when it is the wrong one. */
#include "config/language/parser_token.h"

#include <stdarg.h>
#include <stdio.h>

#include "config/base/check.h"
#include "config/language/functions.h"

#define PARSER_MESSAGE_BYTES_MAX 512

void
parser_init(
    struct parser *parser, struct text source, struct arena *arena, const struct origin *origin)
{
    CHECK(arena != NULL);
    *parser = (struct parser){.arena = arena, .origin = origin};
    lexer_init(&parser->lexer, source, arena, origin);
    parser_advance(parser);
}

void
parser_advance(struct parser *parser)
{
    parser->token = lexer_next(&parser->lexer);
    if (parser->token.kind == TOKEN_BAD)
        parser->failed = true; /* the lexer has said why */
}

bool
parser_take(struct parser *parser, enum token_kind kind)
{
    if (parser->token.kind != kind)
        return false;
    parser_advance(parser);
    return true;
}

bool
parser_expect(struct parser *parser, enum token_kind kind, const char *what)
{
    return parser_take(parser, kind) || parser_fail_expected(parser, what);
}

bool
parser_is_keyword(const struct token *token, const char *word)
{
    return token->kind == TOKEN_WORD && text_equal(token->text, text_of(word));
}

bool
parser_is_reserved(const struct token *token)
{
    return parser_is_keyword(token, "and") || parser_is_keyword(token, "or") ||
           parser_is_keyword(token, "not") || parser_is_keyword(token, "in");
}

bool
parser_fail(struct parser *parser, uint32_t offset, const char *fmt, ...)
{
    char message[PARSER_MESSAGE_BYTES_MAX];
    va_list args;

    if (parser->failed)
        return false;
    parser->failed = true;
    va_start(args, fmt);
    vsnprintf(message, sizeof(message), fmt, args);
    va_end(args);
    return complain(parser->origin, offset, "%s", message);
}

/* Says so when a word is a keyword but for its capitals; else true. */
static bool
parser_fail_case(struct parser *parser, const struct token *word)
{
    static const char *const keywords[] = {"and", "or", "not", "in"};

    for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
        if (word->text.length == strlen(keywords[i]) &&
            !text_equal(word->text, text_of(keywords[i])) &&
            strncasecmp(word->text.bytes, keywords[i], word->text.length) == 0)
            return parser_fail(
                parser, word->offset, "keywords are lower case; write '%s'", keywords[i]);
    }
    return true;
}

bool
parser_fail_expected(struct parser *parser, const char *what)
{
    const struct token *token = &parser->token;

    if (token->kind == TOKEN_WORD && !parser_fail_case(parser, token))
        return false;
    if (token->kind == TOKEN_END)
        return parser_fail(parser, token->offset, "the text ends here; expected %s", what);
    return parser_fail(
        parser, token->offset, "expected %s, not '%.*s'", what, COMPLAIN_TEXT(token->source));
}

static bool
parser_fail_function(struct parser *parser, const struct token *word)
{
    const char *near = functions_suggest(word->text);
    struct buffer names;

    if (near != NULL)
        return parser_fail(parser, word->offset, "unknown function '%.*s'; did you mean '%s'?",
            COMPLAIN_TEXT(word->text), near);
    buffer_init(&names);
    functions_list(&names);
    parser_fail(parser, word->offset, "unknown function '%.*s'; the functions are %.*s",
        COMPLAIN_TEXT(word->text), (int)names.length, names.bytes);
    buffer_fini(&names);
    return false;
}

bool
parser_fail_word(struct parser *parser, const struct token *word)
{
    int length = (int)(word->text.length > 64 ? 64 : word->text.length);
    const char *text = word->text.bytes;

    if (!parser_fail_case(parser, word))
        return false;
    if (text_equal(word->text, TEXT("true")) || text_equal(word->text, TEXT("false")))
        return parser_fail(parser, word->offset,
            "there is no constant '%.*s'; a boolean field is the string \"%.*s\", and a condition "
            "stands by itself",
            length, text, length, text);
    if (text_equal(word->text, TEXT("null")))
        return parser_fail(parser, word->offset,
            "there is no constant 'null'; a comparison with nothing is false by itself");
    if (parser->token.kind == TOKEN_LEFT_PAREN || functions_suggest(word->text) != NULL)
        return parser_fail_function(parser, word);
    return parser_fail(parser, word->offset,
        "'%.*s' alone is no value; write count(%.*s[30m]) for events, trait.%.*s for a trait, "
        "member(%.*s) for a segment, \"%.*s\" for a string",
        length, text, length, text, length, text, length, text, length, text);
}
