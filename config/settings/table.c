/* settings.def, unfolded into rows. */
#include "config/settings/table.h"

#include "config/settings/settings.h"

#define LIVE true
#define RESTART false
#define DECIDES true
#define FREE false
#define OR(w, v) .word = (w), .word_value = (v)
#define JUST .word = NULL
#define ROW(p, kind, m, text, applies, deciding, say)                                              \
    .path = (p), .type = SETTING_TYPE_##kind, .offset = offsetof(struct settings, m),              \
    .default_text = (text), .live = (applies), .decides = (deciding), .help = (say)
#define RANGE(low, high) .min = (low), .max = (high)

const struct setting_row table[SETTING_ROW_COUNT] = {
#define SETTING_TEXT(p, m, d, a, decides, h) {ROW(p, TEXT, m, d, a, decides, h)},
#define SETTING_SECRET(p, m, d, a, decides, h) {ROW(p, SECRET, m, d, a, decides, h)},
#define SETTING_BOOL(p, m, d, a, decides, h) {ROW(p, BOOL, m, d, a, decides, h)},
#define SETTING_ENUM(p, m, d, w, a, decides, h) {ROW(p, ENUM, m, d, a, decides, h), .words = (w)},
#define SETTING_INT(p, m, d, low, high, or, a, decides, h)                                         \
    {ROW(p, INT, m, d, a, decides, h), RANGE(low, high), or },
#define SETTING_DURATION(p, m, d, low, high, or, a, decides, h)                                    \
    {ROW(p, DURATION, m, d, a, decides, h), RANGE(low, high), or },
#define SETTING_BYTES(p, m, d, low, high, or, a, decides, h)                                       \
    {ROW(p, BYTES, m, d, a, decides, h), RANGE(low, high), or },
#define SETTING_TIME(p, m, a, decides, h) {ROW(p, TIME, m, NULL, a, decides, h)},
#define SETTING_TREE(p, m, d, applies, deciding, h)                                                \
    {.path = (p),                                                                                  \
        .type = SETTING_TYPE_TREE,                                                                 \
        .default_text = (d),                                                                       \
        .live = (applies),                                                                         \
        .decides = (deciding),                                                                     \
        .help = (h)},
#include "config/settings/settings.def"
};

const struct setting_row *
table_find(struct text path)
{
    for (size_t i = 0; i < SETTING_ROW_COUNT; i++)
        if (text_equal(path, text_of(table[i].path)))
            return &table[i];
    return NULL;
}

static bool
table_below(struct text path, struct text group)
{
    return path.length > group.length && path.bytes[group.length] == '.' &&
           memcmp(path.bytes, group.bytes, group.length) == 0;
}

bool
table_is_group(struct text path)
{
    for (size_t i = 0; i < SETTING_ROW_COUNT; i++)
        if (table_below(text_of(table[i].path), path))
            return true;
    return false;
}

const struct setting_row *
table_find_above(struct text path)
{
    for (size_t i = 0; i < SETTING_ROW_COUNT; i++)
        if (table[i].type == SETTING_TYPE_TREE && table_below(path, text_of(table[i].path)))
            return &table[i];
    return NULL;
}
