#ifndef FOOTPRINT_CTL_SHOP_H
#define FOOTPRINT_CTL_SHOP_H

/*
 * A simulated shop: people with habits, who come, look, fill carts, leave them behind, buy and send
 * back. Its events come one by one, in the order of time, the same for the same settings.
 *
 *   heap of people by the instant of their next step --shop_next--> event, and that person's next
 *
 * At its usual pace a person comes at certain hours of the day, every day or every other week, and
 * takes seconds to minutes between two steps. A live shop is for somebody who watches: visits of
 * half a minute, then the person is gone for a while, so that segments are left as well as entered.
 */

#include <stdbool.h>
#include <stdint.h>

#include "config/base/buffer.h"
#include "daemon/ctl/catalog.h"

enum shop_event_type {
    SHOP_IDENTIFY,
    SHOP_VIEW,
    SHOP_CLICK,
    SHOP_LIKE,
    SHOP_SEARCH,
    SHOP_ADD_TO_CART,
    SHOP_REMOVE_FROM_CART,
    SHOP_PURCHASE,
    SHOP_RETURN
};

struct shop_event {
    enum shop_event_type type;
    uint32_t user; /* 0 up */
    int64_t ts;
    uint64_t number; /* 0 up */
    struct catalog_item item;
    uint32_t quantity;
    const char *query;
    const char *channel;
    const char *device;
    const char *plan, *country; /* of identify */
    bool newsletter;            /* of identify */
};

struct shop_settings {
    uint32_t users;
    uint64_t seed;
    int64_t start_ms;
    double live_rate; /* events a second; 0: the usual pace of a shop */
};

struct shop;

struct shop *shop_new(const struct shop_settings *settings);
void shop_free(struct shop *shop);
void shop_next(struct shop *shop, struct shop_event *ret_event);
/* The user's name, "u17". Returns its length. */
uint32_t shop_user(const struct shop_event *event, char *out, size_t bytes);
/* As a JSON object on one line, without its end. */
void shop_print(const struct shop *shop, const struct shop_event *event, struct buffer *out);

#endif
