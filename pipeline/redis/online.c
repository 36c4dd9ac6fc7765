/* Tries what the daemon will ask of Redis, and undoes it. */
#include "pipeline/redis/online.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/check.h"
#include "pipeline/redis/greeting.h"
#include "pipeline/redis/visit.h"

#define ONLINE_VERSION_MIN 6
#define ONLINE_WORDS_MAX 5
#define ONLINE_DIGEST "e0e1f9fabfc9d4800c877a703b823ac0578ff8db" /* of "return 1" */

/* What begins with '#' is a key below the prefix: of a hash, a text, a set. */
static const char *const online_commands[][ONLINE_WORDS_MAX] = {
    {"PING"},
    {"HSET", "#h", "f", "v"},
    {"HGET", "#h", "f"},
    {"HMGET", "#h", "f"},
    {"HGETALL", "#h"},
    {"SET", "#t", "v"},
    {"MSET", "#t", "v"},
    {"GET", "#t"},
    {"MGET", "#t"},
    {"SADD", "#s", "m"},
    {"SMEMBERS", "#s"},
    {"SREM", "#s", "m"},
    {"SCAN", "0"},
    {"SCRIPT", "LOAD", "return 1"},
    {"EVALSHA", ONLINE_DIGEST, "1", "#t"},
    {"UNLINK", "#h", "#t", "#s"},
};

static void
online_add(const struct config *config, struct command *command, const char *word)
{
    struct buffer key;

    if (word[0] != '#') {
        command_add(command, text_of(word));
        return;
    }
    buffer_init(&key);
    buffer_printf(&key, "%s{check}:%s", config->settings.redis_prefix, word + 1);
    command_add(command, (struct text){key.bytes, (uint32_t)key.length});
    buffer_fini(&key);
}

static void
online_try(struct visit *visit, const struct config *config, const char *const *words,
    struct report *report)
{
    struct command command;
    redisReply *reply;
    struct err err;

    command_init(&command);
    for (int i = 0; i < ONLINE_WORDS_MAX && words[i] != NULL; i++)
        online_add(config, &command, words[i]);
    reply = visit_ask(visit, &command, &err);
    command_fini(&command);
    if (reply != NULL) {
        freeReplyObject(reply);
        return;
    }
    report_error(report, config->file, "redis: %s is refused: %.400s", words[0],
        strncmp(err.msg, "redis: ", 7) == 0 ? err.msg + 7 : err.msg);
}

static void
online_info(const struct config *config, const char *info, char *version, size_t version_bytes,
    struct report *report)
{
    struct text number = greeting_info(info, "redis_version");
    char why[256];

    snprintf(version, version_bytes, "%.*s", (int)number.length, number.bytes);
    if (strtol(version, NULL, 10) < ONLINE_VERSION_MIN)
        report_error(report, config->file, "redis: version '%s' is too old; %d is the first",
            version, ONLINE_VERSION_MIN);
    if (!greeting_check(info, why, sizeof(why)))
        report_error(report, config->file, "redis: %s", why);
}

void
redis_online(
    const struct config *config, char *version, size_t version_bytes, struct report *report)
{
    struct command command;
    redisReply *reply;
    struct err err;
    struct visit *visit = visit_new(config, &err);

    CHECK(version_bytes > 0);
    version[0] = '\0';
    if (visit == NULL) {
        report_error(report, config->file, "%s", err.msg);
        return;
    }
    command_init(&command);
    command_add_literal(&command, "INFO");
    reply = visit_ask(visit, &command, &err);
    command_fini(&command);
    if (reply == NULL)
        report_error(report, config->file, "%s", err.msg);
    else
        online_info(config, reply->str != NULL ? reply->str : "", version, version_bytes, report);
    if (reply != NULL)
        freeReplyObject(reply);
    for (size_t i = 0; i < sizeof(online_commands) / sizeof(online_commands[0]); i++)
        online_try(visit, config, online_commands[i], report);
    visit_free(visit);
}
