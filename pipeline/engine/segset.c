/* Bits in two levels. */
#include "pipeline/engine/segset.h"

#include <stdlib.h>

#include "config/base/check.h"

void
segset_init(struct segset *set, uint32_t segment_count)
{
    uint32_t word_count = segment_count / 64 + 1;

    set->summary_count = word_count / 64 + 1;
    set->words = calloc((size_t)set->summary_count * 64, sizeof(*set->words));
    set->summary = calloc(set->summary_count, sizeof(*set->summary));
    CHECK(set->words != NULL && set->summary != NULL);
}

void
segset_fini(struct segset *set)
{
    free(set->words);
    free(set->summary);
}

bool
segset_add(struct segset *set, uint32_t segment)
{
    uint32_t word = segment / 64;
    uint64_t bit = UINT64_C(1) << segment % 64;
    bool fresh = (set->words[word] & bit) == 0;

    CHECK(word / 64 < set->summary_count);
    set->words[word] |= bit;
    set->summary[word / 64] |= UINT64_C(1) << word % 64;
    return fresh;
}

void
segset_add_run(struct segset *set, const struct plan *plan, struct plan_run run)
{
    const uint32_t *segments = plan_run_at(plan, run);

    for (uint32_t i = 0; i < run.count; i++)
        segset_add(set, segments[i]);
}

uint32_t
segset_take(struct segset *set)
{
    for (uint32_t i = 0; i < set->summary_count; i++) {
        uint32_t word, segment;
        if (set->summary[i] == 0)
            continue;
        word = i * 64 + (uint32_t)__builtin_ctzll(set->summary[i]);
        segment = word * 64 + (uint32_t)__builtin_ctzll(set->words[word]);
        set->words[word] &= set->words[word] - 1;
        if (set->words[word] == 0)
            set->summary[i] &= set->summary[i] - 1;
        return segment;
    }
    return PLAN_NONE;
}
