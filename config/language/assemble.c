/* The steps from a draft to a plan, in their order. */
#include "config/language/assemble.h"

#include <stdio.h>

#include "config/base/check.h"
#include "config/base/hash.h"
#include "config/base/sha256.h"
#include "config/language/assembly.h"
#include "config/language/canon.h"
#include "config/language/grow.h"
#include "config/language/starts.h"

#define ASSEMBLE_SLOTS_MIN 4

/* --- names ----------------------------------------------------------------------------------- */

static void
assemble_index_add(uint32_t *slots, uint32_t mask, struct text name, uint32_t number)
{
    uint32_t at = (uint32_t)hash_text(name) & mask;

    while (slots[at] != 0)
        at = (at + 1) & mask;
    slots[at] = number + 1;
}

/* At most half full, so that a name which is not there is found out soon. */
static uint32_t *
assemble_slots(struct assembly *assembly, uint32_t count, struct plan_index *index)
{
    uint32_t slot_count = ASSEMBLE_SLOTS_MIN, *slots;

    while (slot_count < 2 * count)
        slot_count *= 2;
    slots = arena_take_zeroed(assembly->memory, slot_count * sizeof(*slots));
    index->slots = slots;
    index->mask = slot_count - 1;
    return slots;
}

static void
assemble_indexes(struct assembly *assembly)
{
    struct plan *plan = assembly->plan;
    uint32_t *slots = assemble_slots(assembly, plan->type_count, &plan->type_index);

    for (uint32_t i = 0; i < plan->type_count; i++)
        assemble_index_add(slots, plan->type_index.mask, plan->types[i].name, i);
    slots = assemble_slots(assembly, plan->segment_count, &plan->segment_index);
    for (uint32_t i = 0; i < plan->segment_count; i++)
        assemble_index_add(slots, plan->segment_index.mask, plan->segments[i].name, i);
}

/* --- the rest -------------------------------------------------------------------------------- */

static void
assemble_starters(struct assembly *assembly)
{
    struct plan *plan = assembly->plan;
    uint32_t count = 0;
    uint32_t *starters =
        arena_take(assembly->scratch, (plan->segment_count + 1) * sizeof(*starters));

    starts_mark(plan, assembly->scratch);
    for (uint32_t i = 0; i < plan->segment_count; i++) {
        if (plan->segments[i].starts_true)
            starters[count++] = i;
    }
    plan->starters = assembly_run(assembly, starters, count);
}

/* Of a user who was seen only before, a segment that may hold of nothing knows nothing. */
static void
assemble_settle(struct plan *plan)
{
    plan->settle_ms = plan->reach_ever ? PLAN_EVER : plan->reach_ms;
    for (uint32_t i = 0; i < plan->segment_count; i++) {
        if (plan->segments[i].hangs_on || plan->segments[i].starts_true)
            plan->settle_ms = PLAN_EVER;
    }
}

static void
assemble_digest(struct assembly *assembly)
{
    struct plan *plan = assembly->plan;
    struct sha256 *sha256 = sha256_new();
    struct buffer rules;

    buffer_init(&rules);
    for (uint32_t i = 0; i < assembly->rule_count; i++) {
        canon_rule(&rules, assembly->rules[i].rule);
        canon_values(&rules, assembly->rules[i].rule);
    }
    sha256_digest(
        sha256, &(struct text){rules.bytes, (uint32_t)rules.length}, 1, plan->rules_digest);
    snprintf(plan->rules_id, sizeof(plan->rules_id), "%02x%02x%02x%02x", plan->rules_digest[0],
        plan->rules_digest[1], plan->rules_digest[2], plan->rules_digest[3]);
    buffer_fini(&rules);
    sha256_free(sha256);
}

struct plan *
assemble_plan(struct draft *draft, const struct rulebook *book, const struct assemble_rule *rules,
    uint32_t count, struct arena *memory)
{
    struct assembly assembly = {.draft = draft,
        .book = book,
        .rules = rules,
        .rule_count = count,
        .scratch = draft->arena,
        .memory = memory};
    struct plan *plan = arena_take_zeroed(memory, sizeof(*plan));

    CHECK(memory != draft->arena);
    assembly.plan = plan;
    plan->memory = memory;
    plan->index_pool = grow(memory, NULL, 0, &assembly.pool_capacity, sizeof(*plan->index_pool));
    assemble_nodes(&assembly);
    assemble_leaves(&assembly);
    assemble_segments(&assembly);
    assemble_starters(&assembly);
    assemble_settle(assembly.plan);
    assemble_indexes(&assembly);
    assemble_digest(&assembly);
    return plan;
}
