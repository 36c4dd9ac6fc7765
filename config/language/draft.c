/* Numbers types, fields, predicates, selectors, leaves and nodes, each once. */
#include "config/language/draft.h"

#include <stdlib.h>

#include "config/base/check.h"
#include "config/base/hash.h"
#include "config/language/canon.h"
#include "config/language/duration.h"
#include "config/language/grow.h"

void
draft_init(struct draft *draft, struct arena *arena)
{
    *draft = (struct draft){.arena = arena};
    buffer_init(&draft->key);
    intern_init(&draft->type_keys, arena);
    intern_init(&draft->field_keys, arena);
    intern_init(&draft->predicate_keys, arena);
    intern_init(&draft->selector_keys, arena);
    intern_init(&draft->leaf_keys, arena);
    intern_init(&draft->node_keys, arena);
    draft->pool = grow(arena, NULL, 0, &draft->pool_capacity, sizeof(*draft->pool));
}

void
draft_fini(struct draft *draft)
{
    buffer_fini(&draft->key);
}

static struct text
draft_key(const struct draft *draft)
{
    return (struct text){draft->key.bytes, (uint32_t)draft->key.length};
}

struct plan_run
draft_run(struct draft *draft, const uint32_t *numbers, uint32_t count)
{
    struct plan_run run = {draft->pool_count, count};

    for (uint32_t i = 0; i < count; i++) {
        draft->pool = grow(draft->arena, draft->pool, draft->pool_count, &draft->pool_capacity,
            sizeof(*draft->pool));
        draft->pool[draft->pool_count++] = numbers[i];
    }
    return run;
}

/* --- names ----------------------------------------------------------------------------------- */

uint32_t
draft_type(struct draft *draft, struct text name)
{
    bool new;

    return intern_add(&draft->type_keys, name, &new);
}

uint32_t
draft_field(struct draft *draft, struct text name)
{
    bool new;

    return intern_add(&draft->field_keys, name, &new);
}

/* --- predicates ------------------------------------------------------------------------------ */

uint32_t
draft_predicate(
    struct draft *draft, uint32_t field, enum plan_test test, int64_t number, struct text text)
{
    struct plan_predicate wanted = {field, test, number, text, NULL};
    uint32_t predicate;
    bool new;

    buffer_clear(&draft->key);
    canon_predicate(&draft->key, draft->field_keys.keys[field], &wanted);
    predicate = intern_add(&draft->predicate_keys, draft_key(draft), &new);
    if (!new)
        return predicate;
    draft->predicates = grow(draft->arena, draft->predicates, predicate, &draft->predicate_capacity,
        sizeof(*draft->predicates));
    draft->predicates[predicate] = wanted;
    return predicate;
}

/* --- selectors ------------------------------------------------------------------------------- */

static int
draft_compare_keys(const void *left, const void *right, void *keys)
{
    const struct text *of = keys;

    return text_compare(of[*(const uint32_t *)left], of[*(const uint32_t *)right]);
}

/* Sorts numbers by their keys and drops repetitions; returns how many are left. */
static uint32_t
draft_sort(const struct intern *keys, uint32_t *numbers, uint32_t count)
{
    uint32_t kept = 0;

    qsort_r(numbers, count, sizeof(*numbers), draft_compare_keys, keys->keys);
    for (uint32_t i = 0; i < count; i++) {
        if (kept == 0 || numbers[kept - 1] != numbers[i])
            numbers[kept++] = numbers[i];
    }
    return kept;
}

static void
draft_add_keys(struct draft *draft, const struct intern *keys, const uint32_t *numbers,
    uint32_t count, char separator)
{
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0)
            buffer_add_char(&draft->key, separator);
        buffer_add_text(&draft->key, keys->keys[numbers[i]]);
    }
}

static void
draft_add_types(struct draft *draft, const uint32_t *types, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0)
            buffer_add_char(&draft->key, '|');
        canon_name(&draft->key, draft->type_keys.keys[types[i]]);
    }
}

uint32_t
draft_selector(struct draft *draft, uint32_t *types, uint32_t type_count, uint32_t *predicates,
    uint32_t predicate_count)
{
    uint32_t selector;
    bool new;

    type_count = types == NULL ? 0 : draft_sort(&draft->type_keys, types, type_count);
    predicate_count = draft_sort(&draft->predicate_keys, predicates, predicate_count);
    buffer_clear(&draft->key);
    if (types == NULL)
        buffer_add_char(&draft->key, '*');
    draft_add_types(draft, types, type_count);
    if (predicate_count > 0) {
        buffer_add_char(&draft->key, '{');
        draft_add_keys(draft, &draft->predicate_keys, predicates, predicate_count, ',');
        buffer_add_char(&draft->key, '}');
    }
    selector = intern_add(&draft->selector_keys, draft_key(draft), &new);
    if (!new)
        return selector;
    draft->selectors = grow(draft->arena, draft->selectors, selector, &draft->selector_capacity,
        sizeof(*draft->selectors));
    draft->selectors[selector] = (struct plan_selector){types == NULL,
        draft_run(draft, types, type_count), draft_run(draft, predicates, predicate_count)};
    return selector;
}

/* --- leaves ---------------------------------------------------------------------------------- */

static void
draft_leaf_key(struct draft *draft, const struct plan_leaf *leaf)
{
    struct buffer *key = &draft->key;
    const struct intern *selectors = &draft->selector_keys;

    buffer_clear(key);
    buffer_add_text(key, plan_leaf_kind_text(leaf->kind));
    buffer_add_char(key, ' ');
    if (leaf->selector != PLAN_NONE)
        buffer_add_text(key, selectors->keys[leaf->selector]);
    draft_add_keys(draft, selectors, draft_run_at(draft, leaf->steps), leaf->steps.count, ',');
    if (leaf->field != PLAN_NONE) {
        buffer_add_literal(key, " of ");
        canon_name(key, draft->field_keys.keys[leaf->field]);
    }
    if (leaf->within_ms > 0 || leaf->steps.count > 0) {
        buffer_add_literal(key, " within ");
        duration_print(key, leaf->within_ms);
    }
    if (leaf->by != PLAN_NONE) {
        buffer_add_literal(key, " by ");
        canon_name(key, draft->field_keys.keys[leaf->by]);
    }
    if (leaf->empty_counts)
        buffer_add_literal(key, " or empty");
    if (leaf->kind == LEAF_RECORDS && leaf->window_ms == PLAN_EVER)
        buffer_add_literal(key, " ever");
}

uint32_t
draft_leaf(struct draft *draft, const struct plan_leaf *leaf)
{
    uint32_t number;
    bool new;

    draft_leaf_key(draft, leaf);
    number = intern_add(&draft->leaf_keys, draft_key(draft), &new);
    if (!new)
        return number;
    draft->leaves =
        grow(draft->arena, draft->leaves, number, &draft->leaf_capacity, sizeof(*draft->leaves));
    draft->leaves[number] = *leaf;
    draft->leaves[number].id = hash_text(draft_key(draft));
    return number;
}

/* --- nodes ----------------------------------------------------------------------------------- */

/* What a node is, with children and leaf as `order` or number them. */
static void
draft_node_key(struct draft *draft, const struct plan_node *node)
{
    struct buffer *key = &draft->key;

    buffer_clear(key);
    buffer_add(key, &node->kind, sizeof(node->kind));
    buffer_add(key, &node->compare, sizeof(node->compare));
    buffer_add(key, &node->segment, sizeof(node->segment));
    buffer_add(key, &node->count, sizeof(node->count));
    buffer_add(key, &node->window_ms, sizeof(node->window_ms));
    buffer_add(key, &node->number, sizeof(node->number));
    buffer_add(key, &node->text.length, sizeof(node->text.length));
    buffer_add_text(key, node->text);
}

static uint64_t
draft_node_order(struct draft *draft, const struct plan_node *node)
{
    const uint32_t *children = draft_run_at(draft, node->children);
    struct buffer *key = &draft->key;

    draft_node_key(draft, node);
    if (node->leaf != PLAN_NONE)
        buffer_add(key, &draft->leaves[node->leaf].id, sizeof(uint64_t));
    if (node->a != PLAN_NONE)
        buffer_add(key, &draft->node_orders[node->a], sizeof(uint64_t));
    if (node->b != PLAN_NONE)
        buffer_add(key, &draft->node_orders[node->b], sizeof(uint64_t));
    for (uint32_t i = 0; i < node->children.count; i++)
        buffer_add(key, &draft->node_orders[children[i]], sizeof(uint64_t));
    return hash_text(draft_key(draft));
}

uint32_t
draft_node(struct draft *draft, const struct plan_node *node)
{
    const uint32_t *children = draft_run_at(draft, node->children);
    struct buffer *key = &draft->key;
    uint32_t number;
    bool new;

    draft_node_key(draft, node);
    buffer_add(key, &node->leaf, sizeof(node->leaf));
    buffer_add(key, &node->a, sizeof(node->a));
    buffer_add(key, &node->b, sizeof(node->b));
    if (node->children.count > 0)
        buffer_add(key, children, node->children.count * sizeof(*children));
    number = intern_add(&draft->node_keys, draft_key(draft), &new);
    if (!new)
        return number;
    draft->nodes =
        grow(draft->arena, draft->nodes, number, &draft->node_capacity, sizeof(*draft->nodes));
    draft->node_orders = grow(draft->arena, draft->node_orders, number, &draft->node_order_capacity,
        sizeof(*draft->node_orders));
    draft->nodes[number] = *node;
    draft->node_orders[number] = draft_node_order(draft, node);
    return number;
}
