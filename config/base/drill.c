/* Ends the process at a point, or leaves a mechanism out, as the environment says. */
#include "config/base/drill.h"

#ifdef FOOTPRINT_DRILL

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/base/check.h"

#define SOON_US_MAX 6000 /* an answer from the same host may come before or behind it */

static const char *const point_names[DRILL_POINT_COUNT] = {
    [DRILL_K1] = "K1",
    [DRILL_K2] = "K2",
    [DRILL_K3] = "K3",
    [DRILL_K4] = "K4",
    [DRILL_K5] = "K5",
    [DRILL_K6] = "K6",
    [DRILL_K7] = "K7",
    [DRILL_K8] = "K8",
    [DRILL_K9] = "K9",
    [DRILL_RELEASE] = "release",
    [DRILL_REPLAY] = "replay",
    [DRILL_REBUILD] = "rebuild",
};

static const char *const mechanism_names[DRILL_MECHANISM_COUNT] = {
    [DRILL_CAS] = "cas",
    [DRILL_VERIFY] = "verify",
    [DRILL_AGAIN] = "again",
    [DRILL_GUARD] = "guard",
    [DRILL_STABLE] = "stable",
    [DRILL_GENERATION] = "generation",
    [DRILL_FENCING] = "fencing",
    [DRILL_DOUBT] = "doubt",
    [DRILL_END] = "end",
    [DRILL_JUMPS] = "jumps",
    [DRILL_CUT] = "cut",
    [DRILL_SEEK] = "seek",
    [DRILL_HAND] = "hand",
    [DRILL_BEHIND] = "behind",
    [DRILL_BUCKETS] = "buckets",
    [DRILL_EVICT] = "evict",
    [DRILL_TRUST] = "trust",
};

static struct {
    int point; /* -1: none */
    int signal;
    atomic_long left; /* passings until it is due */
    bool without[DRILL_MECHANISM_COUNT];
} drill = {.point = -1};

/* The place of a name among `names`, or -1. */
static int
drill_find(const char *const *names, int count, const char *name, size_t length)
{
    for (int i = 0; i < count; i++)
        if (strlen(names[i]) == length && strncmp(names[i], name, length) == 0)
            return i;
    return -1;
}

/* "K3:2" */
static void
drill_read_point(const char *text, int signal)
{
    size_t length = strcspn(text, ":");

    drill.point = drill_find(point_names, DRILL_POINT_COUNT, text, length);
    drill.signal = signal;
    atomic_store(&drill.left, text[length] == ':' ? strtol(text + length + 1, NULL, 10) : 1);
    CHECK(drill.point >= 0 && atomic_load(&drill.left) > 0);
}

static void
drill_read_without(const char *text)
{
    while (*text != '\0') {
        size_t length = strcspn(text, ",");
        int found = drill_find(mechanism_names, DRILL_MECHANISM_COUNT, text, length);

        CHECK(found >= 0);
        drill.without[found] = true;
        text += length + (text[length] == ',' ? 1 : 0);
    }
}

/* Before main: no thread is there yet. */
__attribute__((constructor)) static void
drill_read(void)
{
    const char *crash = getenv("FOOTPRINT_CRASH"), *stop = getenv("FOOTPRINT_STOP");
    const char *without = getenv("FOOTPRINT_WITHOUT");

    CHECK(crash == NULL || stop == NULL);
    if (crash != NULL)
        drill_read_point(crash, SIGKILL);
    if (stop != NULL)
        drill_read_point(stop, SIGSTOP);
    if (without != NULL)
        drill_read_without(without);
}

bool
drill_is_due(enum drill_point point)
{
    return (int)point == drill.point && atomic_fetch_sub(&drill.left, 1) == 1;
}

void
drill_end(void)
{
    kill(getpid(), drill.signal);
}

static void *
drill_end_later(void *opaque)
{
    usleep((useconds_t)(uintptr_t)opaque);
    drill_end();
    return NULL;
}

void
drill_end_soon(void)
{
    uintptr_t wait_us = (uintptr_t)getpid() * UINT64_C(2654435761) % SOON_US_MAX;
    pthread_t thread;

    CHECK(pthread_create(&thread, NULL, drill_end_later, (void *)wait_us) == 0);
    pthread_detach(thread);
}

bool
drill_is_without(enum drill_mechanism mechanism)
{
    return drill.without[mechanism];
}

bool
drill_set(const char *mechanism, bool off)
{
    int found = drill_find(mechanism_names, DRILL_MECHANISM_COUNT, mechanism, strlen(mechanism));

    if (found >= 0)
        drill.without[found] = off;
    return found >= 0;
}

#endif
