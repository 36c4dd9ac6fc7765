/* What somebody meant by a mistyped word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "config/base/suggest.h"

static const char *const words[] = {"count", "any", "none", "distinct", "unanswered", "topic"};

static const char *
suggested(const char *word)
{
    return suggest(text_of(word), words, sizeof(words) / sizeof(words[0]));
}

static void
near_words_are_found(void **state)
{
    (void)state;
    assert_string_equal(suggested("cuont"), "count");
    assert_string_equal(suggested("Count"), "count");
    assert_string_equal(suggested("an"), "any");
    assert_string_equal(suggested("topics"), "topic");
    assert_string_equal(suggested("unansverd"), "unanswered");
    assert_string_equal(suggested("distict"), "distinct");
    assert_string_equal(suggested("countings_of_all"), "count");
}

static void
far_words_are_not(void **state)
{
    (void)state;
    assert_null(suggested(""));
    assert_null(suggested("x"));
    assert_null(suggested("purchase"));
    assert_null(suggested("a_word_that_is_longer_than_any_name_somebody_would_ever_type_by_hand"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(near_words_are_found),
        cmocka_unit_test(far_words_are_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
