/* Who is connected to the HTTP port and since when. */
#include "daemon/guests.h"

#include <sys/socket.h>

void
guests_init(struct guests *guests)
{
    guests->count = 0;
    pthread_mutex_init(&guests->lock, NULL);
}

void
guests_fini(struct guests *guests)
{
    pthread_mutex_destroy(&guests->lock);
}

static void
guests_show_out(struct guests_one *guest)
{
    (void)shutdown(guest->fd, SHUT_RDWR);
    guest->since_us = INT64_MAX;
}

/* Those who are shown out and not yet gone count too: they will make room in a moment. */
static void
guests_make_room(struct guests *guests)
{
    struct guests_one *oldest = &guests->at[0];

    for (uint32_t i = 1; i < guests->count; i++)
        if (guests->at[i].since_us < oldest->since_us)
            oldest = &guests->at[i];
    if (oldest->since_us != INT64_MAX)
        guests_show_out(oldest);
}

void
guests_arrive(struct guests *guests, int fd, int64_t now_us)
{
    pthread_mutex_lock(&guests->lock);
    if (guests->count >= GUESTS_CROWD)
        guests_make_room(guests);
    if (guests->count < GUESTS_MAX)
        guests->at[guests->count++] = (struct guests_one){fd, now_us};
    else
        (void)shutdown(fd, SHUT_RDWR); /* nobody is let in unseen */
    pthread_mutex_unlock(&guests->lock);
}

void
guests_leave(struct guests *guests, int fd)
{
    pthread_mutex_lock(&guests->lock);
    for (uint32_t i = 0; i < guests->count; i++) {
        if (guests->at[i].fd == fd) {
            guests->at[i] = guests->at[--guests->count];
            break;
        }
    }
    pthread_mutex_unlock(&guests->lock);
}

void
guests_turn(struct guests *guests, int64_t now_us)
{
    pthread_mutex_lock(&guests->lock);
    for (uint32_t i = 0; i < guests->count; i++)
        if (guests->at[i].since_us != INT64_MAX && now_us - guests->at[i].since_us > GUESTS_STAY_US)
            guests_show_out(&guests->at[i]);
    pthread_mutex_unlock(&guests->lock);
}
