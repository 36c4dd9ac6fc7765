/* Length-prefixed arguments. */
#include "pipeline/redis/command.h"

#include <string.h>

#include "config/base/check.h"
#include "config/base/digits.h"

void
command_init(struct command *command)
{
    CHECK(command != NULL);
    buffer_init(&command->body);
    command->argument_count = 0;
}

void
command_fini(struct command *command)
{
    buffer_fini(&command->body);
    command->argument_count = 0;
}

void
command_clear(struct command *command)
{
    buffer_clear(&command->body);
    command->argument_count = 0;
}

/* "$200\r\n", without printf: once per argument. */
static void
command_length(struct buffer *body, char mark, size_t length)
{
    buffer_add_char(body, mark);
    buffer_add_int(body, (int64_t)length);
    buffer_add_literal(body, "\r\n");
}

char *
command_add_space(struct command *command, size_t bytes)
{
    char *space;

    command_length(&command->body, '$', bytes);
    space = buffer_reserve(&command->body, bytes + 2);
    space[bytes] = '\r';
    space[bytes + 1] = '\n';
    command->body.length += bytes + 2;
    command->argument_count++;
    return space;
}

void
command_add(struct command *command, struct text argument)
{
    char *space = command_add_space(command, argument.length);

    if (argument.length > 0)
        memcpy(space, argument.bytes, argument.length);
}

void
command_add_int(struct command *command, int64_t argument)
{
    char room[DIGITS_BYTES_MAX];

    command_add(command, digits_of(argument, room));
}

void
command_add_all(struct command *command, const struct command *other)
{
    buffer_add(&command->body, other->body.bytes, other->body.length);
    command->argument_count += other->argument_count;
}

void
command_write(const struct command *command, struct buffer *out)
{
    buffer_clear(out);
    command_length(out, '*', command->argument_count);
    buffer_add(out, command->body.bytes, command->body.length);
}
