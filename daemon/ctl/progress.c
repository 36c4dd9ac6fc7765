/* A bar on stderr for long work. */
#include "daemon/ctl/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "daemon/clock.h"

#define PROGRESS_EVERY_US INT64_C(100000)
#define PROGRESS_LOOK_EVERY 256 /* steps between two looks at the clock */
#define PROGRESS_WIDTH 30

static void
progress_show(const struct progress *progress, int64_t now_us)
{
    double seconds = (double)(now_us - progress->start_us) / 1e6;
    double rate = seconds > 0 ? (double)progress->done / seconds : 0;

    fputs("\r\033[K", stderr);
    if (progress->total > 0) {
        double part = (double)progress->done / (double)progress->total;
        int full = (int)(part * PROGRESS_WIDTH);

        fprintf(stderr, "[%.*s%*s] %3.0f%%  ", full, "##############################",
            PROGRESS_WIDTH - full, "", part * 100);
    }
    fprintf(stderr, "%" PRIu64 " %s, %.0f/s", progress->done, progress->what, rate);
    fflush(stderr);
}

void
progress_begin(struct progress *progress, const char *what, uint64_t total)
{
    *progress = (struct progress){.shown = isatty(STDERR_FILENO) == 1,
        .what = what,
        .total = total,
        .start_us = clock_mono_us()};
}

void
progress_at(struct progress *progress, uint64_t done)
{
    bool look = progress->shown &&
                (done - progress->done >= PROGRESS_LOOK_EVERY || done % PROGRESS_LOOK_EVERY == 0);
    int64_t now_us;

    progress->done = done;
    if (!look)
        return;
    now_us = clock_mono_us();
    if (now_us < progress->next_us)
        return;
    progress->next_us = now_us + PROGRESS_EVERY_US;
    progress_show(progress, now_us);
}

void
progress_hide(const struct progress *progress)
{
    if (progress->shown)
        fputs("\r\033[K", stderr);
}

void
progress_end(struct progress *progress)
{
    if (!progress->shown)
        return;
    progress_show(progress, clock_mono_us());
    fputc('\n', stderr);
}
