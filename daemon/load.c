/* The files of the command line as a configuration: one way for a check, a start and a reload. */
#include "daemon/load.h"

#include "daemon/listen.h"
#include "pipeline/kafka/properties.h"
#include "pipeline/redis/check.h"

struct config *
load_config(const struct options *options, const struct config *running, struct report *report)
{
    struct config_request request = {
        .file = options->file,
        .overrides = options->overrides,
        .override_count = options->override_count,
        .running = running,
    };
    struct config *config = config_load(&request, report);

    if (config == NULL)
        return NULL;
    if (kafka_properties_check(config, report) && redis_check(config, report) &&
        listen_check(config, report))
        return config;
    config_free(config);
    return NULL;
}
