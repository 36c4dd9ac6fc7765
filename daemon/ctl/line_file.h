#ifndef FOOTPRINT_CTL_LINE_FILE_H
#define FOOTPRINT_CTL_LINE_FILE_H

/*
 * A file, plain or gzip, line by line; "-" is stdin.
 */

#include <stdbool.h>
#include <stdint.h>

#include "config/base/err.h"
#include "config/base/text.h"

struct line_file;

struct line_file *line_file_open(const char *path, struct err *reterr);
void line_file_close(struct line_file *lines); /* NULL is fine */
/* The next line without its end, borrowed until the next call; false at the end or on an error. */
bool line_file_next(struct line_file *lines, struct text *ret_line);
/* ERR_INPUT: reading broke off (a damaged archive, for example). */
enum err_code line_file_error(struct line_file *lines, struct err *reterr) ERR_MUSTCHECK;
/* How much of the file has been read, and its size; 0: not known. */
uint64_t line_file_offset(const struct line_file *lines);
uint64_t line_file_size(const struct line_file *lines);

#endif
