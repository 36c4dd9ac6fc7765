/* Sorted entries in a cell: most arrive at the end, some take their true place further down. */
#include "pipeline/engine/list.h"

#include <string.h>

#include "config/base/check.h"

struct list
list_open(struct profile_hand *hand, uint32_t leaf, uint32_t head, uint32_t size)
{
    struct list list = {.hand = hand,
        .cell = profile_cell(hand->profile, leaf),
        .leaf = leaf,
        .head = head,
        .size = size};

    if (list.cell.bytes != NULL)
        list.count = (list.cell.length - head) / size;
    return list;
}

static void
list_make(struct list *list)
{
    if (list->cell.bytes != NULL)
        return;
    list->cell = profile_cell_open(list->hand, list->leaf);
    if (list->head == 0)
        return;
    profile_cell_splice(list->hand, &list->cell, 0, 0, list->head);
    memset(list->cell.bytes, 0, list->head);
}

void *
list_head(struct list *list)
{
    list_make(list);
    return list->cell.bytes;
}

void *
list_entry(const struct list *list, uint32_t index)
{
    return list->cell.bytes + list->head + (size_t)index * list->size;
}

static int64_t
list_at(const struct list *list, uint32_t index)
{
    return *(const int64_t *)list_entry(list, index);
}

uint32_t
list_place(const struct list *list, int64_t at)
{
    uint32_t place = list->count;

    while (place > 0 && list_at(list, place - 1) > at)
        place--;
    return place;
}

uint32_t
list_expired(const struct list *list, int64_t floor)
{
    uint32_t count = 0;

    while (count < list->count && list_at(list, count) <= floor)
        count++;
    return count;
}

void *
list_insert(struct list *list, uint32_t drop, uint32_t place)
{
    CHECK(drop <= place && place <= list->count);
    if (drop > 1)
        list_remove(list, 0, drop - 1);
    if (drop == 0) {
        list_make(list);
        profile_cell_splice(
            list->hand, &list->cell, list->head + place * list->size, 0, list->size);
        list->count++;
        return list_entry(list, place);
    }
    return list_exchange(list, 0, place - drop + 1);
}

/* Nothing outside of the list moves, and of the list only what lies between the two. */
void *
list_exchange(struct list *list, uint32_t remove, uint32_t place)
{
    unsigned char *hole = list_entry(list, remove);

    CHECK(remove < list->count && place <= list->count);
    if (place > remove) {
        memmove(hole, hole + list->size, (size_t)(place - remove - 1) * list->size);
        return list_entry(list, place - 1);
    }
    memmove(list_entry(list, place + 1), list_entry(list, place),
        (size_t)(remove - place) * list->size);
    return list_entry(list, place);
}

void
list_remove(struct list *list, uint32_t first, uint32_t count)
{
    CHECK(first + count <= list->count);
    if (count == 0)
        return;
    profile_cell_splice(
        list->hand, &list->cell, list->head + first * list->size, count * list->size, 0);
    list->count -= count;
}

void
list_close(struct list *list)
{
    if (list->cell.bytes != NULL && list->cell.length == 0)
        profile_cell_remove(list->hand, &list->cell);
}
