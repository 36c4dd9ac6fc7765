/* The rules by which a partition decides, and what reads events for them. */
#include "pipeline/partition/ruleset.h"

#include <stdlib.h>
#include <string.h>

#include "config/base/check.h"

struct ruleset *
ruleset_new(const struct config *config)
{
    struct ruleset *ruleset = calloc(1, sizeof(*ruleset));

    CHECK(ruleset != NULL);
    ruleset->config = config;
    ruleset->decode = decode_new(
        &config->mapping, config->plan, config->zone, (size_t)config->settings.limits_event_bytes);
    return ruleset;
}

void
ruleset_free(struct ruleset *ruleset)
{
    if (ruleset == NULL)
        return;
    CHECK(ruleset->users == 0);
    decode_free(ruleset->decode);
    free(ruleset);
}
