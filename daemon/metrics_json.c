/* The numbers as a record of the metrics topic. */
#include "daemon/metrics_json.h"

#include <inttypes.h>

struct metrics_json {
    struct buffer *out;
    bool any;
};

static void
metrics_json_begin(struct metrics_json *json, const char *name, const struct metrics_labels *labels)
{
    struct buffer *out = json->out;

    if (json->any)
        buffer_add_char(out, ',');
    json->any = true;
    buffer_add_literal(out, "{\"name\":");
    buffer_add_json(out, text_of(name));
    buffer_add_literal(out, ",\"labels\":{");
    for (size_t i = 0; labels != NULL && i < labels->count; i++) {
        if (i > 0)
            buffer_add_char(out, ',');
        buffer_add_json(out, text_of(labels->at[i].name));
        buffer_add_char(out, ':');
        buffer_add_json(out, text_of(labels->at[i].value));
    }
    buffer_add_literal(out, "},\"value\":");
}

static void
metrics_json_family(void *opaque, const char *name, const char *type, const char *help)
{
    (void)opaque; /* types and help stand in the manual */
    (void)name;
    (void)type;
    (void)help;
}

static void
metrics_json_sample(void *opaque, const char *name, const struct metrics_labels *labels,
    struct metrics_number number)
{
    struct metrics_json *json = opaque;

    metrics_json_begin(json, name, labels);
    if (number.whole)
        buffer_printf(json->out, "%" PRId64 "}", number.whole_value);
    else
        buffer_printf(json->out, "%.15g}", number.value);
}

static void
metrics_json_spread(
    void *opaque, const char *name, const uint64_t *buckets, uint64_t count, double sum)
{
    struct metrics_json *json = opaque;
    uint64_t total = 0;

    metrics_json_begin(json, name, NULL);
    buffer_printf(json->out, "{\"count\":%" PRIu64 ",\"sum\":%.15g", count, sum);
    if (buckets != NULL)
        buffer_add_literal(json->out, ",\"buckets\":[");
    for (int i = 0; buckets != NULL && i < COUNTER_BOUND_COUNT; i++) {
        total += buckets[i];
        buffer_printf(json->out, "[%g,%" PRIu64 "],", counters_bounds()[i], total);
    }
    if (buckets != NULL)
        buffer_printf(json->out, "[\"+Inf\",%" PRIu64 "]]", count);
    buffer_add_literal(json->out, "}}");
}

void
metrics_json(const struct metrics_view *view, int64_t at_ms, struct buffer *out)
{
    struct metrics_json json = {.out = out};

    buffer_add_literal(out, "{\"instance\":");
    buffer_add_json(out, text_of(view->config->settings.instance));
    buffer_add_literal(out, ",\"version\":\"" FOOTPRINT_VERSION "\",\"at\":");
    buffer_add_instant(out, at_ms);
    buffer_add_literal(out, ",\"metrics\":[");
    metrics_walk(view, &(struct metrics_writer){
                           &json, metrics_json_family, metrics_json_sample, metrics_json_spread});
    buffer_add_literal(out, "]}");
}
