/* Connects, greets, keeps watch over what is under way, and begins anew. */
#include "pipeline/redis/connection.h"

#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <uv.h>

#include "config/base/check.h"
#include "pipeline/redis/adapter.h"
#include "pipeline/redis/command.h"
#include "pipeline/redis/greeting.h"
#include "pipeline/redis/tls.h"
#include "config/settings/url.h"

#define CONNECTION_MAGIC 0x4ed15c00u
#define CONNECTION_WATCH_MS 50
#define CONNECTION_PING_MS 1000
#define CONNECTION_POLICY_MS 5000
#define CONNECTION_WAIT_MS_MIN 100
#define CONNECTION_WAIT_MS_MAX 5000
#define CONNECTION_QUESTIONS_BUSY 5000
#define CONNECTION_BYTES_BUSY (2 * 1024 * 1024)
#define CONNECTION_WHY_BYTES 1536

enum connection_state {
    CONNECTION_WAITING,   /* for the next attempt */
    CONNECTION_RESOLVING, /* the host's name */
    CONNECTION_CONNECTING,
    CONNECTION_GREETING,
    CONNECTION_UP,
    CONNECTION_CLOSING
};

struct question {
    struct connection *connection;
    connection_reply_fn *reply;
    void *opaque;
    size_t bytes;
    uint64_t sent_ns;
    struct question *next; /* among the lost ones */
};

struct connection {
    uint32_t magic;
    enum connection_state state;
    struct connection_callbacks callbacks;
    uv_loop_t *loop;
    redisAsyncContext *context; /* NULL: none, or given up */
    struct greeting greeting;
    struct url url;
    int timeout_ms;
    uv_timer_t watch;
    uv_timer_t answer_lost; /* runs out at once: answers questions that could not be sent */
    struct question *lost, **lost_end;
    uv_getaddrinfo_t resolve;
    int handle_count; /* what the loop holds of us */
    /*
     * Time-outs count turns of the watch, not milliseconds: after the loop itself has been held up,
     * answers that are waiting in the socket are read before their time is over.
     */
    uint64_t turn;
    uint64_t attempt_turn;  /* when to connect, or when that began */
    uint64_t progress_turn; /* the last answer, or the first question after none */
    int wait_ms;
    unsigned int jitter;
    size_t question_count, question_bytes; /* under way */
    char why[CONNECTION_WHY_BYTES];
    char
        told[CONNECTION_WHY_BYTES]; /* the reason that was told last; empty: none since it was up */
    struct store_counts counts;
};

static void connection_start(struct connection *connection);

/* --- lost ----------------------------------------------------------------------------------------- */

static void
connection_tell_down(struct connection *connection)
{
    if (connection->state == CONNECTION_CLOSING || strcmp(connection->told, connection->why) == 0)
        return;
    snprintf(connection->told, sizeof(connection->told), "%s", connection->why);
    connection->callbacks.down(connection->callbacks.opaque, connection->why);
}

static uint64_t
connection_turns(int ms)
{
    return (uint64_t)(ms + CONNECTION_WATCH_MS - 1) / CONNECTION_WATCH_MS;
}

static void
connection_wait(struct connection *connection)
{
    int jitter_ms = rand_r(&connection->jitter) % (connection->wait_ms / 2 + 1);

    connection->state = CONNECTION_WAITING;
    connection->attempt_turn =
        connection->turn + connection_turns(connection->wait_ms * 3 / 4 + jitter_ms);
    connection->wait_ms *= 2;
    if (connection->wait_ms > CONNECTION_WAIT_MS_MAX)
        connection->wait_ms = CONNECTION_WAIT_MS_MAX;
}

/* hiredis lets go of the context by itself; whoever gives it up frees it after this. */
static void
connection_lose(struct connection *connection, const char *why)
{
    if (connection->state == CONNECTION_UP)
        connection->counts.reconnects++;
    connection->context = NULL;
    snprintf(connection->why, sizeof(connection->why), "%s: %s", connection->url.name, why);
    if (connection->state != CONNECTION_CLOSING)
        connection_wait(connection);
    connection_tell_down(connection);
}

void
connection_break(struct connection *connection, const char *why)
{
    redisAsyncContext *context = connection->context;
    char reason[CONNECTION_WHY_BYTES];

    CHECK(connection->magic == CONNECTION_MAGIC);
    snprintf(reason, sizeof(reason), "%s", why); /* it may belong to the context */
    connection_lose(connection, reason);
    if (context != NULL)
        redisAsyncFree(context); /* answers all questions on it with NULL */
}

/* --- questions ------------------------------------------------------------------------------------ */

static size_t
connection_reply_bytes(const redisReply *reply)
{
    size_t bytes = reply->len + 8;

    if (reply->type != REDIS_REPLY_ARRAY)
        return bytes;
    for (size_t i = 0; i < reply->elements; i++)
        bytes += connection_reply_bytes(reply->element[i]);
    return bytes;
}

/* hiredis says "Success" when it was TLS that failed. */
static const char *
connection_refusal(const struct connection *connection, const redisAsyncContext *context)
{
    if (connection->url.is_tls && tls_why() != NULL)
        return tls_why();
    if (connection->url.is_tls && strcmp(context->errstr, strerror(0)) == 0)
        return "the TLS handshake failed: is the certificate for this host, of a known authority?";
    return context->errstr;
}

static void
connection_replied(redisAsyncContext *context, void *answer, void *opaque)
{
    struct question *question = opaque;
    struct connection *connection = question->connection;
    const redisReply *reply = answer;

    CHECK(connection->magic == CONNECTION_MAGIC);
    CHECK(connection->question_count > 0);
    connection->question_count--;
    connection->question_bytes -= question->bytes;
    connection->progress_turn = connection->turn;
    if (reply != NULL) {
        connection->counts.bytes_in += connection_reply_bytes(reply);
        counters_observe(
            &connection->counts.round_trip, (double)(uv_hrtime() - question->sent_ns) / 1e9);
    } else if (connection->context == context) { /* hiredis is about to free it */
        connection_lose(connection,
            context->err != 0 ? connection_refusal(connection, context) : "connection closed");
    }
    if (question->reply != NULL)
        question->reply(question->opaque, reply);
    free(question);
}

static void
connection_answer_lost(uv_timer_t *timer)
{
    struct connection *connection;
    struct question *question;

    CHECK_CAST(connection, timer->data, CONNECTION_MAGIC);
    question = connection->lost; /* those that come meanwhile wait for the next time */
    connection->lost = NULL;
    connection->lost_end = &connection->lost;
    while (question != NULL) {
        struct question *next = question->next;

        if (question->reply != NULL)
            question->reply(question->opaque, NULL);
        free(question);
        question = next;
    }
}

static void
connection_add_lost(struct connection *connection, struct question *question)
{
    *connection->lost_end = question;
    connection->lost_end = &question->next;
    if (connection->state != CONNECTION_CLOSING)
        uv_timer_start(&connection->answer_lost, connection_answer_lost, 0, 0);
}

static struct question *
connection_question(
    struct connection *connection, size_t bytes, connection_reply_fn *reply, void *opaque)
{
    struct question *question = calloc(1, sizeof(*question));

    CHECK(question != NULL);
    question->connection = connection;
    question->reply = reply;
    question->opaque = opaque;
    question->bytes = bytes;
    question->sent_ns = uv_hrtime();
    return question;
}

/* Puts a command on the wire, whatever the state. */
static void
connection_ask(struct connection *connection, const struct buffer *command,
    connection_reply_fn *reply, void *opaque)
{
    struct question *question = connection_question(connection, command->length, reply, opaque);

    if (connection->context == NULL ||
        redisAsyncFormattedCommand(connection->context, connection_replied, question,
            command->bytes, command->length) != REDIS_OK) {
        connection_add_lost(connection, question);
        return;
    }
    if (connection->question_count == 0)
        connection->progress_turn = connection->turn;
    connection->question_count++;
    connection->question_bytes += command->length;
    connection->counts.commands++;
    connection->counts.bytes_out += command->length;
}

void
connection_send(struct connection *connection, const struct buffer *command,
    connection_reply_fn *reply, void *opaque)
{
    CHECK(connection->magic == CONNECTION_MAGIC);
    if (connection->state == CONNECTION_UP)
        connection_ask(connection, command, reply, opaque);
    else
        connection_add_lost(
            connection, connection_question(connection, command->length, reply, opaque));
}

bool
connection_is_up(const struct connection *connection)
{
    return connection->state == CONNECTION_UP;
}

bool
connection_is_busy(const struct connection *connection)
{
    return connection->question_count >= CONNECTION_QUESTIONS_BUSY ||
           connection->question_bytes >= CONNECTION_BYTES_BUSY;
}

const char *
connection_why(const struct connection *connection)
{
    return connection->why;
}

struct text
connection_digest(const struct connection *connection, enum script script)
{
    CHECK(script < SCRIPT_COUNT);
    return (struct text){connection->greeting.digests[script], SCRIPT_DIGEST_BYTES};
}

const struct store_counts *
connection_counts(const struct connection *connection)
{
    return &connection->counts;
}

/* --- connecting ----------------------------------------------------------------------------------- */

static void
connection_greeted(void *opaque, const struct redisReply *reply)
{
    struct connection *connection;
    char why[CONNECTION_WHY_BYTES];

    CHECK_CAST(connection, opaque, CONNECTION_MAGIC);
    if (reply == NULL || connection->state != CONNECTION_GREETING)
        return; /* lost meanwhile, or refused by an earlier answer */
    if (!greeting_answer(&connection->greeting, reply, why, sizeof(why))) {
        connection_break(connection, why);
    } else if (greeting_is_done(&connection->greeting)) {
        connection->state = CONNECTION_UP;
        connection->wait_ms = CONNECTION_WAIT_MS_MIN;
        connection->told[0] = '\0';
        connection->callbacks.up(connection->callbacks.opaque);
    }
}

static void
connection_greet(struct connection *connection)
{
    struct command command;
    struct buffer bytes;

    connection->state = CONNECTION_GREETING;
    greeting_begin(&connection->greeting);
    command_init(&command);
    buffer_init(&bytes);
    while (greeting_next(&connection->greeting, &command)) {
        command_write(&command, &bytes);
        connection_ask(connection, &bytes, connection_greeted, connection);
    }
    buffer_fini(&bytes);
    command_fini(&command);
}

static void
connection_connected(const redisAsyncContext *context, int status)
{
    struct connection *connection;

    CHECK_CAST(connection, context->data, CONNECTION_MAGIC);
    if (connection->context != context)
        return;
    if (status != REDIS_OK)
        connection_lose(connection, connection_refusal(connection, context));
    else
        connection_greet(connection);
}

static void
connection_disconnected(const redisAsyncContext *context, int status)
{
    struct connection *connection;

    CHECK_CAST(connection, context->data, CONNECTION_MAGIC);
    if (connection->context == context)
        connection_lose(connection,
            status != REDIS_OK ? connection_refusal(connection, context) : "connection closed");
}

static void
connection_released(struct connection *connection)
{
    struct connection_callbacks callbacks = connection->callbacks;

    CHECK(connection->handle_count > 0);
    connection->handle_count--;
    if (connection->handle_count > 0 || connection->state != CONNECTION_CLOSING)
        return;
    connection->magic = 0;
    free(connection);
    callbacks.closed(callbacks.opaque);
}

static void
connection_adapter_closed(void *opaque)
{
    struct connection *connection;

    CHECK_CAST(connection, opaque, CONNECTION_MAGIC);
    connection_released(connection);
}

static void
connection_use(struct connection *connection, redisAsyncContext *context)
{
    struct err err;

    if (context == NULL) {
        connection_lose(connection, "out of memory");
        return;
    }
    connection->context = context;
    context->data = connection;
    if (context->err != 0) {
        connection_break(connection, context->errstr);
        return;
    }
    if (connection->url.is_tls && tls_begin(&context->c, connection->url.host, &err) != ERR_NONE) {
        connection_break(connection, err.msg);
        return;
    }
    if (adapter_attach(context, connection->loop, connection_adapter_closed, connection) != 0) {
        connection_break(connection, "the event loop refuses it");
        return;
    }
    connection->handle_count++;
    connection->state = CONNECTION_CONNECTING;
    redisAsyncSetConnectCallback(context, connection_connected);
    redisAsyncSetDisconnectCallback(context, connection_disconnected);
}

static void
connection_resolved(uv_getaddrinfo_t *request, int status, struct addrinfo *found)
{
    struct connection *connection;
    char address[64] = "";

    CHECK_CAST(connection, request->data, CONNECTION_MAGIC);
    if (connection->state == CONNECTION_RESOLVING) {
        if (status == 0)
            status = getnameinfo(found->ai_addr, found->ai_addrlen, address, sizeof(address), NULL,
                0, NI_NUMERICHOST);
        if (status != 0)
            connection_lose(connection, "the host's name is not known");
        else
            connection_use(connection, redisAsyncConnect(address, connection->url.port));
    }
    uv_freeaddrinfo(found);
    connection_released(connection);
}

/* Names are looked up beside the loop: hiredis itself would block it. */
static void
connection_resolve(struct connection *connection)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};

    connection->state = CONNECTION_RESOLVING;
    connection->resolve.data = connection;
    if (uv_getaddrinfo(connection->loop, &connection->resolve, connection_resolved,
            connection->url.host, NULL, &hints) != 0)
        connection_lose(connection, "the host's name can't be looked up");
    else
        connection->handle_count++;
}

static void
connection_start(struct connection *connection)
{
    connection->attempt_turn = connection->turn;
    if (connection->url.is_unix)
        connection_use(connection, redisAsyncConnectUnix(connection->url.host));
    else
        connection_resolve(connection);
}

/* --- keeping watch -------------------------------------------------------------------------------- */

static void
connection_ping(struct connection *connection)
{
    struct buffer ping = {NULL, 0, 0};

    buffer_add_literal(&ping, "*1\r\n$4\r\nPING\r\n");
    connection_ask(connection, &ping, NULL, NULL);
    buffer_fini(&ping);
}

static void
connection_break_late(struct connection *connection, const char *what)
{
    char why[64];

    snprintf(why, sizeof(why), "%s within %d ms", what, connection->timeout_ms);
    connection_break(connection, why);
}

static void
connection_watch_answers(struct connection *connection)
{
    uint64_t turns = connection->turn - connection->progress_turn;

    if (connection->question_count == 0 && turns >= connection_turns(CONNECTION_PING_MS))
        connection_ping(connection);
    else if (connection->question_count > 0 && turns > connection_turns(connection->timeout_ms))
        connection_break_late(connection, "no answer");
}

static void
connection_policy(void *opaque, const redisReply *reply)
{
    struct connection *connection;
    char why[256];

    CHECK_CAST(connection, opaque, CONNECTION_MAGIC);
    if (reply != NULL && reply->type == REDIS_REPLY_STRING && connection->state == CONNECTION_UP &&
        greeting_evicts(reply->str, why, sizeof(why)))
        connection_break(connection, why);
}

/* It may be set otherwise under our feet. */
static void
connection_ask_policy(struct connection *connection)
{
    struct buffer info = {NULL, 0, 0};

    if (connection->turn % connection_turns(CONNECTION_POLICY_MS) != 0)
        return;
    buffer_add_literal(&info, "*2\r\n$4\r\nINFO\r\n$6\r\nmemory\r\n");
    connection_ask(connection, &info, connection_policy, connection);
    buffer_fini(&info);
}

static void
connection_watch(uv_timer_t *timer)
{
    struct connection *connection;

    CHECK_CAST(connection, timer->data, CONNECTION_MAGIC);
    connection->turn++;
    switch (connection->state) {
    case CONNECTION_WAITING:
        if (connection->turn >= connection->attempt_turn)
            connection_start(connection);
        break;
    case CONNECTION_CONNECTING:
    case CONNECTION_GREETING:
        if (connection->turn - connection->attempt_turn > connection_turns(connection->timeout_ms))
            connection_break_late(connection, "not connected");
        break;
    case CONNECTION_UP:
        connection_watch_answers(connection);
        connection_ask_policy(connection);
        break;
    case CONNECTION_RESOLVING:
    case CONNECTION_CLOSING:
        break;
    }
}

/* --- made and closed ------------------------------------------------------------------------------ */

static void
connection_init_timer(struct connection *connection, uv_timer_t *timer)
{
    uv_timer_init(connection->loop, timer);
    timer->data = connection;
    connection->handle_count++;
}

struct connection *
connection_new(const struct config *config, struct uv_loop_s *loop,
    const struct connection_callbacks *callbacks, struct err *reterr)
{
    struct connection *connection = calloc(1, sizeof(*connection));

    CHECK(connection != NULL);
    if (url_login(&config->settings, &connection->url, reterr) != ERR_NONE) {
        free(connection);
        return NULL;
    }
    connection->magic = CONNECTION_MAGIC;
    connection->callbacks = *callbacks;
    connection->loop = loop;
    connection->timeout_ms = (int)config->settings.redis_timeout_ms;
    connection->wait_ms = CONNECTION_WAIT_MS_MIN;
    connection->lost_end = &connection->lost;
    connection->greeting.url = &connection->url;
    CHECK(getrandom(&connection->jitter, sizeof(connection->jitter), 0) ==
          (ssize_t)sizeof(connection->jitter));
    snprintf(connection->why, sizeof(connection->why), "%s: connecting", connection->url.name);
    connection_init_timer(connection, &connection->watch);
    connection_init_timer(connection, &connection->answer_lost);
    uv_timer_start(&connection->watch, connection_watch, 0, CONNECTION_WATCH_MS);
    return connection;
}

static void
connection_timer_closed(uv_handle_t *handle)
{
    struct connection *connection;

    CHECK_CAST(connection, handle->data, CONNECTION_MAGIC);
    connection_answer_lost(&connection->answer_lost);
    connection_released(connection);
}

void
connection_close(struct connection *connection)
{
    redisAsyncContext *context = connection->context;

    CHECK(connection->magic == CONNECTION_MAGIC);
    CHECK(connection->state != CONNECTION_CLOSING);
    if (connection->state == CONNECTION_RESOLVING)
        uv_cancel((uv_req_t *)&connection->resolve); /* else it is awaited */
    connection->state = CONNECTION_CLOSING;
    snprintf(connection->why, sizeof(connection->why), "closing");
    connection->context = NULL;
    if (context != NULL)
        redisAsyncFree(context);
    connection_answer_lost(&connection->answer_lost);
    uv_close((uv_handle_t *)&connection->watch, connection_timer_closed);
    uv_close((uv_handle_t *)&connection->answer_lost, connection_timer_closed);
}
