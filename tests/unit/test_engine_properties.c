/* What must hold whatever the events are: by seeded random events under rules of every kind. */
#include "tests/unit/engine_rig.h"

#define EVENTS 1500
#define TICK 10

static const char rules[] =
    "segments:\n"
    "  - {name: often, when: 'count(view[200ms]) >= 4 and none(buy[100ms])'}\n"
    "  - {name: exactly, when: 'count(*[50ms]) == 2', for: 20ms, keep: 30ms, cooldown: 100ms}\n"
    "  - {name: spender, when: 'sum(buy.value{value>=0}[300ms]) >= 7.5'}\n"
    "  - {name: wide, when: 'distinct(view.item[150ms]) > 2 or distinct(view.item[1s]) > 4'}\n"
    "  - {name: mixed, when: 'avg(*.value[200ms]) > 2 and max(*.value[100ms]) < 9'}\n"
    "  - {name: growing, when: 'count(view[100ms]) > count(buy[300ms]) * 2'}\n"
    "  - {name: fan, when: 'repeats(view.item[400ms]) >= 3', attach: {item: "
    "'top(view.item[400ms])',\n"
    "      first: 'first(view.item[300ms])', last: 'last(*.item[1s])', ever: "
    "'top(*.item[ever])'}}\n"
    "  - {name: warm, when: 'decay(view[80ms]) >= 1.5', attach: {score: 'decay(buy.value[1s])'}}\n"
    "  - {name: path, when: 'seq(view, cart, buy within 120ms by item)[200ms]'}\n"
    "  - {name: lost, when: 'unanswered(cart, buy, 60ms by item)[250ms]', keep: 40ms}\n"
    "  - {name: quiet, when: 'since(view) >= 0.15 and age(*) > 0.3'}\n"
    "  - {name: named, when: 'trait.plan == \"gold\" or any(view{item=~\"a.*\"}[90ms])'}\n"
    "  - {name: both, when: 'member(often) or not member(lost)', for: 15ms}\n"
    "  - {name: chain, when: 'member(both) and share(view, {item=\"a\"} [200ms]) < 0.6', keep: "
    "5ms}\n"
    "  - {name: total, when: 'sum(*.value[ever]) > 40 and first(*.item[ever]) != \"b\"'}\n"
    "  - {name: hour, when: 'any(*{hour<12}[30ms]) and bucket(\"x\") < 80'}\n";

static uint64_t seed;

static uint32_t
random_below(uint32_t bound)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % bound;
}

struct random_event {
    const char *user, *type;
    int64_t ts;
    char fields[64];
    char id[12];
};

/* Coarse times, so that equal ones and differences equal to windows come all the time. */
static void
random_events(struct random_event *events, uint64_t from, int64_t shift)
{
    static const char *const users[] = {"ann", "bob", "cy"};
    static const char *const types[] = {"view", "view", "cart", "buy", "identify", "other"};
    static const char *const items[] = {"a", "b", "c", "ab", "d", "5"};
    static const char *const values[] = {"1", "-2", "3.5", "x", "0", "12"};
    int64_t now = 1000;

    seed = from;
    for (uint32_t i = 0; i < EVENTS; i++) {
        now += (int64_t)random_below(3) * TICK;
        if (random_below(150) == 0)
            now += 40 * TICK;
        events[i].user = users[random_below(3)];
        events[i].type = types[random_below(6)];
        events[i].ts = shift + now - (random_below(4) == 0 ? random_below(12) * TICK : 0);
        snprintf(events[i].fields, sizeof(events[i].fields), "item=%s,value=%s,plan=%s",
            items[random_below(6)], values[random_below(6)], random_below(2) == 0 ? "gold" : "tin");
        snprintf(events[i].id, sizeof(events[i].id), "%u", random_below(EVENTS * 4));
    }
}

static void
start(struct rig *rig)
{
    rig_init(rig, rules);
    rig->lateness = 5 * TICK;
    rig->long_lines = true;
    rig->settings.dedupe_ms = 300;
    rig->settings.forget_after_ms = 1200;
    engine_free(rig->engine);
    rig_start(rig);
}

static void
feed(struct rig *rig, const struct random_event *event)
{
    rig_event_id(rig, event->user, event->type, event->ts, event->fields, event->id);
}

/* Everything to bytes and back into another engine. */
static void
pack_and_unpack(struct rig *rig)
{
    struct engine *old = rig->engine;
    struct engine_position position;
    struct engine_flushed flushed;
    struct err err;

    engine_position_get(old, &position);
    rig_start(rig);
    engine_position_set(rig->engine, &position);
    engine_members_set(rig->engine, engine_members(old));
    for (const char *const *user = (const char *const[]){"ann", "bob", "cy", NULL}; *user != NULL;
         user++) {
        uint32_t slot = engine_find(old, text_of(*user), hash_text(text_of(*user)));
        if (slot != ENGINE_SLOT_NONE)
            engine_reindex(old, slot, ENGINE_BUCKET_NONE);
    }
    while (engine_flush_next(old, rig->offset, 0, &flushed)) {
        if (flushed.bytes == NULL)
            continue;
        assert_int_equal(engine_put(rig->engine, flushed.user, hash_text(flushed.user),
                             flushed.bytes, flushed.length, &err),
            0);
    }
    engine_free(old);
}

static void
assert_same(const struct rig *a, const struct rig *b)
{
    assert_true(a->json.length > 10000);
    assert_int_equal(a->json.length, b->json.length);
    assert_memory_equal(a->json.bytes, b->json.bytes, a->json.length);
    assert_memory_equal(engine_members(a->engine), engine_members(b->engine),
        a->plan->segment_count * sizeof(int64_t));
}

static void
packing_between_any_two_events_changes_nothing(void **state)
{
    static struct random_event events[EVENTS];

    (void)state;
    for (uint64_t round = 1; round <= 6; round++) {
        struct rig straight, packed;
        random_events(events, round, 0);
        start(&straight);
        start(&packed);
        for (uint32_t i = 0; i < EVENTS; i++) {
            feed(&straight, &events[i]);
            feed(&packed, &events[i]);
            if (i % (2 * round) == 0)
                pack_and_unpack(&packed);
        }
        engine_advance(straight.engine, 100000000, UINT64_MAX);
        pack_and_unpack(&packed);
        engine_advance(packed.engine, 100000000, UINT64_MAX);
        assert_same(&straight, &packed);
        rig_fini(&straight);
        rig_fini(&packed);
    }
}

/* An advance in small steps, each stopped after one change, says the same in the same order. */
static void
an_advance_may_stop_anywhere(void **state)
{
    static struct random_event events[EVENTS];
    struct rig whole, steps;
    int64_t newest = INT64_MIN;

    (void)state;
    random_events(events, 77, 0);
    start(&whole);
    start(&steps);
    steps.lateness = -1;
    for (uint32_t i = 0; i < EVENTS; i++) {
        feed(&whole, &events[i]);
        feed(&steps, &events[i]);
        if (events[i].ts > newest)
            newest = events[i].ts;
        while (engine_advance(steps.engine, newest - 5 * TICK, 1) == ADVANCE_MORE) {
            struct engine_position position;
            engine_position_get(steps.engine, &position);
            assert_true(position.watermark < position.target);
            if (random_below(3) == 0)
                pack_and_unpack(&steps);
        }
    }
    assert_same(&whole, &steps);
    rig_fini(&whole);
    rig_fini(&steps);
}

/* The same later: the same said, later. Hours and days stay in step by whole days. */
static void
time_may_be_shifted(void **state)
{
    static struct random_event events[EVENTS];
    int64_t shift = INT64_C(86400000) * 7 * 52 * 50;
    struct rig early, late;
    const char *a, *b;

    (void)state;
    start(&early);
    start(&late);
    random_events(events, 5, 0);
    for (uint32_t i = 0; i < EVENTS; i++)
        feed(&early, &events[i]);
    random_events(events, 5, shift);
    for (uint32_t i = 0; i < EVENTS; i++)
        feed(&late, &events[i]);
    buffer_add(&early.out, "", 1);
    buffer_add(&late.out, "", 1);
    a = early.out.bytes;
    b = late.out.bytes;
    while (*a != 0 && *b != 0) {
        assert_int_equal(*a, *b);
        if (*a == '@') {
            char *after_a, *after_b;
            assert_true(strtoll(a + 1, &after_a, 10) + shift == strtoll(b + 1, &after_b, 10));
            if (after_a[1] >= '0' && after_a[1] <= '9')
                assert_true(
                    strtoll(after_a, &after_a, 10) + shift == strtoll(after_b, &after_b, 10));
            a = after_a;
            b = after_b;
            continue;
        }
        a++;
        b++;
    }
    assert_int_equal(*a, *b);
    rig_fini(&early);
    rig_fini(&late);
}

/* The lines of one segment. */
static void
lines_of(const struct rig *rig, const char *segment, struct buffer *out)
{
    const char *line = rig->out.bytes, *end = line + rig->out.length;

    for (; line < end; line = (const char *)memchr(line, '\n', (size_t)(end - line)) + 1) {
        const char *name = (const char *)memchr(line, ' ', (size_t)(end - line)) + 2;
        if (strncmp(name, segment, strlen(segment)) == 0 && name[strlen(segment)] == ' ')
            buffer_add(out, line,
                (size_t)((const char *)memchr(line, '\n', (size_t)(end - line)) - line + 1));
    }
}

/* Other rules share lists with a segment, make it due earlier, keep its windows longer: all that
 * must not be seen. */
static void
other_segments_change_nothing(void **state)
{
    static const char *const alone[][2] = {
        {"often", "  - {name: often, when: 'count(view[200ms]) >= 4 and none(buy[100ms])'}\n"},
        {"exactly", "  - {name: exactly, when: 'count(*[50ms]) == 2', for: 20ms, keep: 30ms, "
                    "cooldown: 100ms}\n"},
        {"wide",
            "  - {name: wide, when: 'distinct(view.item[150ms]) > 2 or distinct(view.item[1s]) > "
            "4'}\n"},
        {"path", "  - {name: path, when: 'seq(view, cart, buy within 120ms by item)[200ms]'}\n"},
        {"lost", "  - {name: lost, when: 'unanswered(cart, buy, 60ms by item)[250ms]', keep: "
                 "40ms}\n"},
    };
    static struct random_event events[EVENTS];
    struct rig all;

    (void)state;
    random_events(events, 31, 0);
    start(&all);
    all.long_lines = false;
    for (uint32_t i = 0; i < EVENTS; i++)
        feed(&all, &events[i]);
    for (size_t k = 0; k < sizeof(alone) / sizeof(alone[0]); k++) {
        char text[256];
        struct buffer expected;
        struct rig one;
        snprintf(text, sizeof(text), "segments:\n%s", alone[k][1]);
        rig_init(&one, text);
        one.lateness = all.lateness;
        one.settings = all.settings;
        engine_free(one.engine);
        rig_start(&one);
        for (uint32_t i = 0; i < EVENTS; i++)
            feed(&one, &events[i]);
        buffer_init(&expected);
        lines_of(&all, alone[k][0], &expected);
        assert_true(expected.length > 0);
        assert_int_equal(expected.length, one.out.length);
        assert_memory_equal(expected.bytes, one.out.bytes, expected.length);
        buffer_fini(&expected);
        rig_fini(&one);
    }
    rig_fini(&all);
}

/* Where nothing is published in between, the order of arrival leaves no trace but in ties. */
static void
order_of_arrival_does_not_matter_in_the_end(void **state)
{
    static struct random_event events[EVENTS];

    (void)state;
    random_events(events, 9, 0);
    for (uint32_t round = 0; round < 40; round++) {
        uint32_t first = round * 30, order[12];
        struct rig straight, shuffled;
        start(&straight);
        start(&shuffled);
        straight.lateness = shuffled.lateness = 1000000;
        for (uint32_t i = 0; i < 12; i++) {
            events[first + i].user = "ann";
            events[first + i].ts = 5000 + i * 7;
            order[i] = i;
        }
        for (uint32_t i = 11; i > 0; i--) {
            uint32_t k = random_below(i + 1), swap = order[i];
            order[i] = order[k];
            order[k] = swap;
        }
        /* All are late for a user whose clock stands past them. */
        for (uint32_t i = 0; i < 2; i++) {
            struct rig *rig = i == 0 ? &straight : &shuffled;
            rig_event(rig, "ann", "other", 5100, "");
            engine_silence(rig->engine, true);
            for (uint32_t n = 0; n < 12; n++)
                feed(rig, &events[first + (i == 0 ? n : order[n])]);
            engine_silence(rig->engine, false);
            buffer_clear(&rig->out);
            rig->long_lines = false;
            engine_advance(rig->engine, 6000, UINT64_MAX);
        }
        /* Marks of `for` and `keep` may differ; what leaves by its window may not. */
        buffer_add(&straight.out, "", 1);
        buffer_add(&shuffled.out, "", 1);
        for (const char *name = "often\0spender\0wide\0fan\0warm\0path\0quiet\0total\0"; *name != 0;
             name += strlen(name) + 1) {
            char exit[64];
            const char *a, *b;
            snprintf(exit, sizeof(exit), "ann -%s @", name);
            a = strstr(straight.out.bytes, exit);
            b = strstr(shuffled.out.bytes, exit);
            assert_true((a == NULL) == (b == NULL));
            if (a != NULL)
                assert_memory_equal(a, b, strcspn(a, "\n"));
        }
        rig_fini(&straight);
        rig_fini(&shuffled);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packing_between_any_two_events_changes_nothing),
        cmocka_unit_test(an_advance_may_stop_anywhere),
        cmocka_unit_test(time_may_be_shifted),
        cmocka_unit_test(other_segments_change_nothing),
        cmocka_unit_test(order_of_arrival_does_not_matter_in_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
