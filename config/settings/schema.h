#ifndef FOOTPRINT_SCHEMA_H
#define FOOTPRINT_SCHEMA_H

/*
 * A JSON Schema of footprint.yaml for editors, printed from the table of settings.
 */

#include "config/base/buffer.h"

void schema_print(struct buffer *out);

#endif
