#ifndef FOOTPRINT_LANGUAGE_PARSER_TOKEN_H
#define FOOTPRINT_LANGUAGE_PARSER_TOKEN_H

/*
 * What both halves of the parser stand on: the token at hand, and how a fault is said.
 *
 * After a fault nothing more is said: parser->failed is set and the functions that parse return
 * NULL or false up to the top.
 */

#include <stdbool.h>
#include <stdint.h>

#include "config/language/lexer.h"

struct parser {
    struct lexer lexer;
    struct token token; /* the next one that is not taken yet */
    uint32_t depth;
    bool failed;
    struct arena *arena;
    const struct origin *origin;
};

void parser_init(
    struct parser *parser, struct text source, struct arena *arena, const struct origin *origin);
void parser_advance(struct parser *parser);
/* Takes the token when it is of that kind. */
bool parser_take(struct parser *parser, enum token_kind kind);
/* Takes it, or says what was expected in its place. */
bool parser_expect(struct parser *parser, enum token_kind kind, const char *what);

bool parser_is_keyword(const struct token *token, const char *word);
/* One of and, or, not, in. */
bool parser_is_reserved(const struct token *token);

/* All return false. */
bool parser_fail(struct parser *parser, uint32_t offset, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
bool parser_fail_expected(struct parser *parser, const char *what);
/* A word, just taken, that stands where a value does and is no function. */
bool parser_fail_word(struct parser *parser, const struct token *word);

#endif
