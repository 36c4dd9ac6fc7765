/* Takes URLs and HOST:PORT apart. */
#include "config/settings/address.h"

#include "config/base/check.h"
#include "config/settings/value.h"

static const char address_redis_form[] =
    "write redis://HOST:PORT/DB, rediss://HOST:PORT/DB or unix:///PATH?db=N";

static struct text
address_cut(struct text text, uint32_t from, uint32_t to)
{
    CHECK(from <= to && to <= text.length);
    return (struct text){text.bytes + from, to - from};
}

/* The first (or the last) place of a character, or the text's length. */
static uint32_t
address_find(struct text text, char c)
{
    const char *at = text.length > 0 ? memchr(text.bytes, c, text.length) : NULL;

    return at == NULL ? text.length : (uint32_t)(at - text.bytes);
}

static uint32_t
address_find_last(struct text text, char c)
{
    const char *at = text.length > 0 ? memrchr(text.bytes, c, text.length) : NULL;

    return at == NULL ? text.length : (uint32_t)(at - text.bytes);
}

static bool
address_starts(struct text text, struct text prefix)
{
    return text.length >= prefix.length && memcmp(text.bytes, prefix.bytes, prefix.length) == 0;
}

static bool
address_number(struct text text, int64_t max, int64_t *ret_value)
{
    return value_int(text, ret_value) && text.bytes[0] != '-' && *ret_value <= max;
}

static int
address_hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* With %XX replaced; NULL when one is malformed or stands for a zero byte. */
static const char *
address_decode(struct text text, struct arena *arena)
{
    char *out = arena_take(arena, (size_t)text.length + 1), *at = out;

    for (uint32_t i = 0; i < text.length; i++) {
        int high = -1, low = -1;

        if (text.bytes[i] != '%') {
            *at++ = text.bytes[i];
            continue;
        }
        if (i + 2 < text.length) {
            high = address_hex(text.bytes[i + 1]);
            low = address_hex(text.bytes[i + 2]);
        }
        if (high < 0 || low < 0 || high + low == 0)
            return NULL;
        *at++ = (char)(high * 16 + low);
        i += 2;
    }
    *at = '\0';
    return out;
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

static bool
address_user_info(struct text *rest, struct arena *arena, struct address_redis *address)
{
    uint32_t at = address_find_last(*rest, '@'), colon;
    struct text info;

    if (at == rest->length)
        return true;
    info = address_cut(*rest, 0, at);
    *rest = address_cut(*rest, at + 1, rest->length);
    colon = address_find(info, ':');
    if (colon > 0)
        address->username = address_decode(address_cut(info, 0, colon), arena);
    if (colon > 0 && address->username == NULL)
        return false;
    if (colon < info.length)
        address->password = address_decode(address_cut(info, colon + 1, info.length), arena);
    return colon == info.length || address->password != NULL;
}

static bool
address_db(struct text text, struct address_redis *address)
{
    int64_t db;

    if (!address_number(text, ADDRESS_REDIS_DB_MAX, &db))
        return false;
    address->db = (uint32_t)db;
    return true;
}

/* "user:password@" and then /PATH[?db=N] */
static bool
address_unix(struct text rest, struct arena *arena, struct address_redis *address)
{
    uint32_t question;

    if (rest.length > 0 && rest.bytes[0] != '/' && !address_user_info(&rest, arena, address))
        return false;
    question = address_find(rest, '?');
    if (question < rest.length) {
        struct text query = address_cut(rest, question + 1, rest.length);

        if (!address_starts(query, TEXT("db=")) ||
            !address_db(address_cut(query, 3, query.length), address))
            return false;
    }
    rest = address_cut(rest, 0, question);
    if (rest.length < 2 || rest.bytes[0] != '/')
        return false;
    address->path = arena_copy(arena, rest).bytes;
    return true;
}

/* [user:password@]HOST[:PORT][/DB] */
static bool
address_tcp(struct text rest, struct arena *arena, struct address_redis *address)
{
    uint32_t slash;

    address->port = ADDRESS_REDIS_PORT;
    if (!address_user_info(&rest, arena, address))
        return false;
    slash = address_find(rest, '/');
    if (slash + 1 < rest.length && !address_db(address_cut(rest, slash + 1, rest.length), address))
        return false;
    return address_host_port(address_cut(rest, 0, slash), arena, &address->host, &address->port);
}

enum err_code
address_redis(
    struct text url, struct arena *arena, struct address_redis *ret_address, struct err *reterr)
{
    bool valid = false;

    *ret_address = (struct address_redis){0};
    if (address_starts(url, TEXT("redis://"))) {
        valid = address_tcp(address_cut(url, 8, url.length), arena, ret_address);
    } else if (address_starts(url, TEXT("rediss://"))) {
        ret_address->tls = true;
        valid = address_tcp(address_cut(url, 9, url.length), arena, ret_address);
    } else if (address_starts(url, TEXT("unix:"))) {
        struct text rest = address_cut(url, 5, url.length);

        if (address_starts(rest, TEXT("//")))
            rest = address_cut(rest, 2, rest.length);
        valid = address_unix(rest, arena, ret_address);
    }
    if (!valid)
        return err_set(reterr, ERR_INPUT, "no URL of a Redis; %s", address_redis_form);
    return ERR_NONE;
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

bool
address_has_secret(struct text url)
{
    return address_find(url, '@') < url.length;
}
