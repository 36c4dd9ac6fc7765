/* Holds what was published of each user until the engine takes it over. */
#include "pipeline/partition/rebuild.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/arena.h"
#include "config/base/check.h"
#include "config/base/hash.h"
#include "pipeline/emit/member_read.h"
#include "pipeline/kafka/members.h"

#define REBUILD_ID_DIGITS 16

struct rebuild_user {
    struct text user;
    uint64_t hash;
    struct text record; /* bytes NULL: a tombstone */
    char *room;         /* for records: a later one takes the place of an earlier one if it fits */
    uint32_t room_bytes;
};

struct rebuild {
    const struct config *config;
    const struct plan *plan;
    int32_t partition;
    struct arena arena;   /* texts of all users */
    struct arena scratch; /* of one record */
    struct rebuild_user *users;
    size_t count, capacity;
    uint32_t *places; /* open addressing over users; 0: free, otherwise index + 1 */
    size_t place_count;
    bool *same; /* by segment; NULL: all are */
    size_t next;
    uint32_t cursor; /* of engine_adopt_rest */
};

struct rebuild *
rebuild_new(const struct config *config, const struct plan *plan, int32_t partition)
{
    struct rebuild *rebuild = calloc(1, sizeof(*rebuild));

    CHECK(rebuild != NULL);
    rebuild->config = config;
    rebuild->plan = plan;
    rebuild->partition = partition;
    arena_init(&rebuild->arena);
    arena_init(&rebuild->scratch);
    return rebuild;
}

void
rebuild_free(struct rebuild *rebuild)
{
    if (rebuild == NULL)
        return;
    arena_fini(&rebuild->arena);
    arena_fini(&rebuild->scratch);
    free(rebuild->users);
    free(rebuild->places);
    free(rebuild->same);
    free(rebuild);
}

/* --- reading --------------------------------------------------------------------------------------- */

static uint32_t *
rebuild_place(struct rebuild *rebuild, struct text user, uint64_t hash)
{
    for (size_t i = hash;; i++) {
        uint32_t *place = &rebuild->places[i & (rebuild->place_count - 1)];

        if (*place == 0 || (rebuild->users[*place - 1].hash == hash &&
                               text_equal(rebuild->users[*place - 1].user, user)))
            return place;
    }
}

static void
rebuild_grow(struct rebuild *rebuild)
{
    rebuild->capacity = rebuild->capacity > 0 ? 2 * rebuild->capacity : 1024;
    rebuild->users = realloc(rebuild->users, rebuild->capacity * sizeof(rebuild->users[0]));
    free(rebuild->places);
    rebuild->place_count = 2 * rebuild->capacity;
    rebuild->places = calloc(rebuild->place_count, sizeof(rebuild->places[0]));
    CHECK(rebuild->users != NULL && rebuild->places != NULL);
    for (size_t i = 0; i < rebuild->count; i++)
        *rebuild_place(rebuild, rebuild->users[i].user, rebuild->users[i].hash) = (uint32_t)i + 1;
}

static void
rebuild_keep(struct rebuild *rebuild, struct rebuild_user *user, struct text value)
{
    if (value.length > user->room_bytes || user->room == NULL) {
        user->room_bytes = value.length + value.length / 4;
        user->room = arena_take(&rebuild->arena, user->room_bytes + 1);
    }
    memcpy(user->room, value.bytes, value.length);
    user->record = (struct text){user->room, value.length};
}

void
rebuild_add(struct rebuild *rebuild, struct text user, struct text value)
{
    uint64_t hash = hash_text(user);
    struct rebuild_user *found;
    uint32_t *place;

    if (rebuild->count == rebuild->capacity)
        rebuild_grow(rebuild);
    place = rebuild_place(rebuild, user, hash);
    if (*place == 0) {
        *place = (uint32_t)++rebuild->count;
        rebuild->users[*place - 1] =
            (struct rebuild_user){.user = arena_copy(&rebuild->arena, user), .hash = hash};
    }
    found = &rebuild->users[*place - 1];
    if (value.bytes == NULL)
        found->record = (struct text){NULL, 0};
    else
        rebuild_keep(rebuild, found, value);
}

static void
rebuild_record(void *opaque, struct text user, struct text value)
{
    rebuild_add(opaque, user, value);
}

enum err_code
rebuild_read(struct rebuild *rebuild, struct err *reterr)
{
    return members_read(rebuild->config, rebuild->partition, rebuild_record, rebuild, reterr);
}

/* --- which rules are the same ------------------------------------------------------------------------ */

void
rebuild_print_ids(const struct plan *plan, struct buffer *out)
{
    for (uint32_t i = 0; i < plan->segment_count; i++)
        buffer_printf(out, "%s%016" PRIx64, i > 0 ? " " : "", plan->segments[i].id);
}

static int
rebuild_compare_ids(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

    return a < b ? -1 : a > b;
}

void
rebuild_other_rules(struct rebuild *rebuild, struct text segment_ids)
{
    const struct plan *plan = rebuild->plan;
    size_t count = (segment_ids.length + 1) / (REBUILD_ID_DIGITS + 1);
    uint64_t *ids = calloc(count + 1, sizeof(*ids));

    free(rebuild->same);
    rebuild->same = calloc(plan->segment_count + 1, sizeof(rebuild->same[0]));
    CHECK(ids != NULL && rebuild->same != NULL);
    for (size_t i = 0; i < count; i++) {
        char digits[REBUILD_ID_DIGITS + 1] = "";

        memcpy(digits, segment_ids.bytes + i * (REBUILD_ID_DIGITS + 1), REBUILD_ID_DIGITS);
        ids[i] = strtoull(digits, NULL, 16);
    }
    qsort(ids, count, sizeof(ids[0]), rebuild_compare_ids);
    for (uint32_t i = 0; i < plan->segment_count; i++)
        rebuild->same[i] =
            bsearch(&plan->segments[i].id, ids, count, sizeof(ids[0]), rebuild_compare_ids) != NULL;
    free(ids);
}

/* --- taking over ---------------------------------------------------------------------------------------- */

static struct engine_stay *
rebuild_stays(struct rebuild *rebuild, const struct member_stay *stays, uint32_t count)
{
    struct engine_stay *copies =
        arena_take_zeroed(&rebuild->scratch, (count + 1) * sizeof(*copies));

    for (uint32_t i = 0; i < count; i++)
        copies[i] = (struct engine_stay){stays[i].segment, stays[i].at};
    return copies;
}

static uint32_t
rebuild_adopt(struct rebuild *rebuild, struct engine *engine, const struct rebuild_user *user)
{
    struct engine_published published = {.user = user->user, .hash = user->hash};
    struct member_record record;

    arena_reset(&rebuild->scratch);
    if (!member_read(user->record, &rebuild->scratch, &record))
        return ENGINE_SLOT_NONE; /* not ours: it was not published by this program */
    published.life = record.life;
    published.seq = record.seq;
    published.as_of = record.as_of;
    published.stays = rebuild_stays(rebuild, record.stays, record.stay_count);
    published.stay_count = record.stay_count;
    published.left = rebuild_stays(rebuild, record.left, record.left_count);
    published.left_count = record.left_count;
    return engine_adopt(engine, &published, rebuild->same);
}

uint32_t
rebuild_step(struct rebuild *rebuild, struct engine *engine)
{
    while (rebuild->next < rebuild->count) {
        const struct rebuild_user *user = &rebuild->users[rebuild->next++];

        uint32_t slot = ENGINE_SLOT_NONE;

        if (user->record.bytes != NULL)
            slot = rebuild_adopt(rebuild, engine, user);
        if (slot != ENGINE_SLOT_NONE)
            return slot;
    }
    return engine_adopt_rest(engine, &rebuild->cursor, rebuild->same);
}
