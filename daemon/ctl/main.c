/* footprintctl: finds the command and lets it run. */
#include <stdio.h>
#include <string.h>

#include "config/base/suggest.h"
#include "daemon/ctl/check.h"
#include "daemon/ctl/generate.h"
#include "daemon/ctl/profile.h"
#include "daemon/ctl/replay.h"
#include "daemon/ctl/reset.h"
#include "daemon/ctl/runtime.h"
#include "daemon/ctl/send.h"
#include "daemon/ctl/show.h"

static const char main_usage[] =
    "usage: footprintctl COMMAND [OPTION]...\n"
    "\n"
    "  check      say what is wrong with settings and rules, or what was understood\n"
    "  config     every setting that holds, and where it came from\n"
    "  replay     run events from a file through the rules and print every change\n"
    "  generate   a simulated shop, as JSON lines or into Kafka\n"
    "  send       JSON lines from a file into Kafka, keyed by user\n"
    "  profile    one user's memberships and windows, from Redis\n"
    "  reset      where a halted partition goes on, when the daemon must not guess\n"
    "\n"
    "Of the running daemon, by its socket:\n"
    "\n";

static const char main_usage_end[] =
    "\n"
    "`footprintctl COMMAND --help` says more; so does footprintctl(1).\n";

struct main_command {
    const char *name;
    int (*run)(int argc, char **argv);
};

static const struct main_command main_commands[] = {
    {"check", ctl_check},
    {"config", ctl_config},
    {"replay", ctl_replay},
    {"generate", ctl_generate},
    {"send", ctl_send},
    {"profile", ctl_profile},
    {"reset", ctl_reset},
};

#define MAIN_NAMES_MAX 64
#define MAIN_COMMANDS (sizeof(main_commands) / sizeof(main_commands[0]))

static int
main_help(FILE *out)
{
    fputs(main_usage, out);
    for (size_t i = 0; i < runtime_command_count; i++)
        fprintf(out, "  %-10s %s\n", runtime_commands[i].name, runtime_commands[i].summary);
    return fputs(main_usage_end, out) < 0;
}

/* There is no such command; which one was probably meant. */
static void
main_complain(const char *name)
{
    const char *names[MAIN_NAMES_MAX], *near;
    size_t count = 0;

    for (size_t i = 0; i < MAIN_COMMANDS; i++)
        names[count++] = main_commands[i].name;
    for (size_t i = 0; i < runtime_command_count && count < MAIN_NAMES_MAX; i++)
        names[count++] = runtime_commands[i].name;
    near = suggest(text_of(name), names, count);
    fprintf(stderr, "footprintctl: there is no command '%s'", name);
    if (near != NULL)
        fprintf(stderr, "; did you mean '%s'?", near);
    fputs("\n\n", stderr);
}

int
main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";

    for (size_t i = 0; i < MAIN_COMMANDS; i++)
        if (strcmp(name, main_commands[i].name) == 0)
            return main_commands[i].run(argc - 1, argv + 1);
    if (runtime_find(name) != NULL)
        return runtime_run(runtime_find(name), argc - 1, argv + 1);
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0)
        return main_help(stdout);
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0)
        return printf("footprintctl " FOOTPRINT_VERSION "\n") < 0;
    if (name[0] != '\0')
        main_complain(name);
    main_help(stderr);
    return 2;
}
