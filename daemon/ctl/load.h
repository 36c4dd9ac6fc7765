#ifndef FOOTPRINT_CTL_LOAD_H
#define FOOTPRINT_CTL_LOAD_H

/*
 * The configuration as a start of the daemon would load it; what is wrong is said on stderr.
 */

#include "config/config.h"

#define LOAD_OPTIONS_MAX 64

/* What -c, --segments and --set have gathered. */
struct load {
    const char *file;
    const char *segments[LOAD_OPTIONS_MAX];
    size_t segment_count;
    const char *overrides[LOAD_OPTIONS_MAX];
    size_t override_count;
};

/* NULL: it has errors. kafka.properties are tried with librdkafka when a file is given. */
struct config *load_config(const struct load *load);

#endif
