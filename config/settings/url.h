#ifndef FOOTPRINT_URL_H
#define FOOTPRINT_URL_H

/*
 * redis.url taken apart: where Redis is and who we are there.
 *
 *   redis://[[USER]:PASSWORD@]HOST[:PORT][/DB]     rediss:// the same, with TLS
 *   unix:PATH[?db=N]   unix://PATH[?db=N]
 *
 * Percent forms are decoded in user and password. A port that is not there is 6379.
 */

#include <stdbool.h>

#include "config/base/err.h"
#include "config/settings/settings.h"

#define URL_PART_BYTES_MAX 512

struct url {
    bool is_unix, is_tls;
    char host[URL_PART_BYTES_MAX]; /* a name or an address; of unix: the path */
    int port;
    int db;
    char username[URL_PART_BYTES_MAX];  /* empty: the default user */
    char password[URL_PART_BYTES_MAX];  /* empty: none; never shown */
    char name[URL_PART_BYTES_MAX + 16]; /* "host:port" or the path, for messages */
};

enum err_code url_parse(const char *text, struct url *ret_url, struct err *reterr) ERR_MUSTCHECK;
/* redis.url; redis.username and redis.password go before those in it. */
enum err_code url_login(
    const struct settings *settings, struct url *ret_url, struct err *reterr) ERR_MUSTCHECK;

#endif
