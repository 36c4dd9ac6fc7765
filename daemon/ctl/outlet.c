/* Where generate and send put events: a topic. */
#include "daemon/ctl/outlet.h"

#include <inttypes.h>
#include <stdlib.h>

#include "config/base/check.h"
#include "pipeline/kafka/producer.h"

#define OUTLET_FLUSH_MS 40000 /* librdkafka waits 30 s for a topic that may be on its way */
#define OUTLET_WAIT_MS 50
#define OUTLET_POLL_EVERY 256

struct outlet {
    const char *topic;
    struct producer *producer;
    uint64_t put;
};

struct outlet *
outlet_new(const char *brokers, const char *topic, const struct config *config, struct err *reterr)
{
    struct outlet *outlet = calloc(1, sizeof(*outlet));

    CHECK(outlet != NULL);
    outlet->topic = topic;
    outlet->producer = producer_new(brokers, config == NULL ? NULL : config->properties,
        config == NULL ? 0 : config->property_count, reterr);
    if (outlet->producer != NULL)
        return outlet;
    free(outlet);
    return NULL;
}

enum err_code
outlet_put(struct outlet *outlet, const struct outlet_record *record, struct err *reterr)
{
    struct text key = record->key.length > 0 ? record->key : (struct text){NULL, 0};
    enum err_code code;

    while ((code = producer_send(outlet->producer, outlet->topic, key, record->value,
                record->time_ms, reterr)) == ERR_RETRY)
        producer_poll(outlet->producer, OUTLET_WAIT_MS);
    if (++outlet->put % OUTLET_POLL_EVERY == 0)
        producer_poll(outlet->producer, 0);
    return code;
}

enum err_code
outlet_close(struct outlet *outlet, struct err *reterr)
{
    struct err last;
    uint64_t failed;
    size_t lost;

    producer_flush(outlet->producer, OUTLET_FLUSH_MS);
    failed = producer_failed(outlet->producer, &last);
    lost = producer_free(outlet->producer, 0);
    free(outlet);
    if (lost == 0)
        return ERR_NONE;
    return err_set(reterr, ERR_RETRY, "%zu record%s not delivered: %s", lost,
        lost == 1 ? " was" : "s were", failed > 0 ? last.msg : "no answer from Kafka in time");
}
