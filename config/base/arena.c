/* A chain of chunks, filled from the front. */
#include "config/base/arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/check.h"
#include "config/base/inline.h"

#define ARENA_CHUNK_BYTES_MIN (64 * 1024)
#define ARENA_ALIGN 16

struct arena_chunk {
    struct arena_chunk *next;
    size_t capacity;
    size_t used;
    alignas(ARENA_ALIGN) char bytes[];
};

void
arena_init(struct arena *arena)
{
    CHECK(arena != NULL);
    memset(arena, 0, sizeof(*arena));
}

void
arena_fini(struct arena *arena)
{
    struct arena_chunk *chunk = arena->first;

    while (chunk != NULL) {
        struct arena_chunk *next = chunk->next;

        free(chunk);
        chunk = next;
    }
    memset(arena, 0, sizeof(*arena));
}

void
arena_reset(struct arena *arena)
{
    for (struct arena_chunk *chunk = arena->first; chunk != NULL; chunk = chunk->next)
        chunk->used = 0;
    arena->current = arena->first;
}

static struct arena_chunk *
arena_grow(struct arena *arena, size_t bytes)
{
    size_t capacity = bytes > ARENA_CHUNK_BYTES_MIN ? bytes : ARENA_CHUNK_BYTES_MIN;
    struct arena_chunk *chunk = malloc(sizeof(*chunk) + capacity);

    CHECK(chunk != NULL);
    chunk->capacity = capacity;
    chunk->used = 0;
    if (arena->current == NULL) {
        chunk->next = arena->first;
        arena->first = chunk;
    } else {
        chunk->next = arena->current->next;
        arena->current->next = chunk;
    }
    arena->current = chunk;
    arena->bytes += capacity;
    return chunk;
}

/* The chunk does not have that much: the next one that has, or a new one. */
static INLINE_NEVER void *
arena_take_next(struct arena *arena, size_t rounded)
{
    struct arena_chunk *chunk = arena->current;

    while (chunk != NULL && chunk->capacity - chunk->used < rounded && chunk->next != NULL)
        chunk = arena->current = chunk->next;
    if (chunk == NULL || chunk->capacity - chunk->used < rounded)
        chunk = arena_grow(arena, rounded);
    chunk->used += rounded;
    return chunk->bytes + chunk->used - rounded;
}

void *
arena_take(struct arena *arena, size_t bytes)
{
    struct arena_chunk *chunk = arena->current;
    size_t rounded = (bytes + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);

    CHECK(rounded >= bytes);
    if (chunk == NULL || chunk->capacity - chunk->used < rounded)
        return arena_take_next(arena, rounded);
    chunk->used += rounded;
    return chunk->bytes + chunk->used - rounded;
}

void *
arena_take_zeroed(struct arena *arena, size_t bytes)
{
    return memset(arena_take(arena, bytes), 0, bytes);
}

struct text
arena_copy(struct arena *arena, struct text text)
{
    char *copy = arena_take(arena, (size_t)text.length + 1);

    if (text.length > 0)
        memcpy(copy, text.bytes, text.length);
    copy[text.length] = '\0';
    return (struct text){copy, text.length};
}
