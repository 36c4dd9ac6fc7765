/* Instants and values as a person reads them, or as JSON. */
#include "daemon/ctl/words.h"

#include "config/base/number.h"

void
words_instant(struct buffer *out, int64_t ms, bool json)
{
    struct buffer quoted;

    buffer_init(&quoted);
    buffer_add_instant(&quoted, ms);
    if (json)
        buffer_add(out, quoted.bytes, quoted.length);
    else
        buffer_add(out, quoted.bytes + 1, quoted.length - 2);
    buffer_fini(&quoted);
}

void
words_value(struct buffer *out, const struct value *value)
{
    char number[NUMBER_TEXT_BYTES_MAX];

    switch (value->kind) {
    case VALUE_NUMBER:
        buffer_add(out, number, number_format(value->number, number));
        break;
    case VALUE_TEXT:
        buffer_add_json(out, value->text);
        break;
    case VALUE_NULL:
        buffer_add_literal(out, "null");
        break;
    }
}
