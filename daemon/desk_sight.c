/* Shows single records: the last rejects, and what is tapped, live. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "config/base/check.h"
#include "config/base/sha256.h"
#include "daemon/desk.h"
#include "daemon/log.h"

#define DESK_KEY_BYTES 32
#define DESK_HASH_BYTES 8 /* of a user's hash are shown */

struct desk_tap {
    struct socket_call *call; /* NULL: free */
    struct sight_wish wish;
    bool plain;    /* users as they are */
    uint64_t left; /* records to show still; 0: without end */
    uint64_t lost; /* by workers or by a slow reader */
    uint64_t told; /* of lost */
};

/* The control thread's alone; one socket a process. */
static struct {
    const struct desk_view *view;
    struct desk_tap taps[SIGHT_TAPS_MAX];
    struct sha256 *sha256;
    char key[DESK_KEY_BYTES]; /* of this process: hashes can't be compared with another's */
    struct sight taken[SIGHT_RING_MAX];
} desk_sight;

/* --- how a record is shown ------------------------------------------------------------------------- */

/* The same user has the same hash as long as the daemon runs. */
static void
desk_sight_hash(struct text user, struct buffer *out)
{
    struct text parts[2] = {{desk_sight.key, sizeof(desk_sight.key)}, user};
    uint8_t digest[SHA256_BYTES];

    sha256_digest(desk_sight.sha256, parts, 2, digest);
    buffer_add_char(out, '"');
    for (int i = 0; i < DESK_HASH_BYTES; i++)
        buffer_printf(out, "%02x", digest[i]);
    buffer_add_char(out, '"');
}

void
desk_user(struct text user, bool plain, struct buffer *out)
{
    if (plain)
        buffer_add_json(out, user);
    else
        desk_sight_hash(user, out);
}

static void
desk_sight_user(const struct sight *sight, bool plain, struct buffer *out)
{
    desk_user((struct text){sight->user, sight->user_length}, plain, out);
}

static const char *
desk_sight_kind(const struct sight *sight)
{
    switch (sight->kind) {
    case SIGHT_EVENT:
        return "event";
    case SIGHT_CHANGE:
        return "change";
    case SIGHT_REJECT:
        break;
    }
    return "reject";
}

static void
desk_sight_instant(struct buffer *out, const char *name, int64_t ms)
{
    buffer_printf(out, ",\"%s\":", name);
    buffer_add_instant(out, ms);
}

/* What is known of a reject: where it stands, and why. */
static void
desk_reject_json(const struct sight *sight, struct buffer *out)
{
    buffer_add_literal(out, ",\"topic\":");
    buffer_add_json(out, text_of(desk_sight.view->settings->input_topic));
    buffer_printf(out,
        ",\"partition\":%" PRId32 ",\"offset\":%" PRId64 ",\"reason\":\"%s\",\"detail\":",
        sight->partition, sight->offset, sight->outcome);
    buffer_add_json(out, text_of(sight->detail));
    if (sight->place != SIGHT_NO_PLACE)
        buffer_printf(out, ",\"byte\":%" PRId64, sight->place);
    if (sight->at_ms >= 0)
        desk_sight_instant(out, "timestamp", sight->at_ms);
}

static void
desk_reject_text(const struct sight *sight, struct buffer *out)
{
    buffer_printf(out, "%s/%" PRId32 "/%" PRId64 " %s: %s", desk_sight.view->settings->input_topic,
        sight->partition, sight->offset, sight->outcome, sight->detail);
    if (sight->place != SIGHT_NO_PLACE && strncmp(sight->detail, "byte ", 5) != 0)
        buffer_printf(out, " (byte %" PRId64 ")", sight->place);
}

static void
desk_sight_json(const struct sight *sight, bool plain, struct buffer *out)
{
    bool change = sight->kind == SIGHT_CHANGE;

    buffer_printf(out, "{\"tap\":\"%s\"", desk_sight_kind(sight));
    desk_sight_instant(out, "seen", sight->seen_ms);
    if (sight->kind == SIGHT_REJECT) {
        desk_reject_json(sight, out);
        buffer_add_literal(out, "}\n");
        return;
    }
    buffer_printf(out, ",\"partition\":%" PRId32, sight->partition);
    if (sight->offset >= 0)
        buffer_printf(out, ",\"offset\":%" PRId64, sight->offset);
    buffer_add_literal(out, ",\"user\":");
    desk_sight_user(sight, plain, out);
    buffer_printf(out, ",\"%s\":", change ? "segment" : "type");
    if (sight->name_length == 0)
        buffer_add_literal(out, "null");
    else
        buffer_add_json(out, (struct text){sight->name, sight->name_length});
    buffer_printf(out, ",\"%s\":\"%s\"", change ? "change" : "outcome", sight->outcome);
    if (change)
        buffer_printf(out, ",\"reason\":\"%s\"", sight->detail);
    desk_sight_instant(out, "at", sight->at_ms);
    buffer_add_literal(out, "}\n");
}

/* Users and types come from payloads: they are written as JSON here too, so no terminal obeys. */
static void
desk_sight_text(const struct sight *sight, bool plain, struct buffer *out)
{
    buffer_add_instant(out, sight->seen_ms);
    buffer_printf(out, " %-6s ", desk_sight_kind(sight));
    if (sight->kind == SIGHT_REJECT) {
        desk_reject_text(sight, out);
        buffer_add_char(out, '\n');
        return;
    }
    buffer_printf(out, "%" PRId32 "/", sight->partition);
    if (sight->offset >= 0)
        buffer_printf(out, "%" PRId64 " ", sight->offset);
    else
        buffer_add_literal(out, "- ");
    desk_sight_user(sight, plain, out);
    buffer_printf(out, " %s ", sight->outcome);
    buffer_add_json(out, (struct text){sight->name, sight->name_length});
    if (sight->kind == SIGHT_CHANGE)
        buffer_printf(out, " by %s", sight->detail);
    buffer_add_literal(out, " at ");
    buffer_add_instant(out, sight->at_ms);
    buffer_add_char(out, '\n');
}

/* --- errors ----------------------------------------------------------------------------------------- */

static int
desk_errors_order(const void *a, const void *b)
{
    const struct sight *left = a, *right = b;

    if (left->seen_ms != right->seen_ms)
        return left->seen_ms < right->seen_ms ? -1 : 1;
    if (left->partition != right->partition)
        return left->partition < right->partition ? -1 : 1;
    return (left->offset > right->offset) - (left->offset < right->offset);
}

static void
desk_errors_print(struct socket_call *call, const struct sight *sights, size_t count)
{
    struct buffer *out = socket_call_out(call);
    bool json = socket_call_json(call);

    if (json)
        buffer_add_literal(out, "{\"errors\":[");
    for (size_t i = 0; i < count; i++) {
        if (json) {
            buffer_add_text(out, i > 0 ? TEXT(",{\"seen\":") : TEXT("{\"seen\":"));
            buffer_add_instant(out, sights[i].seen_ms);
            desk_reject_json(&sights[i], out);
            buffer_add_char(out, '}');
        } else {
            buffer_add_instant(out, sights[i].seen_ms);
            buffer_add_char(out, ' ');
            desk_reject_text(&sights[i], out);
            buffer_add_char(out, '\n');
        }
    }
    if (json)
        buffer_add_literal(out, "]}\n");
    else if (count == 0)
        buffer_add_literal(out, "nothing was rejected since the start\n");
}

/* The newest of all workers, oldest first. */
static void
desk_errors(void *opaque, struct socket_call *call)
{
    struct crew *crew = desk_sight.view->crew;
    size_t workers = crew == NULL ? 0 : crew_size(crew), count = 0, skip;
    struct sight *sights;

    (void)opaque;
    if (!desk_begin(call))
        return;
    sights = calloc(workers * SIGHT_REJECTS_MAX + 1, sizeof(*sights));
    CHECK(sights != NULL);
    for (size_t i = 0; i < workers; i++)
        count += sights_rejects(crew_sights(crew, i), sights + count);
    qsort(sights, count, sizeof(*sights), desk_errors_order);
    skip = count > SIGHT_REJECTS_MAX ? count - SIGHT_REJECTS_MAX : 0;
    desk_errors_print(call, sights + skip, count - skip);
    free(sights);
}

/* --- tap: what is wished ------------------------------------------------------------------------------ */

static bool
desk_tap_kinds(const char *text, unsigned *ret_kinds)
{
    static const struct {
        const char *name;
        enum pipeline_sight kind;
    } kinds[] = {{"events", SIGHT_EVENT}, {"changes", SIGHT_CHANGE}, {"rejects", SIGHT_REJECT}};

    *ret_kinds = text == NULL ? SIGHT_EVENT | SIGHT_CHANGE | SIGHT_REJECT : 0;
    while (text != NULL && *text != '\0') {
        size_t length = strcspn(text, ",");
        unsigned found = 0;

        for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
            if (strlen(kinds[i].name) == length && strncmp(kinds[i].name, text, length) == 0)
                found = kinds[i].kind;
        if (found == 0)
            return false;
        *ret_kinds |= found;
        text += length + (text[length] == ',');
    }
    return *ret_kinds != 0;
}

static bool
desk_tap_has_segment(const char *name)
{
    const struct plan *plan = desk_sight.view->metrics.config->plan;

    for (uint32_t i = 0; i < plan->segment_count; i++)
        if (text_equal(plan->segments[i].name, text_of(name)))
            return true;
    return false;
}

/* What stands in the request; false: refused. */
static bool
desk_tap_read(struct socket_call *call, struct desk_tap *tap)
{
    static const int64_t range[2] = {1, INT64_MAX};
    struct request *request = socket_call_request(call);
    const char *user = request_value(request, "user"), *segment = request_value(request, "segment");
    const char *show = request_value(request, "show");
    int64_t sample = 1, count = 0;
    struct err err;

    tap->plain = request_word(request, "users");
    if (request_number(request, "sample", range, &sample, &err) != ERR_NONE ||
        request_number(request, "count", range, &count, &err) != ERR_NONE)
        return socket_call_refuse(call, "usage", "%s", err.msg), false;
    if (!desk_begin(call))
        return false;
    tap->wish.sample = (uint64_t)sample;
    tap->left = (uint64_t)count;
    if (!desk_tap_kinds(show, &tap->wish.kinds))
        return socket_call_refuse(
                   call, "usage", "'%s': write events, changes, rejects, or several of them", show),
               false;
    if (segment != NULL && !desk_tap_has_segment(segment))
        return socket_call_refuse(call, "usage", "the rules have no segment '%s'", segment), false;
    if (user != NULL && strlen(user) > USER_BYTES_MAX)
        return socket_call_refuse(call, "usage", "a user of more than %d bytes", USER_BYTES_MAX),
               false;
    /* Who asks for one user's records learns which hash is theirs. */
    if ((user != NULL || tap->plain) && !socket_call_may(call, PEER_ADMIN, "to see users"))
        return false;
    snprintf(tap->wish.segment, sizeof(tap->wish.segment), "%s", segment == NULL ? "" : segment);
    snprintf(tap->wish.user, sizeof(tap->wish.user), "%s", user == NULL ? "" : user);
    tap->wish.of_user = user != NULL;
    return true;
}

/* --- tap: from the workers to the reader ---------------------------------------------------------------- */

static void
desk_tap_tell_workers(unsigned number, const struct sight_wish *wish)
{
    struct crew *crew = desk_sight.view->crew;

    for (size_t i = 0; crew != NULL && i < crew_size(crew); i++)
        sights_tap(crew_sights(crew, i), number, wish);
}

static void
desk_tap_gone(void *own)
{
    struct desk_tap *tap = own;

    desk_tap_tell_workers((unsigned)(tap - desk_sight.taps), NULL);
    memset(tap, 0, sizeof(*tap));
}

static void
desk_tap(void *opaque, struct socket_call *call)
{
    const struct peer *peer = socket_call_peer(call);
    struct desk_tap wanted = {.call = call};
    unsigned number = 0;

    (void)opaque;
    while (number < SIGHT_TAPS_MAX && desk_sight.taps[number].call != NULL)
        number++;
    if (desk_sight.view->crew == NULL) {
        socket_call_refuse(call, "early", "there are no workers yet");
    } else if (number == SIGHT_TAPS_MAX) {
        socket_call_refuse(call, "busy", "%d others are tapping", SIGHT_TAPS_MAX);
    } else if (desk_tap_read(call, &wanted)) {
        log_line(LOG_INFO_LINE, "operator", LOG_NOBODY, LOG_NOBODY, "tap%s, by uid %u, pid %d",
            wanted.plain          ? " with users"
            : wanted.wish.of_user ? " of one user"
                                  : "",
            (unsigned)peer->uid, (int)peer->pid);
        desk_sight.taps[number] = wanted;
        desk_tap_tell_workers(number, &wanted.wish);
        socket_call_keep(call, &desk_sight.taps[number], desk_tap_gone);
    }
}

static void
desk_tap_show(struct desk_tap *tap, const struct sight *sight)
{
    struct buffer *out = socket_call_out(tap->call);

    if (socket_call_json(tap->call))
        desk_sight_json(sight, tap->plain, out);
    else
        desk_sight_text(sight, tap->plain, out);
    if (!socket_call_send(tap->call)) {
        tap->lost++;
        return;
    }
    if (tap->left > 0 && --tap->left == 0)
        socket_call_end(tap->call); /* and the tap is free */
}

static void
desk_tap_tell_lost(struct desk_tap *tap)
{
    struct buffer *out = socket_call_out(tap->call);

    if (tap->lost == tap->told)
        return;
    buffer_printf(out,
        socket_call_json(tap->call) ? "{\"tap\":\"dropped\",\"count\":%" PRIu64 "}\n"
                                    : "dropped %" PRIu64 " so far\n",
        tap->lost);
    if (socket_call_send(tap->call))
        tap->told = tap->lost;
}

static bool
desk_tap_is_any(void)
{
    for (unsigned i = 0; i < SIGHT_TAPS_MAX; i++)
        if (desk_sight.taps[i].call != NULL)
            return true;
    return false;
}

void
desk_sight_turn(void)
{
    struct crew *crew = desk_sight.view == NULL ? NULL : desk_sight.view->crew;
    uint64_t dropped[SIGHT_TAPS_MAX] = {0};

    if (crew == NULL || !desk_tap_is_any())
        return;
    for (size_t worker = 0; worker < crew_size(crew); worker++) {
        uint32_t count = sights_take(crew_sights(crew, worker), desk_sight.taken, dropped);

        for (uint32_t i = 0; i < count; i++)
            for (unsigned tap = 0; tap < SIGHT_TAPS_MAX; tap++)
                if ((desk_sight.taken[i].taps & 1u << tap) != 0 &&
                    desk_sight.taps[tap].call != NULL)
                    desk_tap_show(&desk_sight.taps[tap], &desk_sight.taken[i]);
    }
    for (unsigned tap = 0; tap < SIGHT_TAPS_MAX; tap++) {
        if (desk_sight.taps[tap].call == NULL)
            continue;
        desk_sight.taps[tap].lost += dropped[tap];
        desk_tap_tell_lost(&desk_sight.taps[tap]);
    }
}

/* --- open and close ------------------------------------------------------------------------------------ */

void
desk_sight_open(struct socket *socket, const struct desk_view *view)
{
    static const struct socket_command commands[] = {
        {"errors", PEER_READ, desk_errors, NULL, "the last 100 rejects"},
        {"tap", PEER_READ, desk_tap, NULL,
            "records as they pass; show=events,changes,rejects sample=N segment=S count=N; "
            "users user=U (admin)"},
    };

    desk_sight.view = view;
    desk_sight.sha256 = sha256_new();
    CHECK(getrandom(desk_sight.key, sizeof(desk_sight.key), 0) == sizeof(desk_sight.key));
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        socket_add(socket, &commands[i]);
}

void
desk_sight_close(void)
{
    sha256_free(desk_sight.sha256);
    desk_sight.sha256 = NULL;
}
