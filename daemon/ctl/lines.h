#ifndef FOOTPRINT_CTL_LINES_H
#define FOOTPRINT_CTL_LINES_H

/*
 * A file, plain or gzip, line by line; "-" is stdin.
 */

#include <stdbool.h>
#include <stdint.h>

#include "config/base/err.h"
#include "config/base/text.h"

struct lines;

struct lines *lines_open(const char *path, struct err *reterr);
void lines_close(struct lines *lines); /* NULL is fine */
/* The next line without its end, borrowed until the next call; false at the end or on an error. */
bool lines_next(struct lines *lines, struct text *ret_line);
/* ERR_INPUT: reading broke off (a damaged archive, for example). */
enum err_code lines_error(struct lines *lines, struct err *reterr) ERR_MUSTCHECK;
/* How much of the file has been read, and its size; 0: not known. */
uint64_t lines_offset(const struct lines *lines);
uint64_t lines_size(const struct lines *lines);

#endif
