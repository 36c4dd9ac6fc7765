/* The simulated shop: the same for the same seed, in order of time, with all that a shop has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "config/config.h"
#include "daemon/ctl/shop.h"
#include "pipeline/decode/decode.h"

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

static struct config *
load_rules(void)
{
    static const char *const files[] = {"config/segments.d/shop.yaml"};
    struct config_request request = {.segment_files = files, .segment_file_count = 1};
    struct report *report = report_new();
    struct config *config = config_load(&request, report);

    report_free(report);
    assert_non_null(config);
    return config;
}

static bool
has_field(const struct config *config, const struct event *event, const char *name)
{
    for (uint32_t i = 0; i < config->plan->field_count; i++)
        if (text_equal(config->plan->fields[i].name, text_of(name)))
            return event->fields[i].kind != VALUE_NULL;
    fail_msg("the shop's rules have no field '%s'", name);
    return false;
}

static void
check_fields(const struct config *config, const struct event *read, enum shop_event_type type)
{
    bool is_sale = type == SHOP_PURCHASE || type == SHOP_RETURN;
    bool has_item = type != SHOP_IDENTIFY && type != SHOP_SEARCH;

    assert_true(has_field(config, read, "channel") && has_field(config, read, "device"));
    assert_int_equal(has_field(config, read, "newsletter"), type == SHOP_IDENTIFY);
    assert_int_equal(has_field(config, read, "query"), type == SHOP_SEARCH);
    assert_int_equal(has_field(config, read, "item"), has_item);
    assert_int_equal(has_field(config, read, "price"), has_item);
    assert_int_equal(has_field(config, read, "value"), is_sale);
}

static void
every_event_is_read_as_it_was_meant(void **state)
{
    struct config *config = load_rules();
    struct decode *decode = decode_new(&config->mapping, config->plan, config->zone, 1 << 20);
    struct shop *shop = shop_new(&usual);
    struct shop_event event;
    struct decode_fault fault;
    struct event read;
    struct buffer line;
    struct arena arena;
    char user[16];

    (void)state;
    buffer_init(&line);
    arena_init(&arena);
    for (int i = 0; i < EVENTS; i++) {
        struct text payload;

        shop_next(shop, &event);
        buffer_clear(&line);
        shop_print(shop, &event, &line);
        payload = (struct text){line.bytes, (uint32_t)line.length};
        arena_reset(&arena);
        assert_int_equal(decode_event(decode, payload, &arena, &read, &fault), DECODE_OK);
        assert_int_equal(read.ts, event.ts);
        assert_int_equal(read.user.length, shop_user(&event, user, sizeof(user)));
        assert_memory_equal(read.user.bytes, user, read.user.length);
        assert_true(read.has_id);
        check_fields(config, &read, event.type);
    }
    assert_int_equal(decode_counts(decode)->texts_too_long, 0);
    assert_int_equal(decode_counts(decode)->numbers_out_of_range, 0);
    shop_free(shop);
    arena_fini(&arena);
    buffer_fini(&line);
    decode_free(decode);
    config_free(config);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_seed_makes_one_shop),
        cmocka_unit_test(the_first_event_is_what_it_always_was),
        cmocka_unit_test(every_event_is_read_as_it_was_meant),
        cmocka_unit_test(events_come_in_order_and_of_every_type),
        cmocka_unit_test(a_live_visit_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
