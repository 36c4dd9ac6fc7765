#ifndef FOOTPRINT_CTL_PROGRESS_H
#define FOOTPRINT_CTL_PROGRESS_H

/*
 * A bar on stderr for long work, when stderr is a terminal; otherwise nothing.
 */

#include <stdbool.h>
#include <stdint.h>

/* All zero: one that shows nothing. */
struct progress {
    bool shown;
    const char *what; /* "events" */
    uint64_t total;   /* 0: not known */
    uint64_t done;
    int64_t start_us, next_us;
};

void progress_begin(struct progress *progress, const char *what, uint64_t total);
/* Cheap enough to be called for everything that is done. */
void progress_at(struct progress *progress, uint64_t done);
/* Before something else is written to stderr. */
void progress_hide(const struct progress *progress);
void progress_end(struct progress *progress);

#endif
