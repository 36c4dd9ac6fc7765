/* Walks a scalar as it is written beside its text, so that a caret finds its place. */
#include "config/yaml/scalar.h"

#include <stdlib.h>

#include "config/base/check.h"
#include "config/base/utf8.h"

struct scalar_walk {
    struct text source;
    struct text text;
    uint32_t from; /* in source */
    uint32_t at;   /* in text */
};

static bool
scalar_space(struct text text, uint32_t at)
{
    return at < text.length && memchr(" \t\r\n", text.bytes[at], 4) != NULL;
}

/* White space in the text is white space in the source, but for line ends and indentation. */
static bool
scalar_walk_spaces(struct scalar_walk *walk, uint32_t offset)
{
    uint32_t from = walk->from, at = walk->at;
    bool folded = false;

    for (; scalar_space(walk->source, from); from++)
        folded = folded || walk->source.bytes[from] == '\n' || walk->source.bytes[from] == '\r';
    while (scalar_space(walk->text, at))
        at++;
    if (at > offset || at == walk->text.length) {
        if (!folded)
            walk->from += offset - walk->at;
        return false;
    }
    walk->from = from;
    walk->at = at;
    return true;
}

/* One escape of a double-quoted text; a line end behind the backslash stands for nothing. */
static void
scalar_walk_escape(struct scalar_walk *walk)
{
    char kind = walk->from + 1 < walk->source.length ? walk->source.bytes[walk->from + 1] : '\0';
    uint32_t digits = kind == 'x' ? 2 : kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
    uint32_t length =
        utf8_sequence(walk->text.bytes + walk->at, walk->text.bytes + walk->text.length);

    walk->from += 2;
    if (kind == '\n' || kind == '\r') {
        while (scalar_space(walk->source, walk->from))
            walk->from++;
        return;
    }
    walk->from += digits;
    walk->at += length > 0 ? length : 1;
}

uint32_t
scalar_source_offset(struct text source, enum scalar_quote quote, struct text text, uint32_t offset)
{
    struct scalar_walk walk = {source, text, 0, 0};

    CHECK(offset <= text.length);
    while (walk.at < offset && walk.from < source.length) {
        char c = source.bytes[walk.from];

        if (quote == SCALAR_DOUBLE && c == '\\') {
            scalar_walk_escape(&walk);
        } else if (scalar_space(text, walk.at)) {
            if (!scalar_walk_spaces(&walk, offset))
                break;
        } else {
            walk.from += quote == SCALAR_SINGLE && c == '\'' ? 2 : 1;
            walk.at++;
        }
    }
    return walk.from < source.length ? walk.from : source.length;
}
