/* Other rules for a partition that runs. */
#include <string.h>

#include "pipeline/partition/life.h"

void
partition_follow(struct partition *p)
{
    if (p->state == PARTITION_ACQUIRING && p->retry_at_us != INT64_MAX)
        p->retry_at_us = INT64_MIN;
    else if (p->state == PARTITION_HALTED)
        partition_take_rules(p);
}

bool
partition_is_switching(const struct partition *p)
{
    return p->state != PARTITION_GONE &&
           (p->rules != p->shared->rules ||
               (p->rebuild != NULL && strcmp(p->now.state_id, p->rules->config->state_id) != 0));
}

/* The state is made anew under the newest rules; what differs is published then. */
bool
switch_turn(struct partition *p)
{
    if (p->rules == p->shared->rules || p->state != PARTITION_LIVE || p->rebuild != NULL)
        return false;
    partition_reset(p, "other rules");
    return true;
}
