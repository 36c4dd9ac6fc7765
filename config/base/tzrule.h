#ifndef FOOTPRINT_BASE_TZRULE_H
#define FOOTPRINT_BASE_TZRULE_H

/*
 * What a zone does from now on, as POSIX writes it: "CET-1CEST,M3.5.0,M10.5.0/3".
 *
 * Offsets are seconds east of UTC (the text has them west).
 */

#include <stdbool.h>
#include <stdint.h>

#include "config/base/text.h"

enum tzrule_day_kind {
    TZRULE_MONTH,      /* Mm.w.d: the w-th weekday of a month, 5 is the last */
    TZRULE_JULIAN,     /* Jn: 1 to 365, February 29 is never counted */
    TZRULE_DAY_OF_YEAR /* n: 0 to 365 */
};

/* A day of every year and a time of that day, which may lie outside it. */
struct tzrule_day {
    enum tzrule_day_kind kind;
    uint32_t month, week, weekday; /* weekday 0 is Sunday */
    uint32_t day;
    int32_t time_s;
};

struct tzrule {
    int32_t standard_s;
    int32_t summer_s;
    bool has_summer;
    struct tzrule_day summer_start; /* by the clock of standard time */
    struct tzrule_day summer_end;   /* by the clock of summer time */
};

/* False when the text is not such a rule. */
bool tzrule_parse(struct text text, struct tzrule *ret_rule);

/* Seconds since the epoch; only of a rule that has summer time. */
int64_t tzrule_summer_start(const struct tzrule *rule, int64_t year);
int64_t tzrule_summer_end(const struct tzrule *rule, int64_t year);

#endif
