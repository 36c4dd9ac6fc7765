/* The first words on a connection. */
#include "pipeline/redis/greeting.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <string.h>

#include "config/base/check.h"

enum greeting_step {
    GREETING_AUTH,
    GREETING_SELECT,
    GREETING_INFO,
    GREETING_SCRIPT, /* one for each script */
    GREETING_STEPS = GREETING_SCRIPT + SCRIPT_COUNT
};

/* The first step from `step` on that this URL needs. */
static int
greeting_step(const struct greeting *greeting, int step)
{
    if (step == GREETING_AUTH && greeting->url->password[0] == '\0')
        step++;
    if (step == GREETING_SELECT && greeting->url->db == 0)
        step++;
    return step;
}

void
greeting_begin(struct greeting *greeting)
{
    CHECK(greeting->url != NULL);
    greeting->said = greeting->answered = greeting_step(greeting, GREETING_AUTH);
}

static void
greeting_auth(const struct greeting *greeting, struct command *command)
{
    command_add_literal(command, "AUTH");
    if (greeting->url->username[0] != '\0')
        command_add(command, text_of(greeting->url->username));
    command_add(command, text_of(greeting->url->password));
}

bool
greeting_next(struct greeting *greeting, struct command *command)
{
    int step = greeting->said;

    command_clear(command);
    if (step == GREETING_STEPS)
        return false;
    if (step == GREETING_AUTH) {
        greeting_auth(greeting, command);
    } else if (step == GREETING_SELECT) {
        command_add_literal(command, "SELECT");
        command_add_int(command, greeting->url->db);
    } else if (step == GREETING_INFO) {
        command_add_literal(command, "INFO");
    } else {
        command_add_literal(command, "SCRIPT");
        command_add_literal(command, "LOAD");
        command_add(command, text_of(script_text((enum script)(step - GREETING_SCRIPT))));
    }
    greeting->said = greeting_step(greeting, step + 1);
    return true;
}

struct text
greeting_info(const char *info, const char *name)
{
    size_t length = strlen(name);

    for (const char *line = info; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, name, length) == 0 && line[length] == ':')
            return (struct text){line + length + 1, (uint32_t)strcspn(line + length + 1, "\r\n")};
    }
    return (struct text){"", 0};
}

bool
greeting_evicts(const char *info, char *why, size_t why_bytes)
{
    struct text policy = greeting_info(info, "maxmemory_policy");

    if (text_equal(greeting_info(info, "maxmemory"), TEXT("0")) ||
        text_equal(policy, TEXT("noeviction")))
        return false;
    snprintf(why, why_bytes,
        "Redis may evict keys (maxmemory-policy is '%.*s'); set it to noeviction",
        (int)policy.length, policy.bytes);
    return true;
}

bool
greeting_check(const char *info, char *why, size_t why_bytes)
{
    if (text_equal(greeting_info(info, "loading"), TEXT("1")))
        snprintf(why, why_bytes, "Redis is loading its data");
    else if (!text_equal(greeting_info(info, "role"), TEXT("master")))
        snprintf(why, why_bytes, "Redis is a replica, a master is needed");
    else
        return !greeting_evicts(info, why, why_bytes);
    return false;
}

bool
greeting_answer(
    struct greeting *greeting, const struct redisReply *reply, char *why, size_t why_bytes)
{
    int step = greeting->answered;

    CHECK(step < greeting->said);
    greeting->answered = greeting_step(greeting, step + 1);
    if (reply->type == REDIS_REPLY_ERROR) {
        snprintf(why, why_bytes, "%s", reply->str);
        return false;
    }
    if (step < GREETING_INFO)
        return true;
    if (reply->type == REDIS_REPLY_STRING && step == GREETING_INFO)
        return greeting_check(reply->str, why, why_bytes);
    if (reply->type == REDIS_REPLY_STRING && reply->len == SCRIPT_DIGEST_BYTES) {
        memcpy(greeting->digests[step - GREETING_SCRIPT], reply->str, SCRIPT_DIGEST_BYTES);
        return true;
    }
    snprintf(why, why_bytes, "Redis gives an answer that is not understood");
    return false;
}

bool
greeting_is_done(const struct greeting *greeting)
{
    return greeting->answered == GREETING_STEPS;
}
