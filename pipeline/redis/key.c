/* Keys are written piece by piece: once per profile, without printf. */
#include "pipeline/redis/key.h"

#include <string.h>

#include "config/base/digits.h"

static char *
key_put(char *at, const char *bytes, size_t length)
{
    memcpy(at, bytes, length);
    return at + length;
}

/* "<prefix>{P}:<kind>" and room for `more` bytes, which the caller writes. */
static char *
key_begin(
    struct command *command, const char *prefix, int32_t partition, const char *kind, size_t more)
{
    size_t prefix_length = strlen(prefix), kind_length = strlen(kind);
    char room[DIGITS_BYTES_MAX], *at;
    struct text digits = digits_of(partition, room);

    at = command_add_space(command, prefix_length + digits.length + kind_length + 3 + more);
    at = key_put(at, prefix, prefix_length);
    *at++ = '{';
    at = key_put(at, digits.bytes, digits.length);
    *at++ = '}';
    *at++ = ':';
    return key_put(at, kind, kind_length);
}

void
key_add(struct command *command, const char *prefix, int32_t partition, const char *kind)
{
    key_begin(command, prefix, partition, kind, 0);
}

void
key_add_user(struct command *command, const char *prefix, int32_t partition, const char *kind,
    struct text user)
{
    char *at = key_begin(command, prefix, partition, kind, 1 + (size_t)user.length);

    *at++ = ':';
    memcpy(at, user.bytes, user.length);
}

void
key_add_bucket(struct command *command, const char *prefix, int32_t partition, int64_t bucket)
{
    char room[DIGITS_BYTES_MAX];

    key_add_user(command, prefix, partition, "t", digits_of(bucket, room));
}
