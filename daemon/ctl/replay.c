/* footprintctl replay: events from a file through mapping and engine, as one partition. */
#include "daemon/ctl/replay.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/check.h"
#include "config/config.h"
#include "pipeline/decode/decode.h"
#include "pipeline/emit/change.h"
#include "pipeline/engine/engine.h"

#define REPLAY_OPTIONS_MAX 64
#define REPLAY_OUT_BYTES (1 << 16)
#define END_OF_TIME (INT64_MAX - 1)

static const char replay_usage[] =
    "usage: footprintctl replay [-c FILE] [--segments FILE]... [--set KEY=VALUE]... [--drain]\n"
    "                           [EVENTS|-]\n"
    "\n"
    "Runs events (one JSON object a line) through the rules, as the daemon would run one "
    "partition,\n"
    "without the idle rule and input.max_ahead, and prints every change, a JSON object a line.\n"
    "Lines that cannot become an event are told on stderr.\n"
    "\n"
    "  -c, --config FILE    settings and rules of the daemon\n"
    "  --segments FILE      rules from this file instead (may be repeated)\n"
    "  --set KEY=VALUE      one setting, its value in YAML (may be repeated)\n"
    "  --drain              after the last event time runs on to its end\n";

struct replay {
    const struct config *config;
    struct decode *decode;
    struct engine *engine;
    struct arena arena;
    struct buffer out;
    int64_t line;
    bool bad;
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
        fprintf(stderr, "line %" PRId64 ": %s: %s\n", replay->line, decode_reason(result),
            fault.detail);
        return;
    }
    if (engine_apply(replay->engine, &event, replay->line) != APPLY_TOO_OLD)
        engine_advance(
            replay->engine, event.ts - replay->config->settings.input_lateness_ms, UINT64_MAX);
}

static void
replay_file(struct replay *replay, FILE *file)
{
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;

    while ((length = getline(&line, &capacity, file)) >= 0) {
        replay->line++;
        if (length > 0 && line[length - 1] == '\n')
            length--;
        if (length > UINT32_MAX)
            continue; /* longer than any event_bytes: decode could not even measure it */
        replay_line(replay, (struct text){line, (uint32_t)length});
    }
    free(line);
}

static int
replay_run(const struct config *config, FILE *file, bool drain)
{
    struct engine_settings settings = {
        .dedupe_ms = config->settings.input_dedupe_ms,
        .forget_after_ms = config->settings.profiles_forget_after_ms,
        .events_per_window = (uint32_t)config->settings.limits_events_per_window,
    };
    struct replay replay = {.config = config};
    int status;

    arena_init(&replay.arena);
    buffer_init(&replay.out);
    replay.decode = decode_new(
        &config->mapping, config->plan, config->zone, (size_t)config->settings.limits_event_bytes);
    replay.engine = engine_new(config->plan, &settings, replay_change, &replay);
    replay_file(&replay, file);
    if (drain)
        engine_advance(replay.engine, END_OF_TIME, UINT64_MAX);
    replay_print(&replay);
    status = ferror(file) || fflush(stdout) != 0 ? 1 : 0;
    engine_free(replay.engine);
    decode_free(replay.decode);
    buffer_fini(&replay.out);
    arena_fini(&replay.arena);
    return status;
}

static struct config *
replay_config(const struct config_request *request)
{
    struct report *report = report_new();
    struct config *config = config_load(request, report);
    struct buffer text;

    buffer_init(&text);
    report_print(report, &text);
    if (text.length > 0)
        fwrite(text.bytes, 1, text.length, stderr);
    buffer_fini(&text);
    report_free(report);
    return config;
}

static int
replay_open(const struct config_request *request, const char *path, bool drain)
{
    bool from_stdin = path == NULL || strcmp(path, "-") == 0;
    struct config *config = replay_config(request);
    FILE *file;
    int status;

    if (config == NULL)
        return 1;
    file = from_stdin ? stdin : fopen(path, "r");
    if (file == NULL) {
        fprintf(stderr, "footprintctl replay: %s: %s\n", path, strerror(errno));
        config_free(config);
        return 1;
    }
    status = replay_run(config, file, drain);
    if (!from_stdin)
        fclose(file);
    config_free(config);
    return status;
}

int
ctl_replay(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"segments", required_argument, NULL, 's'},
        {"set", required_argument, NULL, 'S'},
        {"drain", no_argument, NULL, 'd'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    const char *segments[REPLAY_OPTIONS_MAX], *overrides[REPLAY_OPTIONS_MAX];
    struct config_request request = {.segment_files = segments, .overrides = overrides};
    bool drain = false;
    int option;

    while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
        if (option == 'c')
            request.file = optarg;
        else if (option == 's' && request.segment_file_count < REPLAY_OPTIONS_MAX)
            segments[request.segment_file_count++] = optarg;
        else if (option == 'S' && request.override_count < REPLAY_OPTIONS_MAX)
            overrides[request.override_count++] = optarg;
        else if (option == 'd')
            drain = true;
        else if (option == 'h')
            return fputs(replay_usage, stdout) < 0;
        else
            return fputs(replay_usage, stderr), 2;
    }
    if (argc - optind > 1)
        return fputs(replay_usage, stderr), 2;
    return replay_open(&request, optind < argc ? argv[optind] : NULL, drain);
}
