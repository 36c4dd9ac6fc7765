#ifndef FOOTPRINT_CTL_RUNTIME_H
#define FOOTPRINT_CTL_RUNTIME_H

/*
 * The commands of footprintctl that ask the running daemon: one table of what they are called,
 * what they take and what goes over the socket for it.
 *
 *   footprintctl tap --sample 10 --socket PATH --json   ->   "tap sample=10 json"
 */

#include <stdbool.h>
#include <stddef.h>

#include "config/base/buffer.h"

struct runtime_option {
    const char *name;     /* --name */
    const char *argument; /* as in the usage; NULL: it takes none */
    const char *help;
};

#define RUNTIME_OPTIONS_MAX 8

struct runtime_call {
    const struct runtime_command *command;
    const char *socket; /* where the daemon listens */
    struct buffer line; /* what goes over the socket */
    bool json;
    const char *values[RUNTIME_OPTIONS_MAX]; /* of the command's own options; "": given */
};

struct runtime_command {
    const char *name;
    const char *operand; /* as in the usage, or NULL */
    const char *part;    /* what the operand is called over the socket */
    bool repeats;        /* several operands, joined by commas */
    const char *summary; /* one line */
    const char *help;    /* what the usage says below it; NULL: nothing more */
    struct runtime_option options[RUNTIME_OPTIONS_MAX];
    /* The answer to standard output; the exit status. NULL: line by line, as it comes. */
    int (*show)(struct runtime_call *call);
};

extern const struct runtime_command runtime_commands[];
extern const size_t runtime_command_count;

const struct runtime_command *runtime_find(const char *name);
/* The answer line by line, as it comes. */
int runtime_show_lines(struct runtime_call *call);
int runtime_run(const struct runtime_command *command, int argc, char **argv);

#endif
