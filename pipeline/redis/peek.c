/* One value for another program: connects, greets, asks, leaves. */
#include <hiredis/hiredis.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/check.h"
#include "pipeline/redis/command.h"
#include "pipeline/redis/key.h"
#include "pipeline/redis/store.h"
#include "pipeline/redis/tls.h"
#include "config/settings/url.h"

static redisContext *
peek_connect(const struct url *url, int64_t timeout_ms)
{
    struct timeval timeout = {timeout_ms / 1000, timeout_ms % 1000 * 1000};
    redisContext *context = url->is_unix ? redisConnectUnixWithTimeout(url->host, timeout)
                                         : redisConnectWithTimeout(url->host, url->port, timeout);

    CHECK(context != NULL);
    if (context->err == 0)
        redisSetTimeout(context, timeout);
    return context;
}

/* NULL: reterr says what is wrong; an error that Redis answers is one too. */
static redisReply *
peek_ask(redisContext *context, const struct command *command, struct err *reterr)
{
    struct buffer bytes;
    void *answer = NULL;
    redisReply *reply;

    buffer_init(&bytes);
    command_write(command, &bytes);
    if (redisAppendFormattedCommand(context, bytes.bytes, bytes.length) == REDIS_OK)
        redisGetReply(context, &answer);
    buffer_fini(&bytes);
    reply = answer;
    if (reply != NULL && reply->type != REDIS_REPLY_ERROR)
        return reply;
    err_set(reterr, reply != NULL ? ERR_INPUT : ERR_RETRY, "redis: %s",
        reply != NULL ? reply->str : context->errstr);
    if (reply != NULL)
        freeReplyObject(reply);
    return NULL;
}

static enum err_code
peek_say(redisContext *context, struct command *command, struct err *reterr)
{
    redisReply *reply = peek_ask(context, command, reterr);

    if (reply == NULL)
        return reterr->code;
    freeReplyObject(reply);
    command_clear(command);
    return ERR_NONE;
}

static enum err_code
peek_greet(
    redisContext *context, const struct url *url, struct command *command, struct err *reterr)
{
    if (url->is_tls && tls_begin(context, url->host, reterr) != ERR_NONE)
        return err_wrap(reterr, "redis: ");
    if (url->password[0] != '\0') {
        command_add_literal(command, "AUTH");
        if (url->username[0] != '\0')
            command_add(command, text_of(url->username));
        command_add(command, text_of(url->password));
        if (peek_say(context, command, reterr) != ERR_NONE)
            return reterr->code;
    }
    if (url->db == 0)
        return ERR_NONE;
    command_add_literal(command, "SELECT");
    command_add_int(command, url->db);
    return peek_say(context, command, reterr);
}

static enum err_code
peek_take(const redisReply *reply, char **ret_bytes, size_t *ret_length)
{
    *ret_bytes = NULL;
    *ret_length = 0;
    if (reply->type != REDIS_REPLY_STRING)
        return ERR_NONE;
    *ret_bytes = malloc(reply->len + 1);
    CHECK(*ret_bytes != NULL);
    memcpy(*ret_bytes, reply->str, reply->len);
    (*ret_bytes)[reply->len] = '\0';
    *ret_length = reply->len;
    return ERR_NONE;
}

enum err_code
store_peek(const struct config *config, int32_t partition, const char *kind, struct text user,
    char **ret_bytes, size_t *ret_length, struct err *reterr)
{
    struct url url;
    struct command command;
    redisContext *context;
    redisReply *reply = NULL;
    enum err_code code = url_login(&config->settings, &url, reterr);

    if (code != ERR_NONE)
        return code;
    context = peek_connect(&url, config->settings.redis_timeout_ms);
    command_init(&command);
    if (context->err != 0)
        code = err_set(reterr, ERR_RETRY, "redis: %s: %s", url.name, context->errstr);
    else
        code = peek_greet(context, &url, &command, reterr);
    if (code == ERR_NONE) {
        command_add_literal(&command, "GET");
        key_add_user(&command, config->settings.redis_prefix, partition, kind, user);
        reply = peek_ask(context, &command, reterr);
        code = reply != NULL ? peek_take(reply, ret_bytes, ret_length) : reterr->code;
    }
    if (reply != NULL)
        freeReplyObject(reply);
    command_fini(&command);
    redisFree(context);
    return code;
}
