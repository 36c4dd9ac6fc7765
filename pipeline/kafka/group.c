/* Group metadata of librdkafka, looked into where the library offers no getters. */
#include "pipeline/kafka/group.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "config/base/check.h"

/* What rd_kafka_consumer_group_metadata_write gives: this, int32 generation, group, member. */
#define GROUP_PREFIX "CGMDv2:"
#define GROUP_PREFIX_BYTES (sizeof(GROUP_PREFIX) - 1)

/*
 * False when the broker would not compare it. A library that writes another form is trusted:
 * a static member's metadata names its instance, which alone makes the broker compare.
 */
static bool
group_is_compared(const char *bytes, size_t length)
{
    const char *end = bytes + length, *at = bytes + GROUP_PREFIX_BYTES + sizeof(int32_t);
    int32_t generation;

    if (length < GROUP_PREFIX_BYTES + sizeof(generation) ||
        memcmp(bytes, GROUP_PREFIX, GROUP_PREFIX_BYTES) != 0)
        return true;
    memcpy(&generation, bytes + GROUP_PREFIX_BYTES, sizeof(generation));
    at += strnlen(at, (size_t)(end - at)) + 1; /* the group's name */
    return generation >= 0 && at < end && *at != '\0';
}

/* The two calls of the library that a copy is made of; NULL when either fails. */
static rd_kafka_consumer_group_metadata_t *
group_rewrite(const rd_kafka_consumer_group_metadata_t *group, bool must_be_compared)
{
    rd_kafka_consumer_group_metadata_t *copy = NULL;
    rd_kafka_error_t *error;
    void *bytes = NULL;
    size_t length = 0;

    error = rd_kafka_consumer_group_metadata_write(group, &bytes, &length);
    if (error == NULL && (!must_be_compared || group_is_compared(bytes, length)))
        error = rd_kafka_consumer_group_metadata_read(&copy, bytes, length);
    if (error != NULL)
        rd_kafka_error_destroy(error);
    rd_kafka_mem_free(NULL, bytes);
    return copy;
}

rd_kafka_consumer_group_metadata_t *
group_of(rd_kafka_t *consumer)
{
    rd_kafka_consumer_group_metadata_t *group = rd_kafka_consumer_group_metadata(consumer), *copy;

    if (group == NULL)
        return NULL;
    copy = group_rewrite(group, true);
    rd_kafka_consumer_group_metadata_destroy(group);
    return copy;
}

rd_kafka_consumer_group_metadata_t *
group_copy(const rd_kafka_consumer_group_metadata_t *group)
{
    return group == NULL ? NULL : group_rewrite(group, false);
}

void
group_free(rd_kafka_consumer_group_metadata_t *group)
{
    if (group != NULL)
        rd_kafka_consumer_group_metadata_destroy(group);
}
