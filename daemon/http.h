#ifndef FOOTPRINT_HTTP_H
#define FOOTPRINT_HTTP_H

/*
 * /metrics, /livez, /readyz and /healthz, answered from the board on a thread of their own.
 *
 * GET and HEAD only, one answer a connection; bounded in connections, memory, silence and time, so
 * that a hostile client costs the data path nothing, and one that asks gets its answer beside it. A
 * socket may be given by its address only; access is the operator's business.
 */

#include "config/base/err.h"
#include "daemon/board.h"

struct http;

/* `listen`: HOST:PORT, checked by the settings. The board must outlive it. */
struct http *http_new(const char *listen, struct board *board, struct err *reterr);
void http_free(struct http *http);
/* Ends the connections that have lasted too long; called now and then. */
void http_turn(struct http *http);
/* Where it listens, as a numeric address. */
const char *http_address(const struct http *http);

#endif
