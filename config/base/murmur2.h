#ifndef FOOTPRINT_BASE_MURMUR2_H
#define FOOTPRINT_BASE_MURMUR2_H

/*
 * The hash by which Kafka's Java clients choose a partition, and that choice.
 */

#include <stdint.h>

#include "config/base/text.h"

uint32_t murmur2(struct text key);

/* (murmur2(key) & 0x7fffffff) % partitions; partitions > 0. */
uint32_t murmur2_partition(struct text key, uint32_t partitions);

#endif
