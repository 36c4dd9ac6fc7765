/* Checks what stands between the parentheses of a function. */
#include "config/language/checker_call.h"

#include "config/base/check.h"
#include "config/base/limits.h"
#include "config/base/suggest.h"
#include "config/language/functions.h"
#include "config/language/grow.h"
#include "config/language/lexer.h"
#include "config/language/regex.h"

static void
checker_field(struct checker *checker, const struct name *name)
{
    static const struct {
        struct text name;
        const char *advice;
    } strangers[] = {
        {{"user", 4}, "bucket() is what depends on the user"},
        {{"type", 4}, "event types stand in front: view|click"},
        {{"ts", 2}, "windows look at the time; hour and weekday are fields"},
        {{"id", 2}, "repeated events are dropped by it before the rules see them"},
    };

    for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++) {
        if (text_equal(name->text, strangers[i].name)) {
            complain(&checker->origin, name->offset, "'%.*s' is no field of an event; %s",
                COMPLAIN_TEXT(name->text), strangers[i].advice);
            return;
        }
    }
    if (name->text.length > TEXT_BYTES_MAX)
        complain(&checker->origin, name->offset, "a name has at most %d bytes", TEXT_BYTES_MAX);
    census_count(&checker->fields, name->text, &checker->origin, name->offset);
}

/* --- matchers -------------------------------------------------------------------------------- */

static void
checker_regex(struct checker *checker, const struct matcher *matcher)
{
    char message[REGEX_MESSAGE_BYTES_MAX];
    uint32_t offset;
    void *regex = regex_compile(matcher->text, message, &offset);
    struct text source = checker->origin.node->text;

    if (regex == NULL) {
        source.bytes += matcher->value_offset;
        source.length -= matcher->value_offset;
        complain(&checker->origin, matcher->value_offset + lexer_string_offset(source, offset),
            "this is no regular expression: %s", message);
    }
    regex_free(regex);
}

static void
checker_matchers(struct checker *checker, const struct matcher *matchers)
{
    for (const struct matcher *matcher = matchers; matcher != NULL; matcher = matcher->next) {
        checker_field(checker, &matcher->field);
        if (matcher->op == MATCH_REGEX || matcher->op == MATCH_NO_REGEX)
            checker_regex(checker, matcher);
        else if (!matcher->is_number && matcher->text.length > TEXT_BYTES_MAX)
            complain(&checker->origin, matcher->value_offset,
                "a text has at most %d bytes; a longer field is a missing one", TEXT_BYTES_MAX);
    }
}

/* --- selectors ------------------------------------------------------------------------------- */

static void
checker_window(
    struct checker *checker, const struct function *function, int64_t window_ms, uint32_t offset)
{
    bool given = window_ms != WINDOW_NOT_GIVEN;

    if (function->window == WINDOW_REFUSED && given)
        complain(&checker->origin, offset, "%s takes no window; write %s", function->name,
            function->signature);
    else if (function->window == WINDOW_HALF_LIFE && !given)
        complain(&checker->origin, offset, "%s needs a half-life, such as [7d]", function->name);
    else if (function->window == WINDOW_HALF_LIFE && window_ms == PLAN_EVER)
        complain(&checker->origin, offset, "a half-life is a duration, such as [7d]");
    else if (function->window == WINDOW_REQUIRED && !given)
        complain(
            &checker->origin, offset, "%s needs a window, such as [30m] or [ever]", function->name);
    else if (window_ms == 0)
        complain(&checker->origin, offset, "a %s is longer than 0",
            function->window == WINDOW_HALF_LIFE ? "half-life" : "window");
}

static void
checker_selector(
    struct checker *checker, const struct function *function, const struct selector *selector)
{
    for (const struct name *name = selector->types; name != NULL; name = name->next)
        census_count(&checker->types, name->text, &checker->origin, name->offset);
    if (selector->has_field && function->field == FIELD_REFUSED)
        complain(&checker->origin, selector->field.offset,
            "%s takes no field; a type with a point in its name is quoted", function->name);
    else if (selector->has_field)
        checker_field(checker, &selector->field);
    else if (function->field == FIELD_REQUIRED)
        complain(&checker->origin, selector->offset, "%s needs a field: %s", function->name,
            function->signature);
    checker_matchers(checker, selector->matchers);
    if (function->shape == SHAPE_SELECTOR)
        checker_window(checker, function, selector->window_ms, selector->window_offset);
    else if (selector->window_ms != WINDOW_NOT_GIVEN)
        complain(&checker->origin, selector->window_offset,
            "the events of %s have no window of their own; write %s", function->name,
            function->signature);
}

/* --- the rest -------------------------------------------------------------------------------- */

static void
checker_unanswered(struct checker *checker, const struct call *call)
{
    if (call->window_ms > 0 && call->window_ms <= call->within_ms)
        complain(&checker->origin, call->window_offset,
            "this never holds: the window must be longer than the duration, so that an event is "
            "still in it when its time for an answer is over");
}

/* The name of the segment that was probably meant, or NULL. */
static const char *
checker_suggest_segment(const struct checker *checker, struct text name)
{
    const struct intern *names = &checker->book->names;
    const char **candidates;

    if (report_error_count(checker->book->report) >= RULE_ERRORS_MAX)
        return NULL; /* nobody will read it */
    candidates = arena_take(checker->book->arena, (names->count + 1) * sizeof(char *));
    for (uint32_t i = 0; i < names->count; i++)
        candidates[i] = names->keys[i].bytes;
    return suggest(name, candidates, names->count);
}

static void
checker_member(struct checker *checker, const struct name *name)
{
    struct rule *rule = checker->rule;
    uint32_t number = intern_find(&checker->book->names, name->text);
    const char *near;

    if (number == INTERN_NONE) {
        near = checker_suggest_segment(checker, name->text);
        if (near != NULL)
            complain(&checker->origin, name->offset, "unknown segment '%.*s'; did you mean '%s'?",
                COMPLAIN_TEXT(name->text), near);
        else
            complain(&checker->origin, name->offset, "unknown segment '%.*s'",
                COMPLAIN_TEXT(name->text));
        return;
    }
    rule->members = grow(checker->book->arena, rule->members, rule->member_count,
        &rule->member_capacity, sizeof(*rule->members));
    rule->members[rule->member_count++] = (struct rule_member){number, name->offset};
}

void
checker_call(struct checker *checker, const struct expr *expr)
{
    const struct call *call = expr->call;
    const struct function *function = &functions[call->function];

    for (const struct selector *selector = call->selectors; selector != NULL;
         selector = selector->next)
        checker_selector(checker, function, selector);
    checker_matchers(checker, call->also);
    if (call->has_by)
        checker_field(checker, &call->by);
    if (function->shape == SHAPE_SHARE || function->shape == SHAPE_SEQ ||
        function->shape == SHAPE_UNANSWERED)
        checker_window(checker, function, call->window_ms, call->window_offset);
    if (function->shape == SHAPE_UNANSWERED)
        checker_unanswered(checker, call);
    else if (function->shape == SHAPE_TRAIT)
        checker_field(checker, &call->argument);
    else if (function->shape == SHAPE_SEGMENT && !checker->attach)
        checker_member(checker, &call->argument);
}
