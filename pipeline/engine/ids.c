/* Ids of events: found in one step or two, forgotten in bulk. */
#include "pipeline/engine/ids.h"

#include <stdlib.h>
#include <string.h>

#include "config/base/check.h"

#define IDS_NONE INT64_MIN /* the instant of a place without an id */

struct ids_head {
    uint32_t used; /* places with an id */
    uint32_t unused;
};

struct ids_place {
    int64_t at;
    uint64_t hash;
};

static struct ids_head *
ids_head(const struct cell *cell)
{
    return (struct ids_head *)(void *)cell->bytes;
}

static struct ids_place *
ids_places(const struct cell *cell)
{
    return (struct ids_place *)(void *)(cell->bytes + sizeof(struct ids_head));
}

static uint32_t
ids_capacity(const struct cell *cell)
{
    return (cell->length - (uint32_t)sizeof(struct ids_head)) / (uint32_t)sizeof(struct ids_place);
}

void
ids_bench_fini(struct ids_bench *bench)
{
    free(bench->places);
    *bench = (struct ids_bench){.places = NULL};
}

/* The place of the id, or the one where it would go. */
static struct ids_place *
ids_find(const struct cell *cell, uint64_t hash)
{
    uint32_t capacity = ids_capacity(cell);
    uint32_t at = (uint32_t)((unsigned __int128)hash * capacity >> 64);
    struct ids_place *places = ids_places(cell);

    while (places[at].at != IDS_NONE && places[at].hash != hash)
        at = at + 1 < capacity ? at + 1 : 0;
    return &places[at];
}

bool
ids_known(const struct profile *profile, uint64_t hash, int64_t floor)
{
    struct cell cell = profile_cell(profile, PROFILE_IDS);

    return cell.bytes != NULL && ids_find(&cell, hash)->at > floor;
}

/* --- made anew -------------------------------------------------------------------------------- */

/* Takes what is later than floor to the bench; returns how many. */
static uint32_t
ids_lift(const struct cell *cell, struct ids_bench *bench, int64_t floor)
{
    uint32_t capacity = ids_capacity(cell), count = 0;
    const struct ids_place *places = ids_places(cell);

    if (bench->capacity < capacity) {
        bench->capacity = capacity * 2;
        bench->places = realloc(bench->places, bench->capacity * sizeof(*bench->places));
        CHECK(bench->places != NULL);
    }
    for (uint32_t i = 0; i < capacity; i++)
        if (places[i].at != IDS_NONE && places[i].at > floor)
            bench->places[count++] = places[i];
    return count;
}

/* Lays `count` ids from the bench into a table with room for some more. */
static void
ids_lay(struct profile_hand *hand, struct cell *cell, const struct ids_bench *bench, uint32_t count)
{
    uint32_t capacity = count + 1 + (count + 1) / 3 + 2;
    uint32_t length = (uint32_t)(sizeof(struct ids_head) + capacity * sizeof(struct ids_place));

    if (length > cell->length)
        profile_cell_splice(hand, cell, cell->length, 0, length - cell->length);
    else
        profile_cell_splice(hand, cell, length, cell->length - length, 0);
    for (uint32_t i = 0; i < capacity; i++)
        ids_places(cell)[i] = (struct ids_place){.at = IDS_NONE};
    for (uint32_t i = 0; i < count; i++)
        *ids_find(cell, bench->places[i].hash) = bench->places[i];
    *ids_head(cell) = (struct ids_head){.used = count};
}

static struct cell
ids_open(struct profile_hand *hand)
{
    struct cell cell = profile_cell_open(hand, PROFILE_IDS);

    if (cell.length == 0)
        ids_lay(hand, &cell, NULL, 0);
    return cell;
}

void
ids_add(
    struct profile_hand *hand, struct ids_bench *bench, uint64_t hash, int64_t at, int64_t floor)
{
    struct cell cell = ids_open(hand);
    struct ids_place *place = ids_find(&cell, hash);
    uint32_t capacity = ids_capacity(&cell);

    if (place->at != IDS_NONE) {
        place->at = place->at > at ? place->at : at;
        return;
    }
    if (ids_head(&cell)->used + 2 > capacity - capacity / 8) {
        ids_lay(hand, &cell, bench, ids_lift(&cell, bench, floor));
        place = ids_find(&cell, hash);
    }
    *place = (struct ids_place){.at = at, .hash = hash};
    ids_head(&cell)->used++;
    CHECK(ids_head(&cell)->used < ids_capacity(&cell));
}

static int
ids_compare(const void *left, const void *right)
{
    const struct ids_place *a = left, *b = right;

    return a->at < b->at ? -1 : a->at > b->at;
}

uint32_t
ids_shed(struct profile_hand *hand, struct ids_bench *bench)
{
    struct cell cell = profile_cell(hand->profile, PROFILE_IDS);
    uint32_t count, drop;

    CHECK(cell.bytes != NULL);
    count = ids_lift(&cell, bench, IDS_NONE);
    drop = count / 8 + 1 < count ? count / 8 + 1 : count;
    qsort(bench->places, count, sizeof(*bench->places), ids_compare);
    memmove(bench->places, bench->places + drop, (count - drop) * sizeof(*bench->places));
    ids_lay(hand, &cell, bench, count - drop);
    return drop;
}

bool
ids_valid(const struct cell *cell, int64_t clock)
{
    uint32_t used = 0, capacity;

    if (cell->length < sizeof(struct ids_head) + sizeof(struct ids_place))
        return false;
    if ((cell->length - sizeof(struct ids_head)) % sizeof(struct ids_place) != 0)
        return false;
    capacity = ids_capacity(cell);
    for (uint32_t i = 0; i < capacity; i++) {
        if (ids_places(cell)[i].at == IDS_NONE)
            continue;
        if (!profile_time_valid(ids_places(cell)[i].at, clock))
            return false;
        used++;
    }
    return used < capacity && ids_head(cell)->used == used;
}
