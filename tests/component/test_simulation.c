/*
 * Exactly once in a modelled world: real pipelines on model Kafka and Redis, faults by a seed, and
 * a judge that runs the bare engine over the same log.
 *
 *   test_simulation [FIRST_SEED [COUNT [MECHANISM,...]]]
 *
 *   SIM_SECONDS=60   as many seeds as fit        SIM_VERBOSE=1    prints what the pipelines say
 *   SIM_FAULTS=016   only some kinds of faults   SIM_ALL=1        a control goes on behind the
 * first damage
 *   SIM_RULES=1      also gives the processes other rules, which decide the same and are not the
 * same
 *   SIM_RULES=2      the same with rules that never need the whole log, and users who are forgotten
 *
 * A control leaves mechanisms out (config/base/drill.h): then the judge must find damage in some
 * seed. Of four seeds two have clocks that run fast, so that windows last days; two have no room
 * for a profile that is not in use.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "config/base/buffer.h"
#include "config/base/check.h"
#include "config/base/drill.h"
#include "config/base/hash.h"
#include "config/base/murmur2.h"
#include "pipeline/decode/decode.h"
#include "pipeline/emit/change.h"
#include "pipeline/engine/engine.h"
#include "tests/component/model/model.h"

#define USERS 12
#define RUN_US INT64_C(20000000)
#define QUIET_US INT64_C(60000000) /* windows end, faults heal, silence is believed again */
#define SEEDS_DEFAULT 150
#define OUTAGE_US INT64_C(2000000) /* at least: longer than nobody looks while all are well */
#define VARIETIES 4
#define NEAR_FORGET_MS 2500 /* where clocks are right; and then events are no later than */
#define NEAR_LATE_MS 100
#define MINUTES_FOR_MS 60000 /* the pace of clocks by which a millisecond is a minute */

/* %1$s is a unit of time: milliseconds, or minutes of a world whose clocks run as much faster. */
static const char rules[] =
    "segments:\n"
    "  - {name: busy, when: 'count(view[2000%1$s]) >= 3', attach: {n: 'count(view[4000%1$s])'}}\n"
    "  - {name: quiet, when: 'none(view[1500%1$s])', cooldown: 2000%1$s}\n"
    "  - {name: buyer, when: 'sum(buy.value{value>=0}[3000%1$s]) >= 10', keep: 1000%1$s}\n"
    "  - {name: waits, when: 'any(buy[3000%1$s]) and member(quiet)', for: 500%1$s}\n";
static const char config_form[] =
    "version: 1\nkafka: {brokers: model}\n"
    "input: {lateness: 100%1$s, idle_after: 300ms, idle_lag: 0, dedupe: 500%1$s}\n"
    "commit: {min: 20ms}\ncheckpoint: {interval: 1s}\n"
    "segments: [rules.yaml]\n";

/* All that they decide now hangs on what has happened lately; the others say the same otherwise. */
static const char near_rules[] =
    "segments:\n"
    "  - {name: busy, when: 'count(view[2000%1$s]) >= 3', attach: {n: 'count(view[1000%1$s])'}}\n"
    "  - {name: buyer, when: 'sum(buy.value{value>=0}[1500%1$s]) >= 10', keep: 700%1$s}\n"
    "  - {name: waits, when: 'any(buy[1500%1$s]) and any(view[700%1$s])', for: 400%1$s}\n"
    "  - {name: both, when: 'any(buy[900%1$s]) and member(busy)'}\n"
    "  - {name: seen, when: 'seq(view, buy within 400%1$s)[900%1$s]'}\n"
    "  - {name: open, when: 'unanswered(buy, view, 300%1$s)[1200%1$s]'}\n";
static const char other_near_rules[] =
    "segments:\n"
    "  - {name: busy, when: 'count(view[2000%1$s]) > 2', attach: {n: 'count(view[1000%1$s])'}}\n"
    "  - {name: buyer, when: 'sum(buy.value{value>=0}[1500%1$s]) + 0 >= 10', keep: 700%1$s}\n"
    "  - {name: waits, when: 'not (none(buy[1500%1$s]) or none(view[700%1$s]))', for: 400%1$s}\n"
    "  - {name: both, when: 'count(buy[900%1$s]) >= 1 and member(busy)'}\n"
    "  - {name: seen, when: 'not not seq(view, buy within 400%1$s)[900%1$s]'}\n"
    "  - {name: open, when: 'unanswered(buy, view, 300%1$s)[1200%1$s]'}\n";
static const char near_config_form[] =
    "version: 1\nkafka: {brokers: model}\n"
    "input: {lateness: 100%1$s, idle_after: 300ms, idle_lag: 0, dedupe: 50%1$s, max_ahead: "
    "50%1$s}\n"
    "commit: {min: 20ms}\ncheckpoint: {interval: 1s}\n"
    "segments: [rules.yaml]\n";

static const char more_rules[] = "  - {name: never, when: 'count(nothing[1s]) >= 5'}\n";

/* --- the configuration ----------------------------------------------------------------------- */

static void
write_file(const char *path, const char *form, const char *unit)
{
    FILE *file = fopen(path, "w");

    CHECK(file != NULL);
    for (const char *at = form; *at != '\0';) {
        const char *place = strstr(at, "%1$s");
        size_t length = place == NULL ? strlen(at) : (size_t)(place - at);

        fprintf(file, "%.*s%s", (int)length, at, place == NULL ? "" : unit);
        at += length + (place == NULL ? 0 : 4);
    }
    fclose(file);
}

static bool
is_near(void)
{
    const char *rule_choice = getenv("SIM_RULES");

    return rule_choice != NULL && strcmp(rule_choice, "2") == 0;
}

static void
write_rules(const char *path, const char *unit, bool others)
{
    char all_rules[sizeof(rules) + sizeof(more_rules)];

    snprintf(all_rules, sizeof(all_rules), "%s%s", rules, others ? more_rules : "");
    if (is_near())
        write_file(path, others ? other_near_rules : near_rules, unit);
    else
        write_file(path, all_rules, unit);
}

static struct config *
load_config(const char *unit, bool others)
{
    char folder[] = "/tmp/footprint-sim-XXXXXX", main_path[64], rules_path[64];
    struct config_request request = {.file = main_path};
    struct report *report = report_new();
    struct config *config;

    CHECK(mkdtemp(folder) != NULL);
    snprintf(main_path, sizeof(main_path), "%s/footprint.yaml", folder);
    snprintf(rules_path, sizeof(rules_path), "%s/rules.yaml", folder);
    write_file(main_path, is_near() ? near_config_form : config_form, unit);
    write_rules(rules_path, unit, others);
    config = config_load(&request, report);
    if (config == NULL) {
        struct buffer text;

        buffer_init(&text);
        report_print(report, &text);
        printf("%.*s", (int)text.length, text.bytes);
    }
    CHECK(config != NULL);
    report_free(report);
    unlink(main_path);
    unlink(rules_path);
    rmdir(folder);
    return config;
}

/* --- the judge ------------------------------------------------------------------------------- */

struct verdict {
    size_t changes, missing, wrong, doubled;
    size_t loads, bucket_loads;
};

struct expected {
    struct model_line *lines, **end;
    const struct config *config;
    int32_t partition;
    size_t rash; /* jumps over events that were there */
};

static void
expect_change(void *opaque, const struct change *change)
{
    struct expected *expected = opaque;
    struct buffer json;

    buffer_init(&json);
    change_emit(change, expected->config->plan,
        &(struct change_source){expected->config->settings.input_topic, expected->partition},
        &json);
    *expected->end = calloc(1, sizeof(**expected->end));
    CHECK(*expected->end != NULL);
    (*expected->end)->text = strndup(json.bytes, json.length);
    expected->end = &(*expected->end)->next;
    buffer_fini(&json);
}

static void
expect_record(struct engine *engine, struct decode *decode, const struct config *config,
    const struct model_record *record)
{
    struct decode_fault fault;
    struct event event;
    struct arena arena;

    arena_init(&arena);
    if (decode_event(decode, text_of(record->payload), &arena, &event, &fault) == DECODE_OK &&
        engine_apply(engine, &event, record->offset) != APPLY_TOO_OLD)
        engine_advance(engine,
            (event.ts < record->timestamp_ms ? event.ts : record->timestamp_ms) -
                config->settings.input_lateness_ms,
            UINT64_MAX);
    arena_fini(&arena);
}

/* What a silent partition's clock did is no function of the log: the committed positions say it. It
 * may not pass an event that stood in the log when the log's end was asked for. */
static void
expect_jumps(struct expected *expected, struct engine *engine, const struct model_record *record,
    size_t *made)
{
    const struct model_jumps *jumps = &world.jumps[expected->partition];

    for (; *made < jumps->count && jumps->at[*made].offset <= record->offset; ++*made) {
        int64_t asked_ms =
            jumps->at[*made].watermark + expected->config->settings.input_lateness_ms;

        if (record->timestamp_ms < asked_ms && world.verbose)
            printf("partition %d: %" PRId64 " at %" PRId64 " jumped over the record of %" PRId64
                   "\n",
                expected->partition, asked_ms, record->offset, record->timestamp_ms);
        expected->rash += record->timestamp_ms < asked_ms; /* it was there already */
        engine_advance(engine, jumps->at[*made].watermark, UINT64_MAX);
    }
}

static void
expect_partition(struct expected *expected, const struct config *config, int32_t partition)
{
    struct engine_settings settings = {config->settings.input_dedupe_ms,
        config->settings.profiles_forget_after_ms,
        (uint32_t)config->settings.limits_events_per_window};
    struct decode *decode = decode_new(&config->mapping, config->plan, config->zone, 1 << 20);
    struct engine *engine;
    size_t jumps_made = 0;

    *expected = (struct expected){NULL, &expected->lines, config, partition, 0};
    engine = engine_new(config->plan, &settings, expect_change, expected);
    for (size_t i = 0; i < world.logs[partition].count; i++) {
        expect_jumps(expected, engine, &world.logs[partition].records[i], &jumps_made);
        expect_record(engine, decode, config, &world.logs[partition].records[i]);
    }
    engine_advance(
        engine, INT64_C(1700000000000) + (RUN_US + QUIET_US / 2) / 1000 * world.pace, UINT64_MAX);
    engine_free(engine);
    decode_free(decode);
}

/* {"user":"u7", ... : the user's part of a line. */
static bool
same_user(const char *a, const char *b)
{
    size_t length = strcspn(a + 9, "\"") + 9;

    return strncmp(a, b, length + 1) == 0;
}

/* The next line of the same user as `line`, itself not counted. */
static struct model_line *
next_of_user(struct model_line *line, const char *like)
{
    while (line != NULL && !same_user(line->text, like))
        line = line->next;
    return line;
}

static void
judge_user(
    struct model_line *wanted, struct model_line *got, const char *user, struct verdict *verdict)
{
    wanted = next_of_user(wanted, user);
    got = next_of_user(got, user);
    while (wanted != NULL || got != NULL) {
        verdict->changes++;
        if (got == NULL) {
            if (verdict->missing++ == 0)
                printf("missing %s\n", wanted->text);
        } else if (wanted == NULL) {
            if (verdict->doubled++ == 0)
                printf("doubled %s\n", got->text);
        } else if (strcmp(wanted->text, got->text) != 0) {
            if (verdict->wrong++ == 0)
                printf("wanted %s\ngot    %s\n", wanted->text, got->text);
        }
        wanted = wanted == NULL ? NULL : next_of_user(wanted->next, user);
        got = got == NULL ? NULL : next_of_user(got->next, user);
    }
}

static void
judge(const struct config *config, struct verdict *verdict)
{
    memset(verdict, 0, sizeof(*verdict));
    for (int32_t i = 0; i < MODEL_PARTITIONS; i++) {
        struct expected expected;

        expect_partition(&expected, config, i);
        for (int user = 0; user < USERS; user++) {
            char like[32];

            snprintf(like, sizeof(like), "{\"user\":\"u%d\"", user);
            judge_user(expected.lines, world.lines[i], like, verdict);
        }
        verdict->wrong += expected.rash;
        model_lines_free(expected.lines);
    }
}

/* --- a run ----------------------------------------------------------------------------------- */

static void
send_event(unsigned late)
{
    char user[16], payload[128];
    bool buys = model_chance(250);
    uint64_t latest = is_near() && world.pace == 1 ? NEAR_LATE_MS : 2500;
    int64_t late_ms = model_chance(late) ? (int64_t)model_random(latest) * world.pace : 0;

    if (is_near() && model_chance(100))
        late_ms = -(int64_t)model_random(51) * world.pace; /* as far ahead as is allowed */

    snprintf(user, sizeof(user), "u%d", (int)model_random(USERS));
    snprintf(payload, sizeof(payload),
        "{\"user\":\"%s\",\"type\":\"%s\",\"ts\":%" PRId64 ",\"id\":\"%d\",\"value\":%d}", user,
        buys ? "buy" : "view", model_wall_ms() - late_ms, (int)model_random(400),
        (int)model_random(9));
    model_append((int32_t)murmur2_partition(text_of(user), MODEL_PARTITIONS), user, payload);
}

/* SIM_FAULTS: the kinds of faults that may happen, by digit ("016"); without it all. */
static bool
is_wanted(uint64_t fault)
{
    const char *wanted = getenv("SIM_FAULTS");

    return wanted == NULL || strchr(wanted, (int)('0' + fault)) != NULL;
}

static void
one_fault(void)
{
    int place = (int)model_random(MODEL_PLACES);
    struct model_process *process = world.processes[place];
    uint64_t fault = model_random(9);

    if (!is_wanted(fault))
        return;
    switch (fault) {
    case 0:
    case 1:
        if (process != NULL) {
            model_kill(place);
            world.faults.kills++;
            model_rebalance();
        }
        break;
    case 2:
        if (process != NULL && !process->stopping)
            model_stop(place);
        break;
    case 3:
        if (process != NULL) {
            model_sleep(place, (int64_t)model_random(6000000));
            model_rebalance();
        }
        break;
    case 4:
        model_redis_lose(model_random(40));
        world.faults.lost_suffixes++;
        break;
    case 5:
        model_redis_break();
        break;
    case 6:
        model_redis_refuse(model_chance(500));
        world.faults.refused++;
        break;
    case 7:
        model_redis_wipe();
        world.faults.wipes++;
        break;
    case 8:
        model_stall((int32_t)model_random(MODEL_PARTITIONS), (int64_t)model_random(3000000));
        world.faults.stalls++;
        break;
    }
}

/* NULL: rules are never changed. The second has one segment more, of which nobody is ever a member.
 */
static const struct config *rule_sets[2];

static void
one_reload(void)
{
    struct model_process *process = world.processes[model_random(MODEL_PLACES)];

    if (process == NULL || process->stopping || process->asleep_until_us > world.now_us)
        return;
    if (!process->trying && model_chance(400)) {
        pipeline_try(process->pipeline, rule_sets[model_random(2)]);
        process->trying = true;
    } else {
        pipeline_reload(process->pipeline, rule_sets[model_random(2)]);
        world.faults.reloads++;
    }
}

static void
keep_alive(void)
{
    int place = (int)model_random(MODEL_PLACES);

    if (world.processes[place] == NULL)
        model_start(place);
}

/* Now and then an operator lets partitions stand still; drawn apart, so that old seeds stay. */
static void
hold_some(uint64_t seed)
{
    enum pipeline_hold holds[MODEL_PARTITIONS];
    uint64_t draw = seed * 0x9e3779b97f4a7c15 + (uint64_t)(world.now_us / 700000);

    if (seed % 3 != 0 || world.now_us % 700000 != 0)
        return;
    for (int i = 0; i < MODEL_PARTITIONS; i++) {
        draw = (draw ^ draw >> 31) * 0xbf58476d1ce4e5b9;
        holds[i] = (enum pipeline_hold)(draw >> 60 & 3) % 3;
        world.faults.holds += holds[i] != HOLD_NONE;
    }
    for (int place = 0; place < MODEL_PLACES; place++)
        if (world.processes[place] != NULL)
            pipeline_hold(world.processes[place]->pipeline, holds);
}

/* In every second world whose clocks are right brokers go for a while, most often as a process
 * dies, and producers come back later than they; drawn apart like the above. */
static void
outage_some(uint64_t seed)
{
    uint64_t draw = (seed + 77) * 0x9e3779b97f4a7c15 + (uint64_t)(world.now_us / 500000);
    int64_t us;

    if (world.pace > 1 || seed / VARIETIES % 2 == 0 || world.now_us % 500000 != 0 ||
        !is_wanted(9) || world.now_us < world.backlog_to_us || !world.committed[0].known ||
        !world.committed[1].known) /* a group that begins knows of nothing before */
        return;
    draw = (draw ^ draw >> 31) * 0xbf58476d1ce4e5b9;
    draw = (draw ^ draw >> 27) * 0x94d049bb133111eb;
    if (draw % 8 != 0)
        return;
    us = OUTAGE_US + (int64_t)(draw >> 8 & 0xfff) * 1000 / 2;
    model_outage(us, us * (int64_t)(draw >> 20 & 0xff) / 256);
    for (int place = 0; place < MODEL_PLACES; place++)
        if (world.processes[place] != NULL && (draw >> (40 + place) & 1) != 0) {
            model_kill(place);
            model_rebalance();
        }
}

static void
hold_none(void)
{
    static const enum pipeline_hold holds[MODEL_PARTITIONS];

    for (int place = 0; place < MODEL_PLACES; place++)
        if (world.processes[place] != NULL)
            pipeline_hold(world.processes[place]->pipeline, holds);
}

static void
run_world(uint64_t seed)
{
    unsigned busy = 5 + (unsigned)model_random(40), faulty = (unsigned)model_random(8);
    unsigned late = (unsigned)model_random(400);

    model_start(0);
    while (world.now_us < RUN_US) {
        if (model_chance(world.now_us % 6000000 < 4000000 ? busy : 0))
            send_event(late);
        if (model_chance(faulty))
            one_fault();
        if (model_chance(2))
            keep_alive();
        hold_some(seed);
        outage_some(seed);
        if (rule_sets[0] != NULL && model_chance(3))
            one_reload();
        model_run(world.now_us + 5000);
    }
    hold_none();
    model_redis_refuse(false);
    for (int place = 0; place < MODEL_PLACES; place++)
        if (world.processes[place] == NULL)
            model_start(place);
    model_rebalance();
    model_run(RUN_US + QUIET_US);
}

/* What a run may be given beside its seed: clocks that run fast, and no room for profiles. */
struct variety {
    struct config *config;
    int64_t pace;
};

struct total {
    size_t damaged, changes, loads, bucket_loads;
    size_t tried, short_reads;
};

static bool
run_seed(uint64_t seed, const struct variety *variety, bool control, struct total *total)
{
    struct verdict verdict;
    bool damaged;

    model_init(seed, variety->config, variety->pace);
    world.verbose = getenv("SIM_VERBOSE") != NULL;
    run_world(seed);
    judge(variety->config, &verdict);
    damaged = verdict.missing + verdict.wrong + verdict.doubled > 0 || world.gave_up > 0;
    if (damaged && !control)
        printf("seed %" PRIu64 ": %zu changes, %zu missing, %zu wrong, %zu doubled (kills %zu, "
               "sleeps %zu, lost suffixes %zu, breaks %zu, in doubt %zu, gave up %zu)\n",
            seed, verdict.changes, verdict.missing, verdict.wrong, verdict.doubled,
            world.faults.kills, world.faults.sleeps, world.faults.lost_suffixes,
            world.faults.breaks, world.faults.in_doubt, world.gave_up);
    total->damaged += damaged;
    total->changes += verdict.changes;
    total->loads += world.loads;
    total->bucket_loads += world.bucket_loads;
    total->tried += world.tried;
    total->short_reads += world.short_reads;
    model_fini();
    return damaged;
}

static int64_t
seconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

static void
varieties_load(struct variety *varieties, bool others)
{
    for (int i = 0; i < VARIETIES; i++) {
        bool fast = i >= VARIETIES / 2;

        varieties[i] =
            (struct variety){load_config(fast ? "m" : "ms", others), fast ? MINUTES_FOR_MS : 1};
        if (is_near() && !fast)
            varieties[i].config->settings.profiles_forget_after_ms = NEAR_FORGET_MS;
        if (i % 2 == 0) /* every clean profile goes as soon as it may */
            varieties[i].config->settings.profiles_memory_bytes = 1;
    }
}

static void
varieties_free(struct variety *varieties)
{
    for (int i = 0; i < VARIETIES; i++)
        config_free(varieties[i].config);
}

/* SIM_RULES: what they are changed to and fro; both decide the same. */
static void
choose_rules(const struct variety *one, const struct variety *other)
{
    if (getenv("SIM_RULES") == NULL)
        return;
    CHECK(strcmp(other->config->state_id, one->config->state_id) != 0);
    memcpy(other->config->plan->rules_id, one->config->plan->rules_id,
        sizeof(other->config->plan->rules_id));
    rule_sets[0] = one->config;
    rule_sets[1] = other->config;
}

/* SIM_SECONDS: as many seeds as fit, instead of `count`. */
static void
run_seeds(uint64_t first, uint64_t count, bool control, struct total *total)
{
    struct variety varieties[VARIETIES], others[VARIETIES];
    const char *limit = getenv("SIM_SECONDS");
    int64_t seconds = limit == NULL ? 0 : strtoll(limit, NULL, 10), begun = seconds_now();
    uint64_t done = 0;

    varieties_load(varieties, false);
    varieties_load(others, true);
    while (seconds > 0 ? seconds_now() - begun < seconds : done < count) {
        uint64_t seed = first + done++;

        choose_rules(&varieties[seed % VARIETIES], &others[seed % VARIETIES]);
        if (run_seed(seed, &varieties[seed % VARIETIES], control, total) && control)
            break; /* that is all that a control has to show */
    }
    varieties_free(varieties);
    varieties_free(others);
    printf("%" PRIu64 " seeds from %" PRIu64 " in %" PRId64 " s, %zu changes, %zu users and %zu "
           "buckets loaded, %zu partitions tried other rules, %zu logs read from their middle, %zu "
           "damaged\n",
        done, first, seconds_now() - begun, total->changes, total->loads, total->bucket_loads,
        total->tried, total->short_reads, total->damaged);
}

/* "cas,verify" */
static void
leave_out(char *names)
{
#ifdef FOOTPRINT_DRILL
    for (char *name; (name = strsep(&names, ",")) != NULL;)
        CHECK(drill_set(name, true));
#else
    printf("%s: this build can leave nothing out\n", names);
    exit(2);
#endif
}

int
main(int argc, char **argv)
{
    uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    uint64_t count = argc > 2 ? strtoull(argv[2], NULL, 10) : SEEDS_DEFAULT;
    bool control = argc > 3;
    struct total total = {0};

    if (control)
        leave_out(argv[3]);
    run_seeds(first, count, control && getenv("SIM_ALL") == NULL, &total);
    CHECK(total.tried > 0 || getenv("SIM_RULES") == NULL || count == 1);
    CHECK(total.short_reads > 0 || !is_near() || count == 1);
    return control ? total.damaged == 0 : total.damaged > 0;
}
