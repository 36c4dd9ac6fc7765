#ifndef FOOTPRINT_REJECT_H
#define FOOTPRINT_REJECT_H

/*
 * A payload that cannot become an event, as it goes to the rejects topic: the original key and
 * bytes (at most the first 64 KiB) and, in headers, why and from where. Source: interfaces.md 1.
 */

#include <stdbool.h>
#include <stdint.h>

#include "config/base/text.h"
#include "pipeline/kafka/outbox.h"

struct reject {
    struct text key;
    bool has_key;
    struct text payload;
    const char *reason; /* a code: "not_json" */
    const char *detail;
    const char *topic;
    int32_t partition;
    int64_t offset;
    int64_t timestamp_ms;
};

void reject_emit(const struct reject *reject, struct outbox *outbox);

#endif
