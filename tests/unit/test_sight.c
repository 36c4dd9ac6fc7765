/* What may be looked at of single records: the last rejects, taps, and what they drop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "daemon/sight.h"

static struct sights sights;
static struct sight taken[SIGHT_RING_MAX];
static uint64_t dropped[SIGHT_TAPS_MAX];

static int
begin(void **state)
{
    (void)state;
    sights_init(&sights);
    memset(dropped, 0, sizeof(dropped));
    return 0;
}

static int
end(void **state)
{
    (void)state;
    sights_fini(&sights);
    return 0;
}

static void
see(enum pipeline_sight kind, const char *user, const char *name, int64_t offset)
{
    sights_saw(&sights,
        &(struct pipeline_sighting){.kind = kind,
            .offset = offset,
            .user = text_of(user),
            .name = text_of(name),
            .outcome = "x",
            .detail = "why"},
        1000 + offset);
}

static void
nobody_taps_and_nothing_is_kept(void **state)
{
    (void)state;
    assert_int_equal(atomic_load(&sights.wanted), 0);
    see(SIGHT_EVENT, "u", "view", 1);
    assert_int_equal(sights_take(&sights, taken, dropped), 0);
    assert_null(sights.ring);
}

static void
a_tap_gets_its_kinds_alone_until_it_ends(void **state)
{
    (void)state;
    sights_tap(&sights, 1, &(struct sight_wish){.kinds = SIGHT_CHANGE, .sample = 1});
    assert_int_equal(atomic_load(&sights.wanted), SIGHT_CHANGE);
    see(SIGHT_EVENT, "u", "view", 1);
    see(SIGHT_CHANGE, "u", "buyer", 2);
    assert_int_equal(sights_take(&sights, taken, dropped), 1);
    assert_int_equal(taken[0].taps, 2);
    assert_int_equal(taken[0].offset, 2);
    assert_memory_equal(taken[0].name, "buyer", 5);
    see(SIGHT_CHANGE, "u", "buyer", 3);
    sights_tap(&sights, 1, NULL);
    assert_int_equal(atomic_load(&sights.wanted), 0);
    assert_int_equal(sights_take(&sights, taken, dropped), 1);
    assert_int_equal(taken[0].taps, 0); /* whoever taps next does not see it */
}

static void
taps_differ_by_user_segment_and_sample(void **state)
{
    struct sight_wish wish = {.kinds = SIGHT_EVENT, .sample = 1, .of_user = true, .user = "b"};

    (void)state;
    sights_tap(&sights, 0, &wish);
    wish = (struct sight_wish){.kinds = SIGHT_CHANGE, .sample = 1, .segment = "buyer"};
    sights_tap(&sights, 1, &wish);
    sights_tap(&sights, 2, &(struct sight_wish){.kinds = SIGHT_EVENT, .sample = 3});
    for (int i = 0; i < 7; i++)
        see(SIGHT_EVENT, i == 4 ? "b" : "a", "view", i);
    see(SIGHT_CHANGE, "b", "looker", 7);
    see(SIGHT_CHANGE, "b", "buyer", 8);
    assert_int_equal(sights_take(&sights, taken, dropped), 5);
    assert_int_equal(taken[0].offset, 0);
    assert_int_equal(taken[1].offset, 3);
    assert_int_equal(taken[2].offset, 4);
    assert_int_equal(taken[2].taps, 1);
    assert_int_equal(taken[3].offset, 6);
    assert_int_equal(taken[4].offset, 8);
    assert_int_equal(taken[4].taps, 2);
}

static void
what_does_not_fit_is_counted(void **state)
{
    (void)state;
    sights_tap(&sights, 0, &(struct sight_wish){.kinds = SIGHT_EVENT, .sample = 1});
    for (int i = 0; i < SIGHT_RING_MAX + 7; i++)
        see(SIGHT_EVENT, "u", "view", i);
    assert_int_equal(sights_take(&sights, taken, dropped), SIGHT_RING_MAX);
    assert_int_equal(dropped[0], 7);
    see(SIGHT_EVENT, "u", "view", 0);
    assert_int_equal(sights_take(&sights, taken, dropped), 1);
    assert_int_equal(dropped[0], 7);
}

static void
what_comes_while_the_ring_is_emptied_is_counted_and_waits_for_nobody(void **state)
{
    (void)state;
    sights_tap(&sights, 0, &(struct sight_wish){.kinds = SIGHT_EVENT, .sample = 1});
    sights_tap(&sights, 3, &(struct sight_wish){.kinds = SIGHT_REJECT, .sample = 1});
    pthread_mutex_lock(&sights.lock);
    see(SIGHT_EVENT, "u", "view", 1); /* a worker that waited would hang here */
    pthread_mutex_unlock(&sights.lock);
    assert_int_equal(sights_take(&sights, taken, dropped), 0);
    assert_int_equal(dropped[0], 1);
    assert_int_equal(dropped[3], 0);
}

static void
the_last_rejects_are_kept_without_a_tap(void **state)
{
    static struct sight rejects[SIGHT_REJECTS_MAX];

    (void)state;
    assert_int_equal(sights_rejects(&sights, rejects), 0);
    for (int i = 0; i < SIGHT_REJECTS_MAX + 5; i++)
        see(SIGHT_REJECT, "", "", i);
    assert_int_equal(sights_rejects(&sights, rejects), SIGHT_REJECTS_MAX);
    assert_int_equal(rejects[0].offset, 5);
    assert_int_equal(rejects[SIGHT_REJECTS_MAX - 1].offset, SIGHT_REJECTS_MAX + 4);
    assert_string_equal(rejects[0].detail, "why");
}

static void
long_names_are_cut(void **state)
{
    char user[2 * USER_BYTES_MAX];

    (void)state;
    memset(user, 'u', sizeof(user) - 1);
    user[sizeof(user) - 1] = '\0';
    sights_tap(&sights, 0, &(struct sight_wish){.kinds = SIGHT_EVENT, .sample = 1});
    see(SIGHT_EVENT, user, user, 1);
    assert_int_equal(sights_take(&sights, taken, dropped), 1);
    assert_int_equal(taken[0].user_length, USER_BYTES_MAX);
    assert_int_equal(taken[0].name_length, SIGHT_NAME_BYTES);
}

int
main(void)
{
#define SIGHT_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        SIGHT_TEST(nobody_taps_and_nothing_is_kept),
        SIGHT_TEST(a_tap_gets_its_kinds_alone_until_it_ends),
        SIGHT_TEST(taps_differ_by_user_segment_and_sample),
        SIGHT_TEST(what_does_not_fit_is_counted),
        SIGHT_TEST(what_comes_while_the_ring_is_emptied_is_counted_and_waits_for_nobody),
        SIGHT_TEST(the_last_rejects_are_kept_without_a_tap),
        SIGHT_TEST(long_names_are_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
