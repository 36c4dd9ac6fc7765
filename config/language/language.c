/* Rule files to a plan: read, check, order, lower, assemble. */
#include "config/language/language.h"

#include <stdlib.h>

#include "config/base/arena.h"
#include "config/base/check.h"
#include "config/language/assemble.h"
#include "config/language/checker.h"
#include "config/language/draft.h"
#include "config/language/level.h"
#include "config/language/lower.h"
#include "config/language/rulebook.h"

static void
language_lower(const struct lower *lower, const struct rule *rule, struct assemble_rule *ret_rule)
{
    uint32_t *values = arena_take(lower->draft->arena, (rule->value_count + 1) * sizeof(*values));

    ret_rule->rule = rule;
    ret_rule->when = lower_condition(lower, rule->when);
    for (uint32_t i = 0; i < rule->value_count; i++)
        values[i] = lower_value(lower, rule->values[i].expr);
    ret_rule->values = values;
}

/* Rules without a fault, in the order of decision. */
static struct plan *
language_build(const struct rulebook *book, struct rule *const *order)
{
    struct assemble_rule *rules = arena_take(book->arena, (book->count + 1) * sizeof(*rules));
    struct arena *memory = malloc(sizeof(*memory));
    struct draft draft;
    struct lower lower = {&draft, book};
    struct plan *plan;

    CHECK(memory != NULL);
    arena_init(memory);
    draft_init(&draft, book->arena);
    for (uint32_t i = 0; i < book->count; i++)
        language_lower(&lower, order[i], &rules[i]);
    plan = assemble_plan(&draft, book, rules, book->count, memory);
    draft_fini(&draft);
    return plan;
}

struct plan *
language_compile(const struct yaml_document *const *files, size_t file_count,
    const struct language_limits *limits, struct report *report)
{
    size_t errors = report_error_count(report);
    struct rule **order = NULL;
    struct plan *plan = NULL;
    struct rulebook book;
    struct arena arena;

    CHECK(limits != NULL);
    arena_init(&arena);
    rulebook_init(&book, &arena, report);
    for (size_t i = 0; i < file_count; i++)
        rulebook_read(&book, files[i]);
    checker_check(&book, limits->events_per_window);
    order = level_order(&book);
    if (report_error_count(report) == errors && order != NULL)
        plan = language_build(&book, order);
    arena_fini(&arena);
    return plan;
}
