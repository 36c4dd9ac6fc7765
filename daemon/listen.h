#ifndef FOOTPRINT_LISTEN_H
#define FOOTPRINT_LISTEN_H

/*
 * Where the daemon listens: an address for HTTP, a path for the runtime socket; and whether it can.
 *
 * A check asks what a start will need of this host, but for what another process holds at the
 * moment: an address in use is no fault of the settings.
 */

#include "config/base/err.h"
#include "config/base/report.h"
#include "config/config.h"

/* A listening socket at HOST:PORT, or -1. ERR_INPUT: the host is none of this host's. */
int listen_open(const char *listen, struct err *reterr);
/* Where the setting socket.path leads: its own path; auto: footprintd.sock in the folder that the
 * service manager has made, put into `out`. NULL: off. */
const char *listen_path(const struct settings *settings, char out[256]);
/* Something that is no socket stands there, or no file can be made there. */
enum err_code listen_path_check(const char *path, struct err *reterr) ERR_MUSTCHECK;
/* Both, as far as a check can; false: the report says what is wrong. */
bool listen_check(const struct config *config, struct report *report);

#endif
