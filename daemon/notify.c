/* What the service manager hears. */
#include "daemon/notify.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#define NOTIFY_STATUS_BYTES_MAX 512

void
notify_ready(void)
{
    sd_notify(0, "READY=1");
}

void
notify_reloading(void)
{
    struct timespec now = {0};

    clock_gettime(CLOCK_MONOTONIC, &now);
    sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
        (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
}

void
notify_stopping(void)
{
    sd_notify(0, "STOPPING=1");
}

void
notify_status(const char *fmt, ...)
{
    static char last[NOTIFY_STATUS_BYTES_MAX];
    char status[NOTIFY_STATUS_BYTES_MAX];
    va_list args;

    va_start(args, fmt);
    vsnprintf(status, sizeof(status), fmt, args);
    va_end(args);
    if (strcmp(status, last) == 0)
        return;
    memcpy(last, status, sizeof(last));
    sd_notifyf(0, "STATUS=%s", status);
}

void
notify_watchdog(void)
{
    sd_notify(0, "WATCHDOG=1");
}

void
notify_extend(int64_t timeout_us)
{
    sd_notifyf(0, "EXTEND_TIMEOUT_USEC=%" PRId64, timeout_us);
}

int64_t
notify_watchdog_us(void)
{
    uint64_t timeout_us = 0;

    if (sd_watchdog_enabled(0, &timeout_us) <= 0)
        return 0;
    return (int64_t)timeout_us;
}
