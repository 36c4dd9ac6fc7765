/* Wakes the library's fetcher when a queue that was full has room again. */
#include "pipeline/kafka/fetcher.h"

#include "pipeline/kafka/conf.h"

#define FETCHER_VERSION_AWAKE 0x02020000 /* looks again by itself */
/* A queue that is full again was filled with more than this: no room goes unnoticed. */
#define FETCHER_RECORDS_MIN 1000
#define FETCHER_BYTES_MIN (1024u * 1024)

void
fetcher_init(struct fetcher *fetcher, rd_kafka_t *rk, rd_kafka_queue_t *queue,
    const struct config_property *properties, size_t property_count)
{
    const char *username = conf_property(properties, property_count, "sasl.username");
    const char *password = conf_property(properties, property_count, "sasl.password");

    *fetcher = (struct fetcher){
        .rk = rd_kafka_version() < FETCHER_VERSION_AWAKE ? rk : NULL,
        .queue = queue,
        .username = username != NULL ? username : "",
        .password = password != NULL ? password : "",
    };
}

/*
 * Of all that an application may call, only new credentials wake the brokers' threads and do
 * nothing else: no request, no answer to wait for. These are the ones they have; without SASL
 * nobody reads them.
 */
static void
fetcher_wake(struct fetcher *fetcher)
{
    rd_kafka_error_t *error =
        rd_kafka_sasl_set_credentials(fetcher->rk, fetcher->username, fetcher->password);

    if (error != NULL)
        rd_kafka_error_destroy(error);
    fetcher->records = fetcher->bytes = 0;
}

void
fetcher_took(struct fetcher *fetcher, size_t records, size_t bytes)
{
    if (fetcher->rk == NULL)
        return;
    fetcher->records += records;
    fetcher->bytes += bytes;
    if (fetcher->records < FETCHER_RECORDS_MIN && fetcher->bytes < FETCHER_BYTES_MIN)
        return;
    if (rd_kafka_queue_length(fetcher->queue) < CONF_QUEUE_RECORDS / 2)
        fetcher_wake(fetcher);
}
