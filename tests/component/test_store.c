/* The store against a real redis-server, started here on a socket of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include "config/base/buffer.h"
#include "config/base/limits.h"
#include "pipeline/redis/store.h"

#define PATIENCE_MS 15000

/* --- the server and a plain connection to it ------------------------------------------------------ */

struct server {
    char folder[64], socket[80], url[100];
    pid_t pid;
    redisContext *plain;
};

static void
server_run(struct server *server, const char *option, const char *value)
{
    server->pid = fork();
    assert_true(server->pid >= 0);
    if (server->pid == 0) {
        int null = open("/dev/null", O_RDWR);

        dup2(null, STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
        execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", server->socket,
            "--dir", server->folder, "--save", "", option, value, (char *)NULL);
        _exit(127);
    }
    for (int tries = 0; tries < PATIENCE_MS / 20; tries++) {
        server->plain = redisConnectUnix(server->socket);
        if (server->plain->err == 0)
            return;
        redisFree(server->plain);
        server->plain = NULL;
        usleep(20000);
    }
    fail_msg("redis-server does not start");
}

static void
server_start(struct server *server, const char *option, const char *value)
{
    snprintf(server->folder, sizeof(server->folder), "/tmp/footprint-redis-XXXXXX");
    assert_non_null(mkdtemp(server->folder));
    snprintf(server->socket, sizeof(server->socket), "%s/sock", server->folder);
    snprintf(server->url, sizeof(server->url), "unix://%s", server->socket);
    server_run(server, option, value);
}

static void
server_kill(struct server *server)
{
    if (server->plain != NULL)
        redisFree(server->plain);
    server->plain = NULL;
    if (server->pid > 0) {
        kill(server->pid, SIGCONT);
        kill(server->pid, SIGKILL);
        waitpid(server->pid, NULL, 0);
    }
    server->pid = 0;
    unlink(server->socket);
}

static void
server_stop(struct server *server)
{
    char command[128];

    server_kill(server);
    snprintf(command, sizeof(command), "rm -rf %s", server->folder);
    assert_int_equal(system(command), 0);
}

static char *
server_ask(struct server *server, const char *question)
{
    static char answer[256];
    redisReply *reply = redisCommand(server->plain, question);

    assert_non_null(reply);
    if (reply->type == REDIS_REPLY_INTEGER)
        snprintf(answer, sizeof(answer), "%lld", reply->integer);
    else
        snprintf(answer, sizeof(answer), "%s", reply->str != NULL ? reply->str : "(none)");
    freeReplyObject(reply);
    return answer;
}

/* --- a store and what it has said ----------------------------------------------------------------- */

struct answer {
    bool given;
    enum store_result result;
    char why[256];
    char fields[512]; /* "name=value ..." sorted as they came */
    int64_t buckets[8];
    size_t count;                /* of buckets or values */
    char values[512];            /* "value|..." with "-" for none */
    struct answer *order_before; /* must have been given first */
};

struct world {
    struct server server;
    struct config config;
    uv_loop_t loop;
    struct store *store;
    int ups, downs;
    char why[512];
    bool closed;
};

static void
world_up(void *opaque)
{
    struct world *world = opaque;

    world->ups++;
    assert_true(store_is_up(world->store));
}

static void
world_down(void *opaque, const char *why)
{
    struct world *world = opaque;

    world->downs++;
    snprintf(world->why, sizeof(world->why), "%s", why);
}

static void
world_closed(void *opaque)
{
    struct world *world = opaque;

    world->closed = true;
}

#define UNTIL(world, condition)                                                                    \
    do {                                                                                           \
        uint64_t until_end = uv_hrtime() / 1000000 + PATIENCE_MS;                                  \
        while (!(condition)) {                                                                     \
            if (uv_hrtime() / 1000000 > until_end)                                                 \
                fail_msg("not within %d ms: %s", PATIENCE_MS, #condition);                         \
            uv_run(&(world)->loop, UV_RUN_ONCE);                                                   \
        }                                                                                          \
    } while (0)

static void
world_connect(struct world *world, const char *url)
{
    struct settings *settings = &world->config.settings;
    struct store_callbacks callbacks = {world, world_up, world_down};
    struct err err;

    settings->redis_url = url;
    settings->redis_prefix = "fp:";
    if (settings->redis_username == NULL)
        settings->redis_username = settings->redis_password = "";
    settings->redis_timeout_ms = 500;
    assert_int_equal(uv_loop_init(&world->loop), 0);
    world->store = store_new(&world->config, &world->loop, &callbacks, &err);
    if (world->store == NULL)
        fail_msg("%s", err.msg);
}

static void
world_begin_with(struct world *world, const char *option, const char *value)
{
    memset(world, 0, sizeof(*world));
    server_start(&world->server, option, value);
    world_connect(world, world->server.url);
}

static void
world_begin(struct world *world)
{
    world_begin_with(world, "--maxmemory", "0");
    UNTIL(world, world->ups == 1);
}

static void
world_leave(struct world *world)
{
    store_close(world->store, world_closed, world);
    UNTIL(world, world->closed);
    assert_int_equal(uv_run(&world->loop, UV_RUN_NOWAIT), 0);
    assert_int_equal(uv_loop_close(&world->loop), 0);
}

static void
world_end(struct world *world)
{
    world_leave(world);
    server_stop(&world->server);
}

static void
answer_note(struct answer *answer, enum store_result result, const char *why)
{
    assert_false(answer->given);
    assert_true(answer->order_before == NULL || answer->order_before->given);
    answer->given = true;
    answer->result = result;
    snprintf(answer->why, sizeof(answer->why), "%s", why);
}

static void
acquire_done(
    void *opaque, enum store_result result, const struct store_found *found, const char *why)
{
    struct answer *answer = opaque;

    answer_note(answer, result, why);
    for (size_t i = 0; i < found->field_count; i++) {
        strncat(answer->fields, found->fields[i].name, 100);
        strncat(answer->fields, "=", 2);
        strncat(answer->fields, found->fields[i].value.bytes, found->fields[i].value.length);
        strncat(answer->fields, " ", 2);
    }
    answer->count = found->bucket_count;
    for (size_t i = 0; i < found->bucket_count && i < 8; i++)
        answer->buckets[i] = found->buckets[i];
}

static void
done(void *opaque, enum store_result result, const char *why)
{
    answer_note(opaque, result, why);
}

static void
values_done(void *opaque, enum store_result result, const struct text *values, size_t count,
    const char *why)
{
    struct answer *answer = opaque;

    answer_note(answer, result, why);
    answer->count = count;
    for (size_t i = 0; i < count && strlen(answer->values) < 400; i++) {
        strncat(answer->values, values[i].bytes != NULL ? values[i].bytes : "-",
            values[i].bytes != NULL ? (values[i].length < 50 ? values[i].length : 50) : 1);
        strncat(answer->values, "|", 2);
    }
}

static struct answer
acquire(struct world *world, int32_t partition)
{
    struct answer answer = {0};

    store_acquire(world->store, partition, acquire_done, &answer);
    assert_false(answer.given);
    UNTIL(world, answer.given);
    return answer;
}

static void
send_flush(struct world *world, int32_t partition, const char *user, const char *value,
    struct answer *answer)
{
    store_flush_begin(world->store, partition);
    if (value != NULL)
        store_flush_profile(world->store, text_of(user), value, strlen(value));
    else
        store_flush_delete(world->store, text_of(user));
    store_flush_send(world->store, done, answer);
    assert_false(answer->given);
}

static struct answer
flush(struct world *world, int32_t partition, const char *user, const char *value)
{
    struct answer answer = {0};

    send_flush(world, partition, user, value, &answer);
    UNTIL(world, answer.given);
    return answer;
}

static struct answer
load(struct world *world, int32_t partition, const char *first, const char *second)
{
    struct answer answer = {0};
    struct text users[] = {text_of(first), text_of(second)};

    store_load(world->store, partition, users, 2, values_done, &answer);
    assert_false(answer.given);
    UNTIL(world, answer.given);
    return answer;
}

static struct answer
verify(struct world *world, int32_t partition)
{
    struct answer answer = {0};

    store_verify(world->store, partition, done, &answer);
    UNTIL(world, answer.given);
    return answer;
}

static struct answer
bucket(struct world *world, int32_t partition, int64_t number)
{
    struct answer answer = {0};

    store_load_bucket(world->store, partition, number, values_done, &answer);
    UNTIL(world, answer.given);
    return answer;
}

/* --- what is written is found --------------------------------------------------------------------- */

static void
a_fresh_partition_has_no_record(void **state)
{
    struct world world;
    struct answer answer;

    (void)state;
    world_begin(&world);
    answer = acquire(&world, 3);
    assert_int_equal(answer.result, STORE_OK);
    assert_string_equal(answer.fields, "");
    assert_int_equal(answer.count, 0);
    assert_int_equal(verify(&world, 3).result, STORE_OK);
    answer = load(&world, 3, "ann", "bob");
    assert_int_equal(answer.result, STORE_OK);
    assert_string_equal(answer.values, "-|-|");
    world_end(&world);
}

static void
profiles_fields_and_buckets_come_back(void **state)
{
    struct world world;
    struct answer answer = {0};

    (void)state;
    world_begin(&world);
    acquire(&world, 7);
    store_flush_begin(world.store, 7);
    store_flush_profile(world.store, TEXT("ann"), "a\0b", 3);
    store_flush_profile(world.store, TEXT("bob"), "BOB", 3);
    store_flush_bucket_add(world.store, 28, TEXT("ann"));
    store_flush_bucket_add(world.store, -5, TEXT("bob"));
    store_flush_field(world.store, "off", TEXT("123"));
    store_flush_send(world.store, done, &answer);
    UNTIL(&world, answer.given);
    assert_int_equal(answer.result, STORE_OK);
    assert_string_equal(load(&world, 7, "bob", "eve").values, "BOB|-|");
    assert_string_equal(bucket(&world, 7, 28).values, "ann|");
    assert_string_equal(bucket(&world, 7, 29).values, "");
    assert_string_equal(server_ask(&world.server, "STRLEN fp:{7}:u:ann"), "3");
    assert_string_equal(server_ask(&world.server, "HGET fp:{7}:ck fs"), "1");
    answer = acquire(&world, 7);
    assert_string_equal(answer.fields, "fs=1 off=123 ");
    assert_int_equal(answer.count, 2);
    assert_int_equal(answer.buckets[0], -5);
    assert_int_equal(answer.buckets[1], 28);

    memset(&answer, 0, sizeof(answer));
    store_flush_begin(world.store, 7);
    store_flush_delete(world.store, TEXT("bob"));
    store_flush_bucket_drop(world.store, 28);
    store_flush_send(world.store, done, &answer);
    UNTIL(&world, answer.given);
    assert_int_equal(answer.result, STORE_OK);
    assert_string_equal(load(&world, 7, "bob", "bob").values, "-|-|");
    assert_string_equal(server_ask(&world.server, "EXISTS fp:{7}:t:28"), "0");
    assert_string_equal(server_ask(&world.server, "SISMEMBER fp:{7}:t 28"), "0");
    world_end(&world);
}

static void
the_last_word_on_a_user_in_a_chunk_counts(void **state)
{
    struct world world;
    struct answer answer = {0};

    (void)state;
    world_begin(&world);
    acquire(&world, 7);
    store_flush_begin(world.store, 7);
    store_flush_profile(world.store, TEXT("ann"), "1", 1);
    store_flush_delete(world.store, TEXT("ann"));
    store_flush_delete(world.store, TEXT("bob"));
    store_flush_profile(world.store, TEXT("bob"), "1", 1);
    store_flush_profile(world.store, TEXT("bob"), "2", 1);
    store_flush_send(world.store, done, &answer);
    UNTIL(&world, answer.given);
    assert_string_equal(load(&world, 7, "ann", "bob").values, "-|2|");
    world_end(&world);
}

static void
answers_come_in_the_order_of_the_calls(void **state)
{
    struct world world;
    struct answer answers[20] = {{0}};
    struct text user = TEXT("ann");

    (void)state;
    world_begin(&world);
    acquire(&world, 1);
    for (int i = 0; i < 20; i++) {
        answers[i].order_before = i > 0 ? &answers[i - 1] : NULL;
        if (i % 2 == 0)
            send_flush(&world, 1, "ann", "x", &answers[i]);
        else
            store_load(world.store, 1, &user, 1, values_done, &answers[i]);
    }
    UNTIL(&world, answers[19].given);
    for (int i = 0; i < 20; i++)
        assert_int_equal(answers[i].result, STORE_OK);
    world_end(&world);
}

static void
a_big_chunk_and_a_big_load_pass(void **state)
{
    static char value[200000];
    static struct text users[1000];
    static char names[1000][16];
    struct world world;
    struct answer answer = {0};

    (void)state;
    world_begin(&world);
    acquire(&world, 0);
    memset(value, 'v', sizeof(value));
    store_flush_begin(world.store, 0);
    for (int i = 0; i < 1000; i++) {
        snprintf(names[i], sizeof(names[i]), "user%d", i);
        users[i] = text_of(names[i]);
        store_flush_profile(world.store, users[i], value, i == 0 ? sizeof(value) : 300);
    }
    store_flush_send(world.store, done, &answer);
    UNTIL(&world, answer.given);
    assert_int_equal(answer.result, STORE_OK);
    memset(&answer, 0, sizeof(answer));
    store_load(world.store, 0, users, 1000, values_done, &answer);
    UNTIL(&world, answer.given);
    assert_int_equal(answer.result, STORE_OK);
    assert_int_equal(answer.count, 1000);
    assert_null(strchr(answer.values, '-'));
    assert_true(store_counts(world.store)->bytes_out > 500000);
    assert_true(store_counts(world.store)->bytes_in > 500000);
    world_end(&world);
}

static void
membership_records_are_written_by_the_owner_only(void **state)
{
    struct world world;
    struct answer answer = {0};
    char *json;
    size_t length;
    struct err err;

    (void)state;
    world_begin(&world);
    acquire(&world, 2);
    store_members_begin(world.store, 2);
    store_members_set(world.store, TEXT("ann"), TEXT("{\"user\":\"ann\"}"));
    store_members_set(world.store, TEXT("bob"), TEXT("{}"));
    store_members_delete(world.store, TEXT("bob"));
    store_members_send(world.store, done, &answer);
    UNTIL(&world, answer.given);
    assert_int_equal(answer.result, STORE_OK);
    assert_int_equal(
        store_peek(&world.config, 2, "m", TEXT("ann"), &json, &length, &err), ERR_NONE);
    assert_string_equal(json, "{\"user\":\"ann\"}");
    assert_int_equal(length, 14);
    free(json);
    assert_int_equal(
        store_peek(&world.config, 2, "m", TEXT("bob"), &json, &length, &err), ERR_NONE);
    assert_null(json);
    server_ask(&world.server, "HSET fp:{2}:ck own other");
    memset(&answer, 0, sizeof(answer));
    store_members_begin(world.store, 2);
    store_members_delete(world.store, TEXT("ann"));
    store_members_send(world.store, done, &answer);
    UNTIL(&world, answer.given);
    assert_int_equal(answer.result, STORE_CHAIN);
    assert_string_equal(server_ask(&world.server, "EXISTS fp:{2}:m:ann"), "1");
    world_end(&world);
}

/* --- the chain ------------------------------------------------------------------------------------ */

static void
another_owner_ends_the_writes_of_the_first(void **state)
{
    struct world world, other;

    (void)state;
    world_begin(&world);
    acquire(&world, 4);
    flush(&world, 4, "ann", "1");
    memset(&other, 0, sizeof(other));
    world_connect(&other, world.server.url);
    UNTIL(&other, other.ups == 1);
    assert_string_equal(acquire(&other, 4).fields, "fs=1 ");
    assert_int_equal(flush(&world, 4, "ann", "2").result, STORE_CHAIN);
    assert_int_equal(load(&world, 4, "ann", "bob").result, STORE_CHAIN);
    assert_int_equal(verify(&world, 4).result, STORE_CHAIN);
    assert_string_equal(load(&other, 4, "ann", "bob").values, "1|-|");
    assert_int_equal(flush(&other, 4, "ann", "3").result, STORE_OK);
    assert_int_equal(acquire(&world, 4).result, STORE_OK);
    assert_int_equal(flush(&world, 4, "ann", "4").result, STORE_OK);
    assert_int_equal(flush(&other, 4, "ann", "5").result, STORE_CHAIN);
    world_leave(&other);
    world_end(&world);
}

static void
lost_writes_are_seen_by_writes_and_loads(void **state)
{
    struct world world;

    (void)state;
    world_begin(&world);
    acquire(&world, 4);
    flush(&world, 4, "ann", "1");
    server_ask(&world.server, "FLUSHALL");
    assert_int_equal(load(&world, 4, "ann", "bob").result, STORE_CHAIN);
    assert_int_equal(bucket(&world, 4, 1).result, STORE_CHAIN);
    assert_int_equal(verify(&world, 4).result, STORE_CHAIN);
    assert_int_equal(flush(&world, 4, "ann", "2").result, STORE_CHAIN);
    assert_string_equal(server_ask(&world.server, "EXISTS fp:{4}:u:ann"), "0");
    assert_string_equal(acquire(&world, 4).fields, "");
    flush(&world, 4, "ann", "1");
    flush(&world, 4, "ann", "2");
    server_ask(&world.server, "HSET fp:{4}:ck fs 1"); /* a suffix is lost */
    assert_int_equal(load(&world, 4, "ann", "bob").result, STORE_CHAIN);
    assert_int_equal(flush(&world, 4, "ann", "3").result, STORE_CHAIN);
    world_end(&world);
}

static void
a_load_before_acquire_does_not_count(void **state)
{
    struct world world;

    (void)state;
    world_begin(&world);
    assert_int_equal(load(&world, 9, "ann", "bob").result, STORE_CHAIN);
    assert_int_equal(flush(&world, 9, "ann", "1").result, STORE_CHAIN);
    world_end(&world);
}

static void
out_of_memory_refuses_and_applies_nothing(void **state)
{
    struct world world;
    struct answer answers[4] = {{0}};
    struct text user = TEXT("ann");

    (void)state;
    world_begin(&world);
    acquire(&world, 5);
    assert_int_equal(flush(&world, 5, "ann", "1").result, STORE_OK);
    server_ask(&world.server, "CONFIG SET maxmemory 1");
    send_flush(&world, 5, "ann", "2", &answers[0]);
    send_flush(&world, 5, "ann", "3", &answers[1]);
    store_load(world.store, 5, &user, 1, values_done, &answers[2]);
    send_flush(&world, 5, "ann", "4", &answers[3]);
    UNTIL(&world, answers[3].given);
    assert_int_equal(answers[0].result, STORE_REFUSED);
    assert_non_null(strstr(answers[0].why, "OOM"));
    assert_int_equal(answers[1].result, STORE_REFUSED);
    assert_int_equal(answers[2].result, STORE_OK);
    assert_string_equal(answers[2].values, "1|");
    assert_int_equal(answers[3].result, STORE_REFUSED);
    assert_int_equal(flush(&world, 5, "ann", "5").result, STORE_REFUSED);
    server_ask(&world.server, "CONFIG SET maxmemory 0");
    assert_int_equal(verify(&world, 5).result, STORE_OK);
    assert_int_equal(flush(&world, 5, "ann", "6").result, STORE_OK);
    assert_string_equal(load(&world, 5, "ann", "bob").values, "6|-|");
    assert_string_equal(server_ask(&world.server, "HGET fp:{5}:ck fs"), "2");
    world_end(&world);
}

/* --- the connection ------------------------------------------------------------------------------- */

static void
a_restart_loses_what_is_under_way_and_is_told(void **state)
{
    struct world world;
    struct answer answer = {0}, later = {0};

    (void)state;
    world_begin(&world);
    acquire(&world, 6);
    kill(world.server.pid, SIGSTOP);
    send_flush(&world, 6, "ann", "1", &answer);
    server_kill(&world.server);
    UNTIL(&world, answer.given);
    assert_int_equal(answer.result, STORE_LOST);
    assert_false(store_is_up(world.store));
    send_flush(&world, 6, "ann", "2", &later);
    UNTIL(&world, later.given);
    assert_int_equal(later.result, STORE_LOST);
    UNTIL(&world, world.downs >= 1);
    server_run(&world.server, "--maxmemory", "0");
    UNTIL(&world, world.ups == 2);
    assert_int_equal(store_counts(world.store)->reconnects, 1);
    assert_int_equal(verify(&world, 6).result, STORE_CHAIN);
    assert_string_equal(acquire(&world, 6).fields, "");
    assert_int_equal(flush(&world, 6, "ann", "3").result, STORE_OK);
    world_end(&world);
}

static void
a_cut_connection_keeps_its_chain(void **state)
{
    struct world world;

    (void)state;
    world_begin(&world);
    acquire(&world, 6);
    flush(&world, 6, "ann", "1");
    server_ask(&world.server, "CLIENT KILL TYPE normal SKIPME yes");
    UNTIL(&world, world.ups == 2);
    assert_int_equal(world.downs, 1);
    assert_int_equal(verify(&world, 6).result, STORE_OK);
    assert_int_equal(flush(&world, 6, "ann", "2").result, STORE_OK);
    world_end(&world);
}

static void
silence_breaks_the_connection_also_when_nothing_is_asked(void **state)
{
    struct world world;

    (void)state;
    world_begin(&world);
    kill(world.server.pid, SIGSTOP);
    UNTIL(&world, world.downs == 1);
    assert_non_null(strstr(world.why, "no answer within 500 ms"));
    kill(world.server.pid, SIGCONT);
    UNTIL(&world, world.ups == 2);
    world_end(&world);
}

static void
forgotten_scripts_are_loaded_again(void **state)
{
    struct world world;

    (void)state;
    world_begin(&world);
    acquire(&world, 6);
    server_ask(&world.server, "SCRIPT FLUSH");
    assert_int_equal(flush(&world, 6, "ann", "1").result, STORE_LOST);
    UNTIL(&world, world.ups == 2);
    assert_int_equal(acquire(&world, 6).result, STORE_OK);
    assert_int_equal(flush(&world, 6, "ann", "1").result, STORE_OK);
    world_end(&world);
}

static void
a_redis_that_evicts_is_not_used(void **state)
{
    struct world world;

    (void)state;
    world_begin_with(&world, "--maxmemory-policy", "allkeys-lru");
    UNTIL(&world, world.ups == 1); /* without a limit nothing is evicted */
    server_ask(&world.server, "CONFIG SET maxmemory 100mb"); /* seen though we stay connected */
    UNTIL(&world, strstr(world.why, "may evict keys (maxmemory-policy is 'allkeys-lru')") != NULL);
    server_ask(&world.server, "CONFIG SET maxmemory-policy noeviction");
    UNTIL(&world, world.ups == 2);
    world_end(&world);
}

static void
a_replica_is_not_used(void **state)
{
    struct world world;

    (void)state;
    world_begin(&world);
    acquire(&world, 1);
    server_ask(&world.server, "REPLICAOF 127.0.0.1 1");
    assert_int_equal(flush(&world, 1, "ann", "1").result, STORE_REFUSED);
    UNTIL(&world, strstr(world.why, "a master is needed") != NULL);
    server_ask(&world.server, "REPLICAOF NO ONE");
    UNTIL(&world, world.ups == 2);
    assert_int_equal(verify(&world, 1).result, STORE_OK);
    world_end(&world);
}

static void
credentials_are_needed_and_used(void **state)
{
    struct world world;
    char *bytes;
    size_t length;
    struct err err;

    (void)state;
    world_begin_with(&world, "--requirepass", "secret");
    UNTIL(&world, strstr(world.why, "NOAUTH") != NULL);
    assert_int_equal(world.ups, 0);
    assert_int_equal(
        store_peek(&world.config, 1, "u", TEXT("ann"), &bytes, &length, &err), ERR_INPUT);
    world_leave(&world);
    world.closed = false;
    world.config.settings.redis_username = "default";
    world.config.settings.redis_password = "secret";
    world_connect(&world, world.server.url);
    UNTIL(&world, world.ups == 1);
    assert_int_equal(
        store_peek(&world.config, 1, "u", TEXT("ann"), &bytes, &length, &err), ERR_NONE);
    world_end(&world);
}

static void
a_database_is_chosen(void **state)
{
    struct world world;
    char url[120];

    (void)state;
    memset(&world, 0, sizeof(world));
    server_start(&world.server, "--maxmemory", "0");
    snprintf(url, sizeof(url), "%s?db=3", world.server.url);
    world_connect(&world, url);
    UNTIL(&world, world.ups == 1);
    acquire(&world, 0);
    assert_string_equal(server_ask(&world.server, "DBSIZE"), "0");
    server_ask(&world.server, "SELECT 3");
    assert_string_equal(server_ask(&world.server, "DBSIZE"), "1");
    world_end(&world);
}

static void
nobody_there_is_told_once(void **state)
{
    struct world world;
    struct err err;
    char *bytes;
    size_t length;

    (void)state;
    memset(&world, 0, sizeof(world));
    world_connect(&world, "redis://127.0.0.1:1");
    UNTIL(&world, world.downs == 1);
    assert_non_null(strstr(world.why, "127.0.0.1:1: Connection refused"));
    for (int i = 0; i < 20; i++)
        uv_run(&world.loop, UV_RUN_ONCE);
    assert_int_equal(world.downs, 1);
    assert_int_equal(
        store_peek(&world.config, 1, "u", TEXT("ann"), &bytes, &length, &err), ERR_RETRY);
    world_leave(&world);
}

static void
everything_under_way_is_answered_before_closing(void **state)
{
    struct world world;
    struct answer answers[3] = {{0}};

    (void)state;
    world_begin(&world);
    acquire(&world, 1);
    kill(world.server.pid, SIGSTOP);
    for (int i = 0; i < 3; i++)
        send_flush(&world, 1, "ann", "x", &answers[i]);
    world_leave(&world);
    for (int i = 0; i < 3; i++) {
        assert_true(answers[i].given);
        assert_int_equal(answers[i].result, STORE_LOST);
    }
    server_stop(&world.server);
}

static void
much_under_way_is_busy(void **state)
{
    struct world world;
    struct answer answers[20] = {{0}};
    static char value[200001];

    (void)state;
    world_begin(&world);
    acquire(&world, 1);
    memset(value, 'v', sizeof(value) - 1);
    assert_false(store_is_busy(world.store));
    for (int i = 0; i < 20; i++)
        send_flush(&world, 1, "ann", value, &answers[i]);
    assert_true(store_is_busy(world.store));
    UNTIL(&world, answers[19].given);
    assert_int_equal(answers[19].result, STORE_OK);
    assert_false(store_is_busy(world.store));
    world_end(&world);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fresh_partition_has_no_record),
        cmocka_unit_test(profiles_fields_and_buckets_come_back),
        cmocka_unit_test(the_last_word_on_a_user_in_a_chunk_counts),
        cmocka_unit_test(answers_come_in_the_order_of_the_calls),
        cmocka_unit_test(a_big_chunk_and_a_big_load_pass),
        cmocka_unit_test(membership_records_are_written_by_the_owner_only),
        cmocka_unit_test(another_owner_ends_the_writes_of_the_first),
        cmocka_unit_test(lost_writes_are_seen_by_writes_and_loads),
        cmocka_unit_test(a_load_before_acquire_does_not_count),
        cmocka_unit_test(out_of_memory_refuses_and_applies_nothing),
        cmocka_unit_test(a_restart_loses_what_is_under_way_and_is_told),
        cmocka_unit_test(a_cut_connection_keeps_its_chain),
        cmocka_unit_test(silence_breaks_the_connection_also_when_nothing_is_asked),
        cmocka_unit_test(forgotten_scripts_are_loaded_again),
        cmocka_unit_test(a_redis_that_evicts_is_not_used),
        cmocka_unit_test(a_replica_is_not_used),
        cmocka_unit_test(credentials_are_needed_and_used),
        cmocka_unit_test(a_database_is_chosen),
        cmocka_unit_test(nobody_there_is_told_once),
        cmocka_unit_test(everything_under_way_is_answered_before_closing),
        cmocka_unit_test(much_under_way_is_busy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
