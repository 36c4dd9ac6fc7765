/* Writes a membership record down. */
#include "pipeline/emit/member.h"

#include "config/base/check.h"
#include "pipeline/emit/change.h"

static void
member_emit_segment(
    const struct membership_segment *segment, const struct plan *plan, struct buffer *out)
{
    buffer_add_json(out, plan->segments[segment->segment].name);
    buffer_add_literal(out, ":{\"since\":");
    buffer_add_instant(out, segment->since);
    if (segment->until != PLAN_NEVER) {
        buffer_add_literal(out, ",\"until\":");
        buffer_add_instant(out, segment->until);
    }
    change_emit_with(segment->with, segment->with_count, out);
    buffer_add_char(out, '}');
}

void
member_emit(const struct membership *membership, const struct plan *plan, struct buffer *out)
{
    CHECK(membership->known);
    buffer_add_literal(out, "{\"user\":");
    buffer_add_json(out, membership->user);
    buffer_add_literal(out, ",\"life\":");
    buffer_add_int(out, membership->life);
    buffer_add_literal(out, ",\"seq\":");
    buffer_add_int(out, (int64_t)membership->seq);
    buffer_add_literal(out, ",\"as_of\":");
    buffer_add_instant(out, membership->as_of);
    buffer_add_literal(out, ",\"segments\":{");
    for (uint32_t i = 0; i < membership->segment_count; i++) {
        if (i > 0)
            buffer_add_char(out, ',');
        member_emit_segment(&membership->segments[i], plan, out);
    }
    buffer_add_literal(out, "},\"left\":{");
    for (uint32_t i = 0; i < membership->left_count; i++) {
        if (i > 0)
            buffer_add_char(out, ',');
        buffer_add_json(out, plan->segments[membership->left[i].segment].name);
        buffer_add_char(out, ':');
        buffer_add_instant(out, membership->left[i].at);
    }
    buffer_add_literal(out, "},\"rules\":\"");
    buffer_add_text(out, text_of(plan->rules_id));
    buffer_add_literal(out, "\"}");
}
