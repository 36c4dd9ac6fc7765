#ifndef FOOTPRINT_BASE_BUFFER_H
#define FOOTPRINT_BASE_BUFFER_H

/*
 * Bytes that grow at the end. Cleared, it keeps its memory, so a buffer in use for a while
 * allocates nothing. Running out of memory stops the process (check.h).
 */

#include <stddef.h>
#include <stdint.h>

#include "config/base/text.h"

struct buffer {
    char *bytes;
    size_t length;
    size_t capacity;
};

void buffer_init(struct buffer *buffer);
void buffer_fini(struct buffer *buffer);
void buffer_clear(struct buffer *buffer);
/* Makes room for `bytes` more. */
void buffer_grow(struct buffer *buffer, size_t bytes);
/* Room for `bytes` more; returns where they go. The caller adds to length what it wrote. */
static inline char *
buffer_reserve(struct buffer *buffer, size_t bytes)
{
    if (bytes > buffer->capacity - buffer->length)
        buffer_grow(buffer, bytes);
    return buffer->bytes + buffer->length;
}
void buffer_add(struct buffer *buffer, const void *bytes, size_t length);
void buffer_add_text(struct buffer *buffer, struct text text);
void buffer_add_char(struct buffer *buffer, char c);
void buffer_add_int(struct buffer *buffer, int64_t value);
void buffer_printf(struct buffer *buffer, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* The text as a JSON string with its quotes; valid UTF-8 stays as it is. */
void buffer_add_json(struct buffer *buffer, struct text text);
/* Milliseconds since the epoch as "2026-11-24T01:02:03.456Z" with its quotes. */
void buffer_add_instant(struct buffer *buffer, int64_t ms);

#define buffer_add_literal(buffer, literal) buffer_add((buffer), (literal), sizeof(literal) - 1)

#endif
