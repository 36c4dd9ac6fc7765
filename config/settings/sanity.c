/* Names, addresses and settings that depend on one another. */
#include "config/settings/sanity.h"

#include <grp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "config/base/err.h"
#include "config/settings/address.h"
#include "config/settings/fault.h"
#include "config/settings/given.h"
#include "config/settings/url.h"
#include "config/settings/value.h"

#define SANITY_TOPIC_BYTES_MAX 249    /* Kafka's own limit */
#define SANITY_INSTANCE_BYTES_MAX 128 /* it is part of longer names */
#define SANITY_GROUP_BYTES_MAX 128
#define SANITY_PREFIX_BYTES_MAX 64
#define SANITY_SOCKET_BYTES_MAX 107 /* the kernel's own limit */

/* At the node that gave the row's value; a default has no place. */
static void __attribute__((format(printf, 3, 4)))
sanity_complain(struct reader *reader, int row, const char *fmt, ...)
{
    struct report_place nowhere = {0};
    char message[ERR_MSG_BYTES_MAX];
    va_list args;

    va_start(args, fmt);
    vsnprintf(message, sizeof(message), fmt, args);
    va_end(args);
    if (reader->nodes[row] != NULL)
        fault(reader->report, reader->nodes[row], "%s", message);
    else
        report_add(reader->report, REPORT_ERROR, &nowhere, "%s: %s", table[row].path, message);
}

static bool
sanity_is_name(const char *name, size_t bytes_max)
{
    size_t length =
        strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

    return length > 0 && length <= bytes_max && name[length] == '\0' && strcmp(name, ".") != 0 &&
           strcmp(name, "..") != 0;
}

static void
sanity_name(struct reader *reader, int row, const char *name, size_t bytes_max)
{
    if (!sanity_is_name(name, bytes_max))
        sanity_complain(reader, row,
            "'%s' can't be a name in Kafka; write letters, digits, '.', '_' and '-', %zu at most",
            name, bytes_max);
}

static void
sanity_instance(struct reader *reader)
{
    char host[256] = "";

    if (reader->settings.instance[0] == '\0') {
        gethostname(host, sizeof(host) - 1);
        reader->settings.instance = arena_copy(reader->arena, text_of(host)).bytes;
    }
    sanity_name(reader, SETTING_ROW_instance, reader->settings.instance, SANITY_INSTANCE_BYTES_MAX);
}

/* The input and the outputs are five different topics. */
static void
sanity_topics(struct reader *reader)
{
    const struct settings *settings = &reader->settings;
    const struct {
        int row;
        const char *name;
    } topics[] = {
        {SETTING_ROW_input_topic, settings->input_topic},
        {SETTING_ROW_output_changes, settings->output_changes},
        {SETTING_ROW_output_members, settings->output_members},
        {SETTING_ROW_output_rejects, settings->output_rejects},
        {SETTING_ROW_output_metrics, settings->output_metrics},
    };

    for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++) {
        sanity_name(reader, topics[i].row, topics[i].name, SANITY_TOPIC_BYTES_MAX);
        for (size_t j = 0; j < i; j++) {
            bool first = reader->nodes[topics[i].row] == NULL;

            if (strcmp(topics[i].name, topics[j].name) == 0)
                sanity_complain(reader, topics[first ? j : i].row,
                    "'%s' is %s already; each topic has its own name", topics[i].name,
                    table[topics[first ? i : j].row].path);
        }
    }
}

/* Whatever stands before an "@" may be a password, so none of it is repeated. */
static void
sanity_redis_url(struct reader *reader)
{
    const struct yaml_node *node = reader->nodes[SETTING_ROW_redis_url];
    bool has_user = strchr(reader->settings.redis_url, '@') != NULL;
    struct text secret;
    struct url url;
    struct err err;

    if (url_login(&reader->settings, &url, &err) != ERR_NONE)
        sanity_complain(reader, SETTING_ROW_redis_url, "%s",
            has_user ? "no URL of a Redis; write redis://USER:PASSWORD@HOST:PORT/DB, with %XX for "
                       "what is no letter or digit"
                     : err.msg);
    else if (url.password[0] != '\0' && has_user && node != NULL)
        given_secret(node, reader->arena, reader->report, &secret);
    explicit_bzero(&url, sizeof(url));
}

static void
sanity_redis(struct reader *reader)
{
    sanity_redis_url(reader);
    if (strlen(reader->settings.redis_prefix) > SANITY_PREFIX_BYTES_MAX)
        sanity_complain(reader, SETTING_ROW_redis_prefix, "a prefix of more than %d bytes",
            SANITY_PREFIX_BYTES_MAX);
    if (strpbrk(reader->settings.redis_prefix, "{}") != NULL)
        sanity_complain(reader, SETTING_ROW_redis_prefix,
            "a brace in the prefix would change where Redis Cluster keeps a key; leave it out");
}

static void
sanity_addresses(struct reader *reader)
{
    struct text listen = text_of(reader->settings.http_listen);
    struct address_listen address;
    struct err err;

    if (!text_equal(listen, TEXT("off")) &&
        address_listen(listen, reader->arena, &address, &err) != ERR_NONE)
        sanity_complain(reader, SETTING_ROW_http_listen, "%s", err.msg);
    if (address_brokers(text_of(reader->settings.kafka_brokers), &err) != ERR_NONE)
        sanity_complain(reader, SETTING_ROW_kafka_brokers, "%s", err.msg);
}

static void
sanity_group(struct reader *reader, int row, const char *name)
{
    if (name[0] != '\0' && getgrnam(name) == NULL)
        sanity_complain(reader, row, "there is no group '%s' on this host", name);
}

static void
sanity_socket(struct reader *reader)
{
    const struct settings *settings = &reader->settings;
    const char *path = settings->socket_path;

    if (strcmp(path, "auto") != 0 && strcmp(path, "off") != 0 && path[0] != '/')
        sanity_complain(reader, SETTING_ROW_socket_path,
            "'%s' is neither auto nor off nor an absolute path", path);
    if (strlen(path) > SANITY_SOCKET_BYTES_MAX)
        sanity_complain(reader, SETTING_ROW_socket_path, "a path of more than %d bytes",
            SANITY_SOCKET_BYTES_MAX);
    sanity_group(reader, SETTING_ROW_socket_operators, settings->socket_operators);
    sanity_group(reader, SETTING_ROW_socket_admins, settings->socket_admins);
}

/* `low` must not be above `high`. */
static void
sanity_order(struct reader *reader, int low_row, int64_t low, int high_row, int64_t high)
{
    char low_text[VALUE_TEXT_BYTES_MAX], high_text[VALUE_TEXT_BYTES_MAX];
    int row = reader->nodes[low_row] != NULL ? low_row : high_row;

    if (low <= high)
        return;
    value_duration_text(low, low_text);
    value_duration_text(high, high_text);
    sanity_complain(reader, row, "%s is %s and %s is %s; the first must not be longer",
        table[low_row].path, low_text, table[high_row].path, high_text);
}

void
sanity_check(struct reader *reader)
{
    const struct settings *settings = &reader->settings;

    sanity_instance(reader);
    sanity_topics(reader);
    sanity_name(reader, SETTING_ROW_kafka_group, settings->kafka_group, SANITY_GROUP_BYTES_MAX);
    sanity_redis(reader);
    sanity_addresses(reader);
    sanity_socket(reader);
    sanity_order(reader, SETTING_ROW_commit_min_ms, settings->commit_min_ms,
        SETTING_ROW_commit_max_ms, settings->commit_max_ms);
    sanity_order(reader, SETTING_ROW_input_dedupe_ms, settings->input_dedupe_ms,
        SETTING_ROW_profiles_forget_after_ms, settings->profiles_forget_after_ms);
}
