/* Time zones against the C library's, in every zone that is installed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "config/base/civil.h"
#include "config/base/zone.h"

#define ZONE_LIST "/usr/share/zoneinfo/zone1970.tab"
#define YEAR_S 31556952
#define SAMPLES 400

static struct zone *
zone_of(const char *name)
{
    struct zone *zone = NULL;
    struct err err;

    if (zone_new(text_of(name), &zone, &err) != ERR_NONE)
        fail_msg("%s", err.msg);
    return zone;
}

static void
check_instant(const struct zone *zone, const char *name, int64_t instant)
{
    time_t at = (time_t)instant;
    struct tm tm;

    localtime_r(&at, &tm);
    if (zone_offset_s(zone, instant * 1000) != tm.tm_gmtoff)
        fail_msg("%s at %ld: %d, not %ld", name, (long)instant,
            (int)zone_offset_s(zone, instant * 1000), tm.tm_gmtoff);
    assert_int_equal(zone_hour(zone, instant * 1000 + 999), tm.tm_hour);
    assert_int_equal(zone_weekday(zone, instant * 1000), (tm.tm_wday + 6) % 7);
}

/* Random instants, and both sides of every change that a walk by days meets. */
static void
check_zone(const char *name)
{
    struct zone *zone = zone_of(name);

    setenv("TZ", name, 1);
    tzset();
    for (int i = 0; i < SAMPLES; i++)
        check_instant(zone, name, (int64_t)(drand48() * 230.0 * YEAR_S));
    for (int i = 0; i < SAMPLES / 4; i++)
        check_instant(zone, name, (int64_t)(drand48() * 2000.0 * YEAR_S));
    for (int64_t day = 0; day < 52 * 365; day++) {
        int64_t low = day * CIVIL_DAY_S, high = low + CIVIL_DAY_S;

        if (zone_offset_s(zone, low * 1000) == zone_offset_s(zone, high * 1000))
            continue;
        while (high - low > 1) {
            int64_t middle = low + (high - low) / 2;

            if (zone_offset_s(zone, middle * 1000) == zone_offset_s(zone, low * 1000))
                low = middle;
            else
                high = middle;
        }
        check_instant(zone, name, low);
        check_instant(zone, name, high);
    }
    zone_free(zone);
}

static void
every_installed_zone_agrees_with_the_c_library(void **state)
{
    FILE *list = fopen(ZONE_LIST, "re");
    char line[512], name[128];
    int count = 0;

    (void)state;
    if (list == NULL) {
        print_message("skipped: no " ZONE_LIST "\n");
        skip();
    }
    while (fgets(line, sizeof(line), list) != NULL) {
        if (line[0] == '#' || sscanf(line, "%*s %*s %127s", name) != 1)
            continue;
        check_zone(name);
        count++;
    }
    fclose(list);
    assert_true(count > 200);
}

static void
utc_needs_no_file(void **state)
{
    struct zone *zone = zone_of("UTC");

    (void)state;
    assert_int_equal(zone_hour(zone, 0), 0);
    assert_int_equal(zone_weekday(zone, 0), 3);
    assert_int_equal(zone_hour(zone, INT64_C(1764032523456)), 1); /* 2025-11-25T01:02:03.456Z */
    assert_int_equal(zone_weekday(zone, INT64_C(1764032523456)), 1);
    assert_int_equal(zone_hour(zone, -1), 23);
    assert_int_equal(zone_weekday(zone, -1), 2);
    zone_free(zone);
}

static void
an_unknown_name_is_an_error_that_says_what_is_right(void **state)
{
    static const char *const names[] = {"Europe/Berlinn", "", "Europe", "../../../etc/passwd",
        "/etc/localtime", "Europe/../UTC", "zone1970.tab", "tzdata.zi", "right/UTC",
        "a name that is far longer than the name of any time zone can possibly be"};
    struct zone *zone;
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_int_equal(zone_new(text_of(names[i]), &zone, &err), ERR_INPUT);
        assert_non_null(strstr(err.msg, "Europe/Berlin"));
    }
}

static void
weekdays_have_names(void **state)
{
    (void)state;
    assert_true(text_equal(zone_weekday_text(0), TEXT("mon")));
    assert_true(text_equal(zone_weekday_text(6), TEXT("sun")));
}

static void
days_are_counted_over_leap_years_and_centuries(void **state)
{
    (void)state;
    assert_int_equal(civil_days(1970, 1, 1), 0);
    assert_int_equal(civil_days(2000, 2, 29), 11016);
    assert_int_equal(civil_days(2000, 3, 1), 11017);
    assert_int_equal(civil_days(2100, 3, 1) - civil_days(2100, 2, 28), 1);
    assert_int_equal(civil_days(1969, 12, 31), -1);
    assert_int_equal(civil_days(0, 1, 1), -719528);
    for (int64_t days = -800000; days < 3000000; days += 17) {
        int64_t year = civil_year(days);

        assert_true(civil_days(year, 1, 1) <= days);
        assert_true(civil_days(year + 1, 1, 1) > days);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_installed_zone_agrees_with_the_c_library),
        cmocka_unit_test(utc_needs_no_file),
        cmocka_unit_test(an_unknown_name_is_an_error_that_says_what_is_right),
        cmocka_unit_test(weekdays_have_names),
        cmocka_unit_test(days_are_counted_over_leap_years_and_centuries),
    };

    srand48(3);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
