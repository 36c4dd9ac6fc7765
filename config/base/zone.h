#ifndef FOOTPRINT_BASE_ZONE_H
#define FOOTPRINT_BASE_ZONE_H

/*
 * A time zone as an immutable table: from which instant on which offset from UTC holds.
 *
 *   starts[0]              starts[1]   starts[2]   ...   seconds since the epoch, ascending
 *   offsets[0]             offsets[1]  offsets[2]  ...   seconds east of UTC
 *
 * Read once from the system's time zone files, without touching the environment, so it may happen
 * beside running threads. Exact for every instant from 1970 on: the table reaches to the year 2500,
 * and later instants are looked up whole cycles of 400 years earlier, in which the calendar and the
 * rules repeat. Instants before 1970 have the offset of that time.
 */

#include <stdint.h>

#include "config/base/err.h"
#include "config/base/text.h"

#define ZONE_DAYS 7

struct zone;

/*
 * By name ("Europe/Berlin"); "UTC" is there without any file. ERR_INPUT for a name that is not
 * known or a file that can't be read.
 */
ERR_MUSTCHECK enum err_code zone_new(struct text name, struct zone **ret_zone, struct err *reterr);
void zone_free(struct zone *zone); /* NULL is fine */

/* ts_ms: milliseconds since the epoch. */
int32_t zone_offset_s(const struct zone *zone, int64_t ts_ms);
uint32_t zone_hour(const struct zone *zone, int64_t ts_ms);    /* 0 to 23 */
uint32_t zone_weekday(const struct zone *zone, int64_t ts_ms); /* 0 is Monday */

/* "mon" to "sun"; weekday 0 to 6. */
struct text zone_weekday_text(uint32_t weekday);

#endif
