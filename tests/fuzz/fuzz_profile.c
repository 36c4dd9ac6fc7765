/*
 * Stored profiles with damage anywhere: refused, or used without harm.
 *
 * The first byte says how many events make the profile; then triples (offset, offset, byte) damage
 * it. Offsets are taken modulo its length. What is accepted goes on with events and time.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/check.h"
#include "config/base/hash.h"
#include "config/base/number.h"
#include "config/language/language.h"
#include "pipeline/engine/engine.h"

#define FIELDS_COUNT_MAX 16
#define PROFILE_MAX 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char rules[] =
    "segments:\n"
    "  - {name: a, when: 'count(view[200ms]) >= 4 and none(buy[100ms])', for: 5ms}\n"
    "  - {name: b, when: 'sum(buy.value{value>=0}[300ms]) >= 7', keep: 10ms, cooldown: 50ms}\n"
    "  - {name: c, when: 'distinct(view.item[150ms]) > 2 or age(buy) > 0.2'}\n"
    "  - {name: d, when: 'avg(*.value[200ms]) > 2 and decay(view[80ms]) >= 1.5'}\n"
    "  - {name: e, when: 'repeats(view.item[400ms]) >= 3', attach: {top: 'top(view.item[400ms])',\n"
    "      ever: 'top(*.item[ever])', first: 'first(*.item[ever])', last: 'last(*.item[1s])'}}\n"
    "  - {name: f, when: 'seq(view, cart, buy within 120ms by item)[200ms]'}\n"
    "  - {name: g, when: 'unanswered(cart, buy, 60ms)[250ms] and not member(a)'}\n"
    "  - {name: h, when: 'sum(*.value[ever]) > 4 or count(view[1s]) > count(buy[ever])'}\n";

static const struct plan *
fuzz_plan(void)
{
    static struct plan *plan;

    if (plan == NULL) {
        struct report *report = report_new();
        struct yaml_document *file = yaml_parse("rules", text_of(rules), report);
        const struct yaml_document *files[] = {file};
        struct language_limits limits = {.events_per_window = 16};
        plan = language_compile(files, 1, &limits, report);
        CHECK(plan != NULL);
        CHECK(plan->field_count <= FIELDS_COUNT_MAX);
        yaml_free(file);
        report_free(report);
    }
    return plan;
}

static void
fuzz_event(struct engine *engine, uint32_t number, int64_t ts)
{
    static const char *const types[] = {"view", "cart", "buy"};
    static const char *const texts[] = {"a", "bb", "", "a longer one"};
    const struct plan *plan = fuzz_plan();
    struct value values[FIELDS_COUNT_MAX] = {0};
    struct event event = {.user = TEXT("u"),
        .user_hash = hash_text(TEXT("u")),
        .ts = ts,
        .id = text_of(texts[number / 3 % 4]),
        .has_id = number % 2 == 0,
        .type = plan_type_find(plan, text_of(types[number % 3])),
        .fields = values};

    for (uint32_t i = 0; i < plan->field_count; i++) {
        values[i].kind = (number + i) % 3 == 0 ? VALUE_TEXT : VALUE_NUMBER;
        values[i].number = (int64_t)(number * 7 % 11) * NUMBER_ONE - NUMBER_ONE;
        values[i].text = text_of(texts[(number + i) % 4]);
    }
    engine_apply(engine, &event, (int64_t)number);
}

static void
fuzz_change(void *opaque, const struct change *change)
{
    (void)opaque;
    for (uint32_t i = 0; i < change->with_count; i++)
        if (change->with[i].value.kind == VALUE_TEXT)
            (void)hash_text(change->with[i].value.text);
}

static size_t
fuzz_pack(struct engine *engine, uint32_t events, unsigned char *bytes)
{
    struct engine_flushed flushed;
    size_t length = 0;

    for (uint32_t i = 0; i <= events; i++)
        fuzz_event(engine, i, 1000 + i * 13 % 97 * 5);
    while (engine_flush_next(engine, (int64_t)events + 1, 0, &flushed)) {
        CHECK(flushed.length <= PROFILE_MAX);
        length = flushed.length;
        memcpy(bytes, flushed.bytes, length);
    }
    engine_flush_done(engine, 1);
    engine_clear(engine);
    return length;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static unsigned char bytes[PROFILE_MAX];
    static struct engine *engine;
    struct membership membership;
    struct err err;
    size_t length;

    if (engine == NULL) {
        struct engine_settings settings = {
            .dedupe_ms = 300, .forget_after_ms = 5000, .events_per_window = 16};
        engine = engine_new(fuzz_plan(), &settings, fuzz_change, NULL);
    }
    if (size == 0)
        return 0;
    length = fuzz_pack(engine, data[0], bytes);
    for (size_t i = 1; i + 2 < size; i += 3)
        bytes[((size_t)data[i] << 8 | data[i + 1]) % length] = data[i + 2];
    if (engine_put(engine, TEXT("u"), hash_text(TEXT("u")), bytes, length, &err) == ERR_NONE) {
        engine_membership(
            engine, engine_find(engine, TEXT("u"), hash_text(TEXT("u"))), &membership);
        for (uint32_t i = 300; i < 330; i++)
            fuzz_event(engine, i, 1400 + i * 29 % 300);
        engine_advance(engine, 100000, UINT64_MAX);
    }
    engine_clear(engine);
    return 0;
}
