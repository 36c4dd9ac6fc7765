#ifndef FOOTPRINT_ADDRESS_H
#define FOOTPRINT_ADDRESS_H

/*
 * Addresses as settings give them.
 *
 *   redis://[USER[:PASSWORD]@]HOST[:PORT][/DB]   rediss://...: the same with TLS
 *   unix://[USER[:PASSWORD]@]/PATH[?db=N]        or unix:/PATH
 *   HOST:PORT, [::1]:PORT                        where to listen
 *
 * User and password may have %XX in them. Messages never repeat what was given.
 */

#include <stdbool.h>
#include <stdint.h>

#include "config/base/arena.h"
#include "config/base/err.h"
#include "config/base/text.h"

#define ADDRESS_REDIS_PORT 6379
#define ADDRESS_REDIS_DB_MAX 1000000

struct address_redis {
    bool tls;
    const char *path; /* of a socket, or NULL */
    const char *host; /* or NULL */
    uint16_t port;
    uint32_t db;
    const char *username; /* NULL: none given */
    const char *password;
};

struct address_listen {
    const char *host;
    uint16_t port;
};

/* Texts lie in the arena. */
ERR_MUSTCHECK enum err_code address_redis(
    struct text url, struct arena *arena, struct address_redis *ret_address, struct err *reterr);
ERR_MUSTCHECK enum err_code address_listen(
    struct text text, struct arena *arena, struct address_listen *ret_address, struct err *reterr);
/* HOST:PORT,HOST:PORT,... as librdkafka takes it; the port and a "PLAINTEXT://" may be left out. */
ERR_MUSTCHECK enum err_code address_brokers(struct text text, struct err *reterr);
/* Whether a user or a password stands in the URL. */
bool address_has_secret(struct text url);

#endif
