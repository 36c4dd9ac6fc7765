#ifndef FOOTPRINT_CTL_CATALOG_H
#define FOOTPRINT_CTL_CATALOG_H

/*
 * What the simulated shop sells: items by category, each with a price that never changes.
 */

#include <stdint.h>

#define CATALOG_CATEGORIES 8
#define CATALOG_ITEMS 60 /* of one category */

struct catalog_item {
    uint8_t category;
    uint8_t number; /* within the category */
};

const char *catalog_category(uint32_t category);
int64_t catalog_price_cents(struct catalog_item item);
/* What somebody types who looks for such things; choice: any number. */
const char *catalog_query(uint32_t category, uint32_t choice);

#endif
