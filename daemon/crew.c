/* All workers of this process, as one. */
#include "daemon/crew.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/base/check.h"
#include "daemon/clock.h"
#include "daemon/worker.h"
#include "pipeline/partition/trial.h"

struct crew_member {
    struct worker *worker;
    uint64_t turns; /* as last seen to move, and when */
    int64_t moved_us;
};

struct crew {
    struct crew_member *members;
    size_t size;
    size_t trying; /* of them, whose trial is not over */
    struct buffer lines;
};

static size_t
crew_size_wanted(const struct config *config, const struct topics *topics)
{
    int64_t wanted = config->settings.workers;
    int64_t processors = sysconf(_SC_NPROCESSORS_ONLN);

    if (wanted > 0)
        return (size_t)wanted;
    if (processors > topics->partition_count)
        processors = topics->partition_count;
    return processors < 1 ? 1 : (size_t)processors;
}

struct crew *
crew_new(const struct config *config, const struct topics *topics, struct err *reterr)
{
    size_t wanted = crew_size_wanted(config, topics);
    struct crew *crew = calloc(1, sizeof(*crew));

    CHECK(crew != NULL);
    crew->members = calloc(wanted, sizeof(*crew->members));
    CHECK(crew->members != NULL);
    buffer_init(&crew->lines);
    for (; crew->size < wanted; crew->size++) {
        struct crew_member *member = &crew->members[crew->size];

        member->moved_us = clock_mono_us();
        member->worker = worker_start(config, topics, (int)crew->size, (int)wanted, reterr);
        if (member->worker == NULL)
            goto fail;
    }
    return crew;
fail:
    crew_stop(crew, 0);
    crew_free(crew);
    return NULL;
}

void
crew_stop(struct crew *crew, int64_t drain_ms)
{
    for (size_t i = 0; i < crew->size; i++)
        worker_stop(crew->members[i].worker, drain_ms);
}

void
crew_reload(struct crew *crew, const struct config *config)
{
    for (size_t i = 0; i < crew->size; i++)
        worker_reload(crew->members[i].worker, config);
}

void
crew_try(struct crew *crew, const struct config *config)
{
    crew->trying = crew->size;
    for (size_t i = 0; i < crew->size; i++)
        worker_try(crew->members[i].worker, config);
}

bool
crew_tried(struct crew *crew, struct trial *trial)
{
    for (size_t i = 0; i < crew->size; i++) {
        struct trial *tried = worker_tried(crew->members[i].worker);

        if (tried == NULL)
            continue;
        crew->trying--;
        trial_take(trial, tried);
    }
    return crew->trying == 0;
}

bool
crew_has_settled(struct crew *crew, const struct config *config)
{
    for (size_t i = 0; i < crew->size; i++)
        if (!worker_has_settled(crew->members[i].worker, config))
            return false;
    return true;
}

bool
crew_has_stopped(const struct crew *crew)
{
    for (size_t i = 0; i < crew->size; i++)
        if (!worker_has_stopped(crew->members[i].worker))
            return false;
    return true;
}

void
crew_free(struct crew *crew)
{
    if (crew == NULL)
        return;
    for (size_t i = 0; i < crew->size; i++)
        worker_free(crew->members[i].worker);
    buffer_fini(&crew->lines);
    free(crew->members);
    free(crew);
}

size_t
crew_size(const struct crew *crew)
{
    return crew->size;
}

void
crew_hold(struct crew *crew, const enum pipeline_hold *holds, size_t count)
{
    for (size_t i = 0; i < crew->size; i++)
        if (!worker_has_stopped(crew->members[i].worker))
            worker_hold(crew->members[i].worker, holds, count);
}

struct sights *
crew_sights(struct crew *crew, size_t number)
{
    CHECK(number < crew->size);
    return worker_sights(crew->members[number].worker);
}

const char *
crew_gave_up(const struct crew *crew)
{
    for (size_t i = 0; i < crew->size; i++) {
        const char *why = worker_gave_up(crew->members[i].worker);

        if (why != NULL)
            return why;
    }
    return NULL;
}

static bool
crew_has_line(const struct buffer *lines, struct text line)
{
    const char *at = lines->bytes, *end = lines->bytes + lines->length;

    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));

        if (text_equal((struct text){at, (uint32_t)(stop - at)}, line))
            return true;
        at = stop + 1;
    }
    return false;
}

/* Workers that miss the same server say the same. */
static void
crew_add_reasons(struct buffer *reasons, const struct buffer *lines)
{
    const char *at = lines->bytes, *end = lines->bytes + lines->length;

    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        struct text line = {at, (uint32_t)((stop == NULL ? end : stop) - at)};

        if (!crew_has_line(reasons, line)) {
            buffer_add_text(reasons, line);
            buffer_add_char(reasons, '\n');
        }
        at += line.length + 1;
    }
}

static void
crew_watch(struct crew_member *member, size_t number, struct buffer *stalls)
{
    uint64_t turns = worker_turns(member->worker);
    int64_t now_us = clock_mono_us();
    int64_t still_us = now_us - member->moved_us;

    if (turns != member->turns || worker_has_stopped(member->worker)) {
        member->turns = turns;
        member->moved_us = now_us;
    } else if (still_us > CREW_STALL_US) {
        buffer_printf(stalls, "worker %zu: has not moved for more than %jd s\n", number,
            (intmax_t)(CREW_STALL_US / 1000000));
    }
}

bool
crew_look(
    struct crew *crew, struct counters *counters, struct buffer *reasons, struct buffer *stalls)
{
    bool replaying = false;

    for (size_t i = 0; i < crew->size; i++) {
        struct crew_member *member = &crew->members[i];

        buffer_clear(&crew->lines);
        if (worker_look(member->worker, counters, &crew->lines))
            replaying = true;
        crew_add_reasons(reasons, &crew->lines);
        crew_watch(member, i, stalls);
    }
    crew_add_reasons(reasons, stalls);
    return replaying;
}
