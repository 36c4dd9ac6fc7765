/* Writes a change down, member by member. */
#include "pipeline/emit/change.h"

#include "config/base/check.h"
#include "config/base/number.h"

static const char *const change_reasons[] = {
    [REASON_EVENT] = "event",
    [REASON_TIME] = "time",
    [REASON_FORGET] = "forget",
    [REASON_RULES] = "rules",
    [REASON_ERASE] = "erase",
};

const char *
change_reason_name(enum change_reason reason)
{
    return change_reasons[reason];
}

static void
change_emit_value(const struct value *value, struct buffer *out)
{
    char digits[NUMBER_TEXT_BYTES_MAX];

    CHECK(value->kind != VALUE_NULL);
    if (value->kind == VALUE_TEXT)
        buffer_add_json(out, value->text);
    else
        buffer_add(out, digits, number_format(value->number, digits));
}

void
change_emit_with(const struct change_with *with, uint32_t count, struct buffer *out)
{
    if (count == 0)
        return;
    buffer_add_literal(out, ",\"with\":{");
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0)
            buffer_add_char(out, ',');
        buffer_add_json(out, with[i].name);
        buffer_add_char(out, ':');
        change_emit_value(&with[i].value, out);
    }
    buffer_add_char(out, '}');
}

static void
change_emit_source(
    const struct change *change, const struct change_source *source, struct buffer *out)
{
    if (source->topic == NULL) {
        buffer_add_literal(out, ",\"source\":{\"line\":");
    } else {
        buffer_add_literal(out, ",\"source\":{\"topic\":");
        buffer_add_json(out, text_of(source->topic));
        buffer_add_literal(out, ",\"partition\":");
        buffer_add_int(out, source->partition);
        buffer_add_literal(out, ",\"offset\":");
    }
    buffer_add_int(out, change->source_offset);
    buffer_add_char(out, '}');
}

void
change_emit(const struct change *change, const struct plan *plan,
    const struct change_source *source, struct buffer *out)
{
    buffer_add_literal(out, "{\"user\":");
    buffer_add_json(out, change->user);
    buffer_add_literal(out, ",\"segment\":");
    buffer_add_json(out, change->name);
    buffer_add_literal(out, ",\"change\":");
    buffer_add_text(out, change->enter ? TEXT("\"enter\"") : TEXT("\"exit\""));
    buffer_add_literal(out, ",\"at\":");
    buffer_add_instant(out, change->at);
    if (change->enter && change->until != PLAN_NEVER) {
        buffer_add_literal(out, ",\"until\":");
        buffer_add_instant(out, change->until);
    }
    buffer_add_literal(out, ",\"life\":");
    buffer_add_int(out, change->life);
    buffer_add_literal(out, ",\"seq\":");
    buffer_add_int(out, (int64_t)change->seq);
    buffer_add_literal(out, ",\"reason\":\"");
    buffer_add_text(out, text_of(change_reasons[change->reason]));
    buffer_add_char(out, '"');
    if (change->reason == REASON_EVENT)
        change_emit_source(change, source, out);
    change_emit_with(change->with, change->with_count, out);
    buffer_add_literal(out, ",\"rules\":\"");
    buffer_add_text(out, text_of(plan->rules_id));
    buffer_add_literal(out, "\"}");
}
