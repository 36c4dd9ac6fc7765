/* Gathers the tests of a selector. */
#include "config/language/selection.h"

#include "config/base/check.h"
#include "config/base/number.h"
#include "config/language/grow.h"

static void
selection_add(struct selection *selection, const struct selection_test *test)
{
    selection->tests = grow(selection->draft->arena, selection->tests, selection->count,
        &selection->capacity, sizeof(*selection->tests));
    selection->tests[selection->count++] = *test;
}

/* Numbers have six places, so `> c` is `>= c + 0.000001`. */
void
selection_test(struct selection *selection, uint32_t field, enum plan_test test, int64_t number)
{
    struct selection_test added = {.field = field, .test = test, .number = number};

    if (test == TEST_NUMBER_GT && number < NUMBER_MAX) {
        added.test = TEST_NUMBER_GE;
        added.number = number + 1;
    } else if (test == TEST_NUMBER_LE && number < NUMBER_MAX) {
        added.test = TEST_NUMBER_LT;
        added.number = number + 1;
    } else if (test == TEST_NUMBER_LE || (test == TEST_NUMBER_GE && number == -NUMBER_MAX)) {
        added.test = TEST_IS_NUMBER;
    }
    selection_add(selection, &added);
}

static void
selection_match_text(struct selection *selection, uint32_t field, const struct matcher *matcher)
{
    static const enum plan_test tests[] = {
        [MATCH_EQ] = TEST_TEXT_EQ,
        [MATCH_NE] = TEST_TEXT_NE,
        [MATCH_REGEX] = TEST_REGEX_MATCH,
        [MATCH_NO_REGEX] = TEST_REGEX_NO_MATCH,
    };
    struct selection_test added = {
        .field = field, .test = tests[matcher->op], .text = matcher->text};

    if (added.test == TEST_TEXT_NE && added.text.length == 0)
        added.test = TEST_NOT_EMPTY;
    selection_add(selection, &added);
}

void
selection_match(struct selection *selection, const struct matcher *matchers)
{
    static const enum plan_test tests[] = {
        [MATCH_EQ] = TEST_NUMBER_EQ,
        [MATCH_NE] = TEST_NUMBER_NE,
        [MATCH_LT] = TEST_NUMBER_LT,
        [MATCH_LE] = TEST_NUMBER_LE,
        [MATCH_GT] = TEST_NUMBER_GT,
        [MATCH_GE] = TEST_NUMBER_GE,
    };

    for (const struct matcher *matcher = matchers; matcher != NULL; matcher = matcher->next) {
        uint32_t field = draft_field(selection->draft, matcher->field.text);

        if (matcher->is_number)
            selection_test(selection, field, tests[matcher->op], matcher->number);
        else
            selection_match_text(selection, field, matcher);
    }
}

void
selection_init(struct selection *selection, struct draft *draft, const struct selector *selector)
{
    *selection = (struct selection){.draft = draft, .selector = selector};
    selection_match(selection, selector->matchers);
}

bool
selection_never_negative(const struct selection *selection, uint32_t field)
{
    for (uint32_t i = 0; i < selection->count; i++) {
        const struct selection_test *test = &selection->tests[i];

        if (test->field == field && test->number >= 0 &&
            (test->test == TEST_NUMBER_GE || test->test == TEST_NUMBER_EQ ||
                test->test == TEST_NUMBER_GT))
            return true;
    }
    return false;
}

static bool
selection_is_numeric(enum plan_test test)
{
    return test >= TEST_NUMBER_EQ && test <= TEST_IS_NUMBER;
}

/* Whether b holds wherever a does; both are of one field. */
static bool
selection_implies(const struct selection_test *a, const struct selection_test *b)
{
    if (b->test == TEST_IS_NUMBER)
        return selection_is_numeric(a->test) && a->test != TEST_IS_NUMBER;
    if (b->test == TEST_NOT_EMPTY)
        return selection_is_numeric(a->test) || (a->test == TEST_TEXT_EQ && a->text.length > 0);
    return false;
}

static bool
selection_implied(const struct selection *selection, const struct selection_test *test)
{
    for (uint32_t i = 0; i < selection->count; i++) {
        const struct selection_test *other = &selection->tests[i];

        if (other->field == test->field && selection_implies(other, test))
            return true;
    }
    return false;
}

static uint32_t
selection_types(const struct selection *selection, uint32_t **ret_types)
{
    uint32_t count = 0;

    *ret_types = NULL;
    if (selection->selector->any_type)
        return 0;
    for (const struct name *name = selection->selector->types; name != NULL; name = name->next)
        count++;
    CHECK(count > 0);
    *ret_types = arena_take(selection->draft->arena, count * sizeof(**ret_types));
    count = 0;
    for (const struct name *name = selection->selector->types; name != NULL; name = name->next)
        (*ret_types)[count++] = draft_type(selection->draft, name->text);
    return count;
}

uint32_t
selection_number(const struct selection *selection)
{
    struct draft *draft = selection->draft;
    uint32_t *predicates = arena_take(draft->arena, (selection->count + 1) * sizeof(*predicates));
    uint32_t *types, type_count = selection_types(selection, &types), count = 0;

    for (uint32_t i = 0; i < selection->count; i++) {
        const struct selection_test *test = &selection->tests[i];

        if (!selection_implied(selection, test))
            predicates[count++] =
                draft_predicate(draft, test->field, test->test, test->number, test->text);
    }
    return draft_selector(draft, types, type_count, predicates, count);
}
