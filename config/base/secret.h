#ifndef FOOTPRINT_BASE_SECRET_H
#define FOOTPRINT_BASE_SECRET_H

/*
 * Whether a line of a file must not be shown, because a secret may stand in it.
 *
 * A line does when a key that speaks of a password, a secret or a private key is followed by ":"
 * or "=", or when a URL has user information ("redis://:hunter2@host").
 */

#include <stdbool.h>

#include "config/base/text.h"

bool secret_in_line(struct text line);
/* Whether a key of that name ("sasl.password") holds a secret. */
bool secret_key(struct text key);

#endif
