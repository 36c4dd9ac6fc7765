#ifndef FOOTPRINT_LANGUAGE_ASSEMBLY_H
#define FOOTPRINT_LANGUAGE_ASSEMBLY_H

/*
 * What the steps of assembling share: maps from the draft's numbers to those of the plan.
 */

#include <stdint.h>

#include "config/language/assemble.h"

/* Some of a draft's things in their final order. */
struct assembly_map {
    uint32_t *to;   /* by draft number: the plan's number, or PLAN_NONE */
    uint32_t *from; /* by plan number: the draft's */
    uint32_t count;
};

struct assembly {
    struct draft *draft;
    const struct rulebook *book;
    const struct assemble_rule *rules;
    uint32_t rule_count;
    struct arena *scratch;
    struct arena *memory;
    struct plan *plan;
    struct assembly_map types, fields, predicates, selectors, leaves, nodes;
    uint32_t pool_capacity;
};

/* A run in the plan's pool. */
struct plan_run assembly_run(struct assembly *assembly, const uint32_t *numbers, uint32_t count);
/* The same, of a draft's run, each number through a map. */
struct plan_run assembly_map_run(
    struct assembly *assembly, struct plan_run run, const struct assembly_map *map);

void assembly_map_init(struct assembly *assembly, struct assembly_map *map, uint32_t count);
void assembly_map_mark(struct assembly_map *map, uint32_t number);
/* Numbers what is marked, in the order of its keys. */
void assembly_map_sort(struct assembly_map *map, const struct intern *keys);

/* Lists of numbers by owner, filled in any order of owners, read one owner after another. */
struct assembly_lists {
    uint32_t *pairs; /* owner, number */
    uint32_t count;
    uint32_t capacity;
};

void assembly_lists_add(
    struct assembly *assembly, struct assembly_lists *lists, uint32_t owner, uint32_t number);
/* ret_runs[owner] for every owner; numbers in the order in which they were added. */
void assembly_lists_runs(struct assembly *assembly, const struct assembly_lists *lists,
    uint32_t owner_count, struct plan_run *ret_runs);

/* Steps, in their own files; each relies on those before it. */
void assemble_nodes(struct assembly *assembly);    /* nodes, and what is needed of leaves */
void assemble_leaves(struct assembly *assembly);   /* leaves down to types and fields */
void assemble_segments(struct assembly *assembly); /* segments, and who reads what */

#endif
