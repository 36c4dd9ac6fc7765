/* Open addressing with stamps: emptying is one addition. */
#include "pipeline/engine/alike.h"

#include <stdlib.h>

#include "config/base/check.h"

struct alike_place {
    uint64_t key;
    uint64_t stamp;
    uint64_t number;
};

struct alike {
    uint64_t stamp;
    uint32_t mask;
    uint32_t key_max;
    uint32_t count;
    struct alike_place places[];
};

struct alike *
alike_new(uint32_t key_max)
{
    uint32_t capacity = 16;
    struct alike *alike;

    while (capacity < key_max * 2)
        capacity *= 2;
    alike = calloc(1, sizeof(*alike) + capacity * sizeof(alike->places[0]));
    CHECK(alike != NULL);
    alike->mask = capacity - 1;
    alike->key_max = key_max;
    return alike;
}

void
alike_free(struct alike *alike)
{
    free(alike);
}

void
alike_begin(struct alike *alike)
{
    alike->stamp++;
    alike->count = 0;
}

uint64_t *
alike_at(struct alike *alike, uint64_t key)
{
    uint64_t mixed = key * UINT64_C(0x9E3779B97F4A7C15);
    uint32_t at = (uint32_t)(mixed >> 32) & alike->mask;

    while (alike->places[at].stamp == alike->stamp) {
        if (alike->places[at].key == key)
            return &alike->places[at].number;
        at = (at + 1) & alike->mask;
    }
    CHECK(alike->count < alike->key_max);
    alike->count++;
    alike->places[at] = (struct alike_place){.key = key, .stamp = alike->stamp};
    return &alike->places[at].number;
}
