/* The configuration as a start of the daemon would load it. */
#include "daemon/ctl/load.h"

#include <stdio.h>

#include "pipeline/kafka/properties.h"

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
    struct buffer text;

    if (config != NULL && !kafka_properties_check(config, report)) {
        config_free(config);
        config = NULL;
    }
    buffer_init(&text);
    report_print(report, &text);
    if (text.length > 0)
        fwrite(text.bytes, 1, text.length, stderr);
    buffer_fini(&text);
    report_free(report);
    return config;
}
