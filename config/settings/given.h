#ifndef FOOTPRINT_GIVEN_H
#define FOOTPRINT_GIVEN_H

/*
 * A text as it is given: in its place, or as {file: PATH}, or as {credential: NAME} (systemd).
 *
 * A file is read at once and a newline at its end removed. Relative paths are relative to the file
 * that names them; in an override, to the working directory. What was read is never part of a
 * message.
 */

#include <stdbool.h>

#include "config/base/arena.h"
#include "config/base/report.h"
#include "config/base/text.h"
#include "config/yaml/yaml.h"

/* False: the report says why. The text lies in the arena and ends in a zero byte. */
bool given_text(const struct yaml_node *node, struct arena *arena, struct report *report,
    struct text *ret_text);

/* As given_text, for a secret: refused in an override, warned of in a file that others can read. */
bool given_secret(const struct yaml_node *node, struct arena *arena, struct report *report,
    struct text *ret_text);

/* The path as seen from the file that names it, in the arena. */
const char *given_path(const struct yaml_node *node, struct text path, struct arena *arena);

#endif
