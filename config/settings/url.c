/* The few forms of a Redis URL. */
#include "config/settings/url.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/check.h"

#define URL_PORT 6379

static enum err_code
url_copy(char *out, const char *from, size_t length, struct err *reterr)
{
    if (length >= URL_PART_BYTES_MAX)
        return err_set(reterr, ERR_INPUT, "a part of it is too long");
    memcpy(out, from, length);
    out[length] = '\0';
    return ERR_NONE;
}

/* "%40" to "@", in place. */
static enum err_code
url_decode(char *text, struct err *reterr)
{
    char *out = text;

    for (const char *at = text; *at != '\0'; at++) {
        char digits[3] = {0};

        if (*at != '%') {
            *out++ = *at;
            continue;
        }
        memcpy(digits, at + 1, strnlen(at + 1, 2));
        *out = (char)strtol(digits, NULL, 16);
        if (strspn(digits, "0123456789abcdefABCDEF") != 2 || *out == '\0')
            return err_set(reterr, ERR_INPUT, "'%%' must begin two hex digits");
        out++;
        at += 2;
    }
    *out = '\0';
    return ERR_NONE;
}

/* A whole number of digits only; -1: it is not one, or past max. */
static int
url_number(const char *text, int max)
{
    char *end;
    long number = strtol(text, &end, 10);

    if (*text < '0' || *text > '9' || *end != '\0' || number > max)
        return -1;
    return (int)number;
}

static enum err_code
url_db(struct url *url, const char *text, struct err *reterr)
{
    url->db = url_number(text, 1 << 20);
    if (url->db < 0)
        return err_set(reterr, ERR_INPUT, "'%s' is not the number of a database", text);
    return ERR_NONE;
}

static enum err_code
url_user(struct url *url, const char *at, size_t length, struct err *reterr)
{
    const char *colon = memchr(at, ':', length);
    size_t name_length = colon != NULL ? (size_t)(colon - at) : length;

    if (url_copy(url->username, at, name_length, reterr) != ERR_NONE ||
        url_decode(url->username, reterr) != ERR_NONE)
        return reterr->code;
    if (colon == NULL)
        return ERR_NONE;
    if (url_copy(url->password, colon + 1, length - name_length - 1, reterr) != ERR_NONE)
        return reterr->code;
    return url_decode(url->password, reterr);
}

/* "host", "host:port", "[::1]:port" */
static enum err_code
url_host(struct url *url, const char *at, size_t length, struct err *reterr)
{
    const char *end = at + length, *port = memchr(at, ':', length);
    char digits[URL_PART_BYTES_MAX];

    if (*at == '[') {
        const char *bracket = memchr(at, ']', length);

        if (bracket == NULL)
            return err_set(reterr, ERR_INPUT, "']' is missing");
        port = bracket + 1 < end ? bracket + 1 : NULL;
        if (url_copy(url->host, at + 1, (size_t)(bracket - at) - 1, reterr) != ERR_NONE)
            return reterr->code;
    } else if (url_copy(url->host, at, port != NULL ? (size_t)(port - at) : length, reterr) !=
               ERR_NONE) {
        return reterr->code;
    }
    url->port = URL_PORT;
    if (url->host[0] == '\0')
        return err_set(reterr, ERR_INPUT, "a host is missing");
    if (port != NULL) {
        if (url_copy(digits, port + 1, (size_t)(end - port) - 1, reterr) != ERR_NONE)
            return reterr->code;
        url->port = *port == ':' ? url_number(digits, 65535) : -1;
    }
    if (url->port <= 0)
        return err_set(reterr, ERR_INPUT, "the port must be 1 to 65535");
    snprintf(url->name, sizeof(url->name), "%s:%d", url->host, url->port);
    return ERR_NONE;
}

static enum err_code
url_parse_inet(struct url *url, const char *at, struct err *reterr)
{
    const char *slash = strchr(at, '/'), *end = slash != NULL ? slash : at + strlen(at);
    const char *user_end = memrchr(at, '@', (size_t)(end - at));

    if (user_end != NULL) {
        if (url_user(url, at, (size_t)(user_end - at), reterr) != ERR_NONE)
            return reterr->code;
        at = user_end + 1;
    }
    if (url_host(url, at, (size_t)(end - at), reterr) != ERR_NONE)
        return reterr->code;
    return slash != NULL && slash[1] != '\0' ? url_db(url, slash + 1, reterr) : ERR_NONE;
}

static enum err_code
url_parse_unix(struct url *url, const char *at, struct err *reterr)
{
    const char *query = strstr(at, "?db=");
    size_t length = query != NULL ? (size_t)(query - at) : strlen(at);

    url->is_unix = true;
    if (at[0] != '/' || length == 1)
        return err_set(reterr, ERR_INPUT,
            "the path of a socket must begin with '/', as in "
            "unix:///run/redis/redis.sock");
    if (url_copy(url->host, at, length, reterr) != ERR_NONE)
        return reterr->code;
    snprintf(url->name, sizeof(url->name), "%s", url->host);
    return query != NULL ? url_db(url, query + 4, reterr) : ERR_NONE;
}

enum err_code
url_parse(const char *text, struct url *ret_url, struct err *reterr)
{
    CHECK(text != NULL);
    memset(ret_url, 0, sizeof(*ret_url));
    if (strncmp(text, "unix://", 7) == 0)
        return url_parse_unix(ret_url, text + 7, reterr);
    if (strncmp(text, "unix:", 5) == 0)
        return url_parse_unix(ret_url, text + 5, reterr);
    if (strncmp(text, "redis://", 8) == 0)
        return url_parse_inet(ret_url, text + 8, reterr);
    if (strncmp(text, "rediss://", 9) == 0) {
        ret_url->is_tls = true;
        return url_parse_inet(ret_url, text + 9, reterr);
    }
    return err_set(reterr, ERR_INPUT,
        "must begin with redis://, rediss:// or unix:, as in redis://localhost:6379/0");
}

enum err_code
url_login(const struct settings *settings, struct url *ret_url, struct err *reterr)
{
    const char *username = settings->redis_username, *password = settings->redis_password;

    if (url_parse(settings->redis_url, ret_url, reterr) != ERR_NONE)
        return reterr->code;
    if (username[0] != '\0' &&
        url_copy(ret_url->username, username, strlen(username), reterr) != ERR_NONE)
        return reterr->code;
    if (password[0] != '\0' &&
        url_copy(ret_url->password, password, strlen(password), reterr) != ERR_NONE)
        return reterr->code;
    return ERR_NONE;
}
