#ifndef FOOTPRINT_LINES_H
#define FOOTPRINT_LINES_H

/*
 * The bytes of a file and where its lines start.
 *
 *   bytes     a : b \n c : d \n
 *   starts    ^        ^        ^      one more than there are line ends
 *
 * A line ends in "\n", "\r\n" or "\r". Lines and columns count from 1, columns in bytes.
 */

#include <stdbool.h>
#include <stdint.h>

#include "config/base/arena.h"
#include "config/base/report.h"
#include "config/base/text.h"

struct lines {
    const char *file;
    struct text bytes;
    const uint32_t *starts;
    uint32_t line_count;
};

/* Borrows file and bytes; the table of lines lies in the arena. */
void lines_init(struct lines *lines, const char *file, struct text bytes, struct arena *arena);
/* Whether it is UTF-8 without control characters; if not, the report says where it is not. */
bool lines_check(const struct lines *lines, struct report *report);
/* offset 0 to the length of the bytes. */
struct report_place lines_place(const struct lines *lines, uint32_t offset);
/* The place in the line before its `characters`-th character, counted from 0. */
struct report_place lines_place_characters(
    const struct lines *lines, uint32_t line, uint32_t characters);
/* Without its end; line 1 to line_count. */
struct text lines_text(const struct lines *lines, uint32_t line);
uint32_t lines_offset(const struct lines *lines, uint32_t line, uint32_t column);

#endif
