#ifndef FOOTPRINT_KAFKA_LIBRARY_H
#define FOOTPRINT_KAFKA_LIBRARY_H

/* Which librdkafka this was built with, and which one runs. */

#include <stdint.h>

/* As "2.0.2"; static. */
const char *kafka_library_loaded(void);
/* 0xMMmmrrpp: major, minor, revision, pre-release (ff: final). */
uint32_t kafka_library_built(void);

#endif
