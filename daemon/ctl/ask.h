#ifndef FOOTPRINT_CTL_ASK_H
#define FOOTPRINT_CTL_ASK_H

/*
 * A question to the running daemon: one line to its socket, the answer as it comes.
 */

#include <stdbool.h>
#include <stddef.h>

#include "config/base/buffer.h"
#include "config/base/err.h"

#define ASK_SOCKET_DEFAULT "/run/footprint/footprintd.sock"

struct ask {
    int fd;
    char bytes[65536]; /* read and not taken yet */
    size_t length, at;
};

/* Adds " name=value" (value NULL: " name") with what is special written as %XX. */
void ask_part(struct buffer *line, const char *name, const char *value);

/* Sends the line (without newline) and reads how the answer begins. ERR_RETRY: nobody is there;
 * ERR_INPUT: the daemon refuses, and says why. ask_close only after ERR_NONE. */
enum err_code ask_open(
    struct ask *ask, const char *path, const struct buffer *line, struct err *reterr) ERR_MUSTCHECK;
/* The next line without its end, added to `out`. False: the answer is over. */
bool ask_line(struct ask *ask, struct buffer *out);
void ask_close(struct ask *ask);

#endif
