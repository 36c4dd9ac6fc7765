/* The simulated shop: the same for the same seed, in order of time, with all that a shop has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "daemon/ctl/shop.h"

#define EVENTS 20000

static const struct shop_settings usual = {
    .users = 300, .seed = 7, .start_ms = INT64_C(1767225600000)};

static void
print_some(const struct shop_settings *settings, struct buffer *out)
{
    struct shop *shop = shop_new(settings);
    struct shop_event event;

    buffer_init(out);
    for (int i = 0; i < 2000; i++) {
        shop_next(shop, &event);
        shop_print(shop, &event, out);
    }
    shop_free(shop);
}

static void
one_seed_makes_one_shop(void **state)
{
    struct shop_settings other = usual;
    struct buffer a, b, c;

    (void)state;
    other.seed++;
    print_some(&usual, &a);
    print_some(&usual, &b);
    print_some(&other, &c);
    assert_int_equal(a.length, b.length);
    assert_memory_equal(a.bytes, b.bytes, a.length);
    assert_true(a.length != c.length || memcmp(a.bytes, c.bytes, a.length) != 0);
    buffer_fini(&a);
    buffer_fini(&b);
    buffer_fini(&c);
}

/* What was made long ago must come again: a stored test may rest on it. */
static void
the_first_event_is_what_it_always_was(void **state)
{
    static const char start[] =
        "{\"user\":\"u145\",\"type\":\"identify\",\"ts\":1767225758681,\"id\":\"19b76daa800-1-0\"";
    struct shop_settings settings = {.users = 200, .seed = 1, .start_ms = INT64_C(1767225600000)};
    struct buffer text;

    (void)state;
    print_some(&settings, &text);
    assert_memory_equal(text.bytes, start, sizeof(start) - 1);
    buffer_fini(&text);
}

static void
events_come_in_order_and_of_every_type(void **state)
{
    struct shop *shop = shop_new(&usual);
    int64_t last = 0, carts = 0, returns = 0;
    unsigned seen = 0;
    struct shop_event event;

    (void)state;
    for (uint64_t i = 0; i < EVENTS; i++) {
        shop_next(shop, &event);
        assert_true(event.ts >= last);
        assert_int_equal(event.number, i);
        assert_true(event.user < usual.users);
        last = event.ts;
        seen |= 1u << event.type;
        carts += event.type == SHOP_ADD_TO_CART;
        carts -= event.type == SHOP_REMOVE_FROM_CART || event.type == SHOP_PURCHASE;
        returns += event.type == SHOP_RETURN;
    }
    assert_int_equal(seen, (2u << SHOP_RETURN) - 1);
    assert_true(carts > 50); /* left behind */
    assert_true(returns > 10);
    shop_free(shop);
}

/* Somebody who watches a live shop sees people go: nobody stays for a minute without a break. */
static void
a_live_visit_ends(void **state)
{
    struct shop_settings live = {.users = 100, .seed = 3, .start_ms = 0, .live_rate = 20};
    struct shop *shop = shop_new(&live);
    int64_t last[100] = {0};
    int breaks = 0;
    struct shop_event event;

    (void)state;
    for (int i = 0; i < 5000; i++) {
        shop_next(shop, &event);
        breaks += last[event.user] > 0 && event.ts - last[event.user] > 20000;
        last[event.user] = event.ts;
    }
    assert_true(breaks > 100);
    shop_free(shop);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_seed_makes_one_shop),
        cmocka_unit_test(the_first_event_is_what_it_always_was),
        cmocka_unit_test(events_come_in_order_and_of_every_type),
        cmocka_unit_test(a_live_visit_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
