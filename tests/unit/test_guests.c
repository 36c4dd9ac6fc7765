/* Who is shown out of the HTTP port, and when. */
#include <setjmp.h>
#include <stdbool.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "daemon/guests.h"

static struct guests guests;
static int ends[GUESTS_MAX + 1][2]; /* ours, the guest's */

static int
begin(void **state)
{
    (void)state;
    guests_init(&guests);
    for (size_t i = 0; i < GUESTS_MAX + 1; i++)
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends[i]), 0);
    return 0;
}

static int
end(void **state)
{
    (void)state;
    for (size_t i = 0; i < GUESTS_MAX + 1; i++) {
        close(ends[i][0]);
        close(ends[i][1]);
    }
    guests_fini(&guests);
    return 0;
}

/* The other end sees the end of the stream. */
static bool
shown_out(size_t number)
{
    char byte;

    return recv(ends[number][1], &byte, 1, 0) == 0;
}

static void
arrive(size_t number, int64_t now_us)
{
    guests_arrive(&guests, ends[number][0], now_us);
}

static void
who_stays_too_long_is_shown_out(void **state)
{
    (void)state;
    arrive(0, 1000);
    arrive(1, 2000);
    guests_turn(&guests, 1000 + GUESTS_STAY_US);
    assert_false(shown_out(0));
    guests_turn(&guests, 1001 + GUESTS_STAY_US);
    assert_true(shown_out(0));
    assert_false(shown_out(1));
    guests_leave(&guests, ends[0][0]);
    assert_int_equal(guests.count, 1);
    guests_turn(&guests, 2001 + GUESTS_STAY_US);
    assert_true(shown_out(1));
}

static void
in_a_crowd_the_oldest_makes_room(void **state)
{
    (void)state;
    for (size_t i = 0; i < GUESTS_CROWD; i++)
        arrive(i, 5000 - (int64_t)i); /* the last one is the oldest */
    for (size_t i = 0; i < GUESTS_CROWD; i++)
        assert_false(shown_out(i));
    arrive(GUESTS_CROWD, 6000);
    assert_true(shown_out(GUESTS_CROWD - 1));
    assert_false(shown_out(GUESTS_CROWD - 2));
    arrive(GUESTS_CROWD + 1, 6001); /* the first has not gone yet, so it is the next one's turn */
    assert_true(shown_out(GUESTS_CROWD - 2));
    assert_false(shown_out(GUESTS_CROWD));
}

static void
nobody_is_let_in_unseen(void **state)
{
    (void)state;
    for (size_t i = 0; i < GUESTS_MAX; i++)
        arrive(i, (int64_t)i);
    assert_int_equal(guests.count, GUESTS_MAX);
    assert_false(shown_out(GUESTS_MAX - 1));
    arrive(GUESTS_MAX, 9000);
    assert_true(shown_out(GUESTS_MAX));
    guests_leave(&guests, ends[GUESTS_MAX][0]); /* it was never in */
    assert_int_equal(guests.count, GUESTS_MAX);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_stays_too_long_is_shown_out, begin, end),
        cmocka_unit_test_setup_teardown(in_a_crowd_the_oldest_makes_room, begin, end),
        cmocka_unit_test_setup_teardown(nobody_is_let_in_unseen, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
