/* A tree of wanted keys, searched once for every key of a wanted object. */
#include "pipeline/decode/paths.h"

#include <stdlib.h>

#include "config/base/arena.h"
#include "config/base/check.h"
#include "config/base/inline.h"
#include "config/base/pointer.h"

#define PATHS_NODES_MIN 16
#define PATHS_WORD_BYTES 8
#define PATHS_INDEX_DIGITS_MAX 10

/* A key of up to 16 bytes is wholly in its two overlapping words. */
struct paths_key {
    uint64_t head, tail;
    uint32_t length;
};

struct paths_slot {
    struct paths_key key;
    uint32_t node; /* PATHS_NONE: the slot is free */
};

struct paths_node {
    struct text key;
    uint32_t parent;
    uint32_t child_first, sibling_next;
    uint32_t child_count;
    uint32_t index_max;  /* of an array's elements among the children, or PATHS_NONE */
    uint32_t slot_first; /* its table in slots, once sealed */
    uint32_t slot_mask;
};

struct paths {
    struct paths_node *nodes;
    uint32_t count, room;
    uint32_t key_bytes_max;
    struct paths_slot *slots;
    struct arena keys;
};

static uint32_t
paths_add(struct paths *paths, uint32_t parent, struct text key)
{
    struct paths_node *node;

    if (paths->count == paths->room) {
        paths->room = paths->room == 0 ? PATHS_NODES_MIN : paths->room * 2;
        paths->nodes = reallocarray(paths->nodes, paths->room, sizeof(*paths->nodes));
        CHECK(paths->nodes != NULL);
    }
    node = &paths->nodes[paths->count];
    *node = (struct paths_node){
        .key = arena_copy(&paths->keys, key),
        .parent = parent,
        .child_first = PATHS_NONE,
        .sibling_next = PATHS_NONE,
        .index_max = PATHS_NONE,
    };
    if (key.length > paths->key_bytes_max)
        paths->key_bytes_max = key.length;
    return paths->count++;
}

struct paths *
paths_new(void)
{
    struct paths *paths = calloc(1, sizeof(*paths));

    CHECK(paths != NULL);
    arena_init(&paths->keys);
    paths_add(paths, PATHS_NONE, TEXT(""));
    return paths;
}

void
paths_free(struct paths *paths)
{
    if (paths == NULL)
        return;
    free(paths->nodes);
    free(paths->slots);
    arena_fini(&paths->keys);
    free(paths);
}

/* The element's number that a key stands for, or PATHS_NONE. */
static uint32_t
paths_index(struct text key)
{
    uint64_t index = 0;

    if (key.length == 0 || key.length > PATHS_INDEX_DIGITS_MAX)
        return PATHS_NONE;
    if (key.bytes[0] == '0' && key.length > 1)
        return PATHS_NONE;
    for (uint32_t i = 0; i < key.length; i++) {
        if (key.bytes[i] < '0' || key.bytes[i] > '9')
            return PATHS_NONE;
        index = index * 10 + (uint64_t)(key.bytes[i] - '0');
    }
    return index < PATHS_NONE ? (uint32_t)index : PATHS_NONE;
}

uint32_t
paths_child_new(struct paths *paths, uint32_t parent, struct text key)
{
    uint32_t index = paths_index(key), child;
    struct paths_node *node;

    CHECK(parent < paths->count);
    CHECK(paths->slots == NULL);
    child = paths_add(paths, parent, key);
    node = &paths->nodes[parent];
    paths->nodes[child].sibling_next = node->child_first;
    node->child_first = child;
    node->child_count++;
    if (index != PATHS_NONE && (node->index_max == PATHS_NONE || index > node->index_max))
        node->index_max = index;
    return child;
}

uint32_t
paths_child(struct paths *paths, uint32_t parent, struct text key)
{
    uint32_t child;

    CHECK(parent < paths->count);
    child = paths->nodes[parent].child_first;
    while (child != PATHS_NONE && !text_equal(paths->nodes[child].key, key))
        child = paths->nodes[child].sibling_next;
    return child != PATHS_NONE ? child : paths_child_new(paths, parent, key);
}

uint32_t
paths_pointer(struct paths *paths, uint32_t from, struct text pointer)
{
    char *buffer = malloc((size_t)pointer.length + 1);
    uint32_t node = from;
    struct text key;

    CHECK(buffer != NULL);
    CHECK(pointer_valid(pointer));
    while (pointer_next(&pointer, buffer, &key))
        node = paths_child(paths, node, key);
    free(buffer);
    return node;
}

static inline uint64_t
paths_load8(const char *at)
{
    uint64_t word;

    memcpy(&word, at, sizeof(word));
    return word;
}

static inline uint64_t
paths_load4(const char *at)
{
    uint32_t word;

    memcpy(&word, at, sizeof(word));
    return word;
}

/* A short key's bytes, some of them twice; with the length they are no other key's. */
static inline uint64_t
paths_load_short(const char *at, uint32_t length)
{
    if (length >= 4)
        return paths_load4(at) | paths_load4(at + length - 4) << 32;
    if (length == 0)
        return 0;
    return (uint64_t)(unsigned char)at[0] | (uint64_t)(unsigned char)at[length / 2] << 8 |
           (uint64_t)(unsigned char)at[length - 1] << 16;
}

static inline struct paths_key
paths_key(struct text key)
{
    if (key.length < PATHS_WORD_BYTES)
        return (struct paths_key){paths_load_short(key.bytes, key.length), 0, key.length};
    return (struct paths_key){
        paths_load8(key.bytes), paths_load8(key.bytes + key.length - PATHS_WORD_BYTES), key.length};
}

static inline uint32_t
paths_hash(struct paths_key key)
{
    uint64_t hash = (key.head ^ key.tail << 7 ^ key.length) * UINT64_C(0x9e3779b97f4a7c15);

    return (uint32_t)(hash >> 32);
}

static uint32_t
paths_table_size(uint32_t child_count)
{
    uint32_t size = 2;

    while (size < 2 * child_count)
        size *= 2;
    return size;
}

static void
paths_seal_node(struct paths *paths, uint32_t parent)
{
    const struct paths_node *node = &paths->nodes[parent];
    struct paths_slot *table = paths->slots + node->slot_first;
    uint32_t child, at;

    for (child = node->child_first; child != PATHS_NONE; child = paths->nodes[child].sibling_next) {
        struct paths_key key = paths_key(paths->nodes[child].key);

        at = paths_hash(key) & node->slot_mask;
        while (table[at].node != PATHS_NONE)
            at = (at + 1) & node->slot_mask;
        table[at] = (struct paths_slot){key, child};
    }
}

void
paths_seal(struct paths *paths)
{
    uint32_t slot_count = 0;

    CHECK(paths->slots == NULL);
    for (uint32_t i = 0; i < paths->count; i++) {
        uint32_t size = paths_table_size(paths->nodes[i].child_count);

        paths->nodes[i].slot_first = slot_count;
        paths->nodes[i].slot_mask = size - 1;
        slot_count += size;
    }
    paths->slots = calloc(slot_count, sizeof(*paths->slots));
    CHECK(paths->slots != NULL);
    for (uint32_t i = 0; i < slot_count; i++)
        paths->slots[i].node = PATHS_NONE;
    for (uint32_t i = 0; i < paths->count; i++)
        paths_seal_node(paths, i);
}

uint32_t
paths_count(const struct paths *paths)
{
    return paths->count;
}

uint32_t
paths_parent(const struct paths *paths, uint32_t node)
{
    CHECK(node < paths->count);
    return paths->nodes[node].parent;
}

uint32_t
paths_key_bytes_max(const struct paths *paths)
{
    return paths->key_bytes_max;
}

static INLINE_ALWAYS bool
paths_is_key(const struct paths_slot *slot, struct paths_key key)
{
    return slot->key.head == key.head && slot->key.tail == key.tail &&
           slot->key.length == key.length;
}

/* From a place of the table on. It is at most half full, so a free slot ends the search. */
static INLINE_NEVER uint32_t
paths_find_from(const struct paths *paths, uint32_t parent, struct text text, uint32_t at)
{
    const struct paths_node *node = &paths->nodes[parent];
    const struct paths_slot *table = paths->slots + node->slot_first;
    struct paths_key key = paths_key(text);

    for (; table[at].node != PATHS_NONE; at = (at + 1) & node->slot_mask) {
        uint32_t found = table[at].node;

        if (!paths_is_key(&table[at], key))
            continue;
        if (key.length <= 2 * PATHS_WORD_BYTES || text_equal(paths->nodes[found].key, text))
            return found;
    }
    return PATHS_NONE;
}

/* Nearly always the first place decides. */
uint32_t
paths_find(const struct paths *paths, uint32_t parent, struct text text)
{
    const struct paths_node *node = &paths->nodes[parent];
    struct paths_key key = paths_key(text);
    uint32_t at = paths_hash(key) & node->slot_mask;
    const struct paths_slot *slot = &paths->slots[node->slot_first + at];

    if (slot->node == PATHS_NONE || (paths_is_key(slot, key) && key.length <= 2 * PATHS_WORD_BYTES))
        return slot->node;
    return paths_find_from(paths, parent, text, at);
}

uint32_t
paths_find_element(const struct paths *paths, uint32_t parent, uint32_t index)
{
    char digits[PATHS_INDEX_DIGITS_MAX];
    char *end = digits + sizeof(digits), *at = end;
    uint32_t index_max = paths->nodes[parent].index_max;

    if (index_max == PATHS_NONE || index > index_max)
        return PATHS_NONE;
    do {
        *--at = (char)('0' + index % 10);
        index /= 10;
    } while (index > 0);
    return paths_find(paths, parent, (struct text){at, (uint32_t)(end - at)});
}
