/* Counts days. */
#include "config/base/civil.h"

#include "config/base/check.h"

#define CIVIL_EPOCH_DAYS 719468 /* from 0000-03-01 to 1970-01-01 */

bool
civil_is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

uint32_t
civil_month_days(int64_t year, uint32_t month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    CHECK(month >= 1 && month <= 12);
    return days[month - 1] + (month == 2 && civil_is_leap(year) ? 1u : 0u);
}

static int64_t
civil_floor(int64_t dividend, int64_t divisor)
{
    int64_t quotient = dividend / divisor;

    return dividend % divisor < 0 ? quotient - 1 : quotient;
}

/* Years begin in March here, so that the leap day is a year's last. */
int64_t
civil_days(int64_t year, uint32_t month, uint32_t day)
{
    int64_t march_year = month > 2 ? year : year - 1;
    int64_t cycle = civil_floor(march_year, CIVIL_CYCLE_YEARS);
    int64_t year_of_cycle = march_year - cycle * CIVIL_CYCLE_YEARS;
    int64_t day_of_year = (153 * (int64_t)((month + 9) % 12) + 2) / 5 + day - 1;

    CHECK(month >= 1 && month <= 12);
    return cycle * CIVIL_CYCLE_DAYS + year_of_cycle * 365 + year_of_cycle / 4 -
           year_of_cycle / 100 + day_of_year - CIVIL_EPOCH_DAYS;
}

int64_t
civil_year(int64_t days)
{
    int64_t year = 1970 + civil_floor(days * CIVIL_CYCLE_YEARS, CIVIL_CYCLE_DAYS);

    if (civil_days(year, 1, 1) > days)
        return year - 1;
    return civil_days(year + 1, 1, 1) <= days ? year + 1 : year;
}

uint32_t
civil_weekday(int64_t days)
{
    int64_t since_monday = days + 3;

    return (uint32_t)(since_monday - civil_floor(since_monday, 7) * 7);
}
