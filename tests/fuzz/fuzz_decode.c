/* Any payload through a mapping with every kind of place: no crash, and a sound event. */
#include <stdint.h>
#include <stdlib.h>

#include "config/base/check.h"
#include "config/base/number.h"
#include "config/base/utf8.h"
#include "pipeline/decode/decode.h"
#include "pipeline/decode/scan.h"
#include "pipeline/decode/timestamp.h"

#define EVENT_BYTES 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum field {
    AMOUNT,
    CATEGORY,
    FIRST_ITEM,
    HOUR,
    WEEKDAY,
    FIELDS
};

static struct decode *
fuzz_decoder(void)
{
    static struct mapping_field named[] = {
        {TEXT("category"), {.at = {TEXT("/product/category"), TEXT("/cat")}, .count = 2}},
        {TEXT("first_item"), {.at = {TEXT("/items/0")}, .count = 1}},
    };
    static const struct mapping mapping = {
        .user = {.at = {TEXT("/user"), TEXT("/u")}, .count = 2},
        .type = {.at = {TEXT("/type")}, .count = 1},
        .time = {.at = {TEXT("/ts")}, .count = 1},
        .id = {.at = {TEXT("/id")}, .count = 1},
        .fields = named,
        .field_count = 2,
        .fields_from = {.at = {TEXT(""), TEXT("/properties")}, .count = 2},
    };
    static struct plan_field fields[FIELDS] = {
        [AMOUNT] = {TEXT("amount"), FIELD_MAPPED, true},
        [CATEGORY] = {TEXT("category"), FIELD_MAPPED, true},
        [FIRST_ITEM] = {TEXT("first_item"), FIELD_MAPPED, true},
        [HOUR] = {TEXT("hour"), FIELD_HOUR, true},
        [WEEKDAY] = {TEXT("weekday"), FIELD_WEEKDAY, true},
    };
    static const struct plan plan = {.fields = fields, .field_count = FIELDS};
    static struct zone *zone;
    struct err err;

    CHECK(zone_new(TEXT("UTC"), &zone, &err) == ERR_NONE);
    return decode_new(&mapping, &plan, zone, EVENT_BYTES);
}

static void
fuzz_check_value(const struct value *value)
{
    uint32_t offset;

    switch (value->kind) {
    case VALUE_NULL:
        break;
    case VALUE_NUMBER:
        CHECK(value->number >= -NUMBER_MAX);
        CHECK(value->number <= NUMBER_MAX);
        break;
    case VALUE_TEXT:
        CHECK(value->text.length <= TEXT_BYTES_MAX);
        CHECK(utf8_valid(value->text, &offset));
        break;
    }
}

static void
fuzz_check_event(const struct event *event)
{
    uint32_t offset;

    CHECK(event->user.length > 0);
    CHECK(event->user.length <= USER_BYTES_MAX);
    CHECK(utf8_valid(event->user, &offset));
    CHECK(event->ts >= 0);
    CHECK(event->ts <= TIMESTAMP_MS_MAX);
    CHECK(event->has_id == (event->id.length > 0));
    CHECK(utf8_valid(event->id, &offset));
    for (uint32_t i = 0; i < FIELDS; i++)
        fuzz_check_value(&event->fields[i]);
    CHECK(event->fields[HOUR].kind == VALUE_NUMBER);
    CHECK(event->fields[WEEKDAY].kind == VALUE_TEXT);
}

static void
fuzz_one(struct decode *decode, struct text payload)
{
    static struct arena arena;
    struct decode_fault fault = {0};
    struct event event;
    enum decode_result result;

    arena_reset(&arena);
    result = decode_event(decode, payload, &arena, &event, &fault);
    if (result == DECODE_OK) {
        fuzz_check_event(&event);
        return;
    }
    CHECK(result < DECODE_AHEAD);
    CHECK(fault.detail[0] != '\0');
    CHECK(fault.offset <= payload.length);
}

/* With AVX2, where the processor has it, and without. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct decode *decode[2];

    for (int i = 0; i < 2; i++) {
        if (decode[i] == NULL) {
            scan_without_avx2(i != 0);
            decode[i] = fuzz_decoder();
        }
        fuzz_one(decode[i], (struct text){(const char *)data, (uint32_t)size});
    }
    return 0;
}
