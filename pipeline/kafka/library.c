/* Which librdkafka this was built with, and which one runs. */
#include "pipeline/kafka/library.h"

#include <librdkafka/rdkafka.h>

const char *
kafka_library_loaded(void)
{
    return rd_kafka_version_str();
}

uint32_t
kafka_library_built(void)
{
    return RD_KAFKA_VERSION;
}
