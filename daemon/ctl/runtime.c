/* footprintctl status, top, tap, pause and others: asks the running daemon. */
#include "daemon/ctl/runtime.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "config/base/check.h"
#include "daemon/ctl/ask.h"
#include "daemon/ctl/load.h"
#include "daemon/ctl/screen.h"

enum runtime_common {
    RUNTIME_SOCKET = 0x200,
    RUNTIME_JSON,
    RUNTIME_HELP = 'h',
    RUNTIME_OWN = 0x300 /* and up: the command's own */
};

#define RUNTIME_PARTITIONS "PARTITION is a number or a range: 3 5-7.\n"
#define RUNTIME_WAIT                                                                               \
    {                                                                                              \
        "wait", "S", "seconds to wait until they do (30)"                                          \
    }

const struct runtime_command runtime_commands[] = {
    {.name = "status", .summary = "how the running daemon is"},
    {.name = "top",
        .summary = "a picture of it each second: rates, who is behind, what moves",
        .help = "As large as the terminal, 80x24 without one; ends with Ctrl-C.",
        .options = {{"count", "N", "end after so many pictures"}},
        .show = screen_show},
    {.name = "partitions", .summary = "its partitions: state, lag, clock"},
    {.name = "rules", .summary = "its segments, and how many users are in them"},
    {.name = "errors", .summary = "its last 100 rejects: where, why, and at which byte"},
    {.name = "tap",
        .summary = "events, changes and rejects as they pass",
        .help =
            "Users are shown as hashes that hold until the daemon ends. What can't be shown\nin "
            "time is dropped, and counted.",
        .options = {{"show", "KINDS", "events, changes, rejects, or several with commas (all)"},
            {"sample", "N", "every N-th only"}, {"segment", "S", "changes of this segment only"},
            {"count", "N", "end after so many"}, {"users", NULL, "users as they are (admin)"},
            {"user", "U", "of this user only (admin)"}}},
    {.name = "pause",
        .operand = "PARTITION",
        .part = "partition",
        .repeats = true,
        .summary = "partitions (else all) stand still",
        .help = RUNTIME_PARTITIONS "Nothing is read or applied, and the partitions' clocks stand "
                                   "still, so exits\nwait too; they come at their own instants "
                                   "after `resume`. What was\napplied is committed. Ends with the "
                                   "daemon.",
        .options = {RUNTIME_WAIT}},
    {.name = "resume",
        .operand = "PARTITION",
        .part = "partition",
        .repeats = true,
        .summary = "paused or drained partitions (else all) go on",
        .help = RUNTIME_PARTITIONS,
        .options = {RUNTIME_WAIT}},
    {.name = "drain",
        .operand = "PARTITION",
        .part = "partition",
        .repeats = true,
        .summary = "partitions (else all) finish what was read, and stand still",
        .help = RUNTIME_PARTITIONS "What was read is applied, committed and stored in Redis, so "
                                   "that\nwhoever takes over has nothing to replay.",
        .options = {RUNTIME_WAIT}},
    {.name = "reload",
        .summary = "settings and rules are read again; nothing changes if anything is wrong",
        .help = "As `systemctl reload`, and says what is different, or all that is wrong.",
        .options = {{"wait", NULL, "until every partition here decides by the new rules"},
            {"dry-run", NULL,
                "only say how many users would enter and leave what, and some of them"},
            {"users", NULL, "with --dry-run: users as they are, not their hashes (admin)"}}},
    {.name = "loglevel",
        .operand = "LEVEL",
        .part = "level",
        .summary = "its log level; LEVEL (debug, info, warn, error) changes it",
        .help = "A change holds until the daemon ends; the setting is log.level."},
};
const size_t runtime_command_count = sizeof(runtime_commands) / sizeof(runtime_commands[0]);

const struct runtime_command *
runtime_find(const char *name)
{
    for (size_t i = 0; i < runtime_command_count; i++)
        if (strcmp(runtime_commands[i].name, name) == 0)
            return &runtime_commands[i];
    return NULL;
}

/* --- the command line ------------------------------------------------------------------------- */

static void
runtime_usage_option(const struct runtime_option *option, FILE *out)
{
    char left[64];

    snprintf(left, sizeof(left), "--%s%s%s", option->name, option->argument == NULL ? "" : " ",
        option->argument == NULL ? "" : option->argument);
    fprintf(out, "      %-16s %s\n", left, option->help);
}

static int
runtime_usage(const struct runtime_command *command, FILE *out)
{
    fprintf(out, "usage: footprintctl %s", command->name);
    if (command->operand != NULL)
        fprintf(out, " [%s]%s", command->operand, command->repeats ? "..." : "");
    fprintf(out, " [OPTION]...\n\nAsks the running daemon: %s.\n", command->summary);
    if (command->help != NULL)
        fprintf(out, "%s\n", command->help);
    fputc('\n', out);
    for (size_t i = 0; command->options[i].name != NULL; i++)
        runtime_usage_option(&command->options[i], out);
    fputs("      --json           for programs: JSON, one value a line\n"
          "      --socket PATH    where the daemon listens (else " ASK_SOCKET_DEFAULT ")\n"
          "  -c, --config FILE    the daemon's settings, for their socket.path\n"
          "\n"
          "Exit: 0 done, 1 refused, or nobody is there, 2 wrong usage.\n",
        out);
    return out == stdout ? 0 : 2;
}

/* The common ones, the command's own, and an end. */
static void
runtime_names(const struct runtime_command *command, struct option *names)
{
    static const struct option common[] = {
        {"json", no_argument, NULL, RUNTIME_JSON},
        {"socket", required_argument, NULL, RUNTIME_SOCKET},
        {"help", no_argument, NULL, RUNTIME_HELP},
        LOAD_OPTION_FILE,
    };
    size_t count = sizeof(common) / sizeof(common[0]);

    memcpy(names, common, sizeof(common));
    for (size_t i = 0; command->options[i].name != NULL; i++)
        names[count++] = (struct option){command->options[i].name,
            command->options[i].argument == NULL ? no_argument : required_argument, NULL,
            RUNTIME_OWN + (int)i};
    names[count] = (struct option){NULL, 0, NULL, 0};
}

static void
runtime_add_operands(struct runtime_call *call, int count, char **operands)
{
    struct buffer joined;

    if (count == 0)
        return;
    buffer_init(&joined);
    for (int i = 0; i < count; i++) {
        if (i > 0)
            buffer_add_char(&joined, ',');
        buffer_add_text(&joined, text_of(operands[i]));
    }
    buffer_add_char(&joined, '\0');
    ask_part(&call->line, call->command->part, joined.bytes);
    buffer_fini(&joined);
}

/* What the settings say; auto is where a service manager has it. NULL: they say off, or are wrong.
 */
static const char *
runtime_socket_of(const struct load *load, char *room, size_t room_bytes)
{
    struct config *config = load_config(load);

    if (config == NULL)
        return NULL;
    snprintf(room, room_bytes, "%s", config->settings.socket_path);
    config_free(config);
    if (strcmp(room, "auto") == 0)
        return ASK_SOCKET_DEFAULT;
    if (strcmp(room, "off") != 0)
        return room;
    fprintf(stderr, "footprintctl: socket.path is off in %s\n", load->file);
    return NULL;
}

int
runtime_show_lines(struct runtime_call *call)
{
    struct buffer line;
    struct ask ask;
    struct err err;

    if (ask_open(&ask, call->socket, &call->line, &err) != ERR_NONE) {
        fprintf(stderr, "footprintctl %s: %s\n", call->command->name, err.msg);
        return 1;
    }
    buffer_init(&line);
    while (ask_line(&ask, &line)) {
        buffer_add_char(&line, '\n');
        if (fwrite(line.bytes, 1, line.length, stdout) != line.length || fflush(stdout) != 0)
            break;
        buffer_clear(&line);
    }
    buffer_fini(&line);
    ask_close(&ask);
    return ferror(stdout) ? 1 : 0;
}

static int
runtime_ask(struct runtime_call *call, const struct load *load)
{
    char room[256];

    if (call->socket == NULL && load->file != NULL)
        call->socket = runtime_socket_of(load, room, sizeof(room));
    else if (call->socket == NULL)
        call->socket = ASK_SOCKET_DEFAULT;
    if (call->socket == NULL)
        return 1;
    if (call->json)
        ask_part(&call->line, "json", NULL);
    return call->command->show == NULL ? runtime_show_lines(call) : call->command->show(call);
}

/* False: it is none of ours. */
static bool
runtime_take(struct runtime_call *call, struct load *load, int option)
{
    const struct runtime_option *own = call->command->options;

    if (option == RUNTIME_JSON)
        call->json = true;
    else if (option == RUNTIME_SOCKET)
        call->socket = optarg;
    else if (option >= RUNTIME_OWN)
        call->values[option - RUNTIME_OWN] =
            own[option - RUNTIME_OWN].argument == NULL ? "" : optarg;
    else
        return load_take(load, option, optarg);
    return true;
}

int
runtime_run(const struct runtime_command *command, int argc, char **argv)
{
    struct option names[RUNTIME_OPTIONS_MAX + 8];
    struct runtime_call call = {.command = command};
    struct load load = {.file = NULL};
    int option, operands_max = command->operand == NULL ? 0 : command->repeats ? 256 : 1, status;

    runtime_names(command, names);
    while ((option = getopt_long(argc, argv, "c:h", names, NULL)) != -1) {
        if (option == RUNTIME_HELP)
            return runtime_usage(command, stdout);
        if (!runtime_take(&call, &load, option))
            return runtime_usage(command, stderr);
    }
    if (argc - optind > operands_max)
        return runtime_usage(command, stderr);
    buffer_init(&call.line);
    buffer_add_text(&call.line, text_of(command->name));
    runtime_add_operands(&call, argc - optind, argv + optind);
    for (size_t i = 0; command->options[i].name != NULL; i++)
        if (call.values[i] != NULL)
            ask_part(&call.line, command->options[i].name,
                command->options[i].argument == NULL ? NULL : call.values[i]);
    status = runtime_ask(&call, &load);
    buffer_fini(&call.line);
    return status;
}
