#ifndef FOOTPRINT_TESTS_ENGINE_RIG_H
#define FOOTPRINT_TESTS_ENGINE_RIG_H

/*
 * An engine with rules from a text, fed by hand; what it says is collected as short lines:
 *
 *   "u +name @at until reason"   an enter ("-" for an exit, "never" without until)
 *
 * Everything is in milliseconds. Fields are "name=value,name=value": a number where it reads as
 * one, otherwise a string; hour and weekday are those of UTC.
 */

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "config/base/buffer.h"
#include "config/base/hash.h"
#include "config/base/number.h"
#include "config/language/language.h"
#include "pipeline/emit/change.h"
#include "pipeline/engine/engine.h"

#define RIG_FIELDS_MAX 64

struct rig {
    struct plan *plan;
    struct engine *engine;
    struct engine_settings settings;
    struct buffer out;  /* short lines */
    struct buffer json; /* the records */
    int64_t offset;
    int64_t lateness; /* the watermark follows the events by this; -1: it stands still */
    int64_t newest;
    bool long_lines; /* with life, seq and values */
};

static inline struct plan *
rig_plan(const char *rules, uint32_t events_per_window)
{
    struct report *report = report_new();
    struct yaml_document *file = yaml_parse("rules.yaml", text_of(rules), report);
    const struct yaml_document *files[] = {file};
    struct language_limits limits = {.events_per_window = events_per_window};
    struct plan *plan = file == NULL ? NULL : language_compile(files, 1, &limits, report);

    if (plan == NULL) {
        struct buffer text;
        buffer_init(&text);
        report_print(report, &text);
        fprintf(stderr, "%.*s\n", (int)text.length, text.bytes);
        buffer_fini(&text);
    }
    report_free(report);
    yaml_free(file);
    assert_non_null(plan);
    return plan;
}

static inline void
rig_change(void *opaque, const struct change *change)
{
    struct rig *rig = opaque;
    static const struct change_source lines = {NULL, 0};
    static const char *const reasons[] = {"event", "time", "forget", "rules", "erase"};

    buffer_printf(&rig->out, "%.*s %c%.*s @%" PRId64, (int)change->user.length, change->user.bytes,
        change->enter ? '+' : '-', (int)rig->plan->segments[change->segment].name.length,
        rig->plan->segments[change->segment].name.bytes, change->at);
    if (change->enter && change->until == PLAN_NEVER)
        buffer_printf(&rig->out, " never");
    else if (change->enter)
        buffer_printf(&rig->out, " %" PRId64, change->until);
    buffer_printf(&rig->out, " %s", reasons[change->reason]);
    if (rig->long_lines) {
        buffer_printf(&rig->out, " %" PRId64 ".%" PRIu64, change->life, change->seq);
        change_emit_with(change->with, change->with_count, &rig->out);
    }
    buffer_add_char(&rig->out, '\n');
    change_emit(change, rig->plan, &lines, &rig->json);
    buffer_add_char(&rig->json, '\n');
}

static inline void
rig_start(struct rig *rig)
{
    rig->engine = engine_new(rig->plan, &rig->settings, rig_change, rig);
}

static inline void
rig_init(struct rig *rig, const char *rules)
{
    *rig = (struct rig){.lateness = 0, .newest = INT64_MIN};
    rig->settings = (struct engine_settings){
        .dedupe_ms = 600000, .forget_after_ms = PLAN_NEVER, .events_per_window = 1024};
    rig->plan = rig_plan(rules, rig->settings.events_per_window);
    buffer_init(&rig->out);
    buffer_init(&rig->json);
    rig_start(rig);
}

static inline void
rig_fini(struct rig *rig)
{
    engine_free(rig->engine);
    plan_free(rig->plan);
    buffer_fini(&rig->out);
    buffer_fini(&rig->json);
}

static inline void
rig_field(struct rig *rig, struct value *values, struct text name, struct text value)
{
    char *end;

    for (uint32_t i = 0; i < rig->plan->field_count; i++) {
        if (!text_equal(rig->plan->fields[i].name, name) ||
            rig->plan->fields[i].kind != FIELD_MAPPED)
            continue;
        values[i] = (struct value){.kind = VALUE_TEXT, .text = value};
        if (value.length == 0)
            continue;
        strtod(value.bytes, &end);
        if (end == value.bytes + value.length && number_parse(value, &values[i].number))
            values[i].kind = VALUE_NUMBER;
    }
}

static inline void
rig_fields(struct rig *rig, struct value *values, const char *fields, int64_t ts)
{
    static const char *const days[] = {"thu", "fri", "sat", "sun", "mon", "tue", "wed"};

    assert_true(rig->plan->field_count <= RIG_FIELDS_MAX);
    while (*fields != 0) {
        const char *equal = strchr(fields, '='), *end = equal + strcspn(equal, ",");
        rig_field(rig, values, (struct text){fields, (uint32_t)(equal - fields)},
            (struct text){equal + 1, (uint32_t)(end - equal - 1)});
        fields = *end == 0 ? end : end + 1;
    }
    for (uint32_t i = 0; i < rig->plan->field_count; i++) {
        if (rig->plan->fields[i].kind == FIELD_HOUR)
            values[i] =
                (struct value){.kind = VALUE_NUMBER, .number = ts / 3600000 % 24 * NUMBER_ONE};
        else if (rig->plan->fields[i].kind == FIELD_WEEKDAY)
            values[i] =
                (struct value){.kind = VALUE_TEXT, .text = text_of(days[ts / 86400000 % 7])};
    }
}

/* One event, then the watermark. id may be NULL. */
static inline enum apply_result
rig_event_id(struct rig *rig, const char *user, const char *type, int64_t ts, const char *fields,
    const char *id)
{
    struct value values[RIG_FIELDS_MAX] = {0};
    struct event event = {.user = text_of(user),
        .user_hash = hash_text(text_of(user)),
        .ts = ts,
        .type = plan_type_find(rig->plan, text_of(type)),
        .fields = values};
    enum apply_result result;

    if (id != NULL) {
        event.has_id = true;
        event.id = text_of(id);
    }
    rig_fields(rig, values, fields, ts);
    result = engine_apply(rig->engine, &event, rig->offset++);
    if (result != APPLY_TOO_OLD && ts > rig->newest)
        rig->newest = ts;
    if (result != APPLY_TOO_OLD && rig->lateness >= 0)
        engine_advance(rig->engine, ts - rig->lateness, UINT64_MAX);
    return result;
}

static inline enum apply_result
rig_event(struct rig *rig, const char *user, const char *type, int64_t ts, const char *fields)
{
    return rig_event_id(rig, user, type, ts, fields, NULL);
}

/* What was said since the last time is exactly this. */
#define rig_says(rig, expected)                                                                    \
    do {                                                                                           \
        buffer_add((&(rig)->out), "", 1);                                                          \
        assert_string_equal((rig)->out.bytes, (expected));                                         \
        buffer_clear(&(rig)->out);                                                                 \
    } while (0)

#endif
