/* A reject to its record. */
#include "pipeline/emit/reject.h"

#include "config/base/buffer.h"
#include "config/base/check.h"
#include "config/base/limits.h"

static void
reject_header_int(struct outbox *outbox, const char *name, int64_t value, struct buffer *digits)
{
    buffer_clear(digits);
    buffer_add_int(digits, value);
    outbox_header(outbox, name, (struct text){digits->bytes, (uint32_t)digits->length});
}

void
reject_emit(const struct reject *reject, struct outbox *outbox)
{
    bool cut = reject->payload.length > REJECT_BYTES_MAX;
    struct text kept = {reject->payload.bytes, cut ? REJECT_BYTES_MAX : reject->payload.length};
    struct buffer digits;

    CHECK(reject->reason != NULL);
    buffer_init(&digits);
    outbox_begin(outbox, OUTBOX_REJECTS, reject->key, reject->has_key);
    buffer_add_text(&outbox->bytes, kept);
    outbox_end(outbox, reject->payload.bytes != NULL);
    outbox_header(outbox, "reason", text_of(reject->reason));
    outbox_header(outbox, "detail", text_of(reject->detail));
    outbox_header(outbox, "topic", text_of(reject->topic));
    reject_header_int(outbox, "partition", reject->partition, &digits);
    reject_header_int(outbox, "offset", reject->offset, &digits);
    reject_header_int(outbox, "timestamp", reject->timestamp_ms, &digits);
    if (cut)
        outbox_header(outbox, "truncated", TEXT("true"));
    buffer_fini(&digits);
}
