/* Where generate and send put events: a topic. */
#include "daemon/ctl/outlet.h"

#include <inttypes.h>
#include <stdlib.h>

#include "config/base/check.h"
#include "pipeline/kafka/producer.h"

#define OUTLET_FLUSH_MS 30000
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
outlet_put(struct outlet *outlet, struct text key, struct text value, struct err *reterr)
{
    enum err_code code;

    if (key.length == 0)
        key.bytes = NULL;
    while ((code = producer_send(outlet->producer, outlet->topic, key, value, -1, reterr)) ==
           ERR_RETRY)
        producer_poll(outlet->producer, OUTLET_WAIT_MS);
    if (++outlet->put % OUTLET_POLL_EVERY == 0)
        producer_poll(outlet->producer, 0);
    return code;
}

enum err_code
outlet_close(struct outlet *outlet, struct err *reterr)
{
    struct err last;
    uint64_t failed = producer_failed(outlet->producer, &last);
    size_t left = producer_free(outlet->producer, OUTLET_FLUSH_MS);

    free(outlet);
    if (left == 0)
        return ERR_NONE;
    return err_set(reterr, ERR_RETRY, "%zu records were not delivered%s%s", left,
        failed > 0 ? ": " : "", failed > 0 ? last.msg : "");
}
