/* What the outside may see at this moment. */
#include "daemon/board.h"

#include "daemon/clock.h"
#include "daemon/metrics_text.h"

void
board_init(struct board *board, const struct config *config)
{
    *board = (struct board){.config = config, .renewed_us = clock_mono_us()};
    pthread_mutex_init(&board->lock, NULL);
    counters_init(&board->counters, config->plan);
    buffer_init(&board->reasons);
    buffer_init(&board->stalls);
    buffer_add_literal(&board->reasons, "starting\n");
}

void
board_fini(struct board *board)
{
    counters_fini(&board->counters);
    buffer_fini(&board->reasons);
    buffer_fini(&board->stalls);
    pthread_mutex_destroy(&board->lock);
}

void
board_follow(struct board *board, const struct config *config)
{
    pthread_mutex_lock(&board->lock);
    counters_follow(&board->counters, config->plan);
    board->config = config;
    pthread_mutex_unlock(&board->lock);
}

static void
board_set(struct buffer *lines, const struct buffer *from)
{
    buffer_clear(lines);
    buffer_add(lines, from->bytes, from->length);
}

void
board_renew(struct board *board, const struct counters *counters,
    const struct metrics_process *process, const struct buffer *reasons,
    const struct buffer *stalls)
{
    pthread_mutex_lock(&board->lock);
    counters_copy(&board->counters, counters);
    board->process = *process;
    board_set(&board->reasons, reasons);
    board_set(&board->stalls, stalls);
    board->renewed_us = clock_mono_us();
    pthread_mutex_unlock(&board->lock);
}

/* Under the lock: "ok", or the lines. */
static bool
board_answer(const struct board *board, const struct buffer *lines, struct buffer *out)
{
    int64_t age_us = clock_mono_us() - board->renewed_us;

    if (age_us > BOARD_STALE_US)
        buffer_printf(out, "control: nothing new for %jd s\n", (intmax_t)(age_us / 1000000));
    buffer_add(out, lines->bytes, lines->length);
    if (out->length > 0)
        return false;
    buffer_add_literal(out, "ok\n");
    return true;
}

bool
board_ready(struct board *board, struct buffer *out)
{
    bool ready;

    pthread_mutex_lock(&board->lock);
    ready = board_answer(board, &board->reasons, out);
    pthread_mutex_unlock(&board->lock);
    return ready;
}

bool
board_live(struct board *board, struct buffer *out)
{
    bool live;

    pthread_mutex_lock(&board->lock);
    live = board_answer(board, &board->stalls, out);
    pthread_mutex_unlock(&board->lock);
    return live;
}

/* "redis: connection refused" as {"of":"redis","reason":"connection refused"}. */
static void
board_json_line(const char *line, size_t length, struct buffer *out)
{
    const char *colon = memmem(line, length, ": ", 2);
    uint32_t of = colon == NULL ? 0 : (uint32_t)(colon - line);
    uint32_t from = colon == NULL ? 0 : of + 2;

    buffer_add_literal(out, "{\"of\":");
    buffer_add_json(out, (struct text){line, of});
    buffer_add_literal(out, ",\"reason\":");
    buffer_add_json(out, (struct text){line + from, (uint32_t)length - from});
    buffer_add_char(out, '}');
}

static void
board_json_lines(const struct buffer *lines, struct buffer *out)
{
    const char *at = lines->bytes, *end = lines->bytes + lines->length;

    buffer_add_char(out, '[');
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));

        if (stop == NULL)
            stop = end;
        if (at != lines->bytes)
            buffer_add_char(out, ',');
        board_json_line(at, (size_t)(stop - at), out);
        at = stop + 1;
    }
    buffer_add_char(out, ']');
}

/* Under the lock. The list is empty where the text says ok. */
static bool
board_json_list(
    const struct board *board, const char *name, const struct buffer *lines, struct buffer *out)
{
    struct buffer said;
    bool good;

    buffer_init(&said);
    good = board_answer(board, lines, &said);
    if (good)
        buffer_clear(&said);
    buffer_printf(out, ",\"%s\":", name);
    board_json_lines(&said, out);
    buffer_fini(&said);
    return good;
}

bool
board_health(struct board *board, struct buffer *out)
{
    bool ready, live;

    pthread_mutex_lock(&board->lock);
    buffer_add_literal(out, "{\"instance\":");
    buffer_add_json(out, text_of(board->config->settings.instance));
    buffer_add_literal(out, ",\"version\":\"" FOOTPRINT_VERSION "\"");
    ready = board_json_list(board, "reasons", &board->reasons, out);
    live = board_json_list(board, "stalls", &board->stalls, out);
    pthread_mutex_unlock(&board->lock);
    buffer_printf(
        out, ",\"ready\":%s,\"live\":%s}\n", ready ? "true" : "false", live ? "true" : "false");
    return ready && live;
}

void
board_metrics(struct board *board, struct buffer *out)
{
    pthread_mutex_lock(&board->lock);
    metrics_text(&(struct metrics_view){board->config, &board->counters, &board->process}, out);
    pthread_mutex_unlock(&board->lock);
}
