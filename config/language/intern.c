/* A hash table that numbers texts. */
#include "config/language/intern.h"

#include "config/base/check.h"
#include "config/base/hash.h"

#define INTERN_COUNT_MIN 16

void
intern_init(struct intern *intern, struct arena *arena)
{
    CHECK(arena != NULL);
    *intern = (struct intern){.arena = arena};
}

static void
intern_place(struct intern *intern, uint32_t number)
{
    uint32_t at = (uint32_t)intern->hashes[number] & (intern->slot_count - 1);

    while (intern->slots[at] != 0)
        at = (at + 1) & (intern->slot_count - 1);
    intern->slots[at] = number + 1;
}

static void
intern_grow(struct intern *intern)
{
    uint32_t capacity = intern->capacity == 0 ? INTERN_COUNT_MIN : intern->capacity * 2;
    struct text *keys = arena_take(intern->arena, capacity * sizeof(*keys));
    uint64_t *hashes = arena_take(intern->arena, capacity * sizeof(*hashes));

    if (intern->count > 0) {
        memcpy(keys, intern->keys, intern->count * sizeof(*keys));
        memcpy(hashes, intern->hashes, intern->count * sizeof(*hashes));
    }
    intern->keys = keys;
    intern->hashes = hashes;
    intern->capacity = capacity;
    intern->slot_count = 2 * capacity;
    intern->slots = arena_take_zeroed(intern->arena, intern->slot_count * sizeof(*intern->slots));
    for (uint32_t i = 0; i < intern->count; i++)
        intern_place(intern, i);
}

static uint32_t
intern_look(const struct intern *intern, struct text key, uint64_t hash)
{
    uint32_t at = (uint32_t)hash & (intern->slot_count - 1);

    for (; intern->slots[at] != 0; at = (at + 1) & (intern->slot_count - 1)) {
        uint32_t number = intern->slots[at] - 1;

        if (intern->hashes[number] == hash && text_equal(intern->keys[number], key))
            return number;
    }
    return INTERN_NONE;
}

uint32_t
intern_find(const struct intern *intern, struct text key)
{
    return intern->count == 0 ? INTERN_NONE : intern_look(intern, key, hash_text(key));
}

uint32_t
intern_add(struct intern *intern, struct text key, bool *ret_new)
{
    uint64_t hash = hash_text(key);
    uint32_t number = intern->count == 0 ? INTERN_NONE : intern_look(intern, key, hash);

    *ret_new = number == INTERN_NONE;
    if (number != INTERN_NONE)
        return number;
    if (intern->count == intern->capacity)
        intern_grow(intern);
    number = intern->count++;
    intern->keys[number] = arena_copy(intern->arena, key);
    intern->hashes[number] = hash;
    intern_place(intern, number);
    return number;
}
