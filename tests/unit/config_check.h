#ifndef FOOTPRINT_TESTS_CONFIG_CHECK_H
#define FOOTPRINT_TESTS_CONFIG_CHECK_H

/* Loads the shipped settings with one of them changed, and asks a room what it says of them. */

#include "config/base/buffer.h"
#include "config/base/report.h"
#include "config/config.h"

/* The report as text goes to out, which the caller frees. */
static bool
config_check(
    const char *override, bool (*judge)(const struct config *, struct report *), struct buffer *out)
{
    struct config_request request = {.overrides = &override, .override_count = 1};
    struct report *report = report_new();
    struct config *config = config_load(&request, report);
    bool fine;

    assert_non_null(config);
    fine = judge(config, report);
    assert_int_equal(fine, report_error_count(report) == 0);
    buffer_init(out);
    report_print(report, out);
    buffer_add_char(out, '\0');
    config_free(config);
    report_free(report);
    return fine;
}

#endif
