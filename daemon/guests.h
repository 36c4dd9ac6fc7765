#ifndef FOOTPRINT_GUESTS_H
#define FOOTPRINT_GUESTS_H

/*
 * Who is connected to the HTTP port and since when, so that nobody stays for long.
 *
 * A client that sends a byte now and then is never silent, and enough of them would keep everyone
 * else out. So a connection has GUESTS_STAY_US in all; and where there is hardly room left, the one
 * that has been there longest goes at once: who has a question asks it on arrival.
 *
 * Showing out is shutdown(2); the owner of the connection notices, says guests_leave and closes.
 */

#include <pthread.h>
#include <stdint.h>

#define GUESTS_MAX 64
#define GUESTS_CROWD 48 /* from here on the oldest goes; the rest is for those that are leaving */
#define GUESTS_STAY_US INT64_C(5000000)

struct guests_one {
    int fd;
    int64_t since_us; /* INT64_MAX: shown out */
};

struct guests {
    pthread_mutex_t lock;
    uint32_t count;
    struct guests_one at[GUESTS_MAX];
};

void guests_init(struct guests *guests);
void guests_fini(struct guests *guests);
/* The descriptor must stay open until guests_leave. Any thread. */
void guests_arrive(struct guests *guests, int fd, int64_t now_us);
void guests_leave(struct guests *guests, int fd);
/* Shows out who has been there too long; called now and then. Any thread. */
void guests_turn(struct guests *guests, int64_t now_us);

#endif
