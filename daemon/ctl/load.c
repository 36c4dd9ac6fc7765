/* The configuration as a start of the daemon would load it. */
#include "daemon/ctl/load.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "daemon/listen.h"
#include "pipeline/kafka/properties.h"
#include "pipeline/redis/check.h"

#define LOAD_INSTALLED FOOTPRINT_SYSCONFDIR "/footprint/footprint.yaml"

static bool
load_add(const char **values, size_t *count, const char *value)
{
    if (*count == LOAD_OPTIONS_MAX)
        return false;
    values[(*count)++] = value;
    return true;
}

bool
load_take(struct load *load, int option, const char *value)
{
    switch (option) {
    case LOAD_FILE:
        load->file = value;
        return true;
    case LOAD_SEGMENTS:
        return load_add(load->segments, &load->segment_count, value);
    case LOAD_SET:
        return load_add(load->overrides, &load->override_count, value);
    default:
        return false;
    }
}

/* One that may not be read is there: the load says so. */
void
load_installed(struct load *load)
{
    if (load->file == NULL && load->segment_count == 0 &&
        (access(LOAD_INSTALLED, F_OK) == 0 || errno == EACCES))
        load->file = LOAD_INSTALLED;
}

bool
load_is_given(const struct load *load, const char *command)
{
    if (load->file != NULL || load->segment_count > 0)
        return true;
    fprintf(stderr, "%s: -c FILE is missing, and there is no " LOAD_INSTALLED "\n", command);
    return false;
}

struct config *
load_config(const struct load *load)
{
    struct config_request request = {
        .file = load->file,
        .segment_files = load->segments,
        .segment_file_count = load->segment_count,
        .overrides = load->overrides,
        .override_count = load->override_count,
    };
    struct report *report = report_new();
    struct config *config = config_load(&request, report);

    if (config != NULL &&
        (!kafka_properties_check(config, report) || !redis_check(config, report) ||
            (load->starts && !listen_check(config, report)))) {
        config_free(config);
        config = NULL;
    }
    report_write(report, stderr);
    report_free(report);
    return config;
}
