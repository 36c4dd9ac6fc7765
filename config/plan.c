/* A plan's names and its end. */
#include "config/plan.h"

#include <stdlib.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "config/base/arena.h"
#include "config/base/check.h"
#include "config/base/hash.h"

/* Where the search for a name starts. */
static uint32_t
plan_index_first(const struct plan_index *index, struct text name)
{
    return (uint32_t)hash_text(name) & index->mask;
}

uint32_t
plan_type_find(const struct plan *plan, struct text name)
{
    const struct plan_index *index = &plan->type_index;
    uint32_t at;

    if (index->slots == NULL)
        return PLAN_TYPE_OTHER;
    at = plan_index_first(index, name);
    for (; index->slots[at] != 0; at = (at + 1) & index->mask) {
        if (text_equal(plan->types[index->slots[at] - 1].name, name))
            return index->slots[at] - 1;
    }
    return PLAN_TYPE_OTHER;
}

uint32_t
plan_segment_find(const struct plan *plan, struct text name)
{
    const struct plan_index *index = &plan->segment_index;
    uint32_t at;

    if (index->slots == NULL)
        return PLAN_NONE;
    at = plan_index_first(index, name);
    for (; index->slots[at] != 0; at = (at + 1) & index->mask) {
        if (text_equal(plan->segments[index->slots[at] - 1].name, name))
            return index->slots[at] - 1;
    }
    return PLAN_NONE;
}

struct text
plan_leaf_kind_text(enum plan_leaf_kind kind)
{
    static const char *const kinds[] = {
        [LEAF_TIMES] = "times",
        [LEAF_OLDEST] = "oldest",
        [LEAF_COUNTS] = "counts",
        [LEAF_TALLY] = "tally",
        [LEAF_SUFFIX] = "suffix",
        [LEAF_NUMBERS] = "numbers",
        [LEAF_TOTALS] = "totals",
        [LEAF_SEEN] = "seen",
        [LEAF_RECORDS] = "records",
        [LEAF_LAST] = "last",
        [LEAF_FIRST] = "first",
        [LEAF_DECAY] = "decay",
        [LEAF_SEQ] = "seq",
        [LEAF_UNANSWERED] = "unanswered",
    };

    return text_of(kinds[kind]);
}

bool
plan_compare_holds(enum plan_compare compare, int order)
{
    switch (compare) {
    case COMPARE_EQ:
        return order == 0;
    case COMPARE_NE:
        return order != 0;
    case COMPARE_LT:
        return order < 0;
    case COMPARE_LE:
        return order <= 0;
    case COMPARE_GT:
        return order > 0;
    case COMPARE_GE:
        return order >= 0;
    }
    CHECK_NEVER();
}

static void
plan_free_regex(const void *regex)
{
    union {
        const void *constant;
        void *owned;
    } code = {regex};

    pcre2_code_free(code.owned);
}

void
plan_free(struct plan *plan)
{
    struct arena *memory;

    if (plan == NULL)
        return;
    for (uint32_t i = 0; i < plan->predicate_count; i++)
        plan_free_regex(plan->predicates[i].regex);
    memory = plan->memory;
    CHECK(memory != NULL);
    arena_fini(memory); /* the plan itself is in it */
    free(memory);
}
