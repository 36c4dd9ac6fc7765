/* One record on the metrics topic every metrics.interval. */
#include "daemon/reporter.h"

#include <stdlib.h>

#include "config/base/check.h"
#include "daemon/clock.h"
#include "daemon/log.h"
#include "daemon/metrics_json.h"
#include "daemon/metrics_otlp.h"
#include "pipeline/kafka/producer.h"

#define REPORTER_FLUSH_MS 1000
/* The library may have five requests under way; with one that waits for them it does not sleep. */
#define REPORTER_UNDER_WAY_MAX 4
#define REPORTER_ASK_MS 1000 /* while the brokers' time is not known */

struct reporter {
    const struct config *config;
    struct producer *producer;
    struct buffer record;
    int64_t sent_us; /* 0: never */
    uint64_t refused;
    uint64_t told;  /* of how many records the fate is known */
    uint64_t asked; /* the number of the record whose stamp is awaited; 0: none */
    int64_t asked_wall_ms;
};

static void
reporter_delivered(void *opaque, uint64_t number, enum producer_fate fate, int64_t stamp_ms)
{
    struct reporter *reporter = opaque;

    reporter->told++;
    if (number != reporter->asked)
        return;
    reporter->asked = 0;
    switch (fate) {
    case PRODUCER_STAMPED:
        clock_broker_stamped(reporter->asked_wall_ms, stamp_ms);
        break;
    case PRODUCER_KEPT:
    case PRODUCER_REFUSED: /* no hope of a stamp there */
        clock_broker_kept();
        break;
    case PRODUCER_UNTIMELY:
        clock_broker_refused();
        break;
    case PRODUCER_LOST:
        break;
    }
}

struct reporter *
reporter_new(const struct config *config, struct err *reterr)
{
    struct reporter *reporter = calloc(1, sizeof(*reporter));

    CHECK(reporter != NULL);
    reporter->config = config;
    buffer_init(&reporter->record);
    reporter->producer = producer_new(
        config->settings.kafka_brokers, config->properties, config->property_count, reterr);
    if (reporter->producer != NULL) {
        producer_watch(reporter->producer, reporter_delivered, reporter);
        return reporter;
    }
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
    int64_t now_ms = clock_wall_ms();
    struct text record;
    struct err err;

    buffer_clear(&reporter->record);
    if (settings->metrics_encoding == METRICS_ENCODING_OTLP_JSON)
        metrics_otlp(view, now_ms, &reporter->record);
    else
        metrics_json(view, now_ms, &reporter->record);
    record = (struct text){reporter->record.bytes, (uint32_t)reporter->record.length};
    if (producer_send(reporter->producer, settings->output_metrics, text_of(settings->instance),
            record, -1, &err) == ERR_NONE) {
        if (reporter->asked == 0) {
            reporter->asked = producer_sent(reporter->producer);
            reporter->asked_wall_ms = now_ms;
        }
        return;
    }
    reporter->refused++;
    log_line(LOG_WARN_LINE, "metrics-lost", LOG_NOBODY, LOG_NOBODY, "%s", err.msg);
}

void
reporter_turn(struct reporter *reporter, const struct metrics_view *view, int64_t wait_ms)
{
    int64_t now_us = clock_mono_us();

    if (clock_trust(NULL) == CLOCK_UNKNOWN && wait_ms > REPORTER_ASK_MS)
        wait_ms = REPORTER_ASK_MS;
    producer_poll(reporter->producer, 0);
    if (wait_ms > 0 && reporter->sent_us > 0 && now_us - reporter->sent_us < wait_ms * 1000)
        return;
    reporter->sent_us = now_us;
    if (producer_sent(reporter->producer) - reporter->told >= REPORTER_UNDER_WAY_MAX) {
        reporter->refused++; /* brokers that hang will want the newest, not all of them */
        return;
    }
    reporter_send(reporter, view);
}

uint64_t
reporter_lost(const struct reporter *reporter)
{
    struct err last;

    return reporter->refused + producer_failed(reporter->producer, &last);
}
