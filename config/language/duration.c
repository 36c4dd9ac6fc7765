/* Reads and writes durations. */
#include "config/language/duration.h"

#include "config/base/check.h"
#include "config/base/suggest.h"

struct duration_unit {
    const char *name;
    int64_t ms;
};

static const struct duration_unit duration_units[] = {
    {"ms", 1},
    {"s", 1000},
    {"m", 60 * 1000},
    {"h", 60 * 60 * 1000},
    {"d", 24 * 60 * 60 * 1000},
    {"w", 7 * 24 * 60 * 60 * 1000},
};
#define DURATION_UNITS (sizeof(duration_units) / sizeof(duration_units[0]))
#define DURATION_PRINT_UNITS (DURATION_UNITS - 1) /* no weeks: 1w is 7d */

/* What people write instead. */
static const struct {
    const char *word;
    const char *unit;
} duration_words[] = {
    {"millisecond", "ms"},
    {"milliseconds", "ms"},
    {"msec", "ms"},
    {"sec", "s"},
    {"secs", "s"},
    {"second", "s"},
    {"seconds", "s"},
    {"min", "m"},
    {"mins", "m"},
    {"minute", "m"},
    {"minutes", "m"},
    {"hr", "h"},
    {"hrs", "h"},
    {"hour", "h"},
    {"hours", "h"},
    {"day", "d"},
    {"days", "d"},
    {"week", "w"},
    {"weeks", "w"},
};
#define DURATION_WORDS (sizeof(duration_words) / sizeof(duration_words[0]))

static bool
duration_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const struct duration_unit *
duration_unit_find(struct text letters)
{
    for (size_t i = 0; i < DURATION_UNITS; i++) {
        if (text_equal(letters, text_of(duration_units[i].name)))
            return &duration_units[i];
    }
    return NULL;
}

struct text
duration_letters(struct text text, uint32_t offset)
{
    uint32_t at = offset;

    CHECK(offset <= text.length);
    while (at < text.length && !duration_is_digit(text.bytes[at]))
        at++;
    return (struct text){text.bytes + offset, at - offset};
}

/* Adds one number with its unit at *at to *ms. */
static enum duration_fault
duration_part(struct text text, uint32_t *at, int64_t *ms)
{
    const struct duration_unit *unit;
    struct text letters;
    int64_t amount = 0;

    if (!duration_is_digit(text.bytes[*at]))
        return DURATION_NO_NUMBER;
    for (; *at < text.length && duration_is_digit(text.bytes[*at]); (*at)++) {
        amount = amount * 10 + (text.bytes[*at] - '0');
        if (amount > DURATION_MS_MAX)
            return DURATION_TOO_LONG;
    }
    if (*at == text.length)
        return DURATION_NO_UNIT;
    letters = duration_letters(text, *at);
    unit = duration_unit_find(letters);
    if (unit == NULL)
        return DURATION_BAD_UNIT;
    if (amount > (DURATION_MS_MAX - *ms) / unit->ms)
        return DURATION_TOO_LONG;
    *ms += amount * unit->ms;
    *at += letters.length;
    return DURATION_OK;
}

enum duration_fault
duration_parse(struct text text, int64_t *ret_ms, uint32_t *ret_offset)
{
    enum duration_fault fault = DURATION_OK;
    uint32_t at = 0;
    int64_t ms = 0;

    if (text.length == 0)
        fault = DURATION_NO_NUMBER;
    while (fault == DURATION_OK && at < text.length)
        fault = duration_part(text, &at, &ms);
    *ret_offset = at;
    if (fault == DURATION_OK)
        *ret_ms = ms;
    return fault;
}

const char *
duration_suggest_unit(struct text letters)
{
    const char *names[DURATION_WORDS];
    const char *word;

    for (size_t i = 0; i < DURATION_UNITS; i++) {
        struct text name = text_of(duration_units[i].name);

        if (letters.length == name.length && (letters.bytes[0] | 0x20) == name.bytes[0] &&
            (name.length == 1 || (letters.bytes[1] | 0x20) == name.bytes[1]))
            return duration_units[i].name;
    }
    for (size_t i = 0; i < DURATION_WORDS; i++)
        names[i] = duration_words[i].word;
    word = suggest(letters, names, DURATION_WORDS);
    for (size_t i = 0; word != NULL && i < DURATION_WORDS; i++) {
        if (word == duration_words[i].word)
            return duration_words[i].unit;
    }
    return NULL;
}

void
duration_print(struct buffer *out, int64_t ms)
{
    CHECK(ms >= 0);
    if (ms == 0)
        buffer_add_literal(out, "0s");
    for (size_t i = DURATION_PRINT_UNITS; i-- > 0;) {
        int64_t amount = ms / duration_units[i].ms;

        if (amount == 0)
            continue;
        buffer_add_int(out, amount);
        buffer_add_text(out, text_of(duration_units[i].name));
        ms -= amount * duration_units[i].ms;
    }
}
