/* The numbers in OpenTelemetry's JSON. */
#include "daemon/metrics_otlp.h"

#include <inttypes.h>
#include <string.h>

struct metrics_otlp {
    struct buffer *out;
    int64_t start_ms, at_ms;
    const char *name, *type, *help; /* of the family under way */
    bool begun;                     /* it has a point */
    bool any;                       /* so has one before it */
};

static bool
metrics_otlp_is(const struct metrics_otlp *otlp, const char *type)
{
    return strcmp(otlp->type, type) == 0;
}

/* A family without a point is left out. */
static void
metrics_otlp_end(struct metrics_otlp *otlp)
{
    if (otlp->begun)
        buffer_add_literal(otlp->out, "]}}");
    otlp->begun = false;
}

static void
metrics_otlp_family(void *opaque, const char *name, const char *type, const char *help)
{
    struct metrics_otlp *otlp = opaque;

    metrics_otlp_end(otlp);
    otlp->name = name;
    otlp->type = type;
    otlp->help = help;
}

static void
metrics_otlp_begin(struct metrics_otlp *otlp)
{
    struct buffer *out = otlp->out;

    if (otlp->any)
        buffer_add_char(out, ',');
    otlp->begun = otlp->any = true;
    buffer_add_literal(out, "{\"name\":");
    buffer_add_json(out, text_of(otlp->name));
    buffer_add_literal(out, ",\"description\":");
    buffer_add_json(out, text_of(otlp->help));
    if (metrics_otlp_is(otlp, "gauge"))
        buffer_add_literal(out, ",\"gauge\":{\"dataPoints\":[");
    else if (metrics_otlp_is(otlp, "counter"))
        buffer_add_literal(
            out, ",\"sum\":{\"aggregationTemporality\":2,\"isMonotonic\":true,\"dataPoints\":[");
    else
        buffer_add_literal(out, ",\"histogram\":{\"aggregationTemporality\":2,\"dataPoints\":[");
}

static void
metrics_otlp_attribute(struct buffer *out, const char *name, const char *value)
{
    buffer_add_literal(out, "{\"key\":");
    buffer_add_json(out, text_of(name));
    buffer_add_literal(out, ",\"value\":{\"stringValue\":");
    buffer_add_json(out, text_of(value));
    buffer_add_literal(out, "}}");
}

/* Whole numbers of 64 bits are texts, as protobuf's JSON has them. */
static void
metrics_otlp_point(struct metrics_otlp *otlp)
{
    if (otlp->begun)
        buffer_add_char(otlp->out, ',');
    else
        metrics_otlp_begin(otlp);
    buffer_add_char(otlp->out, '{');
    if (!metrics_otlp_is(otlp, "gauge"))
        buffer_printf(otlp->out, "\"startTimeUnixNano\":\"%" PRId64 "000000\",", otlp->start_ms);
    buffer_printf(otlp->out, "\"timeUnixNano\":\"%" PRId64 "000000\"", otlp->at_ms);
}

static void
metrics_otlp_sample(void *opaque, const char *name, const struct metrics_labels *labels,
    struct metrics_number number)
{
    struct metrics_otlp *otlp = opaque;

    (void)name;
    metrics_otlp_point(otlp);
    for (size_t i = 0; i < labels->count; i++) {
        buffer_add_text(otlp->out, i == 0 ? TEXT(",\"attributes\":[") : TEXT(","));
        metrics_otlp_attribute(otlp->out, labels->at[i].name, labels->at[i].value);
    }
    if (labels->count > 0)
        buffer_add_char(otlp->out, ']');
    if (number.whole)
        buffer_printf(otlp->out, ",\"asInt\":\"%" PRId64 "\"}", number.whole_value);
    else
        buffer_printf(otlp->out, ",\"asDouble\":%.15g}", number.value);
}

static void
metrics_otlp_spread(
    void *opaque, const char *name, const uint64_t *buckets, uint64_t count, double sum)
{
    struct metrics_otlp *otlp = opaque;

    (void)name;
    metrics_otlp_point(otlp);
    buffer_printf(otlp->out, ",\"count\":\"%" PRIu64 "\",\"sum\":%.15g", count, sum);
    for (int i = 0; buckets != NULL && i <= COUNTER_BOUND_COUNT; i++)
        buffer_printf(
            otlp->out, "%s\"%" PRIu64 "\"", i == 0 ? ",\"bucketCounts\":[" : ",", buckets[i]);
    for (int i = 0; buckets != NULL && i < COUNTER_BOUND_COUNT; i++)
        buffer_printf(
            otlp->out, "%s%g", i == 0 ? "],\"explicitBounds\":[" : ",", counters_bounds()[i]);
    buffer_add_text(otlp->out, buckets != NULL ? TEXT("]}") : TEXT("}"));
}

void
metrics_otlp(const struct metrics_view *view, int64_t at_ms, struct buffer *out)
{
    struct metrics_otlp otlp = {
        .out = out, .start_ms = (int64_t)(view->process->start_time * 1e3), .at_ms = at_ms};

    buffer_add_literal(out, "{\"resourceMetrics\":[{\"resource\":{\"attributes\":[");
    metrics_otlp_attribute(out, "service.name", "footprintd");
    buffer_add_char(out, ',');
    metrics_otlp_attribute(out, "service.instance.id", view->config->settings.instance);
    buffer_add_char(out, ',');
    metrics_otlp_attribute(out, "service.version", FOOTPRINT_VERSION);
    buffer_add_literal(
        out, "]},\"scopeMetrics\":[{\"scope\":{\"name\":\"footprint\"},\"metrics\":[");
    metrics_walk(view, &(struct metrics_writer){
                           &otlp, metrics_otlp_family, metrics_otlp_sample, metrics_otlp_spread});
    metrics_otlp_end(&otlp);
    buffer_add_literal(out, "]}]}]}");
}
