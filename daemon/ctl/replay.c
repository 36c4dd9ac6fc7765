/* footprintctl replay: events from a file through mapping and engine, as one partition. */
#include "daemon/ctl/replay.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/ctl/line_file.h"
#include "daemon/ctl/load.h"
#include "daemon/ctl/progress.h"
#include "pipeline/decode/decode.h"
#include "pipeline/emit/change.h"
#include "pipeline/engine/engine.h"

#define REPLAY_OUT_BYTES (1 << 16)
#define END_OF_TIME (INT64_MAX - 1)

static const char replay_usage[] =
    "usage: footprintctl replay [-c FILE] [--segments FILE]... [--set KEY=VALUE]... [--drain]\n"
    "                           [EVENTS|-]\n"
    "\n"
    "Runs events (one JSON object a line; plain or gzip; - or nothing: stdin) through the rules,\n"
    "as the daemon would run one partition, without the idle rule and input.max_ahead, and prints\n"
    "every change, a JSON object a line. Lines that cannot become an event are told on stderr.\n"
    "\n"
    "  -c, --config FILE    settings and rules of the daemon\n"
    "      --segments FILE  rules from this file instead (may be repeated)\n"
    "      --set KEY=VALUE  one setting, its value in YAML (may be repeated)\n"
    "      --drain          after the last event time runs on to its end\n"
    "\n"
    "Exit: 0 done, 1 something is wrong, 2 wrong usage.\n";

struct replay {
    const struct config *config;
    struct decode *decode;
    struct engine *engine;
    struct arena arena;
    struct buffer out;
    struct progress progress;
    int64_t line;
};

static void
replay_print(struct replay *replay)
{
    if (replay->out.length > 0)
        fwrite(replay->out.bytes, 1, replay->out.length, stdout);
    buffer_clear(&replay->out);
}

static void
replay_change(void *opaque, const struct change *change)
{
    static const struct change_source lines = {NULL, 0};
    struct replay *replay = opaque;

    change_emit(change, replay->config->plan, &lines, &replay->out);
    buffer_add_char(&replay->out, '\n');
    if (replay->out.length >= REPLAY_OUT_BYTES)
        replay_print(replay);
}

static void
replay_line(struct replay *replay, struct text payload)
{
    struct decode_fault fault;
    struct event event;
    enum decode_result result;

    arena_reset(&replay->arena);
    result = decode_event(replay->decode, payload, &replay->arena, &event, &fault);
    if (result != DECODE_OK) {
        progress_hide(&replay->progress);
        fprintf(stderr, "line %" PRId64 ": %s: %s\n", replay->line, decode_reason(result),
            fault.detail);
        return;
    }
    if (engine_apply(replay->engine, &event, replay->line) != APPLY_TOO_OLD)
        engine_advance(
            replay->engine, event.ts - replay->config->settings.input_lateness_ms, UINT64_MAX);
}

static enum err_code
replay_lines(struct replay *replay, struct line_file *lines, struct err *reterr)
{
    struct text line;

    if (isatty(STDOUT_FILENO) == 0) /* where changes run by, they are progress enough */
        progress_begin(&replay->progress, "bytes read", line_file_size(lines));
    while (line_file_next(lines, &line)) {
        replay->line++;
        replay_line(replay, line);
        progress_at(&replay->progress, line_file_offset(lines));
    }
    progress_end(&replay->progress);
    return line_file_error(lines, reterr);
}

static int
replay_run(const struct config *config, struct line_file *lines, bool drain)
{
    struct engine_settings settings = {
        .dedupe_ms = config->settings.input_dedupe_ms,
        .forget_after_ms = config->settings.profiles_forget_after_ms,
        .events_per_window = (uint32_t)config->settings.limits_events_per_window,
    };
    struct replay replay = {.config = config};
    enum err_code code;
    struct err err;

    arena_init(&replay.arena);
    buffer_init(&replay.out);
    replay.decode = decode_new(
        &config->mapping, config->plan, config->zone, (size_t)config->settings.limits_event_bytes);
    replay.engine = engine_new(config->plan, &settings, replay_change, &replay);
    code = replay_lines(&replay, lines, &err);
    if (code == ERR_NONE && drain)
        engine_advance(replay.engine, END_OF_TIME, UINT64_MAX);
    replay_print(&replay);
    if (code == ERR_NONE && (ferror(stdout) || fflush(stdout) != 0))
        code = err_set(&err, ERR_FATAL, "stdout: %s", strerror(errno));
    if (code != ERR_NONE)
        fprintf(stderr, "footprintctl replay: %s\n", err.msg);
    engine_free(replay.engine);
    decode_free(replay.decode);
    buffer_fini(&replay.out);
    arena_fini(&replay.arena);
    return code != ERR_NONE;
}

static int
replay_open(const struct load *load, const char *path, bool drain)
{
    struct config *config = load_config(load);
    struct line_file *lines = NULL;
    struct err err;
    int status = 1;

    if (config != NULL && (lines = line_file_open(path, &err)) == NULL)
        fprintf(stderr, "footprintctl replay: %s\n", err.msg);
    if (lines != NULL)
        status = replay_run(config, lines, drain);
    line_file_close(lines);
    config_free(config);
    return status;
}

int
ctl_replay(int argc, char **argv)
{
    static const struct option options[] = {
        LOAD_OPTION_FILE,
        LOAD_OPTION_SEGMENTS,
        LOAD_OPTION_SET,
        {"drain", no_argument, NULL, 'd'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct load load = {.file = NULL};
    bool drain = false;
    int option;

    while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
        if (option == 'd')
            drain = true;
        else if (option == 'h')
            return fputs(replay_usage, stdout) < 0;
        else if (!load_take(&load, option, optarg))
            return fputs(replay_usage, stderr), 2;
    }
    if (argc - optind > 1)
        return fputs(replay_usage, stderr), 2;
    return replay_open(&load, optind < argc ? argv[optind] : "-", drain);
}
