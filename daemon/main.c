/* footprintd: from the command line to the end. */
#include <stdio.h>

#include "config/base/buffer.h"
#include "config/base/report.h"
#include "config/config.h"
#include "daemon/control.h"
#include "daemon/load.h"
#include "daemon/log.h"
#include "daemon/options.h"
#include "daemon/version.h"

/* Says what is wrong with the files; the same words for a check and for a start. */
static struct config *
main_load(const struct options *options)
{
    struct report *report = report_new();
    struct config *config = load_config(options, NULL, report);

    report_write(report, stderr);
    report_free(report);
    return config;
}

static enum control_exit
main_run(const struct options *options)
{
    struct config *config = main_load(options);
    enum control_exit end = CONTROL_STOPPED;

    if (config == NULL)
        return CONTROL_INPUT;
    if (options->action == OPTIONS_RUN) {
        log_init(config->settings.log_format, (enum log_level)config->settings.log_level);
        end = control_run(config, options);
    }
    config_free(config);
    return end;
}

int
main(int argc, char **argv)
{
    struct options options;

    control_block_signals(); /* before a library starts a thread */
    options_read(argc, argv, &options);
    switch (options.action) {
    case OPTIONS_RUN:
    case OPTIONS_CHECK:
        return (int)main_run(&options);
    case OPTIONS_VERSION:
        version_print();
        return CONTROL_STOPPED;
    case OPTIONS_HELP:
        options_help();
        return CONTROL_STOPPED;
    case OPTIONS_WRONG:
        break;
    }
    return CONTROL_USAGE;
}
