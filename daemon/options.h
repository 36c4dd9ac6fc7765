#ifndef FOOTPRINT_OPTIONS_H
#define FOOTPRINT_OPTIONS_H

/*
 * The command line of footprintd.
 */

#include <stdbool.h>
#include <stddef.h>

#define OPTIONS_SET_MAX 64

enum options_do {
    OPTIONS_RUN,
    OPTIONS_CHECK,
    OPTIONS_VERSION,
    OPTIONS_HELP,
    OPTIONS_WRONG /* said on stderr */
};

struct options {
    enum options_do action;
    const char *file;
    const char *overrides[OPTIONS_SET_MAX];
    size_t override_count;
};

void options_read(int argc, char **argv, struct options *ret_options);
void options_help(void);

#endif
