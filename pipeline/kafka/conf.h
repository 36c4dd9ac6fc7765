#ifndef FOOTPRINT_KAFKA_CONF_H
#define FOOTPRINT_KAFKA_CONF_H

/*
 * How each of our clients is set up: our defaults, then kafka.properties, then what the protocol
 * owns. Nothing that is made from it writes to stderr by itself.
 *
 * A default that the loaded library does not know is left out; anything else that it refuses is an
 * ERR_INPUT that names the property.
 */

#include <librdkafka/rdkafka.h>

#include "config/base/err.h"
#include "config/config.h"

#define CONF_QUEUE_RECORDS 20000 /* fetched and not yet taken: no more is fetched */

enum conf_role {
    CONF_MEMBER,        /* the input's consumer, a member of the group */
    CONF_TRANSACTIONAL, /* the outputs' producer */
    CONF_PLAIN,         /* a producer without transactions */
    CONF_ASKER,         /* asks about topics and offsets, reads nothing */
    CONF_ROLE_COUNT
};

struct conf_request {
    enum conf_role role;
    const char *brokers;
    const struct config_property *properties;
    size_t property_count;
    const char *client_id;
};

/* The last value given for a name, or NULL. */
const char *conf_property(const struct config_property *properties, size_t count, const char *name);
/* NULL on failure. rd_kafka_new takes it; rd_kafka_conf_destroy before that. */
rd_kafka_conf_t *conf_new(const struct conf_request *request, struct err *reterr);
/* One more property, which nobody may override. */
enum err_code conf_set(
    rd_kafka_conf_t *conf, const char *name, const char *value, struct err *reterr) ERR_MUSTCHECK;
enum err_code conf_set_int(
    rd_kafka_conf_t *conf, const char *name, int64_t value, struct err *reterr) ERR_MUSTCHECK;
/* rd_kafka_new with our errors; takes conf in any case. */
rd_kafka_t *conf_start(rd_kafka_conf_t *conf, rd_kafka_type_t type, struct err *reterr);

#endif
