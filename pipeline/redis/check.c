/* What redis.url asks of this build, before anything starts. */
#include "pipeline/redis/check.h"

#include <string.h>

#include "config/base/check.h"
#include "config/settings/fault.h"
#include "config/settings/url.h"
#include "pipeline/redis/tls.h"

static void
redis_check_no_tls(const struct config *config, struct report *report)
{
    static const char message[] =
        "rediss:// needs hiredis with TLS, which this build has not; use redis://, or build "
        "footprint where libhiredis_ssl is (Debian 13)";

    if (config->redis_url != NULL)
        fault_hidden(report, config->redis_url, "%s", message);
    else
        report_error(report, config->file, "redis.url: %s", message);
}

bool
redis_check(const struct config *config, struct report *report)
{
    struct url url;
    struct err err;
    bool fine;

    CHECK(config != NULL && report != NULL);
    /* config_load has taken the URL apart and said what is wrong with it. */
    fine = url_login(&config->settings, &url, &err) == ERR_NONE && (!url.is_tls || tls_built());
    explicit_bzero(&url, sizeof(url));
    if (!fine)
        redis_check_no_tls(config, report);
    return fine;
}
