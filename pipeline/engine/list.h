#ifndef FOOTPRINT_ENGINE_LIST_H
#define FOOTPRINT_ENGINE_LIST_H

/*
 * A cell as a list of entries of one size, each beginning with its instant.
 *
 *   | head | oldest | ... | newest |      equal instants in the order of their arrival
 *
 * Reading lends the entries; writing may move the profile, so entries are good until then.
 */

#include <stddef.h>
#include <stdint.h>

#include "pipeline/engine/profile.h"

struct list {
    struct profile_hand *hand;
    struct cell cell;
    uint32_t leaf;
    uint32_t head; /* bytes before the first entry */
    uint32_t size; /* of one entry */
    uint32_t count;
};

/* A list to read and to change. Its cell is made by the first insertion, or by list_head. */
struct list list_open(struct profile_hand *hand, uint32_t leaf, uint32_t head, uint32_t size);
/* The head; zeroed when the cell is made for it. */
void *list_head(struct list *list);
void *list_entry(const struct list *list, uint32_t index);

static inline uint32_t
list_index(const struct list *list, const void *entry)
{
    return (uint32_t)((const unsigned char *)entry - list->cell.bytes - list->head) / list->size;
}

/* Where an entry of this instant goes: behind all that are not later. */
uint32_t list_place(const struct list *list, int64_t at);
/* How many of the oldest are not later than `floor`. */
uint32_t list_expired(const struct list *list, int64_t floor);

/*
 * How many of the oldest go when one comes: those that are over a bound, or one that has expired,
 * so that nothing behind the list has to move; all that have expired when they are many.
 */
#define LIST_EXPIRED_MANY 4
static inline uint32_t
list_drop(uint32_t expired, uint32_t over)
{
    if (expired > LIST_EXPIRED_MANY)
        return expired;
    return over > 0 || expired == 0 ? over : 1;
}

/* Drops the oldest `drop`, then opens a place for one that had the index `place`, which must not
 * be less than `drop`. Returns it, its bytes unset. */
void *list_insert(struct list *list, uint32_t drop, uint32_t place);
/* The same for one that goes from anywhere: list_insert of a list that is full. */
void *list_exchange(struct list *list, uint32_t remove, uint32_t place);
void list_remove(struct list *list, uint32_t first, uint32_t count);
/* Gives the cell back when nothing is left in it. */
void list_close(struct list *list);

#endif
