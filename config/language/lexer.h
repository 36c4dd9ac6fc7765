#ifndef FOOTPRINT_LANGUAGE_LEXER_H
#define FOOTPRINT_LANGUAGE_LEXER_H

/*
 * The text of an expression to tokens, one at a time.
 *
 * A token knows where it stood. Words and keywords are not told apart here: which words are
 * reserved depends on the place. A `#` starts a comment up to the end of the line. A fault is said
 * once, through the origin; from then on every token is TOKEN_BAD.
 */

#include <stdbool.h>
#include <stdint.h>

#include "config/base/arena.h"
#include "config/base/text.h"
#include "config/language/complain.h"

enum token_kind {
    TOKEN_BAD,
    TOKEN_END,
    TOKEN_WORD,
    TOKEN_STRING,
    TOKEN_NUMBER,
    TOKEN_DURATION,
    TOKEN_LEFT_PAREN,
    TOKEN_RIGHT_PAREN,
    TOKEN_LEFT_BRACE,
    TOKEN_RIGHT_BRACE,
    TOKEN_LEFT_BRACKET,
    TOKEN_RIGHT_BRACKET,
    TOKEN_COMMA,
    TOKEN_DOT,
    TOKEN_BAR,
    TOKEN_STAR,
    TOKEN_PLUS,
    TOKEN_MINUS,
    TOKEN_SLASH,
    TOKEN_ASSIGN,      /* =  */
    TOKEN_EQUAL,       /* == */
    TOKEN_NOT_EQUAL,   /* != */
    TOKEN_MATCHES,     /* =~ */
    TOKEN_MATCHES_NOT, /* !~ */
    TOKEN_LESS,        /* <  */
    TOKEN_LESS_EQUAL,  /* <= */
    TOKEN_MORE,        /* >  */
    TOKEN_MORE_EQUAL   /* >= */
};

struct token {
    enum token_kind kind;
    uint32_t offset;
    struct text source; /* as it was written */
    struct text text;   /* WORD: the word. STRING: its value */
    int64_t number;     /* NUMBER: millionths. DURATION: milliseconds */
};

struct lexer {
    struct text source;
    uint32_t at;
    bool failed;
    struct arena *arena; /* for the values of strings */
    const struct origin *origin;
};

void lexer_init(
    struct lexer *lexer, struct text source, struct arena *arena, const struct origin *origin);
struct token lexer_next(struct lexer *lexer);

/* Where in the source of a string token byte `offset` of its value stands, from its quote on. */
uint32_t lexer_string_offset(struct text source, uint32_t offset);

/* Whether a name needs no quotes. */
bool lexer_is_word(struct text text);

#endif
