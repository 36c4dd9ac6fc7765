/* A configuration, counters and process numbers by hand, for tests of what the outside sees. */
#ifndef DAEMON_RIG_H
#define DAEMON_RIG_H

#include "daemon/metrics.h"

static struct plan_segment rig_segments[2] = {
    {.name = {"buyer", 5}},
    {.name = {"cart_abandoner", 14}},
};
static struct plan rig_plan = {
    .segments = rig_segments, .segment_count = 2, .rules_id = "9f2c41d0"};
static struct config rig_config = {
    .settings = {.instance = "web-1"}, .plan = &rig_plan, .state_id = "0123456789abcdef"};
static struct metrics_process rig_process = {
    .workers = 2, .start_time = 1795514228.448, .uptime = 1.5, .resident_bytes = 73940992};

/* Numbers that a reader can tell apart. */
static inline void
rig_count(struct counters *counters)
{
    struct counters_partition *partition;

    counters_init(counters, &rig_plan);
    counters->events = 9007199254740993; /* more than a double can hold */
    counters->rejects[COUNTERS_REASON_no_user] = 7;
    counters->segments[1].members = 5;
    counters_observe(&counters->delay, 0.003);
    counters_observe(&counters->delay, 99);
    counters_observe(&counters->redis_round_trip, 0.5);
    partition = counters_partition_add(counters, 3);
    partition->state = "live";
    partition->lag = 12;
    partition->lag_seconds = 0.25;
    partition->stalled = 1;
    partition->watermark_ms = 1795514250167;
    partition = counters_partition_add(counters, 4);
    partition->state = "replaying";
}

#endif
