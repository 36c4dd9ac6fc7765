/* One value for another program. */
#include <hiredis/hiredis.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/check.h"
#include "pipeline/redis/key.h"
#include "pipeline/redis/store.h"
#include "pipeline/redis/visit.h"

static void
peek_take(const redisReply *reply, char **ret_bytes, size_t *ret_length)
{
    *ret_bytes = NULL;
    *ret_length = 0;
    if (reply->type != REDIS_REPLY_STRING)
        return;
    *ret_bytes = malloc(reply->len + 1);
    CHECK(*ret_bytes != NULL);
    memcpy(*ret_bytes, reply->str, reply->len);
    (*ret_bytes)[reply->len] = '\0';
    *ret_length = reply->len;
}

enum err_code
store_peek(const struct config *config, int32_t partition, const char *kind, struct text user,
    char **ret_bytes, size_t *ret_length, struct err *reterr)
{
    struct visit *visit = visit_new(config, reterr);
    struct command command;
    redisReply *reply;

    if (visit == NULL)
        return reterr->code;
    command_init(&command);
    command_add_literal(&command, "GET");
    key_add_user(&command, config->settings.redis_prefix, partition, kind, user);
    reply = visit_ask(visit, &command, reterr);
    command_fini(&command);
    visit_free(visit);
    if (reply == NULL)
        return reterr->code;
    peek_take(reply, ret_bytes, ret_length);
    freeReplyObject(reply);
    return ERR_NONE;
}
