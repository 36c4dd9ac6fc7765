/* The command line of footprintd. */
#include "daemon/options.h"

#include <getopt.h>
#include <stdio.h>

static const char options_usage[] =
    "usage: footprintd -c FILE [--check] [--set KEY=VALUE]...\n"
    "\n"
    "Reads events from Kafka, keeps profiles in Redis and publishes who enters and leaves\n"
    "segments. Runs in the foreground until SIGTERM.\n"
    "\n"
    "  -c, --config FILE    settings (usually " FOOTPRINT_SYSCONFDIR "/footprint/footprint.yaml)\n"
    "      --check          only check them, and the rules, as a start would\n"
    "      --set KEY=VALUE  one setting, its value in YAML (may be repeated)\n"
    "  -V, --version        version, build and libraries\n"
    "  -h, --help           this text\n"
    "\n"
    "Exit: 0 stopped as asked, 1 settings or rules are wrong, 2 wrong usage, 3 gave up.\n";

void
options_help(void)
{
    fputs(options_usage, stdout);
}

static enum options_do
options_complain(const char *what)
{
    fprintf(stderr, "footprintd: %s\n%s", what, options_usage);
    return OPTIONS_WRONG;
}

static void
options_take(int option, struct options *options)
{
    switch (option) {
    case 'c':
        options->file = optarg;
        break;
    case 'k':
        if (options->action == OPTIONS_RUN)
            options->action = OPTIONS_CHECK;
        break;
    case 's':
        if (options->override_count == OPTIONS_SET_MAX)
            options->action = options_complain("too many --set");
        else
            options->overrides[options->override_count++] = optarg;
        break;
    case 'V':
        options->action = OPTIONS_VERSION;
        break;
    case 'h':
        options->action = OPTIONS_HELP;
        break;
    default:
        fputs(options_usage, stderr); /* getopt has said what is wrong */
        options->action = OPTIONS_WRONG;
        break;
    }
}

void
options_read(int argc, char **argv, struct options *ret_options)
{
    static const struct option names[] = {
        {"config", required_argument, NULL, 'c'},
        {"check", no_argument, NULL, 'k'},
        {"set", required_argument, NULL, 's'},
        {"version", no_argument, NULL, 'V'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option;

    *ret_options = (struct options){.action = OPTIONS_RUN};
    while (ret_options->action != OPTIONS_WRONG &&
           (option = getopt_long(argc, argv, "c:Vh", names, NULL)) != -1)
        options_take(option, ret_options);
    if (ret_options->action != OPTIONS_RUN && ret_options->action != OPTIONS_CHECK)
        return;
    if (optind < argc)
        ret_options->action = options_complain("it takes options only");
    else if (ret_options->file == NULL)
        ret_options->action = options_complain("-c FILE is missing");
}
