#ifndef FOOTPRINT_PEER_H
#define FOOTPRINT_PEER_H

/*
 * Who is at the other end of the runtime socket, as the kernel says, and what they may do.
 *
 *   read      whoever can open the socket: its owner's group
 *   operate   members of socket.operators
 *   admin     root, the daemon's own user, members of socket.admins
 */

#include <stdbool.h>
#include <sys/types.h>

#include "config/settings/settings.h"

enum peer_level {
    PEER_READ,
    PEER_OPERATE,
    PEER_ADMIN
};

/* Groups as numbers; PEER_NO_GROUP: none is named, or it is gone. */
#define PEER_NO_GROUP ((gid_t)-1)

struct peer_groups {
    gid_t operators, admins;
};

struct peer {
    pid_t pid;
    uid_t uid;
    enum peer_level level;
};

void peer_groups_read(const struct settings *settings, struct peer_groups *ret_groups);
/* fd: a connected Unix socket. False: the kernel does not say. */
bool peer_read(int fd, const struct peer_groups *groups, struct peer *ret_peer);
const char *peer_level_name(enum peer_level level);

#endif
