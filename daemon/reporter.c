/* One record on the metrics topic every metrics.interval. */
#include "daemon/reporter.h"

#include <stdlib.h>

#include "config/base/check.h"
#include "daemon/clock.h"
#include "daemon/log.h"
#include "daemon/metrics_json.h"
#include "pipeline/kafka/producer.h"

#define REPORTER_FLUSH_MS 1000

struct reporter {
    const struct config *config;
    struct producer *producer;
    struct buffer record;
    int64_t sent_us; /* 0: never */
    uint64_t refused;
};

struct reporter *
reporter_new(const struct config *config, struct err *reterr)
{
    struct reporter *reporter = calloc(1, sizeof(*reporter));

    CHECK(reporter != NULL);
    reporter->config = config;
    buffer_init(&reporter->record);
    reporter->producer = producer_new(
        config->settings.kafka_brokers, config->properties, config->property_count, reterr);
    if (reporter->producer != NULL)
        return reporter;
    reporter_free(reporter);
    return NULL;
}

void
reporter_free(struct reporter *reporter)
{
    if (reporter == NULL)
        return;
    if (reporter->producer != NULL)
        producer_free(reporter->producer, REPORTER_FLUSH_MS);
    buffer_fini(&reporter->record);
    free(reporter);
}

static void
reporter_send(struct reporter *reporter, const struct metrics_view *view)
{
    const struct settings *settings = &reporter->config->settings;
    struct text record;
    struct err err;

    buffer_clear(&reporter->record);
    metrics_json(view, clock_wall_ms(), &reporter->record);
    record = (struct text){reporter->record.bytes, (uint32_t)reporter->record.length};
    if (producer_send(reporter->producer, settings->output_metrics, text_of(settings->instance),
            record, -1, &err) == ERR_NONE)
        return;
    reporter->refused++;
    log_line(LOG_WARN_LINE, "metrics-lost", LOG_NOBODY, LOG_NOBODY, "%s", err.msg);
}

void
reporter_turn(struct reporter *reporter, const struct metrics_view *view, int64_t wait_ms)
{
    int64_t now_us = clock_mono_us();

    producer_poll(reporter->producer, 0);
    if (wait_ms > 0 && reporter->sent_us > 0 && now_us - reporter->sent_us < wait_ms * 1000)
        return;
    reporter->sent_us = now_us;
    reporter_send(reporter, view);
}

uint64_t
reporter_lost(const struct reporter *reporter)
{
    struct err last;

    return reporter->refused + producer_failed(reporter->producer, &last);
}
