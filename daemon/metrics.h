#ifndef FOOTPRINT_METRICS_H
#define FOOTPRINT_METRICS_H

/*
 * The table of numbers, walked row by row, for whoever writes them down.
 *
 *   family(name, type, help)           one per row
 *   sample(name, labels, number) ...   one per label value
 *   spread(name, histogram)            of a histogram or summary
 *
 * A family's samples follow it without another in between, as Prometheus wants it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "pipeline/counters/counters.h"

/* The numbers of the process as a whole. */
struct metrics_process {
#define PROCESS_GAUGE(member, name, help) int64_t member;
#define PROCESS_SECONDS(member, name, help) double member;
#define PROCESS_COUNTER(member, name, help) uint64_t member;
#define PROCESS_COUNTER_SECONDS(member, name, help) double member;
#include "pipeline/counters/counters.def"
};

struct metrics_view {
    const struct config *config;
    const struct counters *counters;
    const struct metrics_process *process;
};

struct metrics_label {
    const char *name;
    const char *value;
};

#define METRICS_LABELS_MAX 3

struct metrics_labels {
    struct metrics_label at[METRICS_LABELS_MAX];
    size_t count;
};

struct metrics_number {
    bool whole;
    int64_t whole_value;
    double value;
};

struct metrics_writer {
    void *opaque;
    void (*family)(void *opaque, const char *name, const char *type, const char *help);
    void (*sample)(void *opaque, const char *name, const struct metrics_labels *labels,
        struct metrics_number number);
    /* buckets NULL: count and sum alone */
    void (*spread)(
        void *opaque, const char *name, const uint64_t *buckets, uint64_t count, double sum);
};

void metrics_walk(const struct metrics_view *view, const struct metrics_writer *writer);

#endif
