/*
 * What the engine alone costs: ns and allocations per event, bytes per user.
 *
 *   bench_engine [users [events [rules [dedupe_ms]]]]
 *
 * The workload is that of the bench manual: event time runs at 20,000 events/s (or 0.2 a second
 * for each user where there are more than 100,000), each moved by up to +-200 ms; view 70 %, click
 * 15 %, add_to_cart 8 %, search 5 %, purchase 2 %. `rules` 0: the three of the workload; 1: two
 * counts with k 10; n: n segments, of which every event touches five.
 */
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "config/base/buffer.h"
#include "config/base/check.h"
#include "config/base/hash.h"
#include "config/base/number.h"
#include "config/language/language.h"
#include "pipeline/engine/engine.h"

#define BATCH 1000
#define FIELDS_COUNT_MAX 8

struct bench {
    struct plan *plan;
    struct engine *engine;
    uint32_t user_count;
    uint64_t seed;
    int64_t now_us;
    int64_t step_us;
    uint64_t changes;
    uint32_t types[5];
};

static struct event events[BATCH];
static struct value values[BATCH][FIELDS_COUNT_MAX];
static char names[BATCH][16];

static const char *const type_names[] = {"view", "click", "add_to_cart", "search", "purchase"};

static uint64_t
bench_random(struct bench *bench)
{
    bench->seed ^= bench->seed << 13;
    bench->seed ^= bench->seed >> 7;
    bench->seed ^= bench->seed << 17;
    return bench->seed;
}

static uint32_t
bench_type(uint64_t dice)
{
    static const uint32_t shares[] = {70, 85, 93, 98, 100};
    uint32_t type = 0;

    while (dice % 100 >= shares[type])
        type++;
    return type;
}

static void
bench_fill(struct bench *bench)
{
    for (uint32_t i = 0; i < BATCH; i++) {
        uint64_t dice = bench_random(bench);
        uint32_t length =
            (uint32_t)snprintf(names[i], sizeof(names[i]), "u%" PRIu64, dice % bench->user_count);
        events[i].user = (struct text){names[i], length};
        events[i].user_hash = hash_text(events[i].user);
        events[i].type = bench->types[bench_type(dice >> 32)];
        events[i].ts = bench->now_us / 1000 + (int64_t)(dice >> 40) % 401 - 200;
        events[i].fields = values[i];
        for (uint32_t f = 0; f < bench->plan->field_count; f++)
            values[i][f] = (struct value){
                .kind = VALUE_NUMBER, .number = (int64_t)(dice >> 20 & 127) * NUMBER_ONE};
        bench->now_us += bench->step_us;
    }
}

static void
bench_change(void *opaque, const struct change *change)
{
    struct bench *bench = opaque;

    (void)change;
    bench->changes++;
}

static void
bench_rules(uint32_t rules, struct buffer *out)
{
    buffer_add_literal(out, "segments:\n");
    if (rules == 0)
        buffer_add_literal(out,
            "  - {name: a, when: 'count(view[60s]) >= 16'}\n"
            "  - {name: b, when: 'count(add_to_cart[60s]) >= 3 and none(purchase[60s])'}\n"
            "  - {name: c, when: 'sum(purchase.value{value>=0}[60s]) >= 150'}\n");
    if (rules == 1)
        buffer_add_literal(out, "  - {name: a, when: 'count(view[1h]) >= 10'}\n"
                                "  - {name: b, when: 'count(click[1h]) >= 10'}\n");
    for (uint32_t i = 0; rules > 1 && i < rules; i++)
        buffer_printf(out, "  - {name: r%u, when: 'count(%s%.0u[%us]) >= %u'}\n", i,
            i < 5 ? "*" : "type", i < 5 ? 0 : i, 10 + i % 5 * 10, 3 + i % 4);
}

static void
bench_init(struct bench *bench, uint32_t rules, int64_t dedupe_ms)
{
    struct engine_settings settings = {.dedupe_ms = dedupe_ms,
        .forget_after_ms = INT64_C(86400000) * 400,
        .events_per_window = 1024};
    struct language_limits limits = {.events_per_window = 1024};
    struct report *report = report_new();
    struct yaml_document *file;
    struct buffer text;

    buffer_init(&text);
    bench_rules(rules, &text);
    file = yaml_parse("rules", (struct text){text.bytes, (uint32_t)text.length}, report);
    bench->plan = language_compile((const struct yaml_document *const *)&file, 1, &limits, report);
    CHECK(bench->plan != NULL);
    CHECK(bench->plan->field_count <= FIELDS_COUNT_MAX);
    for (uint32_t i = 0; i < 5; i++)
        bench->types[i] = plan_type_find(bench->plan, text_of(type_names[i]));
    bench->engine = engine_new(bench->plan, &settings, bench_change, bench);
    yaml_free(file);
    report_free(report);
    buffer_fini(&text);
}

static double
bench_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double
bench_batch(struct bench *bench, int64_t offset)
{
    double start;
    int64_t newest = 0;

    bench_fill(bench);
    start = bench_seconds();
    for (uint32_t i = 0; i < BATCH; i++) {
        engine_prefetch(bench->engine, events[(i + ENGINE_PREFETCH_EVENTS) % BATCH].user_hash);
        engine_apply(bench->engine, &events[i], offset + i);
        if (events[i].ts > newest)
            newest = events[i].ts;
        engine_advance(bench->engine, newest - 5000, UINT64_MAX);
    }
    return bench_seconds() - start;
}

static uint64_t
bench_number(int argc, char **argv, int index, uint64_t otherwise)
{
    return index < argc ? strtoull(argv[index], NULL, 10) : otherwise;
}

/* The profiles are written behind, as the daemon does: an engine that never flushes is not one. */
static void
bench_flush(struct bench *bench, int64_t offset)
{
    struct engine_flushed flushed;
    uint32_t slot;
    size_t count = 0;

    while (engine_flush_next(bench->engine, offset, 0, &flushed))
        count++;
    engine_flush_done(bench->engine, count);
    while (engine_changed_next(bench->engine, &slot))
        continue;
}

int
main(int argc, char **argv)
{
    struct bench bench = {.seed = 88172645463325252u, .now_us = INT64_C(1764000000000000)};
    uint64_t event_count = bench_number(argc, argv, 2, 4000000), offset = 0;
    size_t bytes_before = mallinfo2().uordblks + mallinfo2().hblkhd, bytes;
    double seconds = 0;

    bench.user_count = (uint32_t)bench_number(argc, argv, 1, 100000);
    bench.step_us = bench.user_count > 100000 ? 5000000 / bench.user_count : 50;
    bench_init(
        &bench, (uint32_t)bench_number(argc, argv, 3, 0), (int64_t)bench_number(argc, argv, 4, 0));
    for (; offset < event_count; offset += BATCH) {
        double took = bench_batch(&bench, (int64_t)offset);
        if (offset >= event_count / 2)
            seconds += took;
        if (offset % 100000 == 0)
            bench_flush(&bench, (int64_t)offset);
    }
    bytes = mallinfo2().uordblks + mallinfo2().hblkhd - bytes_before;
    printf("users %u, events %" PRIu64 ", changes %.2f %%: %.1f ns/event, %.0f bytes/user "
           "(%.0f by the engine's own count)\n",
        bench.user_count, event_count, (double)bench.changes * 100 / (double)event_count,
        seconds * 1e9 / ((double)event_count / 2),
        (double)bytes / (double)engine_profile_count(bench.engine),
        (double)engine_bytes(bench.engine) / (double)engine_profile_count(bench.engine));
    engine_free(bench.engine);
    plan_free(bench.plan);
    return 0;
}
