#ifndef FOOTPRINT_BASE_CIVIL_H
#define FOOTPRINT_BASE_CIVIL_H

/*
 * Days of the Gregorian calendar, extended backwards; day 0 is 1970-01-01, a Thursday.
 */

#include <stdbool.h>
#include <stdint.h>

#define CIVIL_DAY_S 86400
#define CIVIL_CYCLE_YEARS 400 /* in which the calendar repeats, weekdays too */
#define CIVIL_CYCLE_DAYS 146097

bool civil_is_leap(int64_t year);
/* month 1 to 12 */
uint32_t civil_month_days(int64_t year, uint32_t month);
/* year -100000 to 100000, month 1 to 12, day 1 to 31 */
int64_t civil_days(int64_t year, uint32_t month, uint32_t day);
int64_t civil_year(int64_t days);
uint32_t civil_weekday(int64_t days); /* 0 is Monday */

#endif
