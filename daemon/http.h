#ifndef FOOTPRINT_HTTP_H
#define FOOTPRINT_HTTP_H

/*
 * /metrics, /livez and /readyz, answered from the board on a thread of their own.
 *
 * GET and HEAD only; bounded in connections, memory and silence, so that a hostile client costs the
 * data path nothing. A socket may be given by its address only; access is the operator's business.
 */

#include "config/base/err.h"
#include "daemon/board.h"

struct http;

/* `listen`: HOST:PORT, checked by the settings. The board must outlive it. */
struct http *http_new(const char *listen, struct board *board, struct err *reterr);
void http_free(struct http *http);
/* Where it listens, as a numeric address. */
const char *http_address(const struct http *http);

#endif
