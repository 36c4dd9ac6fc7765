/* footprintctl send: JSON lines from a file into Kafka, keyed by user. */
#include "daemon/ctl/send.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "config/base/arena.h"
#include "daemon/ctl/line_file.h"
#include "daemon/ctl/load.h"
#include "daemon/ctl/outlet.h"
#include "daemon/ctl/progress.h"
#include "pipeline/decode/decode.h"

static const char send_usage[] =
    "usage: footprintctl send FILE --brokers B --topic T [-c FILE] [--set KEY=VALUE]...\n"
    "                         [--event-time]\n"
    "\n"
    "Sends each line of a file (plain or gzip; - is stdin) as a record, keyed by its user and\n"
    "placed as Java clients place it (murmur2). A line without a user is sent without a key.\n"
    "\n"
    "  --brokers B          HOST:PORT,... of Kafka (default: of -c)\n"
    "  --topic T            where the lines go (default: input.topic of -c)\n"
    "  -c, --config FILE    where users stand in a line, and kafka.properties; without it users\n"
    "                       are found at /user\n"
    "      --set KEY=VALUE  one setting, its value in YAML (may be repeated)\n"
    "      --event-time     records carry the time of their event, not that of sending\n"
    "\n"
    "Exit: 0 all delivered, 1 some were not, 2 wrong usage.\n";

struct send {
    const char *path, *brokers, *topic;
    bool event_time;
    uint64_t count; /* lines read */
    const struct config *config;
    struct decode *decode;
    struct arena arena;
};

/*
 * A line as a record: its user is the key, if it has one. The rest of the event may be wrong: the
 * daemon judges.
 */
static struct outlet_record
send_record(struct send *send, struct text line)
{
    struct outlet_record record = {.value = line, .time_ms = OUTLET_NOW};
    struct event event = {.user = {.length = 0}};
    struct decode_fault fault;

    arena_reset(&send->arena);
    switch (decode_event(send->decode, line, &send->arena, &event, &fault)) {
    case DECODE_OK:
        if (send->event_time)
            record.time_ms = event.ts;
        record.key = event.user;
        break;
    case DECODE_NO_TYPE:
    case DECODE_NO_TIME:
    case DECODE_BAD_TIME:
        record.key = event.user;
        break;
    case DECODE_EMPTY:
    case DECODE_NOT_JSON:
    case DECODE_BAD_UTF8:
    case DECODE_TOO_DEEP:
    case DECODE_TOO_LARGE:
    case DECODE_NO_USER:
    case DECODE_BAD_USER:
    case DECODE_AHEAD:
    case DECODE_MISPLACED:
    case DECODE_RESULT_COUNT:
        break;
    }
    return record;
}

static enum err_code
send_lines(struct send *send, struct line_file *lines, struct outlet *outlet, struct err *reterr)
{
    enum err_code code = ERR_NONE;
    struct progress progress;
    struct text line;

    progress_begin(&progress, "bytes read", line_file_size(lines));
    while (code == ERR_NONE && line_file_next(lines, &line)) {
        struct outlet_record record = send_record(send, line);

        code = outlet_put(outlet, &record, reterr);
        send->count++;
        progress_at(&progress, line_file_offset(lines));
    }
    progress_end(&progress);
    if (code == ERR_NONE)
        code = line_file_error(lines, reterr);
    return code;
}

static int
send_file(struct send *send)
{
    struct err err;
    struct line_file *lines = line_file_open(send->path, &err);
    struct outlet *outlet = NULL;
    enum err_code code = ERR_INPUT, closed = ERR_NONE;

    if (lines != NULL)
        outlet = outlet_new(send->brokers, send->topic, send->config, &err);
    if (outlet != NULL) {
        code = send_lines(send, lines, outlet, &err);
        closed = outlet_close(outlet, code == ERR_NONE ? &err : &(struct err){0});
    }
    line_file_close(lines);
    if (code != ERR_NONE || closed != ERR_NONE) {
        fprintf(stderr, "footprintctl send: %s\n", err.msg);
        return 1;
    }
    printf("%" PRIu64 " lines sent to %s\n", send->count, send->topic);
    return fflush(stdout) != 0;
}

static int
send_run(struct send *send, const struct load *load)
{
    struct config *config = load_config(load);
    int status;

    if (config == NULL)
        return 1;
    send->config = config;
    if (send->brokers == NULL)
        send->brokers = config->settings.kafka_brokers;
    if (send->topic == NULL)
        send->topic = config->settings.input_topic;
    send->decode = decode_new(
        &config->mapping, config->plan, config->zone, (size_t)config->settings.limits_event_bytes);
    arena_init(&send->arena);
    status = send_file(send);
    arena_fini(&send->arena);
    decode_free(send->decode);
    config_free(config);
    return status;
}

int
ctl_send(int argc, char **argv)
{
    static const struct option options[] = {
        {"brokers", required_argument, NULL, 'b'},
        {"topic", required_argument, NULL, 't'},
        {"event-time", no_argument, NULL, 'e'},
        LOAD_OPTION_FILE,
        LOAD_OPTION_SET,
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct load load = {.file = NULL};
    struct send send = {.path = NULL};
    int option;

    while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
        if (option == 'b')
            send.brokers = optarg;
        else if (option == 't')
            send.topic = optarg;
        else if (option == 'e')
            send.event_time = true;
        else if (option == 'h')
            return fputs(send_usage, stdout) < 0;
        else if (!load_take(&load, option, optarg))
            return fputs(send_usage, stderr), 2;
    }
    if (argc - optind != 1 || (load.file == NULL && (send.brokers == NULL || send.topic == NULL)))
        return fputs(send_usage, stderr), 2;
    send.path = argv[optind];
    return send_run(&send, &load);
}
