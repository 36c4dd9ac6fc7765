/* What other rules would publish is counted, segment by segment, and added up over workers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "pipeline/engine/engine.h"
#include "pipeline/partition/trial.h"

static void
count(struct trial *trial, const char *segment, const char *user, bool enter)
{
    trial_change(
        trial, &(struct change){.name = text_of(segment), .user = text_of(user), .enter = enter});
}

static void
users_are_counted_and_the_first_of_them_kept(void **state)
{
    struct trial *trial = trial_new();
    char user[16];

    (void)state;
    for (int i = 0; i < 9; i++) {
        snprintf(user, sizeof(user), "u%d", i);
        count(trial, "a", user, true);
    }
    count(trial, "a", "gone", false);
    assert_int_equal(trial->count, 1);
    assert_int_equal(trial->segments[0].counts[TRIAL_ENTER], 9);
    assert_int_equal(trial->segments[0].counts[TRIAL_EXIT], 1);
    assert_true(text_equal(trial->segments[0].samples[TRIAL_ENTER][4], TEXT("u4")));
    assert_true(text_equal(trial->segments[0].samples[TRIAL_EXIT][0], TEXT("gone")));
    trial_free(trial);
}

static void
many_segments_are_found_again(void **state)
{
    struct trial *trial = trial_new();
    char name[16];

    (void)state;
    for (int i = 0; i < 2000; i++) {
        snprintf(name, sizeof(name), "s%04d", i % 1000);
        count(trial, name, "u", i % 2 == 0);
    }
    trial_sort(trial);
    assert_int_equal(trial->count, 1000);
    for (size_t i = 0; i < trial->count; i++)
        assert_int_equal(
            trial->segments[i].counts[TRIAL_ENTER] + trial->segments[i].counts[TRIAL_EXIT], 2);
    assert_true(text_equal(trial->segments[999].name, TEXT("s0999")));
    trial_free(trial);
}

static void
two_workers_are_added_up(void **state)
{
    struct trial *sum = trial_new(), *one = trial_new(), *other = trial_new();

    (void)state;
    for (int i = 0; i < 4; i++)
        count(one, "a", "u", true);
    for (int i = 0; i < 4; i++)
        count(other, "a", "v", true);
    count(other, "b", "w", false);
    one->partitions = 2;
    other->partitions = 3;
    trial_leave_out(other, 7, "paused");
    trial_take(sum, one);
    trial_take(sum, other);
    trial_sort(sum);
    assert_int_equal(sum->partitions, 5);
    assert_int_equal(sum->count, 2);
    assert_int_equal(sum->segments[0].counts[TRIAL_ENTER], 8);
    assert_true(text_equal(sum->segments[0].samples[TRIAL_ENTER][3], TEXT("u")));
    assert_true(text_equal(sum->segments[0].samples[TRIAL_ENTER][4], TEXT("v")));
    assert_int_equal(sum->segments[1].counts[TRIAL_EXIT], 1);
    assert_memory_equal(sum->left_out.bytes, "partition 7: paused\n", sum->left_out.length);
    trial_free(sum);
}

static void
what_no_worker_has_is_named(void **state)
{
    struct trial *sum = trial_new(), *one = trial_new(), *other = trial_new();

    (void)state;
    one->topic_partitions = other->topic_partitions = 8;
    trial_counted(one, 1);
    trial_leave_out(other, 2, "paused");
    trial_counted(other, 4);
    trial_take(sum, one);
    trial_take(sum, other);
    buffer_clear(&sum->left_out);
    trial_leave_out_rest(sum);
    buffer_add_char(&sum->left_out, '\0');
    assert_string_equal(sum->left_out.bytes,
        "partition 0, 3, 5 to 7: with no worker here: another host's, or on its way\n");
    assert_int_equal(sum->partitions, 2);
    trial_free(sum);
}

static void
nothing_is_named_where_all_are_counted(void **state)
{
    struct trial *trial = trial_new();

    (void)state;
    trial->topic_partitions = 1;
    trial_counted(trial, 0);
    trial_leave_out_rest(trial);
    assert_int_equal(trial->left_out.length, 0);
    trial_free(trial);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(users_are_counted_and_the_first_of_them_kept),
        cmocka_unit_test(many_segments_are_found_again),
        cmocka_unit_test(two_workers_are_added_up),
        cmocka_unit_test(what_no_worker_has_is_named),
        cmocka_unit_test(nothing_is_named_where_all_are_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
