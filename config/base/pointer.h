#ifndef FOOTPRINT_BASE_POINTER_H
#define FOOTPRINT_BASE_POINTER_H

/*
 * JSON pointers (RFC 6901): "" is the whole document, "/a~1b/0" the first element of its "a/b".
 */

#include <stdbool.h>

#include "config/base/text.h"

/* "" or a "/" in front, and after every "~" a 0 or a 1. */
bool pointer_valid(struct text pointer);

/*
 * Takes the first token off *rest, a valid pointer, and writes it unescaped to out, which has room
 * for rest->length bytes. False when none is left. *ret_token lies in out.
 */
bool pointer_next(struct text *rest, char *out, struct text *ret_token);

#endif
