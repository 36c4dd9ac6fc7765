/* Takes HOST:PORT apart. */
#include "config/settings/address.h"

#include "config/base/check.h"
#include "config/settings/value.h"

static struct text
address_cut(struct text text, uint32_t from, uint32_t to)
{
    CHECK(from <= to && to <= text.length);
    return (struct text){text.bytes + from, to - from};
}

/* The first place of a character, or the text's length. */
static uint32_t
address_find(struct text text, char c)
{
    const char *at = text.length > 0 ? memchr(text.bytes, c, text.length) : NULL;

    return at == NULL ? text.length : (uint32_t)(at - text.bytes);
}

static bool
address_number(struct text text, int64_t max, int64_t *ret_value)
{
    return value_int(text, ret_value) && text.bytes[0] != '-' && *ret_value <= max;
}

/* HOST[:PORT] or [V6][:PORT]; *ret_port stays where none is given. */
static bool
address_host_port(struct text text, struct arena *arena, const char **ret_host, uint16_t *ret_port)
{
    bool bracket = text.length > 0 && text.bytes[0] == '[';
    uint32_t close = bracket ? address_find(text, ']') : 0;
    uint32_t colon = bracket ? close + 1 : address_find(text, ':');
    struct text host;
    int64_t port;

    if (bracket && close == text.length)
        return false;
    if (colon < text.length) {
        if (text.bytes[colon] != ':' ||
            !address_number(address_cut(text, colon + 1, text.length), 65535, &port) || port == 0)
            return false;
        *ret_port = (uint16_t)port;
    }
    host = bracket ? address_cut(text, 1, close) : address_cut(text, 0, colon);
    if (host.length == 0 || address_find(host, ' ') < host.length)
        return false;
    *ret_host = arena_copy(arena, host).bytes;
    return true;
}

enum err_code
address_listen(
    struct text text, struct arena *arena, struct address_listen *ret_address, struct err *reterr)
{
    *ret_address = (struct address_listen){0};
    if (!address_host_port(text, arena, &ret_address->host, &ret_address->port) ||
        ret_address->port == 0)
        return err_set(reterr, ERR_INPUT,
            "'%.*s' is no address to listen on; write "
            "127.0.0.1:9464, [::1]:9464 or off",
            (int)text.length, text.bytes);
    return ERR_NONE;
}

static bool
address_broker(struct text broker)
{
    struct arena arena;
    const char *host;
    uint16_t port;
    bool valid;

    while (broker.length > 0 && broker.bytes[0] == ' ')
        broker = address_cut(broker, 1, broker.length);
    while (broker.length > 0 && broker.bytes[broker.length - 1] == ' ')
        broker.length--;
    for (uint32_t i = 0; i + 2 < broker.length; i++)
        if (memcmp(broker.bytes + i, "://", 3) == 0)
            broker = address_cut(broker, i + 3, broker.length);
    arena_init(&arena);
    valid = address_host_port(broker, &arena, &host, &port);
    arena_fini(&arena);
    return valid;
}

enum err_code
address_brokers(struct text text, struct err *reterr)
{
    uint32_t from = 0;

    while (from <= text.length) {
        struct text rest = address_cut(text, from, text.length);
        struct text broker = address_cut(rest, 0, address_find(rest, ','));

        if (!address_broker(broker))
            return err_set(reterr, ERR_INPUT,
                "'%.*s' is no broker; write HOST:PORT, several separated by commas",
                (int)broker.length, broker.bytes);
        from += broker.length + 1;
    }
    return ERR_NONE;
}
