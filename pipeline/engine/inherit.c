/* What an engine that has not read the whole log takes over from one that has. */
#include "config/base/check.h"
#include "pipeline/engine/core.h"

/*
 * None of his events is among those that were read: he is known all the same, until forgotten. If
 * he is forgotten, the store may not know that yet.
 */
static void
inherit_unseen(struct engine *engine, const struct profile *elder, uint64_t hash)
{
    struct text user = profile_user(elder);
    uint32_t number = users_find(engine->users, user, hash);
    struct profile *profile;

    if (number == USERS_NONE)
        number = users_add(engine->users, profile_new(engine->slab, user, engine->rules), hash);
    core_dirty(engine, number);
    if (!elder->known)
        return;
    profile = users_slot(engine->users, number)->profile;
    profile->known = 1;
    profile->clock = elder->clock;
    profile->newest = elder->newest;
    profile->life = elder->life;
    profile->seq = elder->seq;
    profile->due = core_forget_at(engine, profile);
    core_arm(engine, number);
}

static bool
inherit_user(
    struct engine *engine, const struct profile *elder, uint64_t hash, int64_t complete_from)
{
    uint32_t number = users_find(engine->users, profile_user(elder), hash);
    struct profile *profile =
        number == USERS_NONE ? NULL : users_slot(engine->users, number)->profile;

    if (profile == NULL || !profile->known) {
        if (elder->known && elder->newest >= complete_from)
            return false;
        inherit_unseen(engine, elder, hash);
        return true;
    }
    profile->life = elder->life;
    return elder->known && profile->newest == elder->newest;
}

enum inherit_result
engine_inherit(struct engine *engine, const struct engine *elder, uint32_t *cursor,
    int64_t complete_from, uint32_t count_max)
{
    uint32_t end = users_slot_count(elder->users);

    for (uint32_t done = 0; done < count_max && *cursor < end; done++) {
        const struct slot *slot = users_slot(elder->users, (*cursor)++);

        if (slot->profile != NULL &&
            !inherit_user(engine, slot->profile, slot->hash, complete_from))
            return INHERIT_DIFFERS;
    }
    return *cursor < end ? INHERIT_MORE : INHERIT_DONE;
}
