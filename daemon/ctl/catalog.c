/* What the simulated shop sells. */
#include "daemon/ctl/catalog.h"

#define CATALOG_QUERIES 4

static const struct {
    const char *name;
    int64_t cents; /* a usual price */
    const char *queries[CATALOG_QUERIES];
} catalog[CATALOG_CATEGORIES] = {
    {"shoes", 7990, {"running shoes", "white sneakers", "shoes sale", "winter boots"}},
    {"shirts", 2990, {"linen shirt", "cheap t-shirts", "polo", "shirt slim fit"}},
    {"books", 1490, {"crime novel", "cook book", "travel guide", "children's book"}},
    {"toys", 2490, {"wooden train", "puzzle 1000", "doll", "discount toys"}},
    {"garden", 3990, {"garden hose", "tomato seeds", "lawn mower", "flower pot"}},
    {"kitchen", 4490, {"frying pan", "knife set", "espresso cups", "kitchen sale"}},
    {"phones", 39900, {"phone 128 gb", "phone case", "charger", "refurbished phone"}},
    {"games", 4990, {"board game", "co-op game", "used games", "puzzle game"}},
};

const char *
catalog_category(uint32_t category)
{
    return catalog[category % CATALOG_CATEGORIES].name;
}

/* From a half to one and a half times the usual price, ending in 9. */
int64_t
catalog_price_cents(struct catalog_item item)
{
    int64_t percent = 50 + (item.number * 37) % 101;
    int64_t cents = catalog[item.category % CATALOG_CATEGORIES].cents * percent / 100;

    return cents / 10 * 10 + 9;
}

const char *
catalog_query(uint32_t category, uint32_t choice)
{
    return catalog[category % CATALOG_CATEGORIES].queries[choice % CATALOG_QUERIES];
}
