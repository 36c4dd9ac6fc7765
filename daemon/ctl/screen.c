/* Draws one picture over the other, in the size of the terminal. */
#include "daemon/ctl/screen.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "daemon/ctl/ask.h"

struct screen {
    bool terminal;
    struct winsize size;
};

static void
screen_measure(struct screen *screen)
{
    screen->terminal = isatty(STDOUT_FILENO) != 0;
    if (!screen->terminal || ioctl(STDOUT_FILENO, TIOCGWINSZ, &screen->size) != 0 ||
        screen->size.ws_row == 0 || screen->size.ws_col == 0)
        screen->size = (struct winsize){.ws_row = 24, .ws_col = 80};
}

static bool
screen_has_changed(const struct screen *screen)
{
    struct screen now;

    screen_measure(&now);
    return now.size.ws_row != screen->size.ws_row || now.size.ws_col != screen->size.ws_col;
}

/* Line by line over what was there, so that nothing flickers; the rest below is wiped. */
static bool
screen_draw(const struct screen *screen, const struct buffer *picture)
{
    const char *at = picture->bytes, *end = picture->bytes + picture->length;

    if (screen->terminal)
        fputs("\033[H", stdout);
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t length = stop == NULL ? (size_t)(end - at) : (size_t)(stop - at);

        fwrite(at, 1, length, stdout);
        at += length + 1;
        fputs(screen->terminal ? at < end ? "\033[K\n" : "\033[K" : "\n", stdout);
    }
    fputs(screen->terminal ? "\033[J" : "\n", stdout);
    return fflush(stdout) == 0;
}

/* True: the terminal has another size now, ask again. */
static bool
screen_watch(struct ask *ask, const struct screen *screen)
{
    struct buffer picture, line;
    bool again = false;

    buffer_init(&picture);
    buffer_init(&line);
    while (!again && ask_line(ask, &line)) {
        if (line.length == 1 && line.bytes[0] == '\f') {
            if (!screen_draw(screen, &picture))
                break;
            buffer_clear(&picture);
            again = screen_has_changed(screen);
        } else {
            buffer_add(&picture, line.bytes, line.length);
            buffer_add_char(&picture, '\n');
        }
        buffer_clear(&line);
    }
    buffer_fini(&line);
    buffer_fini(&picture);
    return again;
}

int
screen_show(struct runtime_call *call)
{
    size_t length = call->line.length;
    struct screen screen;
    struct ask ask;
    struct err err;
    bool again = true;

    if (call->json)
        return runtime_show_lines(call);
    while (again) {
        screen_measure(&screen);
        call->line.length = length;
        /* The last line of a terminal stays free: a newline there would scroll. */
        buffer_printf(&call->line, " columns=%u lines=%u", screen.size.ws_col,
            screen.size.ws_row < 11 ? 10 : screen.size.ws_row - 1);
        if (ask_open(&ask, call->socket, &call->line, &err) != ERR_NONE) {
            fprintf(stderr, "footprintctl %s: %s\n", call->command->name, err.msg);
            return 1;
        }
        if (screen.terminal)
            fputs("\033[2J", stdout);
        again = screen_watch(&ask, &screen);
        ask_close(&ask);
    }
    if (screen.terminal)
        fputc('\n', stdout);
    return ferror(stdout) ? 1 : 0;
}
