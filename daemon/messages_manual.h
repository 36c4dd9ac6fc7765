#ifndef FOOTPRINT_MESSAGES_MANUAL_H
#define FOOTPRINT_MESSAGES_MANUAL_H

/* footprint-messages(7) from the table of messages, in mdoc. */

#include "config/base/buffer.h"

void messages_manual_print(struct buffer *out);

#endif
