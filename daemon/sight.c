/* Keeps the last rejects, and what is tapped until it is taken. */
#include "daemon/sight.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/check.h"

void
sights_init(struct sights *sights)
{
    memset(sights, 0, sizeof(*sights));
    pthread_mutex_init(&sights->lock, NULL);
    pthread_mutex_init(&sights->rejects_lock, NULL);
}

void
sights_fini(struct sights *sights)
{
    free(sights->ring);
    pthread_mutex_destroy(&sights->lock);
    pthread_mutex_destroy(&sights->rejects_lock);
}

/* --- the worker's thread ----------------------------------------------------------------------- */

static void
sights_copy(const struct pipeline_sighting *sighting, int64_t wall_ms, struct sight *ret_sight)
{
    ret_sight->kind = sighting->kind;
    ret_sight->taps = 0;
    ret_sight->partition = sighting->partition;
    ret_sight->offset = sighting->offset;
    ret_sight->at_ms = sighting->at_ms;
    ret_sight->place = sighting->place;
    ret_sight->seen_ms = wall_ms;
    ret_sight->user_length = sighting->user.length < sizeof(ret_sight->user)
                                 ? sighting->user.length
                                 : (uint32_t)sizeof(ret_sight->user);
    if (ret_sight->user_length > 0)
        memcpy(ret_sight->user, sighting->user.bytes, ret_sight->user_length);
    ret_sight->name_length = sighting->name.length < sizeof(ret_sight->name)
                                 ? sighting->name.length
                                 : (uint32_t)sizeof(ret_sight->name);
    if (ret_sight->name_length > 0)
        memcpy(ret_sight->name, sighting->name.bytes, ret_sight->name_length);
    ret_sight->outcome = sighting->outcome;
    snprintf(ret_sight->detail, sizeof(ret_sight->detail), "%s",
        sighting->detail == NULL ? "" : sighting->detail);
}

static bool
sights_is_wished(const struct sight_wish *wish, const struct pipeline_sighting *sighting)
{
    if ((wish->kinds & (unsigned)sighting->kind) == 0)
        return false;
    if (wish->of_user && !text_equal(text_of(wish->user), sighting->user))
        return false;
    return sighting->kind != SIGHT_CHANGE || wish->segment[0] == '\0' ||
           text_equal(text_of(wish->segment), sighting->name);
}

/* Under the lock: the taps that take it. */
static unsigned
sights_match(struct sights *sights, const struct pipeline_sighting *sighting)
{
    unsigned taps = 0;

    for (unsigned i = 0; i < SIGHT_TAPS_MAX; i++) {
        struct sight_tap *tap = &sights->taps[i];

        if (!sights_is_wished(&tap->wish, sighting) || tap->matched++ % tap->wish.sample != 0)
            continue;
        if (sights->ring_count == SIGHT_RING_MAX)
            tap->dropped++;
        else
            taps |= 1u << i;
    }
    return taps;
}

static void
sights_offer(struct sights *sights, const struct pipeline_sighting *sighting, int64_t wall_ms)
{
    unsigned taps;

    if (pthread_mutex_trylock(&sights->lock) != 0) {
        atomic_fetch_add_explicit(
            &sights->missed[__builtin_ctz((unsigned)sighting->kind)], 1, memory_order_relaxed);
        return;
    }
    taps = sights_match(sights, sighting);
    if (taps != 0) {
        struct sight *sight = &sights->ring[sights->ring_count++];

        sights_copy(sighting, wall_ms, sight);
        sight->taps = taps;
    }
    pthread_mutex_unlock(&sights->lock);
}

void
sights_saw(struct sights *sights, const struct pipeline_sighting *sighting, int64_t wall_ms)
{
    if (sighting->kind == SIGHT_REJECT) {
        pthread_mutex_lock(&sights->rejects_lock);
        sights_copy(
            sighting, wall_ms, &sights->rejects[sights->reject_count++ % SIGHT_REJECTS_MAX]);
        pthread_mutex_unlock(&sights->rejects_lock);
    }
    if ((atomic_load_explicit(&sights->wanted, memory_order_relaxed) & (unsigned)sighting->kind) !=
        0)
        sights_offer(sights, sighting, wall_ms);
}

/* --- the control thread -------------------------------------------------------------------------- */

void
sights_tap(struct sights *sights, unsigned number, const struct sight_wish *wish)
{
    struct sight_tap *tap = &sights->taps[number];
    unsigned kinds = 0;

    CHECK(number < SIGHT_TAPS_MAX);
    CHECK(wish == NULL || wish->sample > 0);
    pthread_mutex_lock(&sights->lock);
    if (sights->ring == NULL) {
        sights->ring = calloc(SIGHT_RING_MAX, sizeof(*sights->ring));
        CHECK(sights->ring != NULL);
    }
    memset(tap, 0, sizeof(*tap));
    if (wish != NULL)
        tap->wish = *wish;
    for (uint32_t i = 0; i < sights->ring_count; i++)
        sights->ring[i].taps &= ~(1u << number); /* what a former one had wanted */
    for (unsigned i = 0; i < SIGHT_TAPS_MAX; i++)
        kinds |= sights->taps[i].wish.kinds;
    atomic_store(&sights->wanted, kinds);
    pthread_mutex_unlock(&sights->lock);
}

uint32_t
sights_take(struct sights *sights, struct sight *ret_sights, uint64_t *dropped)
{
    uint64_t missed;
    uint32_t count;

    pthread_mutex_lock(&sights->lock);
    count = sights->ring_count;
    if (count > 0)
        memcpy(ret_sights, sights->ring, count * sizeof(ret_sights[0]));
    sights->ring_count = 0;
    for (unsigned i = 0; i < SIGHT_TAPS_MAX; i++) {
        dropped[i] += sights->taps[i].dropped;
        sights->taps[i].dropped = 0;
    }
    for (unsigned kind = 0; kind < SIGHT_KINDS; kind++) {
        missed = atomic_exchange(&sights->missed[kind], 0);
        for (unsigned i = 0; i < SIGHT_TAPS_MAX; i++)
            if ((sights->taps[i].wish.kinds & 1u << kind) != 0)
                dropped[i] += missed;
    }
    pthread_mutex_unlock(&sights->lock);
    return count;
}

uint32_t
sights_rejects(struct sights *sights, struct sight *ret_rejects)
{
    uint32_t count;
    uint64_t first;

    pthread_mutex_lock(&sights->rejects_lock);
    count = sights->reject_count < SIGHT_REJECTS_MAX ? (uint32_t)sights->reject_count
                                                     : SIGHT_REJECTS_MAX;
    first = sights->reject_count - count;
    for (uint32_t i = 0; i < count; i++)
        ret_rejects[i] = sights->rejects[(first + i) % SIGHT_REJECTS_MAX];
    pthread_mutex_unlock(&sights->rejects_lock);
    return count;
}
