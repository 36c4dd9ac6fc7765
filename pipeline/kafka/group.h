#ifndef FOOTPRINT_KAFKA_GROUP_H
#define FOOTPRINT_KAFKA_GROUP_H

/*
 * A consumer's membership as a transaction needs it: group, generation, member.
 *
 * The broker compares it with the group at send_offsets, so that a member of an older generation
 * can't move an offset. A generation of -1 with an empty member is not compared at all, so such a
 * membership is never given out.
 */

#include <librdkafka/rdkafka.h>

/* NULL: no member now. Belongs to the caller. */
rd_kafka_consumer_group_metadata_t *group_of(rd_kafka_t *consumer);
/* NULL gives NULL. */
rd_kafka_consumer_group_metadata_t *group_copy(const rd_kafka_consumer_group_metadata_t *group);
/* NULL is fine. */
void group_free(rd_kafka_consumer_group_metadata_t *group);

#endif
