#ifndef FOOTPRINT_REDIS_TLS_H
#define FOOTPRINT_REDIS_TLS_H

/*
 * TLS for rediss://, where hiredis has it: the system's authorities are trusted, and the
 * certificate must be for the host that the URL names.
 */

#include <stdbool.h>

#include "config/base/err.h"

struct redisContext;

/* Whether hiredis with TLS was there when this was built. */
bool tls_built(void);

/* Before the context is used. ERR_INPUT: this build has no TLS, or the handshake can't begin. */
enum err_code tls_begin(
    struct redisContext *context, const char *host, struct err *reterr) ERR_MUSTCHECK;
/* What the certificate that was last looked at was refused for; NULL: it was not. Any thread. */
const char *tls_why(void);

#endif
