/* The bytes of a file: lines, places, and whether they are text at all. */
#include "config/yaml/source.h"

#include "config/base/check.h"
#include "config/base/utf8.h"

/* The bytes of the line end at `at`: 0 where there is none. */
static uint32_t
source_line_end(struct text bytes, uint32_t at)
{
    if (bytes.bytes[at] == '\n')
        return 1;
    if (bytes.bytes[at] != '\r')
        return 0;
    return at + 1 < bytes.length && bytes.bytes[at + 1] == '\n' ? 2 : 1;
}

void
source_init(struct source *source, const char *file, struct text bytes, struct arena *arena)
{
    uint32_t *starts, count = 1, end;

    CHECK(source != NULL && arena != NULL);
    for (uint32_t at = 0; at<bytes.length; at += end> 0 ? end : 1) {
        end = source_line_end(bytes, at);
        count += end > 0;
    }
    starts = arena_take(arena, count * sizeof(*starts));
    starts[0] = 0;
    *source = (struct source){file, bytes, starts, 1};
    for (uint32_t at = 0; at<bytes.length; at += end> 0 ? end : 1) {
        end = source_line_end(bytes, at);
        if (end > 0)
            starts[source->line_count++] = at + end;
    }
    CHECK(source->line_count == count);
}

struct text
source_line(const struct source *source, uint32_t line)
{
    uint32_t start, end;

    CHECK(line >= 1 && line <= source->line_count);
    start = end = source->starts[line - 1];
    while (end < source->bytes.length && source_line_end(source->bytes, end) == 0)
        end++;
    return (struct text){source->bytes.bytes + start, end - start};
}

struct report_place
source_place(const struct source *source, uint32_t offset)
{
    uint32_t low = 0, high = source->line_count;

    CHECK(offset <= source->bytes.length);
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;

        if (source->starts[middle] <= offset)
            low = middle;
        else
            high = middle;
    }
    return (struct report_place){
        source->file, low + 1, offset - source->starts[low] + 1, source_line(source, low + 1)};
}

struct report_place
source_place_characters(const struct source *source, uint32_t line, uint32_t characters)
{
    struct text text;
    uint32_t at = 0;

    if (line > source->line_count)
        return source_place(source, source->bytes.length);
    text = source_line(source, line);
    for (; characters > 0 && at < text.length; characters--) {
        uint32_t length = utf8_sequence(text.bytes + at, text.bytes + text.length);

        at += length > 0 ? length : 1;
    }
    return (struct report_place){source->file, line, at + 1, text};
}

uint32_t
source_offset(const struct source *source, uint32_t line, uint32_t column)
{
    CHECK(line >= 1 && line <= source->line_count && column >= 1);
    return source->starts[line - 1] + column - 1;
}

bool
source_check(const struct source *source, struct report *report)
{
    struct report_place place;
    uint32_t bad;

    if (!utf8_valid(source->bytes, &bad)) {
        place = source_place(source, bad);
        report_add(report, REPORT_ERROR, &place,
            "byte 0x%02x is not UTF-8 here; save the file as UTF-8",
            (unsigned char)source->bytes.bytes[bad]);
        return false;
    }
    for (uint32_t at = 0; at < source->bytes.length; at++) {
        unsigned char c = (unsigned char)source->bytes.bytes[at];

        if ((c >= ' ' && c != 0x7f) || c == '\t' || c == '\n' || c == '\r')
            continue;
        place = source_place(source, at);
        report_add(report, REPORT_ERROR, &place,
            "control character 0x%02x; a file is text, and \"\\x%02x\" stands for it in quotes", c,
            c);
        return false;
    }
    return true;
}
