/* The numbers in Prometheus' text format. */
#include "daemon/metrics_text.h"

#include <inttypes.h>

static void
metrics_text_family(void *opaque, const char *name, const char *type, const char *help)
{
    buffer_printf(opaque, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void
metrics_text_label(struct buffer *out, const struct metrics_label *label)
{
    buffer_printf(out, "%s=\"", label->name);
    for (const char *c = label->value; *c != '\0'; c++) {
        if (*c == '\n') {
            buffer_add_literal(out, "\\n");
            continue;
        }
        if (*c == '"' || *c == '\\')
            buffer_add_char(out, '\\');
        buffer_add_char(out, *c);
    }
    buffer_add_char(out, '"');
}

static void
metrics_text_sample(void *opaque, const char *name, const struct metrics_labels *labels,
    struct metrics_number number)
{
    struct buffer *out = opaque;

    buffer_add_text(out, text_of(name));
    for (size_t i = 0; i < labels->count; i++) {
        buffer_add_char(out, i == 0 ? '{' : ',');
        metrics_text_label(out, &labels->at[i]);
    }
    if (labels->count > 0)
        buffer_add_char(out, '}');
    if (number.whole)
        buffer_printf(out, " %" PRId64 "\n", number.whole_value);
    else
        buffer_printf(out, " %.15g\n", number.value);
}

static void
metrics_text_spread(
    void *opaque, const char *name, const uint64_t *buckets, uint64_t count, double sum)
{
    uint64_t total = 0;

    for (int i = 0; buckets != NULL && i < COUNTER_BOUND_COUNT; i++) {
        total += buckets[i];
        buffer_printf(
            opaque, "%s_bucket{le=\"%g\"} %" PRIu64 "\n", name, counters_bounds()[i], total);
    }
    if (buckets != NULL)
        buffer_printf(opaque, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", name, count);
    buffer_printf(opaque, "%s_sum %.15g\n%s_count %" PRIu64 "\n", name, sum, name, count);
}

void
metrics_text(const struct metrics_view *view, struct buffer *out)
{
    metrics_walk(view, &(struct metrics_writer){
                           out, metrics_text_family, metrics_text_sample, metrics_text_spread});
}
