/* Murmur2 with the seed of Kafka's Java clients. */
#include "config/base/murmur2.h"

#include "config/base/check.h"

#define MURMUR2_SEED 0x9747b28cu
#define MURMUR2_MULTIPLIER 0x5bd1e995u
#define MURMUR2_SHIFT 24

static uint32_t
murmur2_word(const unsigned char *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static uint32_t
murmur2_mix(uint32_t hash, uint32_t word)
{
    word *= MURMUR2_MULTIPLIER;
    word ^= word >> MURMUR2_SHIFT;
    word *= MURMUR2_MULTIPLIER;
    return hash * MURMUR2_MULTIPLIER ^ word;
}

static uint32_t
murmur2_tail(uint32_t hash, const unsigned char *at, uint32_t count)
{
    if (count == 0)
        return hash;
    for (uint32_t i = 0; i < count; i++)
        hash ^= (uint32_t)at[i] << 8 * i;
    return hash * MURMUR2_MULTIPLIER;
}

uint32_t
murmur2(struct text key)
{
    const unsigned char *at = (const unsigned char *)key.bytes;
    uint32_t hash = MURMUR2_SEED ^ key.length;
    uint32_t left;

    for (left = key.length; left >= 4; left -= 4, at += 4)
        hash = murmur2_mix(hash, murmur2_word(at));
    hash = murmur2_tail(hash, at, left);
    hash ^= hash >> 13;
    hash *= MURMUR2_MULTIPLIER;
    return hash ^ hash >> 15;
}

uint32_t
murmur2_partition(struct text key, uint32_t partitions)
{
    CHECK(partitions > 0);
    return (murmur2(key) & 0x7fffffff) % partitions;
}
