#ifndef FOOTPRINT_KAFKA_OFFSETS_H
#define FOOTPRINT_KAFKA_OFFSETS_H

/*
 * A group's offsets of the input as an operator's command sees and sets them, from outside of the
 * group.
 *
 * All calls are BLOCKING. Brokers take an offset from outside only while the group has no member,
 * so a running daemon can't be robbed of one.
 */

#include <stddef.h>
#include <stdint.h>

#include "config/base/buffer.h"
#include "config/base/err.h"
#include "config/config.h"
#include "pipeline/kafka/source.h"

struct offsets;

/* NULL: reterr says why. `config` must outlive it. */
struct offsets *offsets_new(const struct config *config, struct err *reterr);
void offsets_free(struct offsets *offsets); /* NULL is fine */

enum err_code offsets_partition_count(
    struct offsets *offsets, int32_t *ret_count, struct err *reterr) ERR_MUSTCHECK;
/* Members that the group has now, and their names, separated by commas. */
enum err_code offsets_members(struct offsets *offsets, size_t *ret_count, struct buffer *names,
    struct err *reterr) ERR_MUSTCHECK;

struct offsets_place {
    struct source_committed committed;
    int64_t low, end; /* of the log */
};
enum err_code offsets_look(struct offsets *offsets, int32_t partition,
    struct offsets_place *ret_place, struct err *reterr) ERR_MUSTCHECK;
enum err_code offsets_set(struct offsets *offsets, int32_t partition, int64_t offset,
    const char *metadata, struct err *reterr) ERR_MUSTCHECK;

#endif
