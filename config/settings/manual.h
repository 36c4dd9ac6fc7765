#ifndef FOOTPRINT_MANUAL_H
#define FOOTPRINT_MANUAL_H

/*
 * The manual page footprint.yaml(5), printed from the table of settings.
 */

#include "config/base/buffer.h"

/* As mdoc. */
void manual_print(struct buffer *out);

/* Each sentence on lines of its own, as mdoc wants it; lines end between words. */
void manual_sentences(struct buffer *out, const char *text);

#endif
