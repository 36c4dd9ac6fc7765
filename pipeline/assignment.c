/* Partitions come and go as the group says. */
#include <string.h>

#include "config/base/check.h"
#include "pipeline/work.h"

void
assignment_given(struct pipeline *pipeline, const int32_t *partitions, size_t count)
{
    struct assignment *assignment = &pipeline->assignment;

    CHECK(assignment->given_count + count <= PARTITIONS_MAX);
    assignment->joined = true;
    if (count == 0)
        return;
    memcpy(assignment->given + assignment->given_count, partitions, count * sizeof(partitions[0]));
    assignment->given_count += count;
    assignment->giving = true;
    pipeline->counters->rebalances++;
    work_notice(pipeline, NOTICE_INFO, "partitions-given", "the group gives %zu partitions", count);
}

static void
assignment_forget_given(struct assignment *assignment, int32_t number)
{
    for (size_t i = 0; i < assignment->given_count; i++)
        if (assignment->given[i] == number)
            assignment->given[i] = assignment->given[--assignment->given_count];
}

void
assignment_taken(struct pipeline *pipeline, const int32_t *partitions, size_t count, bool lost)
{
    struct assignment *assignment = &pipeline->assignment;

    CHECK(assignment->taken_count + count <= PARTITIONS_MAX);
    for (size_t i = 0; i < count; i++) {
        struct partition *partition = pipeline->partitions[partitions[i]];

        assignment_forget_given(assignment, partitions[i]);
        assignment->taken[assignment->taken_count++] = partitions[i];
        if (partition != NULL)
            partition_release(partition, lost);
    }
    assignment->taking = true;
    pipeline->counters->rebalances++;
    work_notice(pipeline, NOTICE_INFO, "partitions-taken", "the group takes %zu partitions%s",
        count, lost ? ", they are already lost" : "");
}

void
assignment_release_all(struct pipeline *pipeline, bool lost)
{
    pipeline->assignment.given_count = 0;
    pipeline->assignment.giving = false;
    for (int32_t i = 0; i < pipeline->topics.partition_count; i++)
        if (pipeline->partitions[i] != NULL &&
            (lost || partition_state(pipeline->partitions[i]) != PARTITION_RELEASING))
            partition_release(pipeline->partitions[i], lost);
}

bool
assignment_is_empty(const struct pipeline *pipeline)
{
    for (int32_t i = 0; i < pipeline->topics.partition_count; i++)
        if (pipeline->partitions[i] != NULL)
            return false;
    return true;
}

static void
assignment_free_gone(struct pipeline *pipeline)
{
    for (int32_t i = 0; i < pipeline->topics.partition_count; i++) {
        struct partition *partition = pipeline->partitions[i];

        if (partition == NULL || partition_state(partition) != PARTITION_GONE)
            continue;
        partition_free(partition);
        pipeline->partitions[i] = NULL;
    }
}

static void
assignment_failed(struct pipeline *pipeline, const struct err *err)
{
    pipeline->source_failed = true;
    work_notice(pipeline, NOTICE_ERROR, "assign-failed", "%s", err->msg);
}

/* All that was taken is given back: the group may go on. */
static void
assignment_answer_taken(struct pipeline *pipeline)
{
    struct assignment *assignment = &pipeline->assignment;
    struct err err;

    for (size_t i = 0; i < assignment->taken_count; i++)
        if (pipeline->partitions[assignment->taken[i]] != NULL)
            return;
    if (source_unassign(
            pipeline->shared.source, assignment->taken, assignment->taken_count, &err) != ERR_NONE)
        assignment_failed(pipeline, &err);
    assignment->taken_count = 0;
    assignment->taking = false;
}

/* True: every partition that was given knows where to begin, or that it can't. One that the topic
 * did not have at the start is none of ours: it is assigned, but not read. */
static bool
assignment_prepare(struct pipeline *pipeline)
{
    struct assignment *assignment = &pipeline->assignment;
    bool ready = true;

    for (size_t i = 0; i < assignment->given_count; i++) {
        struct partition **place = &pipeline->partitions[assignment->given[i]];

        if (assignment->given[i] >= pipeline->topics.partition_count)
            continue;
        if (*place == NULL) {
            *place = partition_new(&pipeline->shared, assignment->given[i]);
            partition_hold(*place, pipeline->holds[assignment->given[i]]);
        }
        if (partition_state(*place) != PARTITION_READY &&
            partition_state(*place) != PARTITION_HALTED)
            ready = false;
    }
    return ready;
}

static void
assignment_answer_given(struct pipeline *pipeline)
{
    struct assignment *assignment = &pipeline->assignment;
    struct source_start starts[PARTITIONS_MAX];
    struct err err;

    if (!assignment_prepare(pipeline))
        return;
    for (size_t i = 0; i < assignment->given_count; i++) {
        struct partition *partition = pipeline->partitions[assignment->given[i]];

        starts[i] = (struct source_start){assignment->given[i],
            partition != NULL ? partition_start(partition) : SOURCE_OFFSET_NONE};
    }
    if (source_assign(pipeline->shared.source, starts, assignment->given_count, &err) != ERR_NONE) {
        assignment_failed(pipeline, &err);
        return;
    }
    for (size_t i = 0; i < assignment->given_count; i++)
        if (pipeline->partitions[assignment->given[i]] != NULL)
            partition_assigned(pipeline->partitions[assignment->given[i]]);
    assignment->given_count = 0;
    assignment->giving = false;
}

void
assignment_turn(struct pipeline *pipeline)
{
    assignment_free_gone(pipeline);
    if (pipeline->source_failed || pipeline->renewing || pipeline->shared.source == NULL)
        return;
    if (pipeline->assignment.taking)
        assignment_answer_taken(pipeline);
    else if (pipeline->assignment.giving && !pipeline->stopping)
        assignment_answer_given(pipeline);
}
