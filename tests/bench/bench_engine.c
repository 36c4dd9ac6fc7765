/*
 * What the engine alone costs: ns per event, bytes per user, as JSON.
 *
 *   bench_engine [users=N] [events=N] [rules=N | k=N | lists=1] [hot=PERCENT] [spread_ms=N] ...
 *
 * The workload is that of the bench manual: event time runs at 20,000 events/s (or 0.2 a second
 * for each user where there are more than 100,000), each moved by up to +-200 ms; view 70 %, click
 * 15 %, add_to_cart 8 %, search 5 %, purchase 2 %; lateness is 5 s. Of the events the second half
 * counts, all of it inside bench_measured, where callgrind counts instructions.
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
    int64_t users;
    int64_t events;
    int64_t rules;     /* n segments, of which every event touches five; 0: the three of fp-bench */
    int64_t k;         /* > 0: two counts up to k instead */
    int64_t lists;     /* 1: rules that keep all of a window instead */
    int64_t window_ms; /* of k and lists */
    int64_t hot;       /* per cent of the events that are the first user's */
    int64_t spread_ms; /* >= 0: the lateness, and events come up to so late, all alike */
    int64_t gap_us;    /* of event time between two events; 0: as above */
    int64_t dedupe_ms;
    struct plan *plan;
    struct engine *engine;
    uint64_t seed;
    int64_t now_us;
    double seconds; /* of what is measured */
    uint64_t changes;
    uint32_t types[5];
};

static struct event events[BATCH];
static struct value values[BATCH][FIELDS_COUNT_MAX];
static char names[BATCH][16];
static char ids[BATCH][24];

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

static int64_t
bench_ts(const struct bench *bench, uint64_t dice)
{
    int64_t now = bench->now_us / 1000;

    if (bench->spread_ms < 0)
        return now + (int64_t)(dice >> 40) % 401 - 200;
    return now - (int64_t)(dice >> 40) % (bench->spread_ms + 1);
}

static void
bench_event(struct bench *bench, uint32_t i, int64_t offset)
{
    uint64_t dice = bench_random(bench);
    uint64_t user = dice % (uint64_t)bench->users;
    struct event *event = &events[i];

    if (bench->hot > 0 && (int64_t)(bench_random(bench) >> 11) % 100 < bench->hot)
        user = 0;
    event->user.bytes = names[i];
    event->user.length = (uint32_t)snprintf(names[i], sizeof(names[i]), "u%" PRIu64, user);
    event->user_hash = hash_text(event->user);
    event->type = bench->types[bench_type(dice >> 32)];
    event->ts = bench_ts(bench, dice);
    event->has_id = bench->dedupe_ms > 0;
    event->id.bytes = ids[i];
    event->id.length = (uint32_t)snprintf(ids[i], sizeof(ids[i]), "e%" PRId64, offset + i);
    event->fields = values[i];
    for (uint32_t f = 0; f < bench->plan->field_count; f++)
        values[i][f] = (struct value){
            .kind = VALUE_NUMBER, .number = (int64_t)(dice >> 20 & 127) * NUMBER_ONE};
    bench->now_us += bench->gap_us;
}

static void
bench_change(void *opaque, const struct change *change)
{
    struct bench *bench = opaque;

    (void)change;
    bench->changes++;
}

static void
bench_rules(const struct bench *bench, struct buffer *out)
{
    int64_t window_ms = bench->window_ms, k = bench->k;

    buffer_add_literal(out, "segments:\n");
    if (k > 0)
        buffer_printf(out,
            "  - {name: a, when: 'count(view[%" PRId64 "ms]) >= %" PRId64 "'}\n"
            "  - {name: b, when: 'count(click[%" PRId64 "ms]) >= %" PRId64 "'}\n",
            window_ms, k, window_ms, k);
    else if (bench->lists != 0)
        buffer_printf(out,
            "  - {name: a, when: 'avg(view.value[%" PRId64 "ms]) >= 64'}\n"
            "  - {name: b, when: 'distinct(click.value[%" PRId64 "ms]) >= 20'}\n"
            "  - {name: c, when: 'seq(view, purchase within 10s)[%" PRId64 "ms]'}\n",
            window_ms, window_ms, window_ms);
    else if (bench->rules == 0)
        buffer_add_literal(out,
            "  - {name: a, when: 'count(view[60s]) >= 16'}\n"
            "  - {name: b, when: 'count(add_to_cart[60s]) >= 3 and none(purchase[60s])'}\n"
            "  - {name: c, when: 'sum(purchase.value{value>=0}[60s]) >= 150'}\n");
    for (int64_t i = 0; i < bench->rules; i++)
        buffer_printf(out,
            "  - {name: r%" PRId64 ", when: 'count(%s%.0" PRId64 "[%" PRId64 "s]) >= %" PRId64
            "'}\n",
            i, i < 5 ? "*" : "type", i < 5 ? 0 : i, 10 + i % 5 * 10, 3 + i % 4);
}

static void
bench_init(struct bench *bench)
{
    struct engine_settings settings = {.dedupe_ms = bench->dedupe_ms,
        .forget_after_ms = INT64_C(86400000) * 400,
        .events_per_window = 1024};
    struct language_limits limits = {.events_per_window = 1024};
    struct report *report = report_new();
    struct yaml_document *file;
    struct buffer text;

    if (bench->gap_us == 0)
        bench->gap_us = bench->users > 100000 ? 5000000 / bench->users : 50;
    buffer_init(&text);
    bench_rules(bench, &text);
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

static void
bench_apply(struct bench *bench, int64_t offset)
{
    int64_t newest = 0, lateness = bench->spread_ms < 0 ? 5000 : bench->spread_ms;

    for (uint32_t i = 0; i < BATCH; i++) {
        engine_prefetch(bench->engine, events[(i + ENGINE_PREFETCH_EVENTS) % BATCH].user_hash);
        engine_apply(bench->engine, &events[i], offset + i);
        if (events[i].ts > newest)
            newest = events[i].ts;
        engine_advance(bench->engine, newest - lateness, UINT64_MAX);
    }
}

/* By its name callgrind knows when to count. */
__attribute__((noinline)) static void
bench_measured(struct bench *bench, int64_t offset)
{
    double start = bench_seconds();

    bench_apply(bench, offset);
    bench->seconds += bench_seconds() - start;
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

static void
bench_run(struct bench *bench)
{
    for (int64_t offset = 0; offset < bench->events; offset += BATCH) {
        for (uint32_t i = 0; i < BATCH; i++)
            bench_event(bench, i, offset);
        if (offset >= bench->events / 2)
            bench_measured(bench, offset);
        else
            bench_apply(bench, offset);
        if (offset % 100000 == 0)
            bench_flush(bench, offset);
    }
}

static bool
bench_option(struct bench *bench, const char *word)
{
    const struct {
        const char *name;
        int64_t *value;
    } options[] = {{"users", &bench->users}, {"events", &bench->events}, {"rules", &bench->rules},
        {"k", &bench->k}, {"lists", &bench->lists}, {"window_ms", &bench->window_ms},
        {"hot", &bench->hot}, {"spread_ms", &bench->spread_ms}, {"gap_us", &bench->gap_us},
        {"dedupe_ms", &bench->dedupe_ms}};
    const char *value = strchr(word, '=');

    for (size_t i = 0; value != NULL && i < sizeof(options) / sizeof(options[0]); i++) {
        if (strlen(options[i].name) != (size_t)(value - word) ||
            strncmp(options[i].name, word, (size_t)(value - word)) != 0)
            continue;
        *options[i].value = strtoll(value + 1, NULL, 10);
        return true;
    }
    return false;
}

int
main(int argc, char **argv)
{
    struct bench bench = {.seed = 88172645463325252u,
        .now_us = INT64_C(1764000000000000),
        .users = 100000,
        .events = 4000000,
        .window_ms = 3600000,
        .spread_ms = -1};
    size_t bytes_before = mallinfo2().uordblks + mallinfo2().hblkhd, bytes;
    double profiles;

    for (int i = 1; i < argc; i++) {
        if (!bench_option(&bench, argv[i])) {
            fprintf(stderr, "bench_engine: '%s' is no option\n", argv[i]);
            return 2;
        }
    }
    bench_init(&bench);
    bench_run(&bench);
    bytes = mallinfo2().uordblks + mallinfo2().hblkhd - bytes_before;
    profiles = (double)engine_profile_count(bench.engine);
    printf("{\"ns\": %.1f, \"bytes\": %.0f, \"own_bytes\": %.0f, \"changes\": %.4f, "
           "\"measured\": %" PRId64 "}\n",
        bench.seconds * 1e9 / ((double)bench.events / 2), (double)bytes / profiles,
        (double)engine_bytes(bench.engine) / profiles, (double)bench.changes / (double)bench.events,
        bench.events / 2);
    engine_free(bench.engine);
    plan_free(bench.plan);
    return 0;
}
