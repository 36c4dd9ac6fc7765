#ifndef FOOTPRINT_MANUAL_H
#define FOOTPRINT_MANUAL_H

/*
 * The manual page footprint.yaml(5), printed from the table of settings.
 */

#include "config/base/buffer.h"

/* As mdoc. */
void manual_print(struct buffer *out);

#endif
