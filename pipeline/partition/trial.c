/* What other rules would publish, counted instead of published. */
#include "pipeline/partition/trial.h"

#include <inttypes.h>
#include <stdlib.h>

#include "config/base/check.h"
#include "config/base/hash.h"
#include "pipeline/engine/engine.h"

struct trial *
trial_new(void)
{
    struct trial *trial = calloc(1, sizeof(*trial));

    CHECK(trial != NULL);
    arena_init(&trial->arena);
    buffer_init(&trial->left_out);
    return trial;
}

void
trial_free(struct trial *trial)
{
    if (trial == NULL)
        return;
    arena_fini(&trial->arena);
    buffer_fini(&trial->left_out);
    free(trial->segments);
    free(trial->places);
    free(trial);
}

static uint32_t *
trial_place(struct trial *trial, struct text name)
{
    for (size_t i = hash_text(name);; i++) {
        uint32_t *place = &trial->places[i & (2 * trial->capacity - 1)];

        if (*place == 0 || text_equal(trial->segments[*place - 1].name, name))
            return place;
    }
}

static void
trial_grow(struct trial *trial)
{
    trial->capacity = trial->capacity > 0 ? 2 * trial->capacity : 64;
    trial->segments = realloc(trial->segments, trial->capacity * sizeof(trial->segments[0]));
    free(trial->places);
    trial->places = calloc(2 * trial->capacity, sizeof(trial->places[0]));
    CHECK(trial->segments != NULL && trial->places != NULL);
    for (size_t i = 0; i < trial->count; i++)
        *trial_place(trial, trial->segments[i].name) = (uint32_t)i + 1;
}

static struct trial_segment *
trial_segment(struct trial *trial, struct text name)
{
    uint32_t *place;

    if (trial->count == trial->capacity)
        trial_grow(trial);
    place = trial_place(trial, name);
    if (*place == 0) {
        *place = (uint32_t)++trial->count;
        trial->segments[*place - 1] =
            (struct trial_segment){.name = arena_copy(&trial->arena, name)};
    }
    return &trial->segments[*place - 1];
}

void
trial_change(void *opaque, const struct change *change)
{
    struct trial *trial = opaque;
    struct trial_segment *segment = trial_segment(trial, change->name);
    enum trial_way way = change->enter ? TRIAL_ENTER : TRIAL_EXIT;

    if (segment->counts[way] < TRIAL_SAMPLE_MAX)
        segment->samples[way][segment->counts[way]] = arena_copy(&trial->arena, change->user);
    segment->counts[way]++;
}

void
trial_counted(struct trial *trial, int32_t partition)
{
    trial->partitions++;
    trial->accounted_for[partition] = true;
}

void
trial_leave_out(struct trial *trial, int32_t partition, const char *why)
{
    trial->accounted_for[partition] = true;
    buffer_printf(&trial->left_out, "partition %" PRId32 ": %s\n", partition, why);
}

/* "partition 3, 5 to 7: ..." */
void
trial_leave_out_rest(struct trial *trial)
{
    int32_t end, runs = 0;

    for (int32_t i = 0; i < trial->topic_partitions; i = end) {
        for (end = i; end < trial->topic_partitions && !trial->accounted_for[end]; end++)
            ;
        if (end == i) {
            end++;
            continue;
        }
        buffer_printf(&trial->left_out, "%s %" PRId32, runs++ == 0 ? "partition" : ",", i);
        if (end - i > 1)
            buffer_printf(&trial->left_out, " to %" PRId32, end - 1);
    }
    if (runs > 0)
        buffer_add_literal(
            &trial->left_out, ": with no worker here: another host's, or on its way\n");
}

static void
trial_take_segment(struct trial *trial, const struct trial_segment *other)
{
    struct trial_segment *segment = trial_segment(trial, other->name);

    for (int way = 0; way < TRIAL_WAYS; way++) {
        for (uint64_t i = 0, at = segment->counts[way];
             i < other->counts[way] && i < TRIAL_SAMPLE_MAX && at < TRIAL_SAMPLE_MAX; i++, at++)
            segment->samples[way][at] = arena_copy(&trial->arena, other->samples[way][i]);
        segment->counts[way] += other->counts[way];
    }
}

void
trial_take(struct trial *trial, struct trial *other)
{
    for (size_t i = 0; i < other->count; i++)
        trial_take_segment(trial, &other->segments[i]);
    buffer_add(&trial->left_out, other->left_out.bytes, other->left_out.length);
    trial->partitions += other->partitions;
    if (trial->topic_partitions < other->topic_partitions)
        trial->topic_partitions = other->topic_partitions;
    for (int32_t i = 0; i < PARTITIONS_MAX; i++)
        trial->accounted_for[i] |= other->accounted_for[i];
    trial_free(other);
}

static int
trial_compare(const void *left, const void *right)
{
    const struct trial_segment *a = left, *b = right;

    return text_compare(a->name, b->name);
}

void
trial_sort(struct trial *trial)
{
    if (trial->count > 0)
        qsort(trial->segments, trial->count, sizeof(trial->segments[0]), trial_compare);
}
