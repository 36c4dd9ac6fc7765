#ifndef FOOTPRINT_LOG_H
#define FOOTPRINT_LOG_H

/*
 * The daemon's voice: one line for each change of state, on stderr.
 *
 *   ts=2026-11-24T01:02:03.456Z level=warn id=redis-down worker=0 text="connection refused"
 *
 * logfmt, or JSON; under systemd (stderr is the journal) a priority stands in front and the time is
 * left to the journal. A line that repeats the last one of its id within LOG_QUIET_S is counted and
 * told with the next, or when its time is over. No payload, no user and no secret is ever passed to
 * it. Any thread may call.
 */

#include <stdbool.h>
#include <stdint.h>

enum log_level {
    LOG_DEBUG_LINE,
    LOG_INFO_LINE,
    LOG_WARN_LINE,
    LOG_ERROR_LINE
};
#define LOG_NOBODY (-1)
#define LOG_QUIET_S 30

/* format: the setting log.format (enum setting_log_format). */
void log_init(int format, enum log_level least);
/* worker and partition: LOG_NOBODY leaves them out. id is a literal: a stable word. */
void log_line(enum log_level level, const char *id, int worker, int partition, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
/* The least important lines that are told; any thread may change it. */
enum log_level log_level_get(void);
void log_level_set(enum log_level least);
const char *log_level_name(enum log_level level);
bool log_level_read(const char *name, enum log_level *ret_level);
/* How many lines of this level there were, held back or not. */
uint64_t log_count(enum log_level level);
/* Tells what was held back for LOG_QUIET_S; all: whatever is held back, before the end. */
void log_flush(bool all);

#endif
