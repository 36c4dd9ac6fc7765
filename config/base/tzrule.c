/* Reads the POSIX form of a zone's rule and finds its two instants of a year. */
#include "config/base/tzrule.h"

#include "config/base/check.h"
#include "config/base/civil.h"

#define TZRULE_HOUR_S 3600
#define TZRULE_HOURS_MAX 167 /* of a time of day, as RFC 8536 extends it */
#define TZRULE_CHANGE_S (2 * TZRULE_HOUR_S)
#define TZRULE_LAST_WEEK 5
#define TZRULE_FEBRUARY_END 59 /* the Julian day of February 28 */

struct tzrule_rest {
    const char *at, *end;
};

static bool
tzrule_byte(struct tzrule_rest *rest, char byte)
{
    if (rest->at == rest->end || *rest->at != byte)
        return false;
    rest->at++;
    return true;
}

static bool
tzrule_number(struct tzrule_rest *rest, uint32_t low, uint32_t high, uint32_t *ret_number)
{
    const char *first = rest->at;
    uint32_t number = 0;

    while (rest->at < rest->end && *rest->at >= '0' && *rest->at <= '9' && number <= high)
        number = number * 10 + (uint32_t)(*rest->at++ - '0');
    *ret_number = number;
    return rest->at > first && number >= low && number <= high;
}

/* Letters, or anything between angle brackets. */
static bool
tzrule_name(struct tzrule_rest *rest)
{
    const char *first = rest->at;

    if (tzrule_byte(rest, '<')) {
        while (rest->at < rest->end && *rest->at != '>')
            rest->at++;
        return tzrule_byte(rest, '>');
    }
    while (rest->at < rest->end && ((*rest->at | 0x20) >= 'a' && (*rest->at | 0x20) <= 'z'))
        rest->at++;
    return rest->at > first;
}

/* [+-]hh[:mm[:ss]] */
static bool
tzrule_time(struct tzrule_rest *rest, int32_t *ret_time_s)
{
    bool negative = tzrule_byte(rest, '-');
    uint32_t hours, minutes = 0, seconds = 0;
    int32_t time_s;

    if (!negative)
        tzrule_byte(rest, '+');
    if (!tzrule_number(rest, 0, TZRULE_HOURS_MAX, &hours))
        return false;
    if (tzrule_byte(rest, ':') && !tzrule_number(rest, 0, 59, &minutes))
        return false;
    if (tzrule_byte(rest, ':') && !tzrule_number(rest, 0, 59, &seconds))
        return false;
    time_s = (int32_t)(hours * TZRULE_HOUR_S + minutes * 60 + seconds);
    *ret_time_s = negative ? -time_s : time_s;
    return true;
}

static bool
tzrule_day(struct tzrule_rest *rest, struct tzrule_day *ret_day)
{
    if (tzrule_byte(rest, 'J')) {
        ret_day->kind = TZRULE_JULIAN;
        return tzrule_number(rest, 1, 365, &ret_day->day);
    }
    if (!tzrule_byte(rest, 'M')) {
        ret_day->kind = TZRULE_DAY_OF_YEAR;
        return tzrule_number(rest, 0, 365, &ret_day->day);
    }
    ret_day->kind = TZRULE_MONTH;
    return tzrule_number(rest, 1, 12, &ret_day->month) && tzrule_byte(rest, '.') &&
           tzrule_number(rest, 1, TZRULE_LAST_WEEK, &ret_day->week) && tzrule_byte(rest, '.') &&
           tzrule_number(rest, 0, 6, &ret_day->weekday);
}

/* ",day[/time]" */
static bool
tzrule_change(struct tzrule_rest *rest, struct tzrule_day *ret_day)
{
    *ret_day = (struct tzrule_day){.time_s = TZRULE_CHANGE_S};
    if (!tzrule_byte(rest, ',') || !tzrule_day(rest, ret_day))
        return false;
    return !tzrule_byte(rest, '/') || tzrule_time(rest, &ret_day->time_s);
}

bool
tzrule_parse(struct text text, struct tzrule *ret_rule)
{
    struct tzrule_rest rest = {text.bytes, text.bytes + text.length};
    int32_t west_s;

    *ret_rule = (struct tzrule){.has_summer = false};
    if (!tzrule_name(&rest) || !tzrule_time(&rest, &west_s))
        return false;
    ret_rule->standard_s = -west_s;
    if (rest.at == rest.end)
        return true;
    ret_rule->has_summer = true;
    ret_rule->summer_s = ret_rule->standard_s + TZRULE_HOUR_S;
    if (!tzrule_name(&rest))
        return false;
    if (rest.at < rest.end && *rest.at != ',') {
        if (!tzrule_time(&rest, &west_s))
            return false;
        ret_rule->summer_s = -west_s;
    }
    return tzrule_change(&rest, &ret_rule->summer_start) &&
           tzrule_change(&rest, &ret_rule->summer_end) && rest.at == rest.end;
}

/* The day of the month on which Mm.w.d falls. */
static uint32_t
tzrule_month_day(const struct tzrule_day *day, int64_t year)
{
    uint32_t first = (civil_weekday(civil_days(year, day->month, 1)) + 1) % 7; /* 0 is Sunday */
    uint32_t found = 1 + (day->weekday + 7 - first) % 7 + 7 * (day->week - 1);

    return found > civil_month_days(year, day->month) ? found - 7 : found;
}

/* The instant by a clock that shows UTC. */
static int64_t
tzrule_clock(const struct tzrule_day *day, int64_t year)
{
    int64_t days = civil_days(year, 1, 1);

    switch (day->kind) {
    case TZRULE_MONTH:
        days = civil_days(year, day->month, tzrule_month_day(day, year));
        break;
    case TZRULE_JULIAN:
        days += day->day - 1 + (civil_is_leap(year) && day->day > TZRULE_FEBRUARY_END ? 1 : 0);
        break;
    case TZRULE_DAY_OF_YEAR:
        days += day->day;
        break;
    }
    return days * CIVIL_DAY_S + day->time_s;
}

int64_t
tzrule_summer_start(const struct tzrule *rule, int64_t year)
{
    CHECK(rule->has_summer);
    return tzrule_clock(&rule->summer_start, year) - rule->standard_s;
}

int64_t
tzrule_summer_end(const struct tzrule *rule, int64_t year)
{
    CHECK(rule->has_summer);
    return tzrule_clock(&rule->summer_end, year) - rule->summer_s;
}
