#ifndef FOOTPRINT_CTL_LOAD_H
#define FOOTPRINT_CTL_LOAD_H

/*
 * The configuration as a start of the daemon would load it, by the options that commands share:
 * -c FILE, --segments FILE, --set KEY=VALUE.
 */

#include <getopt.h>
#include <stdbool.h>

#include "config/config.h"

#define LOAD_OPTIONS_MAX 256 /* of each kind */

enum load_option {
    LOAD_FILE = 'c',
    LOAD_SEGMENTS = 0x100, /* no letter */
    LOAD_SET
};

/* Lines of a table of options. */
#define LOAD_OPTION_FILE                                                                           \
    {                                                                                              \
        "config", required_argument, NULL, LOAD_FILE                                               \
    }
#define LOAD_OPTION_SEGMENTS                                                                       \
    {                                                                                              \
        "segments", required_argument, NULL, LOAD_SEGMENTS                                         \
    }
#define LOAD_OPTION_SET                                                                            \
    {                                                                                              \
        "set", required_argument, NULL, LOAD_SET                                                   \
    }

/* What the options have gathered; all borrowed. */
struct load {
    const char *file;
    const char *segments[LOAD_OPTIONS_MAX];
    size_t segment_count;
    const char *overrides[LOAD_OPTIONS_MAX];
    size_t override_count;
    bool starts; /* what a start needs of this host is looked at, too */
};

/* Takes what getopt_long has found; false when it is none of these options, or one too many. */
bool load_take(struct load *load, int option, const char *value);
/* Without -c and --segments it is about the settings that are installed, if there are any. */
void load_installed(struct load *load);
/* There is something to load; otherwise what is missing is said on stderr. */
bool load_is_given(const struct load *load, const char *command);
/* NULL: it has errors. What is wrong is said on stderr, warnings too. kafka.properties are tried
 * with librdkafka, as a start would. */
struct config *load_config(const struct load *load);

#endif
