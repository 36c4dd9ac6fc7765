#ifndef FOOTPRINT_OUTBOX_H
#define FOOTPRINT_OUTBOX_H

/*
 * Records that wait for their transaction: bytes once written, never moved by the sink.
 *
 *   bytes    key value header-name header-value ... | key value ...
 *   records  [topic, where key, value and headers stand]
 *
 * One outbox belongs to one partition and one transaction at a time. Filled on the worker's thread,
 * then read by the helper thread until the transaction has ended; a failed one is sent again as it
 * is.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/base/buffer.h"
#include "config/base/text.h"

enum outbox_topic {
    OUTBOX_CHANGES,
    OUTBOX_MEMBERS,
    OUTBOX_REJECTS,
    OUTBOX_TOPIC_COUNT
};

#define OUTBOX_HEADERS_MAX 8

struct outbox_record {
    enum outbox_topic topic;
    bool has_key;
    bool has_value; /* false: a tombstone */
    uint8_t header_count;
    size_t key_at, value_at;
    uint32_t key_length, value_length;
    struct {
        const char *name; /* a literal */
        size_t value_at;
        uint32_t value_length;
    } headers[OUTBOX_HEADERS_MAX];
};

struct outbox {
    struct buffer bytes;
    struct outbox_record *records;
    size_t record_count;
    size_t record_capacity;
};

void outbox_init(struct outbox *outbox);
void outbox_fini(struct outbox *outbox);
void outbox_clear(struct outbox *outbox);
/* Starts a record with its key; the value is what is added to outbox->bytes until outbox_end. */
void outbox_begin(struct outbox *outbox, enum outbox_topic topic, struct text key, bool has_key);
void outbox_end(struct outbox *outbox, bool has_value);
/* After outbox_end: one more header of the last record. */
void outbox_header(struct outbox *outbox, const char *name, struct text value);
/* TXN_RECORDS_MAX or TXN_BYTES_MAX reached: close the transaction here. */
bool outbox_full(const struct outbox *outbox);

#endif
