/* Cuts the text of an expression into tokens. */
#include "config/language/lexer.h"

#include "config/base/check.h"
#include "config/base/number.h"
#include "config/base/utf8.h"
#include "config/language/duration.h"

static bool
lexer_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool
lexer_is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool
lexer_is_word(struct text text)
{
    if (text.length == 0 || !lexer_is_letter(text.bytes[0]))
        return false;
    for (uint32_t i = 1; i < text.length; i++) {
        if (!lexer_is_letter(text.bytes[i]) && !lexer_is_digit(text.bytes[i]))
            return false;
    }
    return true;
}

void
lexer_init(
    struct lexer *lexer, struct text source, struct arena *arena, const struct origin *origin)
{
    CHECK(origin != NULL);
    *lexer = (struct lexer){.source = source, .arena = arena, .origin = origin};
}

/* The byte `ahead` places further on, or 0 at the end. */
static char
lexer_peek(const struct lexer *lexer, uint32_t ahead)
{
    uint32_t at = lexer->at + ahead;

    return at < lexer->source.length ? lexer->source.bytes[at] : '\0';
}

static struct token
lexer_token(struct lexer *lexer, enum token_kind kind, uint32_t length)
{
    struct token token = {.kind = kind, .offset = lexer->at};

    token.source = (struct text){lexer->source.bytes + lexer->at, length};
    lexer->at += length;
    return token;
}

static struct token
lexer_bad(struct lexer *lexer)
{
    lexer->failed = true;
    return lexer_token(lexer, TOKEN_BAD, 0);
}

static void
lexer_skip_comment(struct lexer *lexer)
{
    while (lexer->at < lexer->source.length && lexer_peek(lexer, 0) != '\n')
        lexer->at++;
}

static void
lexer_skip_space(struct lexer *lexer)
{
    while (lexer->at < lexer->source.length) {
        char c = lexer_peek(lexer, 0);

        if (c == '#')
            lexer_skip_comment(lexer);
        else if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
            lexer->at++;
        else
            return;
    }
}

/* --- strings --------------------------------------------------------------------------------- */

static int
lexer_hex_digit(char c)
{
    if (lexer_is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The four hex digits at `at`, or -1. */
static int32_t
lexer_hex(struct text source, uint32_t at)
{
    int32_t value = 0;

    if (source.length < 4 || at > source.length - 4)
        return -1;
    for (uint32_t i = 0; i < 4; i++) {
        int digit = lexer_hex_digit(source.bytes[at + i]);

        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* The code point of a \u escape whose backslash is at `at`, and its length; 0 when it is wrong. */
static uint32_t
lexer_unicode(struct text source, uint32_t at, uint32_t *ret_code)
{
    int32_t high = lexer_hex(source, at + 2), low;

    if (high < 0 || (high >= 0xdc00 && high <= 0xdfff))
        return 0;
    *ret_code = (uint32_t)high;
    if (high < 0xd800 || high > 0xdbff)
        return 6;
    if (at + 8 > source.length || source.bytes[at + 6] != '\\' || source.bytes[at + 7] != 'u')
        return 0;
    low = lexer_hex(source, at + 8);
    if (low < 0xdc00 || low > 0xdfff)
        return 0;
    *ret_code = 0x10000 + (((uint32_t)high - 0xd800) << 10) + ((uint32_t)low - 0xdc00);
    return 12;
}

/*
 * One character of a string at `at`, escaped or not: writes its bytes to `out`, their number to
 * *ret_bytes, and returns how many bytes of the source it took; 0 when the escape is wrong.
 */
static uint32_t
lexer_character(
    struct text source, uint32_t at, char out[UTF8_SEQUENCE_BYTES_MAX], uint32_t *ret_bytes)
{
    static const char escapes[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    const char *found;
    uint32_t code, length;
    char c = source.bytes[at];

    *ret_bytes = 1;
    *out = c;
    if (c != '\\')
        return 1;
    c = at + 1 < source.length ? source.bytes[at + 1] : '\0';
    if (c == 'u') {
        length = lexer_unicode(source, at, &code);
        if (length > 0)
            *ret_bytes = utf8_encode(code, out);
        return length;
    }
    found = c == '\0' ? NULL : strchr(escapes, c);
    if (found == NULL)
        return 0;
    *out = values[found - escapes];
    return 2;
}

uint32_t
lexer_string_offset(struct text source, uint32_t offset)
{
    char ignored[UTF8_SEQUENCE_BYTES_MAX];
    uint32_t at = 1, seen = 0;

    while (at < source.length && seen < offset) {
        uint32_t bytes, taken = lexer_character(source, at, ignored, &bytes);

        if (taken == 0)
            break;
        at += taken;
        seen += bytes;
    }
    return at;
}

/* Where a string that starts at the lexer ends: at its closing quote, or at the end of all. */
static uint32_t
lexer_string_end(const struct lexer *lexer)
{
    struct text source = lexer->source;
    uint32_t at = lexer->at + 1;

    while (at < source.length && source.bytes[at] != '"')
        at += source.bytes[at] == '\\' ? 2 : 1;
    return at < source.length ? at : source.length;
}

static struct token
lexer_string(struct lexer *lexer)
{
    struct text source = lexer->source;
    uint32_t at = lexer->at + 1, end = lexer_string_end(lexer), used = 0;
    char *value = arena_take(lexer->arena, (size_t)end - lexer->at + 1);
    struct token token;

    while (at < end) {
        char bytes[UTF8_SEQUENCE_BYTES_MAX];
        uint32_t count, taken = lexer_character(source, at, bytes, &count);

        if (taken == 0) {
            complain(lexer->origin, at,
                "wrong escape in a string; the escapes are \\\" \\\\ \\/ \\b \\f \\n \\r \\t and "
                "\\u with four hex digits");
            return lexer_bad(lexer);
        }
        memcpy(value + used, bytes, count);
        used += count;
        at += taken;
    }
    if (end == source.length) {
        complain(lexer->origin, lexer->at, "this string is not closed; it ends with a '\"'");
        return lexer_bad(lexer);
    }
    value[used] = '\0';
    token = lexer_token(lexer, TOKEN_STRING, end + 1 - lexer->at);
    token.text = (struct text){value, used};
    return token;
}

/* --- numbers and durations ------------------------------------------------------------------- */

static void
lexer_complain_unit(const struct lexer *lexer, struct text text, uint32_t offset)
{
    struct text letters = duration_letters(text, offset);
    const char *unit = duration_suggest_unit(letters);

    if (unit != NULL)
        complain(lexer->origin, lexer->at + offset, "unknown unit '%.*s'; did you mean '%s'?",
            COMPLAIN_TEXT(letters), unit);
    else
        complain(lexer->origin, lexer->at + offset,
            "unknown unit '%.*s'; the units are ms s m h d w", COMPLAIN_TEXT(letters));
}

static struct token
lexer_duration(struct lexer *lexer)
{
    struct text text = {lexer->source.bytes + lexer->at, 0};
    uint32_t offset;
    struct token token;
    int64_t ms = 0;

    while (lexer_is_digit(lexer_peek(lexer, text.length)) ||
           lexer_is_letter(lexer_peek(lexer, text.length)))
        text.length++;
    switch (duration_parse(text, &ms, &offset)) {
    case DURATION_OK:
        token = lexer_token(lexer, TOKEN_DURATION, text.length);
        token.number = ms;
        return token;
    case DURATION_BAD_UNIT:
        lexer_complain_unit(lexer, text, offset);
        break;
    case DURATION_NO_NUMBER:
    case DURATION_NO_UNIT:
        complain(lexer->origin, lexer->at + offset,
            "the last number of '%.*s' has no unit; the units are ms s m h d w",
            COMPLAIN_TEXT(text));
        break;
    case DURATION_TOO_LONG:
        complain(lexer->origin, lexer->at, "a duration is at most 9200000000000s");
        break;
    }
    return lexer_bad(lexer);
}

/* The length of "e5", "E+5" at `ahead`, or 0. */
static uint32_t
lexer_exponent(const struct lexer *lexer, uint32_t ahead)
{
    uint32_t length = 1;

    if (lexer_peek(lexer, ahead) != 'e' && lexer_peek(lexer, ahead) != 'E')
        return 0;
    if (lexer_peek(lexer, ahead + length) == '+' || lexer_peek(lexer, ahead + length) == '-')
        length++;
    if (!lexer_is_digit(lexer_peek(lexer, ahead + length)))
        return 0;
    while (lexer_is_digit(lexer_peek(lexer, ahead + length)))
        length++;
    return length;
}

static struct token
lexer_number(struct lexer *lexer, uint32_t length)
{
    struct text text = {lexer->source.bytes + lexer->at, length};
    struct token token;
    int64_t number;

    if (!number_parse(text, &number)) {
        complain(lexer->origin, lexer->at, "a number lies between -9.2e12 and 9.2e12");
        return lexer_bad(lexer);
    }
    token = lexer_token(lexer, TOKEN_NUMBER, length);
    token.number = number;
    return token;
}

/* A number, or a duration, by what follows the first digits. */
static struct token
lexer_digits(struct lexer *lexer)
{
    uint32_t length = 1, exponent;
    bool fraction = false;

    while (lexer_is_digit(lexer_peek(lexer, length)))
        length++;
    if (lexer_peek(lexer, length) == '.') {
        fraction = true;
        length++;
        if (!lexer_is_digit(lexer_peek(lexer, length))) {
            complain(lexer->origin, lexer->at + length - 1, "a digit follows the point: 0.5");
            return lexer_bad(lexer);
        }
        while (lexer_is_digit(lexer_peek(lexer, length)))
            length++;
    }
    exponent = lexer_exponent(lexer, length);
    length += exponent;
    if (!lexer_is_letter(lexer_peek(lexer, length)))
        return lexer_number(lexer, length);
    if (!fraction && exponent == 0)
        return lexer_duration(lexer);
    complain(lexer->origin, lexer->at, "a duration is made of whole numbers: 1h30m, not 1.5h");
    return lexer_bad(lexer);
}

/* --- the rest -------------------------------------------------------------------------------- */

struct lexer_sign {
    const char *text;
    enum token_kind kind;
};

/* Longer ones first. */
static const struct lexer_sign lexer_signs[] = {
    {"==", TOKEN_EQUAL},
    {"!=", TOKEN_NOT_EQUAL},
    {"=~", TOKEN_MATCHES},
    {"!~", TOKEN_MATCHES_NOT},
    {"<=", TOKEN_LESS_EQUAL},
    {">=", TOKEN_MORE_EQUAL},
    {"=", TOKEN_ASSIGN},
    {"<", TOKEN_LESS},
    {">", TOKEN_MORE},
    {"(", TOKEN_LEFT_PAREN},
    {")", TOKEN_RIGHT_PAREN},
    {"{", TOKEN_LEFT_BRACE},
    {"}", TOKEN_RIGHT_BRACE},
    {"[", TOKEN_LEFT_BRACKET},
    {"]", TOKEN_RIGHT_BRACKET},
    {",", TOKEN_COMMA},
    {".", TOKEN_DOT},
    {"|", TOKEN_BAR},
    {"*", TOKEN_STAR},
    {"+", TOKEN_PLUS},
    {"-", TOKEN_MINUS},
    {"/", TOKEN_SLASH},
};

/* Signs of other languages, and what they are called here. */
static const struct {
    const char *text;
    const char *advice;
} lexer_strangers[] = {
    {"&&", "write 'and'"},
    {"||", "write 'or'"},
    {"<>", "write '!='"},
    {"&", "write 'and'"},
    {"!", "write 'not'"},
    {"'", "strings stand in double quotes"},
    {"`", "strings stand in double quotes"},
    {";", "an expression ends with its text"},
    {"%", "there is no remainder or percentage: write 0.1 for 10 %"},
    {"$", "names stand without a sign"},
    {"@", "names stand without a sign"},
};

static bool
lexer_starts(const struct lexer *lexer, const char *text)
{
    size_t length = strlen(text);

    return lexer->source.length - lexer->at >= length &&
           memcmp(lexer->source.bytes + lexer->at, text, length) == 0;
}

static struct token
lexer_stranger(struct lexer *lexer)
{
    uint32_t length =
        utf8_sequence(lexer->source.bytes + lexer->at, lexer->source.bytes + lexer->source.length);

    for (size_t i = 0; i < sizeof(lexer_strangers) / sizeof(lexer_strangers[0]); i++) {
        if (lexer_starts(lexer, lexer_strangers[i].text)) {
            complain(lexer->origin, lexer->at, "'%s' means nothing here; %s",
                lexer_strangers[i].text, lexer_strangers[i].advice);
            return lexer_bad(lexer);
        }
    }
    if ((unsigned char)lexer_peek(lexer, 0) >= 0x80)
        complain(lexer->origin, lexer->at,
            "'%.*s' means nothing here; a name with letters beyond a-z stands in double quotes",
            (int)length, lexer->source.bytes + lexer->at);
    else if (lexer_peek(lexer, 0) > ' ')
        complain(lexer->origin, lexer->at, "'%c' means nothing here", lexer_peek(lexer, 0));
    else
        complain(lexer->origin, lexer->at, "a control character means nothing here");
    return lexer_bad(lexer);
}

static struct token
lexer_sign(struct lexer *lexer)
{
    if (lexer_starts(lexer, "||") || lexer_starts(lexer, "<>"))
        return lexer_stranger(lexer);
    for (size_t i = 0; i < sizeof(lexer_signs) / sizeof(lexer_signs[0]); i++) {
        if (lexer_starts(lexer, lexer_signs[i].text))
            return lexer_token(lexer, lexer_signs[i].kind, (uint32_t)strlen(lexer_signs[i].text));
    }
    return lexer_stranger(lexer);
}

static struct token
lexer_word(struct lexer *lexer)
{
    struct token token;
    uint32_t length = 1;

    while (lexer_is_letter(lexer_peek(lexer, length)) || lexer_is_digit(lexer_peek(lexer, length)))
        length++;
    token = lexer_token(lexer, TOKEN_WORD, length);
    token.text = token.source;
    return token;
}

struct token
lexer_next(struct lexer *lexer)
{
    char c;

    if (lexer->failed)
        return lexer_bad(lexer);
    lexer_skip_space(lexer);
    if (lexer->at == lexer->source.length)
        return lexer_token(lexer, TOKEN_END, 0);
    c = lexer_peek(lexer, 0);
    if (c == '"')
        return lexer_string(lexer);
    if (lexer_is_digit(c))
        return lexer_digits(lexer);
    if (lexer_is_letter(c))
        return lexer_word(lexer);
    if (c == '.' && lexer_is_digit(lexer_peek(lexer, 1))) {
        complain(lexer->origin, lexer->at,
            "a digit after a point; write 0.5 for a number, and quote the name of a field");
        return lexer_bad(lexer);
    }
    return lexer_sign(lexer);
}
