/* A simulated shop: people with habits, and what they do. */
#include "daemon/ctl/shop.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "config/base/check.h"
#include "daemon/ctl/dice.h"

#define SHOP_CART_MAX 4
#define SHOP_SECOND_MS INT64_C(1000)
#define SHOP_HOUR_MS (3600 * SHOP_SECOND_MS)
#define SHOP_DAY_MS (24 * SHOP_HOUR_MS)

/* A kind of person. Numbers without a unit are percent. */
struct shop_persona {
    const char *name;
    uint32_t share;
    uint32_t hour;                          /* of the day at which this person likes to come */
    uint32_t days;                          /* between two visits, at most */
    uint32_t steps;                         /* of a visit, usually */
    uint32_t view, search, like, add, drop; /* what a step is, in this order; else a click */
    uint32_t buys;    /* chance that a visit with a full cart ends with buying */
    uint32_t returns; /* chance that something bought is sent back at the next visit */
    uint32_t cheap;   /* chance that an expensive item is passed over */
    bool mobile;
};

static const struct shop_persona shop_personas[] = {
    {"window shopper", 30, 20, 3, 12, 60, 12, 10, 3, 1, 10, 0, 20, true},
    {"bargain hunter", 15, 12, 2, 14, 40, 25, 4, 18, 6, 45, 5, 80, false},
    {"loyal customer", 20, 18, 4, 8, 45, 10, 8, 22, 2, 85, 4, 0, false},
    {"impulse buyer", 10, 21, 6, 5, 45, 5, 5, 35, 1, 90, 25, 0, true},
    {"cart filler", 12, 13, 2, 9, 45, 8, 6, 30, 5, 12, 0, 30, false},
    {"night owl", 8, 2, 2, 20, 65, 10, 10, 5, 1, 30, 3, 20, true},
    {"once a month", 5, 10, 30, 6, 50, 15, 2, 20, 2, 60, 10, 10, false},
};

#define SHOP_PERSONAS (sizeof(shop_personas) / sizeof(shop_personas[0]))

struct shop_person {
    int64_t next_ms; /* of the next step, since the start */
    uint16_t steps;  /* left of this visit; 0: away */
    uint8_t persona;
    uint8_t favourite; /* category */
    uint8_t cart_count;
    bool known;           /* has been identified */
    bool leaving;         /* buys what is in the cart, then goes */
    bool mobile, by_mail; /* this visit */
    struct catalog_item cart[SHOP_CART_MAX];
    struct catalog_item seen;
    bool has_seen;
    struct catalog_item bought;
    bool has_bought;
};

struct shop {
    struct shop_settings settings;
    struct dice dice;
    struct shop_person *people;
    uint32_t *heap; /* people, the one with the earliest next step first */
    uint64_t number;
    char id[40];    /* what every event's id begins with */
    double away_ms; /* live: how long a person is gone, usually */
};

/* --- who is next --------------------------------------------------------------------------- */

static bool
shop_before(const struct shop *shop, uint32_t a, uint32_t b)
{
    const struct shop_person *people = shop->people;

    if (people[a].next_ms != people[b].next_ms)
        return people[a].next_ms < people[b].next_ms;
    return a < b;
}

/* The person at `at` has got a later next step. */
static void
shop_sink(struct shop *shop, uint32_t at)
{
    uint32_t count = shop->settings.users;
    uint32_t person = shop->heap[at];

    while (2 * (uint64_t)at + 1 < count) {
        uint32_t child = 2 * at + 1;

        if (child + 1 < count && shop_before(shop, shop->heap[child + 1], shop->heap[child]))
            child++;
        if (shop_before(shop, person, shop->heap[child]))
            break;
        shop->heap[at] = shop->heap[child];
        at = child;
    }
    shop->heap[at] = person;
}

/* --- habits ---------------------------------------------------------------------------------- */

static uint8_t
shop_choose_persona(struct dice *dice)
{
    uint32_t left = dice_below(dice, 100);
    uint8_t i = 0;

    while (i + 1u < SHOP_PERSONAS && left >= shop_personas[i].share)
        left -= shop_personas[i++].share;
    return i;
}

/* The day's instant at which this person comes: around the usual hour. */
static int64_t
shop_hour_ms(struct shop *shop, const struct shop_persona *persona)
{
    int64_t around = (int64_t)persona->hour * SHOP_HOUR_MS;

    around += dice_between(&shop->dice, -2 * SHOP_HOUR_MS, 2 * SHOP_HOUR_MS);
    return around < 0 ? around + SHOP_DAY_MS : around;
}

static int64_t
shop_next_visit(struct shop *shop, const struct shop_person *person)
{
    const struct shop_persona *persona = &shop_personas[person->persona];
    int64_t midnight = shop->settings.start_ms + person->next_ms;
    int64_t days = 1 + dice_below(&shop->dice, persona->days);

    if (shop->settings.live_rate > 0)
        return person->next_ms + dice_between(&shop->dice, (int64_t)shop->away_ms / 2,
                                     (int64_t)(shop->away_ms * 1.5));
    midnight -= midnight % SHOP_DAY_MS;
    return midnight + days * SHOP_DAY_MS + shop_hour_ms(shop, persona) - shop->settings.start_ms;
}

static int64_t
shop_pause_ms(struct shop *shop)
{
    if (shop->settings.live_rate > 0)
        return dice_between(&shop->dice, SHOP_SECOND_MS / 2, 4 * SHOP_SECOND_MS);
    return dice_between(&shop->dice, 2 * SHOP_SECOND_MS, 90 * SHOP_SECOND_MS);
}

/* --- steps of a visit ------------------------------------------------------------------------ */

static struct catalog_item
shop_choose_item(struct shop *shop, const struct shop_person *person)
{
    const struct shop_persona *persona = &shop_personas[person->persona];
    struct catalog_item item;
    int tries = 0;

    do {
        uint32_t category = dice_percent(&shop->dice, 65)
                                ? person->favourite
                                : dice_below(&shop->dice, CATALOG_CATEGORIES);
        /* Of two numbers the smaller: the first items of a category are the popular ones. */
        uint32_t a = dice_below(&shop->dice, CATALOG_ITEMS);
        uint32_t b = dice_below(&shop->dice, CATALOG_ITEMS);

        item = (struct catalog_item){(uint8_t)category, (uint8_t)(a < b ? a : b)};
    } while (++tries < 5 && catalog_price_cents(item) > 2500 &&
             dice_percent(&shop->dice, persona->cheap));
    return item;
}

static void
shop_begin_visit(struct shop *shop, struct shop_person *person)
{
    const struct shop_persona *persona = &shop_personas[person->persona];
    uint32_t steps = persona->steps / 2 + dice_below(&shop->dice, persona->steps + 1);

    person->steps = (uint16_t)(steps + 1);
    person->leaving = false;
    person->has_seen = false;
    person->mobile = persona->mobile != dice_percent(&shop->dice, 20);
    person->by_mail = dice_percent(&shop->dice, 15);
}

static void
shop_add(struct shop_person *person, struct shop_event *event)
{
    event->type = SHOP_ADD_TO_CART;
    person->cart[person->cart_count++] = event->item;
}

static void
shop_take_out(struct shop_person *person, struct shop_event *event)
{
    event->type = SHOP_REMOVE_FROM_CART;
    event->item = person->cart[--person->cart_count];
}

static void
shop_buy(struct shop *shop, struct shop_person *person, struct shop_event *event)
{
    event->type = SHOP_PURCHASE;
    event->item = person->cart[--person->cart_count];
    event->quantity = 1 + dice_below(&shop->dice, 2);
    person->bought = event->item;
    person->has_bought = true;
    if (person->cart_count == 0)
        person->steps = 1; /* that was what the visit was for */
}

static void
shop_look(struct shop *shop, struct shop_person *person, struct shop_event *event)
{
    event->type = SHOP_VIEW;
    event->item = person->seen = shop_choose_item(shop, person);
    person->has_seen = true;
}

static void
shop_search(struct shop *shop, struct shop_person *person, struct shop_event *event)
{
    event->type = SHOP_SEARCH;
    event->query = catalog_query(person->favourite, dice_below(&shop->dice, 4));
}

/* One step inside a visit, by the habits of the persona. */
static void
shop_browse(struct shop *shop, struct shop_person *person, struct shop_event *event)
{
    const struct shop_persona *persona = &shop_personas[person->persona];
    uint32_t chance = dice_below(&shop->dice, 100);

    event->item = person->seen;
    if (!person->has_seen) {
        if (dice_percent(&shop->dice, 25))
            shop_search(shop, person, event);
        else
            shop_look(shop, person, event);
    } else if (chance < persona->view) {
        shop_look(shop, person, event);
    } else if ((chance -= persona->view) < persona->search) {
        shop_search(shop, person, event);
    } else if ((chance -= persona->search) < persona->like) {
        event->type = SHOP_LIKE;
    } else if ((chance -= persona->like) < persona->add && person->cart_count < SHOP_CART_MAX) {
        shop_add(person, event);
    } else if (chance >= persona->add && chance - persona->add < persona->drop &&
               person->cart_count > 0) {
        shop_take_out(person, event);
    } else {
        event->type = SHOP_CLICK;
    }
}

/* Who somebody is does not change with what has happened before: dice of his own. */
static void
shop_tell_traits(const struct shop *shop, struct shop_event *event)
{
    static const char *const plans[] = {"free", "free", "free", "plus", "plus", "gold"};
    static const char *const countries[] = {"de", "de", "de", "fr", "fr", "it", "pl", "us"};
    struct dice dice = {.state = shop->settings.seed ^ ((uint64_t)event->user << 32)};

    event->plan = plans[dice_below(&dice, sizeof(plans) / sizeof(plans[0]))];
    event->country = countries[dice_below(&dice, sizeof(countries) / sizeof(countries[0]))];
}

static void
shop_step(struct shop *shop, struct shop_person *person, struct shop_event *event)
{
    const struct shop_persona *persona = &shop_personas[person->persona];

    if (!person->known) {
        person->known = true;
        event->type = SHOP_IDENTIFY;
        event->newsletter = dice_percent(&shop->dice, 40);
        shop_tell_traits(shop, event);
    } else if (person->has_bought && !person->has_seen &&
               dice_percent(&shop->dice, persona->returns)) {
        person->has_bought = false;
        event->type = SHOP_RETURN;
        event->item = person->bought;
    } else if (person->leaving && person->cart_count > 0) {
        shop_buy(shop, person, event);
    } else {
        shop_browse(shop, person, event);
    }
}

/* After a step: the next one of this visit, or the next visit. */
static void
shop_plan(struct shop *shop, struct shop_person *person)
{
    const struct shop_persona *persona = &shop_personas[person->persona];

    person->steps--;
    if (person->steps == 0 && !person->leaving && person->cart_count > 0 &&
        dice_percent(&shop->dice, persona->buys)) {
        person->leaving = true;
        person->steps = person->cart_count;
    }
    if (person->steps > 0)
        person->next_ms += shop_pause_ms(shop);
    else
        person->next_ms = shop_next_visit(shop, person);
}

void
shop_next(struct shop *shop, struct shop_event *ret_event)
{
    struct shop_person *person = &shop->people[shop->heap[0]];

    if (person->steps == 0)
        shop_begin_visit(shop, person);
    *ret_event = (struct shop_event){
        .user = shop->heap[0],
        .ts = shop->settings.start_ms + person->next_ms,
        .number = shop->number++,
        .quantity = 1,
        .channel = person->by_mail  ? "email"
                   : person->mobile ? "app"
                                    : "web",
        .device = person->mobile ? "mobile" : "desktop",
    };
    shop_step(shop, person, ret_event);
    shop_plan(shop, person);
    shop_sink(shop, 0);
}

/* --- life ---------------------------------------------------------------------------------------- */

/* Live: as many people are there at once as make the rate; the others are away. */
static double
shop_away_ms(const struct shop_settings *settings)
{
    double pause_s = 2.25, visit_s = 10 * pause_s;
    double there = settings->live_rate * pause_s;
    double away_s = there >= settings->users ? 0 : visit_s * (settings->users - there) / there;

    return (away_s < 45 ? 45 : away_s) * SHOP_SECOND_MS;
}

static void
shop_settle(struct shop *shop, struct shop_person *person)
{
    struct dice *dice = &shop->dice;

    person->persona = shop_choose_persona(dice);
    person->favourite =
        (uint8_t)(dice_percent(dice, 30) ? 0 : dice_below(dice, CATALOG_CATEGORIES));
    if (shop->settings.live_rate > 0) { /* as if the shop had been open for a while */
        person->next_ms = dice_between(dice, 0, (int64_t)shop->away_ms);
        return;
    }
    person->next_ms = shop_hour_ms(shop, &shop_personas[person->persona]) +
                      dice_below(dice, shop_personas[person->persona].days) * SHOP_DAY_MS -
                      shop->settings.start_ms % SHOP_DAY_MS;
    if (person->next_ms < 0)
        person->next_ms += SHOP_DAY_MS;
}

struct shop *
shop_new(const struct shop_settings *settings)
{
    struct shop *shop = calloc(1, sizeof(*shop));

    CHECK(shop != NULL);
    CHECK(settings->users > 0);
    shop->settings = *settings;
    shop->dice.state = settings->seed;
    snprintf(shop->id, sizeof(shop->id), "%" PRIx64 "-%" PRIu64 "-", (uint64_t)settings->start_ms,
        settings->seed);
    shop->away_ms = settings->live_rate > 0 ? shop_away_ms(settings) : 0;
    shop->people = calloc(settings->users, sizeof(*shop->people));
    shop->heap = calloc(settings->users, sizeof(*shop->heap));
    CHECK(shop->people != NULL && shop->heap != NULL);
    for (uint32_t i = 0; i < settings->users; i++) {
        shop_settle(shop, &shop->people[i]);
        shop->heap[i] = i;
    }
    for (uint32_t i = settings->users / 2; i-- > 0;)
        shop_sink(shop, i);
    return shop;
}

void
shop_free(struct shop *shop)
{
    if (shop == NULL)
        return;
    free(shop->people);
    free(shop->heap);
    free(shop);
}

/* --- as text -------------------------------------------------------------------------------------- */

static const char *
shop_type_name(enum shop_event_type type)
{
    static const char *const names[] = {
        [SHOP_IDENTIFY] = "identify",
        [SHOP_VIEW] = "view",
        [SHOP_CLICK] = "click",
        [SHOP_LIKE] = "like",
        [SHOP_SEARCH] = "search",
        [SHOP_ADD_TO_CART] = "add_to_cart",
        [SHOP_REMOVE_FROM_CART] = "remove_from_cart",
        [SHOP_PURCHASE] = "purchase",
        [SHOP_RETURN] = "return",
    };

    return names[type];
}

uint32_t
shop_user(const struct shop_event *event, char *out, size_t bytes)
{
    return (uint32_t)snprintf(out, bytes, "u%" PRIu32, event->user + 1);
}

/* The writing is the greater part of the work, hence by pieces and not by a format. */

/* ,"name":"value" */
static void
shop_print_text(struct buffer *out, const char *name, const char *value)
{
    buffer_add_literal(out, ",\"");
    buffer_add_text(out, text_of(name));
    buffer_add_literal(out, "\":\"");
    buffer_add_text(out, text_of(value));
    buffer_add_char(out, '"');
}

static void
shop_print_cents(struct buffer *out, const char *name, int64_t cents)
{
    buffer_add_literal(out, ",\"");
    buffer_add_text(out, text_of(name));
    buffer_add_literal(out, "\":");
    buffer_add_int(out, cents / 100);
    buffer_add_char(out, '.');
    buffer_add_char(out, (char)('0' + cents % 100 / 10));
    buffer_add_char(out, (char)('0' + cents % 10));
}

static void
shop_print_item(const struct shop_event *event, struct buffer *out)
{
    const char *category = catalog_category(event->item.category);
    int64_t cents = catalog_price_cents(event->item);

    buffer_add_literal(out, ",\"item\":\"");
    buffer_add_text(out, text_of(category));
    buffer_add_char(out, '-');
    buffer_add_int(out, event->item.number + 1);
    buffer_add_char(out, '"');
    shop_print_text(out, "category", category);
    shop_print_cents(out, "price", cents);
    if (event->type == SHOP_ADD_TO_CART || event->type == SHOP_PURCHASE ||
        event->type == SHOP_RETURN) {
        buffer_add_literal(out, ",\"quantity\":");
        buffer_add_int(out, event->quantity);
    }
    if (event->type == SHOP_PURCHASE || event->type == SHOP_RETURN)
        shop_print_cents(out, "value", cents * event->quantity);
}

static void
shop_print_traits(const struct shop_event *event, struct buffer *out)
{
    shop_print_text(out, "plan", event->plan);
    shop_print_text(out, "country", event->country);
    buffer_add_text(
        out, event->newsletter ? TEXT(",\"newsletter\":true") : TEXT(",\"newsletter\":false"));
}

/* Start and seed are part of an id, so that two shops share none. */
static void
shop_print_id(const struct shop *shop, const struct shop_event *event, struct buffer *out)
{
    buffer_add_literal(out, ",\"id\":\"");
    buffer_add_text(out, text_of(shop->id));
    buffer_add_int(out, (int64_t)event->number);
    buffer_add_char(out, '"');
}

void
shop_print(const struct shop *shop, const struct shop_event *event, struct buffer *out)
{
    buffer_add_literal(out, "{\"user\":\"u");
    buffer_add_int(out, (int64_t)event->user + 1);
    buffer_add_char(out, '"');
    shop_print_text(out, "type", shop_type_name(event->type));
    buffer_add_literal(out, ",\"ts\":");
    buffer_add_int(out, event->ts);
    shop_print_id(shop, event, out);
    if (event->type == SHOP_IDENTIFY)
        shop_print_traits(event, out);
    else if (event->type == SHOP_SEARCH)
        shop_print_text(out, "query", event->query);
    else
        shop_print_item(event, out);
    shop_print_text(out, "channel", event->channel);
    shop_print_text(out, "device", event->device);
    buffer_add_char(out, '}');
}
