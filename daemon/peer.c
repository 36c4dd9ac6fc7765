/* Asks the kernel who has connected. */
#include "daemon/peer.h"

#include <grp.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/log.h"

#define PEER_GROUPS_MAX 1024

/*
 * In a user namespace of the service (PrivateUsers=) most groups look alike: a peer's can't be told
 * then, and must not be taken for another.
 */
static bool
peer_group_is_visible(gid_t group)
{
    FILE *map = fopen("/proc/self/gid_map", "re");
    uint32_t inside, outside, count;
    bool visible = map == NULL; /* a kernel without namespaces */

    while (map != NULL && !visible &&
           fscanf(map, "%" SCNu32 " %" SCNu32 " %" SCNu32, &inside, &outside, &count) == 3)
        visible = group >= inside && group - inside < count;
    if (map != NULL)
        fclose(map);
    return visible;
}

static gid_t
peer_group(const char *setting, const char *name)
{
    const struct group *group = name[0] == '\0' ? NULL : getgrnam(name);

    if (group == NULL)
        return PEER_NO_GROUP;
    if (peer_group_is_visible(group->gr_gid))
        return group->gr_gid;
    log_line(LOG_WARN_LINE, "socket-group", LOG_NOBODY, LOG_NOBODY,
        "%s: the service can't see who is in %s; PrivateUsers=no in a drop-in shows it", setting,
        name);
    return PEER_NO_GROUP;
}

void
peer_groups_read(const struct settings *settings, struct peer_groups *ret_groups)
{
    ret_groups->operators = peer_group("socket.operators", settings->socket_operators);
    ret_groups->admins = peer_group("socket.admins", settings->socket_admins);
}

static enum peer_level
peer_level_of(gid_t group, const struct peer_groups *groups)
{
    if (group == PEER_NO_GROUP)
        return PEER_READ;
    if (group == groups->admins)
        return PEER_ADMIN;
    return group == groups->operators ? PEER_OPERATE : PEER_READ;
}

/* The groups that the peer had when it connected, not those that a file says it might have. */
static enum peer_level
peer_level_by_groups(int fd, gid_t first, const struct peer_groups *groups)
{
    enum peer_level best = peer_level_of(first, groups);
    gid_t list[PEER_GROUPS_MAX];
    socklen_t length = sizeof(list);

#ifdef SO_PEERGROUPS
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, list, &length) != 0)
        return best;
#else
    (void)fd;
    length = 0;
#endif
    for (size_t i = 0; i < length / sizeof(list[0]); i++) {
        enum peer_level level = peer_level_of(list[i], groups);

        if (level > best)
            best = level;
    }
    return best;
}

bool
peer_read(int fd, const struct peer_groups *groups, struct peer *ret_peer)
{
    struct ucred who;
    socklen_t length = sizeof(who);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &length) != 0 || who.uid == (uid_t)-1)
        return false;
    *ret_peer = (struct peer){.pid = who.pid, .uid = who.uid};
    if (who.uid == 0 || who.uid == geteuid())
        ret_peer->level = PEER_ADMIN;
    else
        ret_peer->level = peer_level_by_groups(fd, who.gid, groups);
    return true;
}

const char *
peer_level_name(enum peer_level level)
{
    static const char *const names[] = {"read", "operate", "admin"};

    return names[level];
}
