/* What the files of a pipeline ask of their host. */
#include "pipeline/work.h"

#include <stdarg.h>
#include <stdio.h>

int64_t
work_now_us(const struct pipeline *pipeline)
{
    return pipeline->host->mono_us(pipeline->host->opaque);
}

void
work_run(struct pipeline *pipeline, enum pipeline_lane lane, struct pipeline_job *job)
{
    pipeline->jobs++;
    pipeline->host->run(pipeline->host->opaque, lane, job);
}

bool
work_wall_is_true(const struct pipeline *pipeline)
{
    const struct pipeline_host *host = pipeline->host;

    return host->wall_is_true == NULL || host->wall_is_true(host->opaque);
}

void
work_notice(
    struct pipeline *pipeline, enum notice_level level, const char *id, const char *fmt, ...)
{
    char text[1024];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    pipeline->host->notice(pipeline->host->opaque, &(struct pipeline_notice){level, id, -1, text});
}
