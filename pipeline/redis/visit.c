/* One connection that blocks, for commands. */
#include "pipeline/redis/visit.h"

#include <hiredis/hiredis.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/check.h"
#include "config/settings/url.h"
#include "pipeline/redis/key.h"
#include "pipeline/redis/tls.h"

struct visit {
    const struct config *config;
    redisContext *context;
};

/* --- coming and going ------------------------------------------------------------------------ */

static redisContext *
visit_connect(const struct url *url, int64_t timeout_ms)
{
    struct timeval timeout = {timeout_ms / 1000, timeout_ms % 1000 * 1000};
    redisContext *context = url->is_unix ? redisConnectUnixWithTimeout(url->host, timeout)
                                         : redisConnectWithTimeout(url->host, url->port, timeout);

    CHECK(context != NULL);
    if (context->err == 0)
        redisSetTimeout(context, timeout);
    return context;
}

struct redisReply *
visit_ask(struct visit *visit, const struct command *command, struct err *reterr)
{
    struct buffer bytes;
    void *answer = NULL;
    redisReply *reply;

    buffer_init(&bytes);
    command_write(command, &bytes);
    if (redisAppendFormattedCommand(visit->context, bytes.bytes, bytes.length) == REDIS_OK)
        redisGetReply(visit->context, &answer);
    buffer_fini(&bytes);
    reply = answer;
    if (reply != NULL && reply->type != REDIS_REPLY_ERROR)
        return reply;
    err_set(reterr, reply != NULL ? ERR_INPUT : ERR_RETRY, "redis: %s",
        reply != NULL ? reply->str : visit->context->errstr);
    if (reply != NULL)
        freeReplyObject(reply);
    return NULL;
}

static enum err_code
visit_say(struct visit *visit, struct command *command, struct err *reterr)
{
    redisReply *reply = visit_ask(visit, command, reterr);

    if (reply == NULL)
        return reterr->code;
    freeReplyObject(reply);
    command_clear(command);
    return ERR_NONE;
}

static enum err_code
visit_greet(struct visit *visit, const struct url *url, struct command *command, struct err *reterr)
{
    if (url->is_tls && tls_begin(visit->context, url->host, reterr) != ERR_NONE)
        return err_wrap(reterr, "redis: ");
    if (url->password[0] != '\0') {
        command_add_literal(command, "AUTH");
        if (url->username[0] != '\0')
            command_add(command, text_of(url->username));
        command_add(command, text_of(url->password));
        if (visit_say(visit, command, reterr) != ERR_NONE)
            return reterr->code;
    }
    if (url->db == 0)
        return ERR_NONE;
    command_add_literal(command, "SELECT");
    command_add_int(command, url->db);
    return visit_say(visit, command, reterr);
}

struct visit *
visit_new(const struct config *config, struct err *reterr)
{
    struct visit *visit = calloc(1, sizeof(*visit));
    struct command command;
    struct url url;
    enum err_code code;

    CHECK(visit != NULL);
    visit->config = config;
    code = url_login(&config->settings, &url, reterr);
    if (code == ERR_NONE) {
        visit->context = visit_connect(&url, config->settings.redis_timeout_ms);
        command_init(&command);
        if (visit->context->err != 0)
            code = err_set(reterr, ERR_RETRY, "redis: %s: %s", url.name, visit->context->errstr);
        else
            code = visit_greet(visit, &url, &command, reterr);
        command_fini(&command);
    }
    explicit_bzero(&url, sizeof(url));
    if (code == ERR_NONE)
        return visit;
    visit_free(visit);
    return NULL;
}

void
visit_free(struct visit *visit)
{
    if (visit == NULL)
        return;
    if (visit->context != NULL)
        redisFree(visit->context);
    free(visit);
}

/* --- one partition --------------------------------------------------------------------------- */

enum err_code
visit_fields(
    struct visit *visit, int32_t partition, visit_field_fn *each, void *opaque, struct err *reterr)
{
    struct command command;
    redisReply *reply;

    command_init(&command);
    command_add_literal(&command, "HGETALL");
    key_add(&command, visit->config->settings.redis_prefix, partition, "ck");
    reply = visit_ask(visit, &command, reterr);
    command_fini(&command);
    if (reply == NULL)
        return reterr->code;
    for (size_t i = 0; i + 1 < reply->elements; i += 2) {
        const redisReply *name = reply->element[i], *value = reply->element[i + 1];
        struct store_field field = {name->str, {value->str, (uint32_t)value->len}};

        each(opaque, &field);
    }
    freeReplyObject(reply);
    return ERR_NONE;
}

/* "prefix{3}:*" with what a pattern would understand escaped. */
static void
visit_pattern(const char *prefix, int32_t partition, struct buffer *out)
{
    for (; *prefix != '\0'; prefix++) {
        if (strchr("*?[]\\", *prefix) != NULL)
            buffer_add_char(out, '\\');
        buffer_add_char(out, *prefix);
    }
    buffer_printf(out, "{%d}:*", partition);
}

static enum err_code
visit_remove(struct visit *visit, const redisReply *keys, struct err *reterr)
{
    struct command command;
    enum err_code code;

    if (keys->elements == 0)
        return ERR_NONE;
    command_init(&command);
    command_add_literal(&command, "UNLINK");
    for (size_t i = 0; i < keys->elements; i++)
        command_add(
            &command, (struct text){keys->element[i]->str, (uint32_t)keys->element[i]->len});
    code = visit_say(visit, &command, reterr);
    command_fini(&command);
    return code;
}

/* One step of a walk; the cursor is "0" at the end again. */
static enum err_code
visit_scan(struct visit *visit, const struct buffer *pattern, char cursor[24], bool remove,
    size_t *keys, struct err *reterr)
{
    struct command command;
    redisReply *reply;
    enum err_code code = ERR_NONE;

    command_init(&command);
    command_add_literal(&command, "SCAN");
    command_add(&command, text_of(cursor));
    command_add_literal(&command, "MATCH");
    command_add(&command, (struct text){pattern->bytes, (uint32_t)pattern->length});
    command_add_literal(&command, "COUNT");
    command_add_literal(&command, "1000");
    reply = visit_ask(visit, &command, reterr);
    command_fini(&command);
    if (reply == NULL)
        return reterr->code;
    if (reply->elements != 2 || reply->element[0]->len >= 24) {
        code = err_set(reterr, ERR_INPUT, "redis: an answer to SCAN that is not understood");
    } else {
        memcpy(cursor, reply->element[0]->str, reply->element[0]->len + 1);
        *keys += reply->element[1]->elements;
        if (remove)
            code = visit_remove(visit, reply->element[1], reterr);
    }
    freeReplyObject(reply);
    return code;
}

enum err_code
visit_keys(
    struct visit *visit, int32_t partition, bool remove, size_t *ret_keys, struct err *reterr)
{
    const char *prefix = visit->config->settings.redis_prefix;
    char cursor[24] = "0";
    struct command command;
    struct buffer pattern;
    enum err_code code = ERR_NONE;

    *ret_keys = 0;
    command_init(&command);
    command_add_literal(&command, "UNLINK");
    key_add(&command, prefix, partition, "ck");
    if (remove)
        code = visit_say(visit, &command, reterr);
    command_fini(&command);
    buffer_init(&pattern);
    visit_pattern(prefix, partition, &pattern);
    while (code == ERR_NONE) {
        code = visit_scan(visit, &pattern, cursor, remove, ret_keys, reterr);
        if (strcmp(cursor, "0") == 0)
            break;
    }
    buffer_fini(&pattern);
    return code;
}
