#ifndef FOOTPRINT_BASE_TEXT_H
#define FOOTPRINT_BASE_TEXT_H

/*
 * A borrowed run of bytes with its length; it need not end in a zero byte and may contain one.
 * Compared byte by byte, a shorter one that is a prefix comes first.
 */

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct text {
    const char *bytes;
    uint32_t length;
};

#define TEXT(literal) ((struct text){(literal), sizeof(literal) - 1})

static inline struct text
text_of(const char *c_string)
{
    return (struct text){c_string, (uint32_t)strlen(c_string)};
}

static inline bool
text_equal(struct text a, struct text b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.bytes, b.bytes, a.length) == 0);
}

static inline int
text_compare(struct text a, struct text b)
{
    uint32_t common = a.length < b.length ? a.length : b.length;
    int order = common == 0 ? 0 : memcmp(a.bytes, b.bytes, common);

    if (order != 0)
        return order;
    return a.length < b.length ? -1 : a.length > b.length;
}

#endif
