/* Counts names and finds those that look like slips. */
#include "config/language/census.h"

#include "config/base/suggest.h"
#include "config/language/grow.h"

#define CENSUS_LENGTH_MIN 4 /* shorter names are alike by chance */
#define CENSUS_COMMON_USES 2
#define CENSUS_PAIRS_MAX 200000 /* names compared; beyond it we'd rather load fast */

void
census_init(struct census *census, struct arena *arena)
{
    *census = (struct census){.entries = NULL};
    intern_init(&census->names, arena);
}

void
census_count(struct census *census, struct text name, const struct origin *origin, uint32_t offset)
{
    bool new;
    uint32_t number = intern_add(&census->names, name, &new);

    if (new) {
        census->entries = grow(census->names.arena, census->entries, number, &census->capacity,
            sizeof(*census->entries));
        census->entries[number] = (struct census_entry){0, *origin, offset};
    }
    census->entries[number].uses++;
}

/* The common names; returns how many. */
static uint32_t
census_common(const struct census *census, const char **ret_names)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < census->names.count; i++) {
        if (census->entries[i].uses >= CENSUS_COMMON_USES)
            ret_names[count++] = census->names.keys[i].bytes;
    }
    return count;
}

void
census_warn(const struct census *census, const char *what)
{
    uint32_t count = census->names.count;
    const char **common = arena_take(census->names.arena, (count + 1) * sizeof(char *));
    uint32_t common_count = census_common(census, common);

    if ((uint64_t)common_count * (count - common_count) > CENSUS_PAIRS_MAX)
        return;
    for (uint32_t i = 0; i < count; i++) {
        const struct census_entry *entry = &census->entries[i];
        const char *near;

        if (entry->uses >= CENSUS_COMMON_USES || census->names.keys[i].length < CENSUS_LENGTH_MIN)
            continue;
        near = suggest(census->names.keys[i], common, common_count);
        if (near != NULL)
            complain_softly(&entry->origin, entry->offset,
                "no other place uses the %s '%.*s'; did you mean '%s'?", what,
                COMPLAIN_TEXT(census->names.keys[i]), near);
    }
}
