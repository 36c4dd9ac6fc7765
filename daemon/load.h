#ifndef FOOTPRINT_LOAD_H
#define FOOTPRINT_LOAD_H

/*
 * The files of the command line as a configuration: one way for a check, a start and a reload.
 */

#include "config/base/report.h"
#include "config/config.h"
#include "daemon/options.h"

/* NULL: the report says all that is wrong. `running`: as in struct config_request, or NULL. */
struct config *load_config(
    const struct options *options, const struct config *running, struct report *report);

#endif
