/* Predicates of one event, each remembered until the next event. */
#include "pipeline/engine/match.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>

#include "config/base/check.h"
#include "config/base/limits.h"
#include "config/base/number.h"

struct match {
    const struct plan *plan;
    const struct event *event;
    uint64_t stamp;     /* of the event */
    uint64_t *verdicts; /* by predicate: stamp * 2 + truth when it was tested for this event */
    pcre2_match_data *regex_data;
    pcre2_match_context *regex_context;
    uint64_t limit_count;
    char number[NUMBER_TEXT_BYTES_MAX];
};

struct match *
match_new(const struct plan *plan)
{
    struct match *match = calloc(1, sizeof(*match));

    CHECK(match != NULL);
    match->plan = plan;
    match->verdicts = calloc(plan->predicate_count + 1, sizeof(*match->verdicts));
    match->regex_data = pcre2_match_data_create(1, NULL);
    match->regex_context = pcre2_match_context_create(NULL);
    CHECK(match->verdicts != NULL);
    CHECK(match->regex_data != NULL && match->regex_context != NULL);
    CHECK(pcre2_set_match_limit(match->regex_context, REGEX_MATCH_LIMIT) == 0);
    return match;
}

void
match_free(struct match *match)
{
    if (match == NULL)
        return;
    free(match->verdicts);
    pcre2_match_data_free(match->regex_data);
    pcre2_match_context_free(match->regex_context);
    free(match);
}

void
match_begin(struct match *match, const struct event *event)
{
    match->event = event;
    match->stamp++;
}

const struct value *
match_value(const struct match *match, uint32_t field)
{
    CHECK(field < match->plan->field_count);
    return &match->event->fields[field];
}

struct text
match_text(struct match *match, uint32_t field)
{
    const struct value *value = match_value(match, field);

    switch (value->kind) {
    case VALUE_NULL:
        break;
    case VALUE_TEXT:
        return value->text;
    case VALUE_NUMBER:
        return (struct text){match->number, (uint32_t)number_format(value->number, match->number)};
    }
    return TEXT("");
}

/* Past the limit, and on whatever else keeps it from an answer, neither =~ nor !~ matches. */
static bool
match_regex(struct match *match, const struct plan_predicate *predicate)
{
    struct text subject = match_text(match, predicate->field);
    int found = pcre2_match(predicate->regex, (PCRE2_SPTR)subject.bytes, subject.length, 0, 0,
        match->regex_data, match->regex_context);

    if (found >= 0)
        return predicate->test == TEST_REGEX_MATCH;
    if (found == PCRE2_ERROR_NOMATCH)
        return predicate->test == TEST_REGEX_NO_MATCH;
    match->limit_count++;
    return false;
}

static bool
match_number(const struct value *value, const struct plan_predicate *predicate)
{
    if (value->kind != VALUE_NUMBER)
        return false;
    switch (predicate->test) {
    case TEST_NUMBER_EQ:
        return value->number == predicate->number;
    case TEST_NUMBER_NE:
        return value->number != predicate->number;
    case TEST_NUMBER_LT:
        return value->number < predicate->number;
    case TEST_NUMBER_LE:
        return value->number <= predicate->number;
    case TEST_NUMBER_GT:
        return value->number > predicate->number;
    case TEST_NUMBER_GE:
        return value->number >= predicate->number;
    case TEST_IS_NUMBER:
        return true;
    case TEST_TEXT_EQ:
    case TEST_TEXT_NE:
    case TEST_REGEX_MATCH:
    case TEST_REGEX_NO_MATCH:
    case TEST_NOT_EMPTY:
        break;
    }
    CHECK_NEVER();
    return false;
}

static bool
match_test(struct match *match, const struct plan_predicate *predicate)
{
    switch (predicate->test) {
    case TEST_TEXT_EQ:
        return text_equal(match_text(match, predicate->field), predicate->text);
    case TEST_TEXT_NE:
        return !text_equal(match_text(match, predicate->field), predicate->text);
    case TEST_NOT_EMPTY:
        return match_text(match, predicate->field).length > 0;
    case TEST_REGEX_MATCH:
    case TEST_REGEX_NO_MATCH:
        return match_regex(match, predicate);
    case TEST_NUMBER_EQ:
    case TEST_NUMBER_NE:
    case TEST_NUMBER_LT:
    case TEST_NUMBER_LE:
    case TEST_NUMBER_GT:
    case TEST_NUMBER_GE:
    case TEST_IS_NUMBER:
        break;
    }
    return match_number(match_value(match, predicate->field), predicate);
}

static bool
match_predicate(struct match *match, uint32_t index)
{
    uint64_t *verdict = &match->verdicts[index];

    if (*verdict >> 1 != match->stamp)
        *verdict = match->stamp << 1 | match_test(match, &match->plan->predicates[index]);
    return (*verdict & 1) != 0;
}

bool
match_predicates(struct match *match, uint32_t selector)
{
    const struct plan_run run = match->plan->selectors[selector].predicates;
    const uint32_t *predicates = plan_run_at(match->plan, run);

    for (uint32_t i = 0; i < run.count; i++)
        if (!match_predicate(match, predicates[i]))
            return false;
    return true;
}

static bool
match_type(const struct match *match, const struct plan_selector *selector)
{
    const uint32_t *types = plan_run_at(match->plan, selector->types);

    if (selector->any_type)
        return true;
    for (uint32_t i = 0; i < selector->types.count; i++)
        if (types[i] == match->event->type)
            return true;
    return false;
}

bool
match_selector(struct match *match, uint32_t selector)
{
    return match_type(match, &match->plan->selectors[selector]) &&
           match_predicates(match, selector);
}

uint64_t
match_limit_count(const struct match *match)
{
    return match->limit_count;
}
