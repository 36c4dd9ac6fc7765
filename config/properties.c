/* Reads librdkafka's properties and refuses those that are ours. */
#include "config/properties.h"

#include "config/base/buffer.h"
#include "config/base/check.h"
#include "config/base/secret.h"
#include "config/config.h"
#include "config/settings/fault.h"
#include "config/settings/given.h"

struct properties_owned {
    struct text name;
    const char *instead; /* the setting, or NULL */
};

static const struct properties_owned properties_owned[] = {
    {TEXT("bootstrap.servers"), "kafka.brokers"},
    {TEXT("metadata.broker.list"), "kafka.brokers"},
    {TEXT("group.id"), "kafka.group"},
    {TEXT("client.id"), "instance"},
    {TEXT("group.instance.id"), "instance"},
    {TEXT("transactional.id"), "instance"},
    {TEXT("session.timeout.ms"), "kafka.session_timeout"},
    {TEXT("transaction.timeout.ms"), "kafka.transaction_timeout"},
    {TEXT("auto.offset.reset"), "input.start_at"},
    {TEXT("max.poll.interval.ms"), NULL},
    {TEXT("group.protocol"), NULL},
    {TEXT("group.remote.assignor"), NULL},
    {TEXT("isolation.level"), NULL},
    {TEXT("enable.auto.commit"), NULL},
    {TEXT("auto.commit.enable"), NULL},
    {TEXT("auto.commit.interval.ms"), NULL},
    {TEXT("enable.auto.offset.store"), NULL},
    {TEXT("offset.store.method"), NULL},
    {TEXT("offset.store.path"), NULL},
    {TEXT("offset.store.sync.interval.ms"), NULL},
    {TEXT("enable.partition.eof"), NULL},
    {TEXT("enable.idempotence"), NULL},
    {TEXT("acks"), NULL},
    {TEXT("request.required.acks"), NULL},
    {TEXT("delivery.report.only.error"), NULL},
    {TEXT("message.copy.max.bytes"), NULL},
    {TEXT("enabled_events"), NULL},
    {TEXT("log.queue"), NULL},
    {TEXT("test.mock.num.brokers"), NULL},
    {TEXT("test.mock.broker.rtt"), NULL},
};

struct properties {
    const struct reader *reader;
    struct buffer list; /* of struct config_property */
};

/* node: where the name stands. */
static bool
properties_allowed(struct properties *properties, struct text name, const struct yaml_node *node)
{
    struct report *report = properties->reader->report;

    for (size_t i = 0; i < sizeof(properties_owned) / sizeof(properties_owned[0]); i++) {
        const struct properties_owned *owned = &properties_owned[i];

        if (!text_equal(name, owned->name))
            continue;
        if (owned->instead != NULL)
            fault(report, node, "property '%s' is set by footprint; set %s instead",
                owned->name.bytes, owned->instead);
        else
            fault(report, node,
                "property '%s' is set by footprint, since exactly-once rests "
                "on it; leave it out",
                owned->name.bytes);
        return false;
    }
    if (name.length > 0 && memchr(name.bytes, '\0', name.length) == NULL)
        return true;
    fault(report, node, "an empty name of a property, or one with a zero byte");
    return false;
}

static void
properties_add(struct properties *properties, struct text name, const struct yaml_node *key,
    const struct yaml_node *value)
{
    struct config_property property = {.node = key};
    struct config_property *list = (struct config_property *)(void *)properties->list.bytes;
    const struct reader *reader = properties->reader;
    struct text text;
    bool read;

    if (!properties_allowed(properties, name, key))
        return;
    read = secret_key(name) ? given_secret(value, reader->arena, reader->report, &text)
                            : given_text(value, reader->arena, reader->report, &text);
    if (!read)
        return;
    property.name = arena_copy(reader->arena, name).bytes;
    property.value = text.bytes;
    for (size_t i = 0; i < properties->list.length / sizeof(property); i++) {
        if (strcmp(list[i].name, property.name) != 0)
            continue;
        list[i] = property;
        return;
    }
    buffer_add(&properties->list, &property, sizeof(property));
}

static void
properties_read_map(struct properties *properties, const struct yaml_node *map)
{
    if (map == NULL || yaml_is_null(map))
        return;
    if (map->kind != YAML_MAP) {
        fault(properties->reader->report, map,
            "%s where a map is needed, such as {security.protocol: ssl}", fault_kind(map));
        return;
    }
    for (uint32_t i = 0; i < map->count; i++)
        properties_add(properties, map->pairs[i].key->text, map->pairs[i].key, map->pairs[i].value);
}

void
properties_read(
    const struct reader *reader, const struct config_property **ret_properties, size_t *ret_count)
{
    struct properties properties = {.reader = reader};
    void *copy;

    CHECK(ret_properties != NULL && ret_count != NULL);
    buffer_init(&properties.list);
    properties_read_map(&properties, reader->nodes[SETTING_ROW_kafka_properties]);
    for (size_t i = 0; i < reader->inner_count; i++)
        if (reader->inner[i].row == &table[SETTING_ROW_kafka_properties])
            properties_add(
                &properties, reader->inner[i].path, reader->inner[i].value, reader->inner[i].value);
    copy = arena_take(reader->arena, properties.list.length);
    if (properties.list.length > 0)
        memcpy(copy, properties.list.bytes, properties.list.length);
    *ret_properties = copy;
    *ret_count = properties.list.length / sizeof(struct config_property);
    buffer_fini(&properties.list);
}
