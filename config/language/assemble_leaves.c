/* Leaves and what they stand on: selectors, predicates, types, fields. */
#include "config/base/check.h"
#include "config/base/limits.h"
#include "config/language/assembly.h"
#include "config/language/regex.h"

/* --- what is used ---------------------------------------------------------------------------- */

static void
assemble_mark_leaf(struct assembly *assembly, const struct plan_leaf *leaf)
{
    const uint32_t *steps = draft_run_at(assembly->draft, leaf->steps);

    if (leaf->selector != PLAN_NONE)
        assembly_map_mark(&assembly->selectors, leaf->selector);
    for (uint32_t i = 0; i < leaf->steps.count; i++)
        assembly_map_mark(&assembly->selectors, steps[i]);
    if (leaf->field != PLAN_NONE)
        assembly_map_mark(&assembly->fields, leaf->field);
    if (leaf->by != PLAN_NONE)
        assembly_map_mark(&assembly->fields, leaf->by);
}

static void
assemble_mark_selector(struct assembly *assembly, const struct plan_selector *selector)
{
    const struct draft *draft = assembly->draft;
    const uint32_t *types = draft_run_at(draft, selector->types);
    const uint32_t *predicates = draft_run_at(draft, selector->predicates);

    for (uint32_t i = 0; i < selector->types.count; i++)
        assembly_map_mark(&assembly->types, types[i]);
    for (uint32_t i = 0; i < selector->predicates.count; i++) {
        assembly_map_mark(&assembly->predicates, predicates[i]);
        assembly_map_mark(&assembly->fields, draft->predicates[predicates[i]].field);
    }
}

static void
assemble_mark(struct assembly *assembly)
{
    struct draft *draft = assembly->draft;

    assembly_map_init(assembly, &assembly->types, draft->type_keys.count);
    assembly_map_init(assembly, &assembly->fields, draft->field_keys.count);
    assembly_map_init(assembly, &assembly->predicates, draft->predicate_keys.count);
    assembly_map_init(assembly, &assembly->selectors, draft->selector_keys.count);
    for (uint32_t i = 0; i < assembly->leaves.count; i++)
        assemble_mark_leaf(assembly, &draft->leaves[assembly->leaves.from[i]]);
    for (uint32_t i = 0; i < assembly->selectors.count; i++)
        assemble_mark_selector(assembly, &draft->selectors[assembly->selectors.from[i]]);
    assembly_map_sort(&assembly->types, &draft->type_keys);
    assembly_map_sort(&assembly->fields, &draft->field_keys);
    assembly_map_sort(&assembly->predicates, &draft->predicate_keys);
    assembly_map_sort(&assembly->selectors, &draft->selector_keys);
}

/* --- types and fields ------------------------------------------------------------------------ */

static void
assemble_types(struct assembly *assembly)
{
    struct plan *plan = assembly->plan;
    const struct assembly_map *map = &assembly->types;

    plan->type_count = map->count;
    plan->types = arena_take_zeroed(assembly->memory, (map->count + 1) * sizeof(*plan->types));
    for (uint32_t i = 0; i < map->count; i++)
        plan->types[i].name =
            arena_copy(assembly->memory, assembly->draft->type_keys.keys[map->from[i]]);
}

static enum plan_field_kind
assemble_field_kind(struct text name)
{
    if (text_equal(name, TEXT("hour")))
        return FIELD_HOUR;
    return text_equal(name, TEXT("weekday")) ? FIELD_WEEKDAY : FIELD_MAPPED;
}

static void
assemble_fields(struct assembly *assembly)
{
    struct plan *plan = assembly->plan;
    const struct assembly_map *map = &assembly->fields;

    plan->field_count = map->count;
    plan->fields = arena_take_zeroed(assembly->memory, (map->count + 1) * sizeof(*plan->fields));
    for (uint32_t i = 0; i < map->count; i++) {
        struct plan_field *field = &plan->fields[i];

        field->name = arena_copy(assembly->memory, assembly->draft->field_keys.keys[map->from[i]]);
        field->kind = assemble_field_kind(field->name);
    }
}

/* --- predicates and selectors ---------------------------------------------------------------- */

static void
assemble_predicate(struct assembly *assembly, struct plan_predicate *predicate)
{
    char message[REGEX_MESSAGE_BYTES_MAX];
    uint32_t offset;

    predicate->field = assembly->fields.to[predicate->field];
    if (predicate->test > TEST_REGEX_NO_MATCH)
        return;
    assembly->plan->fields[predicate->field].text_wanted = true;
    predicate->text = arena_copy(assembly->memory, predicate->text);
    if (predicate->test == TEST_REGEX_MATCH || predicate->test == TEST_REGEX_NO_MATCH) {
        predicate->regex = regex_compile(predicate->text, message, &offset);
        CHECK(predicate->regex != NULL); /* the checker has compiled it before */
    }
}

static void
assemble_predicates(struct assembly *assembly)
{
    struct plan *plan = assembly->plan;
    const struct assembly_map *map = &assembly->predicates;

    plan->predicate_count = map->count;
    plan->predicates =
        arena_take_zeroed(assembly->memory, (map->count + 1) * sizeof(*plan->predicates));
    for (uint32_t i = 0; i < map->count; i++) {
        plan->predicates[i] = assembly->draft->predicates[map->from[i]];
        assemble_predicate(assembly, &plan->predicates[i]);
    }
}

static void
assemble_selectors(struct assembly *assembly)
{
    struct plan *plan = assembly->plan;
    const struct assembly_map *map = &assembly->selectors;

    plan->selector_count = map->count;
    plan->selectors =
        arena_take_zeroed(assembly->memory, (map->count + 1) * sizeof(*plan->selectors));
    for (uint32_t i = 0; i < map->count; i++) {
        const struct plan_selector *from = &assembly->draft->selectors[map->from[i]];

        plan->selectors[i].any_type = from->any_type;
        plan->selectors[i].types = assembly_map_run(assembly, from->types, &assembly->types);
        plan->selectors[i].predicates =
            assembly_map_run(assembly, from->predicates, &assembly->predicates);
    }
}

/* --- leaves ---------------------------------------------------------------------------------- */

static bool
assemble_gives_text(enum plan_leaf_kind kind)
{
    return kind == LEAF_SEEN || kind == LEAF_RECORDS || kind == LEAF_LAST || kind == LEAF_FIRST;
}

static void
assemble_leaf(struct assembly *assembly, struct plan_leaf *leaf, const struct plan_leaf *from)
{
    struct plan_field *fields = assembly->plan->fields;

    *leaf = *from;
    leaf->steps = assembly_map_run(assembly, from->steps, &assembly->selectors);
    leaf->keep = from->keep == UINT32_MAX ? 0 : from->keep;
    if (from->selector != PLAN_NONE)
        leaf->selector = assembly->selectors.to[from->selector];
    if (from->field != PLAN_NONE) {
        leaf->field = assembly->fields.to[from->field];
        fields[leaf->field].text_wanted |= assemble_gives_text(leaf->kind);
    }
    if (from->by != PLAN_NONE) {
        leaf->by = assembly->fields.to[from->by];
        fields[leaf->by].text_wanted = true;
    }
    /* COUNTS keeps all, whatever the rules that only need the newest few. */
    if (leaf->kind == LEAF_COUNTS)
        leaf->keep = 0;
}

/* The types of a selector get a leaf; `seen` knows which have it already. */
static void
assemble_leaf_types(struct assembly *assembly, struct assembly_lists *lists, uint32_t *seen,
    uint32_t leaf, uint32_t selector)
{
    const struct plan *plan = assembly->plan;
    uint32_t other = plan->type_count; /* stands for all types that no rule names */
    bool any = plan->selectors[selector].any_type;
    const uint32_t *types = plan_run_at(plan, plan->selectors[selector].types);
    uint32_t count = any ? plan->type_count + 1 : plan->selectors[selector].types.count;

    for (uint32_t i = 0; i < count && seen[other] != leaf + 1; i++) {
        uint32_t type = any ? i : types[i];

        if (seen[type] == leaf + 1)
            continue;
        seen[type] = leaf + 1;
        assembly_lists_add(assembly, lists, type, leaf);
    }
}

static void
assemble_type_leaves(struct assembly *assembly)
{
    struct plan *plan = assembly->plan;
    uint32_t owners = plan->type_count + 1;
    uint32_t *seen = arena_take_zeroed(assembly->scratch, owners * sizeof(*seen));
    struct plan_run *runs = arena_take(assembly->scratch, owners * sizeof(*runs));
    struct assembly_lists lists = {.pairs = NULL};

    for (uint32_t i = 0; i < plan->leaf_count; i++) {
        const struct plan_leaf *leaf = &plan->leaves[i];

        if (leaf->selector != PLAN_NONE)
            assemble_leaf_types(assembly, &lists, seen, i, leaf->selector);
        for (uint32_t j = 0; j < leaf->steps.count; j++)
            assemble_leaf_types(assembly, &lists, seen, i, plan_run_at(plan, leaf->steps)[j]);
    }
    assembly_lists_runs(assembly, &lists, owners, runs);
    for (uint32_t i = 0; i < plan->type_count; i++)
        plan->types[i].leaves = runs[i];
    plan->other_leaves = runs[plan->type_count];
}

void
assemble_leaves(struct assembly *assembly)
{
    struct plan *plan = assembly->plan;
    const struct assembly_map *map = &assembly->leaves;

    assemble_mark(assembly);
    assemble_types(assembly);
    assemble_fields(assembly);
    assemble_predicates(assembly);
    assemble_selectors(assembly);
    plan->leaf_count = map->count;
    plan->leaves = arena_take_zeroed(assembly->memory, (map->count + 1) * sizeof(*plan->leaves));
    for (uint32_t i = 0; i < map->count; i++)
        assemble_leaf(assembly, &plan->leaves[i], &assembly->draft->leaves[map->from[i]]);
    assemble_type_leaves(assembly);
}
