/* Takes a line of the runtime socket apart. */
#include "daemon/request.h"

#include <inttypes.h>
#include <string.h>

#include "config/settings/value.h"

static int
request_hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* In place; false: what stands behind a % is no byte, or a zero one. */
static bool
request_unescape(char *text)
{
    char *to = text;

    for (const char *from = text; *from != '\0'; from++) {
        int high, low;

        if (*from != '%') {
            *to++ = *from;
            continue;
        }
        high = request_hex(from[1]);
        low = high < 0 ? -1 : request_hex(from[2]);
        if (low < 0 || high + low == 0)
            return false;
        *to++ = (char)(high * 16 + low);
        from += 2;
    }
    *to = '\0';
    return true;
}

static enum err_code
request_add(struct request *request, char *word, struct err *reterr)
{
    char *equals = strchr(word, '=');
    struct request_part *part = &request->parts[request->count];

    if (request->count == REQUEST_PARTS_MAX)
        return err_set(reterr, ERR_INPUT, "more than %d words", REQUEST_PARTS_MAX);
    if (equals != NULL)
        *equals = '\0';
    if (!request_unescape(word) || (equals != NULL && !request_unescape(equals + 1)))
        return err_set(reterr, ERR_INPUT, "%% must be followed by two hex digits of a byte");
    *part = (struct request_part){.name = word, .value = equals == NULL ? NULL : equals + 1};
    request->count++;
    return ERR_NONE;
}

/* Letters that a terminal or a log would obey do not belong into a line; other bytes pass. */
static bool
request_is_clean(struct text line)
{
    for (uint32_t i = 0; i < line.length; i++)
        if ((unsigned char)line.bytes[i] < ' ' || line.bytes[i] == 0x7f)
            return false;
    return true;
}

enum err_code
request_read(struct text line, struct request *ret_request, struct err *reterr)
{
    char *at = ret_request->bytes, *word;

    if (line.length > 0 && line.bytes[line.length - 1] == '\r')
        line.length--;
    if (line.length > REQUEST_BYTES_MAX)
        return err_set(reterr, ERR_INPUT, "a line of more than %d bytes", REQUEST_BYTES_MAX);
    if (!request_is_clean(line))
        return err_set(reterr, ERR_INPUT, "a control character in the line");
    memcpy(at, line.bytes, line.length);
    at[line.length] = '\0';
    ret_request->command = NULL;
    ret_request->count = 0;
    while ((word = strsep(&at, " ")) != NULL) {
        if (*word == '\0')
            continue;
        if (ret_request->command == NULL)
            ret_request->command = word;
        else if (request_add(ret_request, word, reterr) != ERR_NONE)
            return ERR_INPUT;
    }
    if (ret_request->command == NULL)
        return err_set(reterr, ERR_INPUT, "an empty line; `help` lists the commands");
    return ERR_NONE;
}

static struct request_part *
request_find(struct request *request, const char *name)
{
    for (size_t i = 0; i < request->count; i++)
        if (strcmp(request->parts[i].name, name) == 0)
            return &request->parts[i];
    return NULL;
}

bool
request_word(struct request *request, const char *name)
{
    struct request_part *part = request_find(request, name);

    if (part == NULL || part->value != NULL)
        return false;
    part->taken = true;
    return true;
}

const char *
request_value(struct request *request, const char *name)
{
    struct request_part *part = request_find(request, name);

    if (part == NULL || part->value == NULL)
        return NULL;
    part->taken = true;
    return part->value;
}

enum err_code
request_number(struct request *request, const char *name, const int64_t range[2],
    int64_t *ret_value, struct err *reterr)
{
    const char *value = request_value(request, name);
    int64_t number;

    if (value == NULL)
        return ERR_NONE;
    if (!value_int(text_of(value), &number) || number < range[0] || number > range[1])
        return err_set(reterr, ERR_INPUT, "%s: a whole number from %" PRId64 " to %" PRId64, name,
            range[0], range[1]);
    *ret_value = number;
    return ERR_NONE;
}

enum err_code
request_end(const struct request *request, struct err *reterr)
{
    for (size_t i = 0; i < request->count; i++)
        if (!request->parts[i].taken)
            return err_set(reterr, ERR_INPUT, "%s does not know %s%s", request->command,
                request->parts[i].name, request->parts[i].value == NULL ? "" : "=...");
    return ERR_NONE;
}
