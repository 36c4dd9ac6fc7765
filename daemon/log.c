/* Writes lines, one at a time, and holds back what was said already. */
#include "daemon/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/base/buffer.h"
#include "config/settings/settings.h"
#include "daemon/clock.h"

#define LOG_TEXT_BYTES 2048
#define LOG_IDS_MAX 64

struct log_last {
    const char *id;
    int worker, partition;
    char text[LOG_TEXT_BYTES];
    enum log_level level;
    int64_t at_s;
    unsigned held_back;
};

static struct {
    pthread_mutex_t lock;
    int format;
    atomic_int least; /* enum log_level */
    atomic_uint_fast64_t counts[LOG_ERROR_LINE + 1];
    bool journal;
    struct log_last last[LOG_IDS_MAX];
    size_t count;
} log_state = {.lock = PTHREAD_MUTEX_INITIALIZER, .least = LOG_INFO_LINE};

static const char *const log_names[] = {"debug", "info", "warn", "error"};
static const char *const log_priorities[] = {"<7>", "<6>", "<4>", "<3>"};

/* $JOURNAL_STREAM names stderr's device and inode when the journal reads it. */
static bool
log_is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    unsigned long long device, inode;
    struct stat found;

    return stream != NULL && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
           fstat(STDERR_FILENO, &found) == 0 && found.st_dev == device && found.st_ino == inode;
}

enum log_level
log_level_get(void)
{
    return (enum log_level)atomic_load_explicit(&log_state.least, memory_order_relaxed);
}

void
log_level_set(enum log_level least)
{
    atomic_store(&log_state.least, (int)least);
}

const char *
log_level_name(enum log_level level)
{
    return log_names[level];
}

bool
log_level_read(const char *name, enum log_level *ret_level)
{
    for (int i = LOG_DEBUG_LINE; i <= LOG_ERROR_LINE; i++) {
        if (strcmp(name, log_names[i]) != 0)
            continue;
        *ret_level = (enum log_level)i;
        return true;
    }
    return false;
}

void
log_init(int format, enum log_level least)
{
    log_state.format = format;
    log_level_set(least);
    log_state.journal = log_is_journal();
}

/* What was said last with this id, worker and partition; a new place, or the oldest, if nothing. */
static struct log_last *
log_find(const char *id, int worker, int partition)
{
    struct log_last *oldest = &log_state.last[0];

    for (size_t i = 0; i < log_state.count; i++) {
        struct log_last *last = &log_state.last[i];

        if (last->id == id && last->worker == worker && last->partition == partition)
            return last;
        if (last->at_s < oldest->at_s)
            oldest = last;
    }
    if (log_state.count < LOG_IDS_MAX)
        oldest = &log_state.last[log_state.count++];
    memset(oldest, 0, sizeof(*oldest));
    oldest->id = id;
    oldest->worker = worker;
    oldest->partition = partition;
    return oldest;
}

static void
log_number(struct buffer *line, const char *name, int64_t value, bool json)
{
    buffer_printf(line, json ? ",\"%s\":%lld" : " %s=%lld", name, (long long)value);
}

static void
log_text(struct buffer *line, const char *name, const char *value, bool json)
{
    buffer_printf(line, json ? ",\"%s\":" : " %s=", name);
    buffer_add_json(line, text_of(value));
}

static void
log_write(enum log_level level, const struct log_last *last, int64_t now_ms)
{
    bool json = log_state.format == LOG_FORMAT_JSON;
    struct buffer line;

    buffer_init(&line);
    if (log_state.journal)
        buffer_add_text(&line, text_of(log_priorities[level]));
    if (json || !log_state.journal) {
        buffer_add_text(&line, json ? TEXT("{\"ts\":") : TEXT("ts="));
        buffer_add_instant(&line, now_ms);
        if (!json) { /* logfmt needs no quotes around an instant */
            memmove(line.bytes + line.length - 26, line.bytes + line.length - 25, 24);
            line.length -= 2;
        }
    }
    buffer_printf(&line, json ? ",\"level\":\"%s\",\"id\":\"%s\"" : " level=%s id=%s",
        log_names[level], last->id);
    if (last->worker != LOG_NOBODY)
        log_number(&line, "worker", last->worker, json);
    if (last->partition != LOG_NOBODY)
        log_number(&line, "partition", last->partition, json);
    log_text(&line, "text", last->text, json);
    if (last->held_back > 0)
        log_number(&line, "repeated", last->held_back, json);
    buffer_add_text(&line, json ? TEXT("}\n") : TEXT("\n"));
    if (write(STDERR_FILENO, line.bytes, line.length) < 0)
        log_state.count = 0; /* nobody listens; say everything anew when somebody does */
    buffer_fini(&line);
}

void
log_line(enum log_level level, const char *id, int worker, int partition, const char *fmt, ...)
{
    char text[LOG_TEXT_BYTES];
    int64_t now_ms = clock_wall_ms();
    struct log_last *last;
    va_list args;

    atomic_fetch_add_explicit(&log_state.counts[level], 1, memory_order_relaxed);
    if (level < log_level_get())
        return;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    pthread_mutex_lock(&log_state.lock);
    last = log_find(id, worker, partition);
    if (strcmp(last->text, text) == 0 && now_ms / 1000 - last->at_s < LOG_QUIET_S) {
        last->held_back++;
    } else {
        memcpy(last->text, text, sizeof(text));
        last->at_s = now_ms / 1000;
        last->level = level;
        log_write(level, last, now_ms);
        last->held_back = 0;
    }
    pthread_mutex_unlock(&log_state.lock);
}

uint64_t
log_count(enum log_level level)
{
    return atomic_load_explicit(&log_state.counts[level], memory_order_relaxed);
}

void
log_flush(bool all)
{
    int64_t now_ms = clock_wall_ms();

    pthread_mutex_lock(&log_state.lock);
    for (size_t i = 0; i < log_state.count; i++) {
        struct log_last *last = &log_state.last[i];

        if (last->held_back == 0 || (!all && now_ms / 1000 - last->at_s < LOG_QUIET_S))
            continue;
        log_write(last->level, last, now_ms);
        last->at_s = now_ms / 1000;
        last->held_back = 0;
    }
    pthread_mutex_unlock(&log_state.lock);
}
