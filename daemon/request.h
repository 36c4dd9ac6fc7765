#ifndef FOOTPRINT_REQUEST_H
#define FOOTPRINT_REQUEST_H

/*
 * One line of the runtime socket: a command, words and values.
 *
 *   drain partition=3 json\n          tap user=a%20b sample=10\n
 *
 * Parts are separated by spaces; %XX stands for a byte. A request is its own copy: nothing is
 * borrowed from the line.
 */

#include <stdbool.h>
#include <stdint.h>

#include "config/base/err.h"
#include "config/base/text.h"

#define REQUEST_BYTES_MAX 4096
#define REQUEST_PARTS_MAX 32

struct request_part {
    const char *name;
    const char *value; /* NULL: a word */
    bool taken;        /* somebody has asked for it */
};

struct request {
    char bytes[REQUEST_BYTES_MAX + 1];
    const char *command;
    struct request_part parts[REQUEST_PARTS_MAX];
    size_t count;
};

/* The line comes without its newline. */
enum err_code request_read(
    struct text line, struct request *ret_request, struct err *reterr) ERR_MUSTCHECK;
/* Whether the word is there. */
bool request_word(struct request *request, const char *name);
/* The value, or NULL. */
const char *request_value(struct request *request, const char *name);
/* A whole number min..max; *ret_value stays as it is where none is given. */
enum err_code request_number(struct request *request, const char *name, const int64_t range[2],
    int64_t *ret_value, struct err *reterr) ERR_MUSTCHECK;
/* A part that nobody has asked for: the caller has mistyped it. */
enum err_code request_end(const struct request *request, struct err *reterr) ERR_MUSTCHECK;

#endif
