/* Preloaded into a daemon: its wall clock is apart from the kernel's by what stands in a file. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *apart_s; /* mapped: the test writes to the file at any time */

__attribute__((constructor)) static void
wrong_clock_map(void)
{
    int fd = open(getenv("WRONG_CLOCK"), O_RDONLY);
    void *mapped = fd < 0 ? MAP_FAILED : mmap(NULL, 8, PROT_READ, MAP_SHARED, fd, 0);

    if (mapped == MAP_FAILED)
        _exit(99);
    apart_s = mapped;
    close(fd);
}

static time_t
wrong_clock_apart(void)
{
    return apart_s == NULL ? 0 : (time_t)*apart_s;
}

int
clock_gettime(clockid_t clock, struct timespec *now)
{
    int result = (int)syscall(SYS_clock_gettime, clock, now);

    if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)
        now->tv_sec += wrong_clock_apart();
    return result;
}

int
timespec_get(struct timespec *now, int base)
{
    clock_gettime(CLOCK_REALTIME, now);
    return base;
}

int
gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec exact;

    (void)zone;
    clock_gettime(CLOCK_REALTIME, &exact);
    *now = (struct timeval){exact.tv_sec, exact.tv_nsec / 1000};
    return 0;
}

time_t
time(time_t *ret_now)
{
    struct timespec exact;

    clock_gettime(CLOCK_REALTIME, &exact);
    if (ret_now != NULL)
        *ret_now = exact.tv_sec;
    return exact.tv_sec;
}

/* The kernel waits by its own clock, so a deadline is told in that. */
int
cnd_timedwait(cnd_t *restrict changed, mtx_t *restrict lock, const struct timespec *restrict until)
{
    static int (*real)(cnd_t *, mtx_t *, const struct timespec *);
    struct timespec deadline = {until->tv_sec - wrong_clock_apart(), until->tv_nsec};

    if (real == NULL)
        real =
            (int (*)(cnd_t *, mtx_t *, const struct timespec *))dlsym(RTLD_NEXT, "cnd_timedwait");
    return real(changed, lock, &deadline);
}
