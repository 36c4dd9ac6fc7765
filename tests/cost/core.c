/*
 * Decode and engine on a fixed input, to be counted from outside: instructions, allocations.
 *
 *   core read|decode|engine EVENTS RULES.yaml
 *
 * Each stage does what the one before does, and more: read makes the lines, decode reads them,
 * engine applies the events, moves the watermark and packs what is dirty every thousand events.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/arena.h"
#include "config/base/buffer.h"
#include "config/base/check.h"
#include "config/config.h"
#include "pipeline/decode/decode.h"
#include "pipeline/engine/engine.h"

#define BATCH 1000
#define LINE_BYTES_MAX 512
#define USERS 500
#define LATENESS_MS 5000
#define START_MS INT64_C(1767225600000)

enum stage {
    STAGE_READ,
    STAGE_DECODE,
    STAGE_ENGINE
};

struct core {
    enum stage stage;
    struct config *config;
    struct decode *decode;
    struct engine *engine;
    struct arena arena;
    struct buffer line;
    uint64_t seed;
    uint64_t changes;
};

static uint64_t
core_random(struct core *core)
{
    core->seed ^= core->seed << 13;
    core->seed ^= core->seed >> 7;
    core->seed ^= core->seed << 17;
    return core->seed >> 11;
}

/* An event of the workload fp-bench, 0.2 a second for each user. */
static struct text
core_line(struct core *core, int64_t number)
{
    static const char *const types[] = {
        "view", "view", "view", "view", "view", "view", "view", "click", "add_to_cart", "purchase"};
    uint64_t dice = core_random(core);
    struct buffer *line = &core->line;
    char *copy;

    buffer_clear(line);
    buffer_add_literal(line, "{\"user\":\"user-");
    buffer_add_int(line, 1000000 + (int64_t)(dice % USERS));
    buffer_add_literal(line, "\",\"type\":\"");
    buffer_add_text(line, text_of(types[dice / USERS % 10]));
    buffer_add_literal(line, "\",\"ts\":");
    buffer_add_int(line, START_MS + number * 10 + (int64_t)(dice >> 32) % 401 - 200);
    buffer_add_literal(line, ",\"id\":\"e-");
    buffer_add_int(line, 100000000000 + number);
    buffer_add_literal(line, "\",\"value\":");
    buffer_add_int(line, (int64_t)(dice >> 24 & 127));
    buffer_add_literal(line, ".25,\"category\":\"shoes\",\"page\":\"/shop/department/products/list?"
                             "sort=popular&page=2&view=grid&ref=home\",\"device\":\"mobile\"}");
    copy = arena_take(&core->arena, line->length + 64);
    memcpy(copy, line->bytes, line->length);
    return (struct text){copy, (uint32_t)line->length};
}

static void
core_change(void *opaque, const struct change *change)
{
    struct core *core = opaque;

    (void)change;
    core->changes++;
}

static void
core_batch(struct core *core, int64_t first)
{
    static struct text lines[BATCH];
    static struct event events[BATCH];
    struct decode_fault fault;

    for (int i = 0; i < BATCH; i++)
        lines[i] = core_line(core, first + i);
    for (int i = 0; i < BATCH && core->stage >= STAGE_DECODE; i++)
        CHECK(decode_event(core->decode, lines[i], &core->arena, &events[i], &fault) == DECODE_OK);
    for (int i = 0; i < BATCH && core->stage == STAGE_ENGINE; i++) {
        engine_prefetch(core->engine, events[(i + ENGINE_PREFETCH_EVENTS) % BATCH].user_hash);
        CHECK(engine_apply(core->engine, &events[i], first + i) == APPLY_DONE);
        engine_advance(core->engine, events[i].ts - LATENESS_MS, UINT64_MAX);
    }
    arena_reset(&core->arena);
}

/* As behind a transaction: what changed is written, and who is to be told. */
static void
core_flush(struct core *core, int64_t offset)
{
    struct engine_flushed flushed;
    uint32_t slot;
    size_t count = 0;

    while (engine_flush_next(core->engine, offset, 0, &flushed))
        count++;
    engine_flush_done(core->engine, count);
    while (engine_changed_next(core->engine, &slot))
        continue;
}

static bool
core_init(struct core *core, const char *stage, const char *rules)
{
    struct config_request request = {.segment_files = &rules, .segment_file_count = 1};
    struct engine_settings settings = {
        .forget_after_ms = INT64_C(86400000) * 400, .events_per_window = 1024};
    struct report *report = report_new();

    core->stage = strcmp(stage, "read") == 0     ? STAGE_READ
                  : strcmp(stage, "decode") == 0 ? STAGE_DECODE
                                                 : STAGE_ENGINE;
    core->config = config_load(&request, report);
    report_free(report);
    if (core->config == NULL)
        return false;
    core->seed = 88172645463325252u;
    core->decode =
        decode_new(&core->config->mapping, core->config->plan, core->config->zone, LINE_BYTES_MAX);
    core->engine = engine_new(core->config->plan, &settings, core_change, core);
    arena_init(&core->arena);
    buffer_init(&core->line);
    return true;
}

int
main(int argc, char **argv)
{
    struct core core = {0};
    int64_t events = argc == 4 ? strtoll(argv[2], NULL, 10) : 0;

    if (events <= 0 || !core_init(&core, argv[1], argv[3])) {
        fprintf(stderr, "usage: core read|decode|engine EVENTS RULES.yaml\n");
        return 2;
    }
    for (int64_t first = 0; first < events; first += BATCH) {
        core_batch(&core, first);
        core_flush(&core, first + BATCH);
    }
    printf("%" PRIu64 " changes\n", core.changes);
    buffer_fini(&core.line);
    arena_fini(&core.arena);
    engine_free(core.engine);
    decode_free(core.decode);
    config_free(core.config);
    return 0;
}
