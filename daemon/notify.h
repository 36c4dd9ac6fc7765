#ifndef FOOTPRINT_NOTIFY_H
#define FOOTPRINT_NOTIFY_H

/*
 * What the service manager hears (sd_notify). Without one ($NOTIFY_SOCKET) nothing happens.
 */

#include <stdint.h>

void notify_ready(void);
/* Settings and rules are being read; notify_ready ends it. */
void notify_reloading(void);
void notify_stopping(void);
/* One line for `systemctl status`; told only when it differs from the last one. */
void notify_status(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void notify_watchdog(void);
/* The start or the stop may go on for that long from now. */
void notify_extend(int64_t timeout_us);
/* How often the manager wants to hear notify_watchdog at least; 0: never. */
int64_t notify_watchdog_us(void);

#endif
