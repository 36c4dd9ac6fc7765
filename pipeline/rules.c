/* Other rules while running: one partition after the other takes them over. */
#include <stdlib.h>

#include "config/base/check.h"
#include "pipeline/work.h"

void
rules_take(struct pipeline *pipeline, const struct config *config)
{
    struct ruleset *ruleset = ruleset_new(config);

    ruleset->next = pipeline->rulesets;
    pipeline->rulesets = ruleset;
    pipeline->shared.rules = ruleset;
    counters_follow(pipeline->counters, config->plan);
}

void
pipeline_reload(struct pipeline *pipeline, const struct config *config)
{
    CHECK(pipeline->magic == PIPELINE_MAGIC);
    rules_take(pipeline, config);
    for (int32_t i = 0; i < pipeline->topics.partition_count; i++)
        if (pipeline->partitions[i] != NULL)
            partition_follow(pipeline->partitions[i]);
}

/* The trial itself is not ours any more, or there was none. */
static void
rules_free_trial(struct pipeline *pipeline)
{
    ruleset_free(pipeline->shared.trial_rules);
    pipeline->shared.trial_rules = NULL;
    pipeline->shared.trial = NULL;
}

bool
pipeline_settled(const struct pipeline *pipeline)
{
    if (pipeline->rulesets->next != NULL)
        return false;
    for (int32_t i = 0; i < pipeline->topics.partition_count; i++)
        if (pipeline->partitions[i] != NULL && partition_is_switching(pipeline->partitions[i]))
            return false;
    return true;
}

/* --- rules that are only tried --------------------------------------------------------------- */

void
pipeline_try(struct pipeline *pipeline, const struct config *config)
{
    struct partition_shared *shared = &pipeline->shared;

    CHECK(pipeline->magic == PIPELINE_MAGIC);
    CHECK(shared->trial_rules == NULL);
    shared->trial_rules = ruleset_new(config);
    shared->trial = trial_new();
    shared->trial->topic_partitions = pipeline->topics.partition_count;
    for (int32_t i = 0; i < pipeline->topics.partition_count; i++)
        if (pipeline->partitions[i] != NULL)
            partition_try(pipeline->partitions[i]);
}

struct trial *
pipeline_tried(struct pipeline *pipeline)
{
    struct partition_shared *shared = &pipeline->shared;
    struct trial *trial = shared->trial;

    if (trial == NULL)
        return NULL;
    for (int32_t i = 0; i < pipeline->topics.partition_count; i++)
        if (pipeline->partitions[i] != NULL && partition_is_trying(pipeline->partitions[i]))
            return NULL;
    if (shared->trial_rules->users > 0)
        return NULL; /* a follower is still being taken down */
    rules_free_trial(pipeline);
    return trial;
}

/* --- decoders ---------------------------------------------------------------------------------- */

static void
rules_add_decoded(const struct ruleset *ruleset, struct decode_counts *counts)
{
    const struct decode_counts *decoded = decode_counts(ruleset->decode);

    counts->texts_too_long += decoded->texts_too_long;
    counts->numbers_out_of_range += decoded->numbers_out_of_range;
}

void
rules_decoded(const struct pipeline *pipeline, struct decode_counts *ret_counts)
{
    *ret_counts = pipeline->decoded;
    for (const struct ruleset *ruleset = pipeline->rulesets; ruleset != NULL;
         ruleset = ruleset->next)
        rules_add_decoded(ruleset, ret_counts);
}

/* Older rules that no partition holds any more. */
static void
rules_free_unused(struct pipeline *pipeline)
{
    struct ruleset **place = &pipeline->rulesets->next;

    while (*place != NULL) {
        struct ruleset *ruleset = *place;

        if (ruleset->users > 0) {
            place = &ruleset->next;
            continue;
        }
        *place = ruleset->next;
        rules_add_decoded(ruleset, &pipeline->decoded);
        ruleset_free(ruleset);
    }
}

void
rules_turn(struct pipeline *pipeline)
{
    if (pipeline->rulesets->next != NULL)
        rules_free_unused(pipeline);
}

void
rules_free(struct pipeline *pipeline)
{
    trial_free(pipeline->shared.trial);
    rules_free_trial(pipeline);
    while (pipeline->rulesets != NULL) {
        struct ruleset *ruleset = pipeline->rulesets;

        pipeline->rulesets = ruleset->next;
        ruleset_free(ruleset);
    }
}
