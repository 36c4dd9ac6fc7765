/* Maps and lists of an assembly. */
#include "config/language/assembly.h"

#include <stdlib.h>

#include "config/base/check.h"
#include "config/language/grow.h"

#define ASSEMBLY_MARKED 0

struct plan_run
assembly_run(struct assembly *assembly, const uint32_t *numbers, uint32_t count)
{
    struct plan *plan = assembly->plan;
    struct plan_run run = {plan->index_count, count};

    for (uint32_t i = 0; i < count; i++) {
        plan->index_pool = grow(assembly->memory, plan->index_pool, plan->index_count,
            &assembly->pool_capacity, sizeof(*plan->index_pool));
        plan->index_pool[plan->index_count++] = numbers[i];
    }
    return run;
}

struct plan_run
assembly_map_run(struct assembly *assembly, struct plan_run run, const struct assembly_map *map)
{
    const uint32_t *numbers = draft_run_at(assembly->draft, run);
    struct plan_run mapped = {assembly->plan->index_count, run.count};

    for (uint32_t i = 0; i < run.count; i++) {
        CHECK(map->to[numbers[i]] != PLAN_NONE);
        assembly_run(assembly, &map->to[numbers[i]], 1);
    }
    return mapped;
}

/* --- maps ------------------------------------------------------------------------------------ */

void
assembly_map_init(struct assembly *assembly, struct assembly_map *map, uint32_t count)
{
    map->to = arena_take(assembly->scratch, (count + 1) * sizeof(*map->to));
    map->from = arena_take(assembly->scratch, (count + 1) * sizeof(*map->from));
    map->count = 0;
    for (uint32_t i = 0; i < count; i++)
        map->to[i] = PLAN_NONE;
}

void
assembly_map_mark(struct assembly_map *map, uint32_t number)
{
    if (map->to[number] != PLAN_NONE)
        return;
    map->to[number] = ASSEMBLY_MARKED;
    map->from[map->count++] = number;
}

static int
assembly_compare_keys(const void *left, const void *right, void *keys)
{
    const struct text *of = keys;

    return text_compare(of[*(const uint32_t *)left], of[*(const uint32_t *)right]);
}

void
assembly_map_sort(struct assembly_map *map, const struct intern *keys)
{
    qsort_r(map->from, map->count, sizeof(*map->from), assembly_compare_keys, keys->keys);
    for (uint32_t i = 0; i < map->count; i++)
        map->to[map->from[i]] = i;
}

/* --- lists ----------------------------------------------------------------------------------- */

void
assembly_lists_add(
    struct assembly *assembly, struct assembly_lists *lists, uint32_t owner, uint32_t number)
{
    lists->pairs = grow(
        assembly->scratch, lists->pairs, lists->count, &lists->capacity, 2 * sizeof(*lists->pairs));
    lists->pairs[2 * lists->count] = owner;
    lists->pairs[2 * lists->count + 1] = number;
    lists->count++;
}

void
assembly_lists_runs(struct assembly *assembly, const struct assembly_lists *lists,
    uint32_t owner_count, struct plan_run *ret_runs)
{
    uint32_t *at = arena_take_zeroed(assembly->scratch, (owner_count + 1) * sizeof(*at));
    uint32_t *numbers = arena_take(assembly->scratch, (lists->count + 1) * sizeof(*numbers));
    uint32_t total = 0;

    for (uint32_t i = 0; i < lists->count; i++)
        at[lists->pairs[2 * i]]++;
    for (uint32_t i = 0; i < owner_count; i++) {
        ret_runs[i] = (struct plan_run){assembly->plan->index_count + total, at[i]};
        total += at[i];
        at[i] = total - at[i];
    }
    for (uint32_t i = 0; i < lists->count; i++)
        numbers[at[lists->pairs[2 * i]]++] = lists->pairs[2 * i + 1];
    assembly_run(assembly, numbers, lists->count);
}
