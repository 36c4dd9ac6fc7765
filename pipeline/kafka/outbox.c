/* Records of one transaction, in one run of bytes. */
#include "pipeline/kafka/outbox.h"

#include <stdlib.h>
#include <string.h>

#include "config/base/check.h"
#include "config/base/limits.h"

#define OUTBOX_RECORDS_MIN 64

void
outbox_init(struct outbox *outbox)
{
    CHECK(outbox != NULL);
    memset(outbox, 0, sizeof(*outbox));
    buffer_init(&outbox->bytes);
}

void
outbox_fini(struct outbox *outbox)
{
    buffer_fini(&outbox->bytes);
    free(outbox->records);
    memset(outbox, 0, sizeof(*outbox));
}

void
outbox_clear(struct outbox *outbox)
{
    buffer_clear(&outbox->bytes);
    outbox->record_count = 0;
}

static struct outbox_record *
outbox_add(struct outbox *outbox)
{
    if (outbox->record_count == outbox->record_capacity) {
        size_t capacity = outbox->record_capacity * 2;

        if (capacity < OUTBOX_RECORDS_MIN)
            capacity = OUTBOX_RECORDS_MIN;
        outbox->records = realloc(outbox->records, capacity * sizeof(*outbox->records));
        CHECK(outbox->records != NULL);
        outbox->record_capacity = capacity;
    }
    return &outbox->records[outbox->record_count++];
}

void
outbox_begin(struct outbox *outbox, enum outbox_topic topic, struct text key, bool has_key)
{
    struct outbox_record *record = outbox_add(outbox);

    CHECK(topic < OUTBOX_TOPIC_COUNT);
    CHECK(has_key || key.length == 0);
    record->topic = topic;
    record->has_key = has_key;
    record->has_value = false;
    record->header_count = 0;
    record->key_at = outbox->bytes.length;
    record->key_length = key.length;
    buffer_add_text(&outbox->bytes, key);
    record->value_at = outbox->bytes.length;
    record->value_length = 0;
}

static struct outbox_record *
outbox_last(struct outbox *outbox)
{
    CHECK(outbox->record_count > 0);
    return &outbox->records[outbox->record_count - 1];
}

void
outbox_end(struct outbox *outbox, bool has_value)
{
    struct outbox_record *record = outbox_last(outbox);
    size_t length = outbox->bytes.length - record->value_at;

    CHECK(length <= UINT32_MAX);
    CHECK(has_value || length == 0);
    record->has_value = has_value;
    record->value_length = (uint32_t)length;
}

void
outbox_header(struct outbox *outbox, const char *name, struct text value)
{
    struct outbox_record *record = outbox_last(outbox);

    CHECK(record->header_count < OUTBOX_HEADERS_MAX);
    record->headers[record->header_count].name = name;
    record->headers[record->header_count].value_at = outbox->bytes.length;
    record->headers[record->header_count].value_length = value.length;
    record->header_count++;
    buffer_add_text(&outbox->bytes, value);
}

bool
outbox_full(const struct outbox *outbox)
{
    return outbox->record_count >= TXN_RECORDS_MAX || outbox->bytes.length >= TXN_BYTES_MAX;
}
