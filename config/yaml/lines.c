/* The bytes of a file: lines, places, and whether they are text at all. */
#include "config/yaml/lines.h"

#include "config/base/check.h"
#include "config/base/utf8.h"

/* The bytes of the line end at `at`: 0 where there is none. */
static uint32_t
lines_end_bytes(struct text bytes, uint32_t at)
{
    if (bytes.bytes[at] == '\n')
        return 1;
    if (bytes.bytes[at] != '\r')
        return 0;
    return at + 1 < bytes.length && bytes.bytes[at + 1] == '\n' ? 2 : 1;
}

void
lines_init(struct lines *lines, const char *file, struct text bytes, struct arena *arena)
{
    uint32_t *starts, count = 1, end;

    CHECK(lines != NULL && arena != NULL);
    for (uint32_t at = 0; at<bytes.length; at += end> 0 ? end : 1) {
        end = lines_end_bytes(bytes, at);
        count += end > 0;
    }
    starts = arena_take(arena, count * sizeof(*starts));
    starts[0] = 0;
    *lines = (struct lines){file, bytes, starts, 1};
    for (uint32_t at = 0; at<bytes.length; at += end> 0 ? end : 1) {
        end = lines_end_bytes(bytes, at);
        if (end > 0)
            starts[lines->line_count++] = at + end;
    }
    CHECK(lines->line_count == count);
}

/* From the table alone: a file of one line has all its nodes in it. */
struct text
lines_text(const struct lines *lines, uint32_t line)
{
    const char *bytes = lines->bytes.bytes;
    uint32_t start, end = lines->bytes.length;

    CHECK(line >= 1 && line <= lines->line_count);
    start = lines->starts[line - 1];
    if (line < lines->line_count) {
        end = lines->starts[line] - 1;
        end -= end > start && bytes[end] == '\n' && bytes[end - 1] == '\r';
    }
    return (struct text){bytes + start, end - start};
}

struct report_place
lines_place(const struct lines *lines, uint32_t offset)
{
    uint32_t low = 0, high = lines->line_count;

    CHECK(offset <= lines->bytes.length);
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;

        if (lines->starts[middle] <= offset)
            low = middle;
        else
            high = middle;
    }
    return (struct report_place){
        lines->file, low + 1, offset - lines->starts[low] + 1, lines_text(lines, low + 1)};
}

struct report_place
lines_place_characters(const struct lines *lines, uint32_t line, uint32_t characters)
{
    struct text text;
    uint32_t at = 0;

    if (line > lines->line_count)
        return lines_place(lines, lines->bytes.length);
    text = lines_text(lines, line);
    for (; characters > 0 && at < text.length; characters--) {
        uint32_t length = utf8_sequence(text.bytes + at, text.bytes + text.length);

        at += length > 0 ? length : 1;
    }
    return (struct report_place){lines->file, line, at + 1, text};
}

uint32_t
lines_offset(const struct lines *lines, uint32_t line, uint32_t column)
{
    CHECK(line >= 1 && line <= lines->line_count && column >= 1);
    return lines->starts[line - 1] + column - 1;
}

bool
lines_check(const struct lines *lines, struct report *report)
{
    struct report_place place;
    uint32_t bad;

    if (!utf8_valid(lines->bytes, &bad)) {
        place = lines_place(lines, bad);
        report_add(report, REPORT_ERROR, &place,
            "byte 0x%02x is not UTF-8 here; save the file as UTF-8",
            (unsigned char)lines->bytes.bytes[bad]);
        return false;
    }
    for (uint32_t at = 0; at < lines->bytes.length; at++) {
        unsigned char c = (unsigned char)lines->bytes.bytes[at];

        if ((c >= ' ' && c != 0x7f) || c == '\t' || c == '\n' || c == '\r')
            continue;
        place = lines_place(lines, at);
        report_add(report, REPORT_ERROR, &place,
            "control character 0x%02x; a file is text, and \"\\x%02x\" stands for it in quotes", c,
            c);
        return false;
    }
    return true;
}
