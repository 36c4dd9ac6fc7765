/*
 * Any text as a rule file, or as the condition of a segment: no crash, and what is understood is
 * printed in a form that is understood the same way.
 */
#include <stdint.h>
#include <stdlib.h>

#include "config/base/check.h"
#include "config/language/describe.h"
#include "config/language/language.h"

#define EVENTS_PER_WINDOW 1024

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libfyaml 0.7.12 forgets a buffer of its own on a few malformed documents (a quote, then
 * brackets). */
const char *
__lsan_default_suppressions(void)
{
    return "leak:libfyaml.so\n";
}

static struct plan *
fuzz_compile(struct text rules, struct buffer *ret_report)
{
    const struct language_limits limits = {EVENTS_PER_WINDOW};
    struct report *report = report_new();
    struct yaml_document *file = yaml_parse("rules.yaml", rules, report);
    const struct yaml_document *const files[] = {file};
    struct plan *plan = NULL;

    if (file != NULL)
        plan = language_compile(files, 1, &limits, report);
    CHECK((plan == NULL) == (report_error_count(report) > 0));
    report_print(report, ret_report);
    yaml_free(file);
    report_free(report);
    return plan;
}

static void
fuzz_check_runs(const struct plan *plan)
{
    for (uint32_t i = 0; i < plan->index_count; i++)
        CHECK(plan->index_pool[i] != PLAN_NONE);
    for (uint32_t i = 0; i < plan->node_count; i++) {
        CHECK(plan->nodes[i].a == PLAN_NONE || plan->nodes[i].a < i);
        CHECK(plan->nodes[i].b == PLAN_NONE || plan->nodes[i].b < i);
    }
    for (uint32_t i = 0; i < plan->leaf_count; i++)
        CHECK(plan->leaves[i].window_ms > 0);
}

/* The plan, printed as a rule file, makes the same plan again. */
static void
fuzz_check_same(const struct plan *plan)
{
    struct buffer rules, report;
    struct plan *again;

    buffer_init(&rules);
    buffer_init(&report);
    buffer_add_literal(&rules, "segments:\n");
    for (uint32_t i = 0; i < plan->segment_count; i++)
        describe_segment(plan, i, &rules);
    again = fuzz_compile((struct text){rules.bytes, (uint32_t)rules.length}, &report);
    CHECK(again != NULL);
    CHECK(strcmp(plan->rules_id, again->rules_id) == 0);
    CHECK(plan->node_count == again->node_count);
    CHECK(plan->leaf_count == again->leaf_count);
    plan_free(again);
    buffer_fini(&rules);
    buffer_fini(&report);
}

static void
fuzz_rules(struct text rules)
{
    struct buffer report;
    struct plan *plan;

    buffer_init(&report);
    plan = fuzz_compile(rules, &report);
    if (plan != NULL) {
        fuzz_check_runs(plan);
        fuzz_check_same(plan);
    }
    plan_free(plan);
    buffer_fini(&report);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text text = {(const char *)data, (uint32_t)size};
    struct buffer rules;

    fuzz_rules(text);
    buffer_init(&rules);
    buffer_add_literal(&rules, "segments:\n  - name: a\n    when: ");
    buffer_add_json(&rules, text);
    buffer_add_literal(&rules, "\n    attach:\n      v: ");
    buffer_add_json(&rules, text);
    buffer_add_literal(&rules, "\n  - name: b\n    when: ");
    buffer_add_json(&rules, text);
    buffer_add_char(&rules, '\n');
    fuzz_rules((struct text){rules.bytes, (uint32_t)rules.length});
    buffer_fini(&rules);
    return 0;
}
