/* One thread, two lists: jobs to do and jobs done. */
#include "daemon/lane.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

#include "config/base/check.h"

struct lane_list {
    struct pipeline_job *first, **last;
};

struct lane {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct lane_list waiting, ended;
    bool leave;
    void (*wake)(void *opaque);
    void *opaque;
};

static void
lane_list_init(struct lane_list *list)
{
    list->first = NULL;
    list->last = &list->first;
}

static void
lane_list_add(struct lane_list *list, struct pipeline_job *job)
{
    job->next = NULL;
    *list->last = job;
    list->last = &job->next;
}

static struct pipeline_job *
lane_next(struct lane *lane)
{
    struct pipeline_job *job;

    pthread_mutex_lock(&lane->lock);
    while (lane->waiting.first == NULL && !lane->leave)
        pthread_cond_wait(&lane->changed, &lane->lock);
    job = lane->waiting.first;
    if (job != NULL) {
        lane->waiting.first = job->next;
        if (job->next == NULL)
            lane_list_init(&lane->waiting);
    }
    pthread_mutex_unlock(&lane->lock);
    return job;
}

static void *
lane_main(void *opaque)
{
    struct lane *lane = opaque;
    struct pipeline_job *job;

    while ((job = lane_next(lane)) != NULL) {
        job->work(job);
        pthread_mutex_lock(&lane->lock);
        lane_list_add(&lane->ended, job);
        pthread_mutex_unlock(&lane->lock);
        lane->wake(lane->opaque);
    }
    return NULL;
}

struct lane *
lane_new(void (*wake)(void *opaque), void *opaque)
{
    struct lane *lane = calloc(1, sizeof(*lane));

    CHECK(lane != NULL);
    pthread_mutex_init(&lane->lock, NULL);
    pthread_cond_init(&lane->changed, NULL);
    lane_list_init(&lane->waiting);
    lane_list_init(&lane->ended);
    lane->wake = wake;
    lane->opaque = opaque;
    CHECK(pthread_create(&lane->thread, NULL, lane_main, lane) == 0);
    return lane;
}

void
lane_free(struct lane *lane)
{
    if (lane == NULL)
        return;
    pthread_mutex_lock(&lane->lock);
    CHECK(lane->waiting.first == NULL);
    lane->leave = true;
    pthread_cond_signal(&lane->changed);
    pthread_mutex_unlock(&lane->lock);
    pthread_join(lane->thread, NULL);
    pthread_cond_destroy(&lane->changed);
    pthread_mutex_destroy(&lane->lock);
    free(lane);
}

void
lane_run(struct lane *lane, struct pipeline_job *job)
{
    pthread_mutex_lock(&lane->lock);
    lane_list_add(&lane->waiting, job);
    pthread_cond_signal(&lane->changed);
    pthread_mutex_unlock(&lane->lock);
}

struct pipeline_job *
lane_finished(struct lane *lane)
{
    struct pipeline_job *jobs;

    pthread_mutex_lock(&lane->lock);
    jobs = lane->ended.first;
    lane_list_init(&lane->ended);
    pthread_mutex_unlock(&lane->lock);
    return jobs;
}
