#ifndef FOOTPRINT_TRIAL_H
#define FOOTPRINT_TRIAL_H

/*
 * What other rules would publish, counted instead of published: who would enter and leave what.
 *
 * One is filled on a worker's thread, partition by partition, and then belongs to whoever asked.
 */

#include <stddef.h>
#include <stdint.h>

#include "config/base/arena.h"
#include "config/base/buffer.h"
#include "config/base/limits.h"

struct change;

#define TRIAL_SAMPLE_MAX 5

enum trial_way {
    TRIAL_ENTER,
    TRIAL_EXIT,
    TRIAL_WAYS
};

struct trial_segment {
    struct text name;
    uint64_t counts[TRIAL_WAYS];
    struct text samples[TRIAL_WAYS][TRIAL_SAMPLE_MAX]; /* users, as many as counted at most */
};

struct trial {
    struct arena arena;
    struct trial_segment *segments; /* in no order, until trial_sort */
    size_t count, capacity;
    uint32_t *places;         /* open addressing over segments; 0: free, otherwise index + 1 */
    uint32_t partitions;      /* counted */
    struct buffer left_out;   /* "partition 3: why" a line */
    int32_t topic_partitions; /* all that there are; 0: not known */
    bool accounted_for[PARTITIONS_MAX]; /* counted, or left out with a reason */
};

struct trial *trial_new(void);
void trial_free(struct trial *trial); /* NULL is fine */
/* A listener of engines; opaque: the trial. */
void trial_change(void *opaque, const struct change *change);
void trial_counted(struct trial *trial, int32_t partition);
void trial_leave_out(struct trial *trial, int32_t partition, const char *why);
/* Adds the other one, and frees it. */
void trial_take(struct trial *trial, struct trial *other);
/* All have answered: leaves out, too, what none of them had. */
void trial_leave_out_rest(struct trial *trial);
/* By the segments' names. */
void trial_sort(struct trial *trial);

#endif
