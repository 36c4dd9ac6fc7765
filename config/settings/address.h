#ifndef FOOTPRINT_ADDRESS_H
#define FOOTPRINT_ADDRESS_H

/*
 * Addresses as settings give them: HOST:PORT, or [::1]:PORT for one of IPv6.
 */

#include <stdint.h>

#include "config/base/arena.h"
#include "config/base/err.h"
#include "config/base/text.h"

struct address_listen {
    const char *host;
    uint16_t port;
};

/* The host lies in the arena. */
ERR_MUSTCHECK enum err_code address_listen(
    struct text text, struct arena *arena, struct address_listen *ret_address, struct err *reterr);
/* HOST:PORT,HOST:PORT,... as librdkafka takes it; the port and a "PLAINTEXT://" may be left out. */
ERR_MUSTCHECK enum err_code address_brokers(struct text text, struct err *reterr);

#endif
