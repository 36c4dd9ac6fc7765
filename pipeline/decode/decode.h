#ifndef FOOTPRINT_DECODE_H
#define FOOTPRINT_DECODE_H

/*
 * Payload bytes to an event: the fields that the loaded rules and the mapping use, and nothing
 * else.
 *
 * Input:   one record's payload; it must stay where it is as long as the event is used. What lies
 *          around it need not be readable.
 * Result:  DECODE_OK fills *ret_event (fields and unescaped texts live in the caller's arena); any
 *          other result is the reason of a reject and fills *ret_fault.
 * Counts:  texts over TEXT_BYTES_MAX (then the field is missing) and numbers outside +-9.2e12 (then
 *          the field is their text) are added to *counts.
 * Time:    no clock is read; max_ahead is checked by the caller, who has the record's timestamp.
 * Threads: a decoder belongs to one thread; mapping and plan may be shared. Nothing is allocated
 *          per event but from the arena.
 * Source:  interfaces.md 2, segments.md 2.
 */

#include <stddef.h>
#include <stdint.h>

#include "config/base/arena.h"
#include "config/base/err.h"
#include "config/base/zone.h"
#include "config/mapping.h"
#include "config/plan.h"
#include "pipeline/decode/event.h"

enum decode_result {
    DECODE_OK = 0,
    DECODE_EMPTY,
    DECODE_NOT_JSON,
    DECODE_BAD_UTF8,
    DECODE_TOO_DEEP,
    DECODE_TOO_LARGE,
    DECODE_NO_USER,
    DECODE_BAD_USER,
    DECODE_NO_TYPE,
    DECODE_NO_TIME,
    DECODE_BAD_TIME,
    /* Found by the pipeline, which knows the record: */
    DECODE_AHEAD,
    DECODE_MISPLACED,
    DECODE_RESULT_COUNT
};

struct decode_counts {
    uint64_t texts_too_long;
    uint64_t numbers_out_of_range;
};

#define DECODE_DETAIL_BYTES_MAX 160

struct decode_fault {
    size_t offset;                        /* of the byte where it was noticed */
    char detail[DECODE_DETAIL_BYTES_MAX]; /* one line for a person; no payload text in it */
};

struct decode;

/* event_bytes_max: the setting limits.event_bytes. Everything passed in must outlive the decoder.
 */
struct decode *decode_new(const struct mapping *mapping, const struct plan *plan,
    const struct zone *zone, size_t event_bytes_max);
void decode_free(struct decode *decode);

enum decode_result decode_event(struct decode *decode, struct text payload, struct arena *arena,
    struct event *ret_event, struct decode_fault *ret_fault);
const struct decode_counts *decode_counts(const struct decode *decode);

/* The reason code of the rejects topic: "not_json". */
const char *decode_reason(enum decode_result result);

#endif
