/* Makes a table of offsets of a time zone file, and looks hours and weekdays up in it. */
#include "config/base/zone.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "config/base/check.h"
#include "config/base/civil.h"
#include "config/base/tzfile.h"
#include "config/base/tzrule.h"

#define ZONE_FOLDER "/usr/share/zoneinfo"
#define ZONE_NAME_BYTES_MAX 64
#define ZONE_FILE_BYTES_MAX (256 * 1024)
/* Files list transitions up to 2037, a few to 2087; the rule alone fills a whole cycle after. */
#define ZONE_YEAR_END (2100 + CIVIL_CYCLE_YEARS)
#define ZONE_CYCLE_S ((int64_t)CIVIL_CYCLE_DAYS * CIVIL_DAY_S)

struct zone {
    uint32_t count, room;
    int64_t *starts; /* [0] is INT64_MIN: the offset before the first change */
    int32_t *offsets;
    int64_t end; /* of the table; INT64_MAX when the last offset stays for ever */
};

static void
zone_add(struct zone *zone, int64_t start, int32_t offset)
{
    if (zone->count > 0 && start <= 0) { /* nobody asks for instants before 1970 */
        zone->offsets[0] = offset;
        return;
    }
    if (zone->count == zone->room) {
        zone->room = zone->room == 0 ? 8 : zone->room * 2;
        zone->starts = reallocarray(zone->starts, zone->room, sizeof(*zone->starts));
        zone->offsets = reallocarray(zone->offsets, zone->room, sizeof(*zone->offsets));
        CHECK(zone->starts != NULL);
        CHECK(zone->offsets != NULL);
    }
    zone->starts[zone->count] = start;
    zone->offsets[zone->count++] = offset;
}

static void
zone_add_year(struct zone *zone, const struct tzrule *rule, int64_t year, int64_t after)
{
    int64_t start = tzrule_summer_start(rule, year), end = tzrule_summer_end(rule, year);
    bool north = start < end;
    int64_t first = north ? start : end, second = north ? end : start;

    if (first > after)
        zone_add(zone, first, north ? rule->summer_s : rule->standard_s);
    if (second > after)
        zone_add(zone, second, north ? rule->standard_s : rule->summer_s);
}

static bool
zone_fill(struct zone *zone, const struct tzfile *file)
{
    struct tzrule rule;
    int64_t last = 0;

    zone_add(zone, INT64_MIN, tzfile_first_offset_s(file));
    for (uint32_t i = 0; i < file->count; i++) {
        if (tzfile_time_s(file, i) > last)
            last = tzfile_time_s(file, i);
        zone_add(zone, tzfile_time_s(file, i), tzfile_offset_s(file, i));
    }
    zone->end = INT64_MAX;
    if (file->rule.length == 0)
        return true;
    if (!tzrule_parse(file->rule, &rule))
        return false;
    if (!rule.has_summer)
        return true;
    for (int64_t year = civil_year(last / CIVIL_DAY_S); year < ZONE_YEAR_END; year++)
        zone_add_year(zone, &rule, year, last);
    zone->end = civil_days(ZONE_YEAR_END, 1, 1) * CIVIL_DAY_S;
    return true;
}

/* A name is no way out of the folder. */
static bool
zone_name_is_safe(struct text name)
{
    if (name.length == 0 || name.length > ZONE_NAME_BYTES_MAX)
        return false;
    for (uint32_t i = 0; i < name.length; i++) {
        char byte = name.bytes[i];
        bool letter =
            ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z') || (byte >= '0' && byte <= '9');

        if (!letter && (byte != '/' || i == 0) && byte != '_' && byte != '-' && byte != '+')
            return false;
    }
    return true;
}

static enum err_code
zone_unknown(struct text name, struct err *reterr)
{
    return err_set(reterr, ERR_INPUT,
        "'%.*s' is no time zone that is known here; a name under " ZONE_FOLDER
        ", such as Europe/Berlin, or UTC",
        (int)name.length, name.bytes);
}

/* *ret_bytes is the caller's to free. */
static enum err_code
zone_read(struct text name, char **ret_bytes, uint32_t *ret_length, struct err *reterr)
{
    char path[sizeof(ZONE_FOLDER) + 1 + ZONE_NAME_BYTES_MAX];
    char *bytes;
    FILE *file;

    snprintf(path, sizeof(path), ZONE_FOLDER "/%.*s", (int)name.length, name.bytes);
    file = fopen(path, "rbe");
    if (file == NULL && errno != ENOENT && errno != ENOTDIR)
        return err_set(reterr, ERR_INPUT, "%s: %s", path, strerror(errno));
    if (file == NULL)
        return zone_unknown(name, reterr);
    bytes = malloc(ZONE_FILE_BYTES_MAX);
    CHECK(bytes != NULL);
    *ret_length = (uint32_t)fread(bytes, 1, ZONE_FILE_BYTES_MAX, file);
    fclose(file);
    *ret_bytes = bytes;
    return ERR_NONE;
}

static enum err_code
zone_load(struct zone *zone, struct text name, struct err *reterr)
{
    struct tzfile file;
    enum err_code code;
    char *bytes;
    uint32_t length;

    if (text_equal(name, TEXT("UTC"))) {
        zone_add(zone, INT64_MIN, 0);
        zone->end = INT64_MAX;
        return ERR_NONE;
    }
    if (!zone_name_is_safe(name))
        return zone_unknown(name, reterr);
    code = zone_read(name, &bytes, &length, reterr);
    if (code != ERR_NONE)
        return code;
    if (!tzfile_parse((struct text){bytes, length}, &file) || !zone_fill(zone, &file))
        code = zone_unknown(name, reterr);
    free(bytes);
    return code;
}

enum err_code
zone_new(struct text name, struct zone **ret_zone, struct err *reterr)
{
    struct zone *zone = calloc(1, sizeof(*zone));
    enum err_code code;

    CHECK(zone != NULL);
    code = zone_load(zone, name, reterr);
    if (code != ERR_NONE) {
        zone_free(zone);
        return code;
    }
    *ret_zone = zone;
    return ERR_NONE;
}

void
zone_free(struct zone *zone)
{
    if (zone == NULL)
        return;
    free(zone->starts);
    free(zone->offsets);
    free(zone);
}

/* Rounded down, also before 1970. */
static int64_t
zone_floor(int64_t dividend, int64_t divisor)
{
    int64_t quotient = dividend / divisor;

    return dividend % divisor < 0 ? quotient - 1 : quotient;
}

int32_t
zone_offset_s(const struct zone *zone, int64_t ts_ms)
{
    int64_t instant = zone_floor(ts_ms, 1000);
    uint32_t low = 0, high = zone->count;

    CHECK(zone->count > 0);
    if (instant >= zone->end)
        instant -= (1 + (instant - zone->end) / ZONE_CYCLE_S) * ZONE_CYCLE_S;
    while (high - low > 1) { /* starts[low] <= instant < starts[high] */
        uint32_t middle = low + (high - low) / 2;

        if (zone->starts[middle] <= instant)
            low = middle;
        else
            high = middle;
    }
    return zone->offsets[low];
}

/* Seconds since the epoch by the zone's clock. */
static int64_t
zone_clock_s(const struct zone *zone, int64_t ts_ms)
{
    return zone_floor(ts_ms, 1000) + zone_offset_s(zone, ts_ms);
}

uint32_t
zone_hour(const struct zone *zone, int64_t ts_ms)
{
    int64_t clock_s = zone_clock_s(zone, ts_ms);
    int64_t second = clock_s - zone_floor(clock_s, CIVIL_DAY_S) * CIVIL_DAY_S;

    return (uint32_t)(second / 3600);
}

uint32_t
zone_weekday(const struct zone *zone, int64_t ts_ms)
{
    return civil_weekday(zone_floor(zone_clock_s(zone, ts_ms), CIVIL_DAY_S));
}

struct text
zone_weekday_text(uint32_t weekday)
{
    static const struct text names[ZONE_DAYS] = {
        {"mon", 3}, {"tue", 3}, {"wed", 3}, {"thu", 3}, {"fri", 3}, {"sat", 3}, {"sun", 3}};

    CHECK(weekday < ZONE_DAYS);
    return names[weekday];
}
