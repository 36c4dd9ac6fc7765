#ifndef FOOTPRINT_REDIS_COMMAND_H
#define FOOTPRINT_REDIS_COMMAND_H

/*
 * One command as Redis reads it, or a part of one: "$3\r\nGET\r\n$1\r\nk\r\n" and how many
 * arguments that is. Written by hand, since hiredis's own formatting costs more than sending.
 */

#include <stddef.h>
#include <stdint.h>

#include "config/base/buffer.h"
#include "config/base/text.h"

struct command {
    struct buffer body;
    size_t argument_count;
};

void command_init(struct command *command);
void command_fini(struct command *command);
void command_clear(struct command *command);
void command_add(struct command *command, struct text argument);
void command_add_int(struct command *command, int64_t argument);
/* An argument in pieces: exactly `bytes` go into the returned place. */
char *command_add_space(struct command *command, size_t bytes);
/* Appends all arguments of another. */
void command_add_all(struct command *command, const struct command *other);
/* The whole command into out, which is cleared first. */
void command_write(const struct command *command, struct buffer *out);

#define command_add_literal(command, literal) command_add((command), TEXT(literal))

#endif
