/* footprintctl generate: a simulated shop, as JSON lines or into Kafka. */
#include "daemon/ctl/generate.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "config/base/buffer.h"
#include "daemon/clock.h"
#include "daemon/ctl/number_option.h"
#include "daemon/ctl/outlet.h"
#include "daemon/ctl/progress.h"
#include "daemon/ctl/shop.h"

#define GENERATE_USERS 1000
#define GENERATE_EVENTS 10000
#define GENERATE_RATE 100
#define GENERATE_SEED 1
#define GENERATE_USERS_MAX 100000000
#define GENERATE_START_MS INT64_C(1767225600000) /* 2026-01-01T00:00:00Z */
#define GENERATE_OUT_BYTES (1 << 16)

static const char generate_usage[] =
    "usage: footprintctl generate [--users N] [--events N | --seconds S] [--rate R] [--seed N]\n"
    "                             [--start TIME] [--brokers B --topic T]\n"
    "\n"
    "A simulated shop: people with daily habits, carts left behind, returns. JSON lines on "
    "stdout,\n"
    "or records into Kafka, keyed by user. The same for the same seed.\n"
    "\n"
    "  --users N     people of the shop (1000)\n"
    "  --events N    that many events (10000)\n"
    "  --seconds S   a live shop for that long\n"
    "  --rate R      a live shop with so many events a second (with --seconds: 100): in real "
    "time,\n"
    "                short visits, then gone\n"
    "  --seed N      another seed, another shop (1)\n"
    "  --start TIME  of the first day, RFC 3339 (2026-01-01T00:00:00Z; live: now)\n"
    "  --brokers B   HOST:PORT,... of Kafka\n"
    "  --topic T     where the events go\n";

struct generate {
    struct shop_settings shop;
    uint64_t events; /* 0: not given */
    double seconds;  /* 0: not given */
    double rate;     /* above 0: live */
    bool has_start;
    const char *brokers, *topic;
};

/* --- where events go ------------------------------------------------------------------------- */

struct generate_out {
    struct outlet *outlet; /* NULL: stdout */
    struct buffer line;
    bool at_once;
};

static enum err_code
generate_put(struct generate_out *out, const struct shop *shop, const struct shop_event *event,
    struct err *reterr)
{
    char user[16];
    struct outlet_record record = {.time_ms = OUTLET_NOW};

    if (out->outlet == NULL) {
        shop_print(shop, event, &out->line);
        buffer_add_char(&out->line, '\n');
        if (!out->at_once && out->line.length < GENERATE_OUT_BYTES)
            return ERR_NONE;
        if (fwrite(out->line.bytes, 1, out->line.length, stdout) != out->line.length ||
            fflush(stdout) != 0)
            return err_set(reterr, ERR_FATAL, "stdout: %s", strerror(errno));
        buffer_clear(&out->line);
        return ERR_NONE;
    }
    buffer_clear(&out->line);
    shop_print(shop, event, &out->line);
    record.key = (struct text){user, shop_user(event, user, sizeof(user))};
    record.value = (struct text){out->line.bytes, (uint32_t)out->line.length};
    return outlet_put(out->outlet, &record, reterr);
}

static enum err_code
generate_close(struct generate_out *out, struct err *reterr)
{
    enum err_code code = ERR_NONE;

    if (out->outlet != NULL)
        code = outlet_close(out->outlet, reterr);
    else if (fwrite(out->line.bytes, 1, out->line.length, stdout) != out->line.length ||
             fflush(stdout) != 0)
        code = err_set(reterr, ERR_FATAL, "stdout: %s", strerror(errno));
    buffer_fini(&out->line);
    return code;
}

/* --- pace ------------------------------------------------------------------------------------- */

static void
generate_sleep_until(int64_t due_us)
{
    int64_t left_us = due_us - clock_mono_us();

    if (left_us > 0)
        usleep((useconds_t)left_us);
}

static uint64_t
generate_count(const struct generate *generate)
{
    if (generate->events > 0)
        return generate->events;
    if (generate->seconds > 0)
        return (uint64_t)(generate->seconds * generate->rate);
    return GENERATE_EVENTS;
}

/* A live event happens when its turn comes; its place in the shop's own time gave the order. */
static void
generate_wait(
    const struct generate *generate, uint64_t number, int64_t start_us, struct shop_event *event)
{
    int64_t after_us;

    if (generate->rate <= 0)
        return;
    after_us = (int64_t)((double)number / generate->rate * 1e6);
    event->ts = generate->shop.start_ms + after_us / 1000;
    generate_sleep_until(start_us + after_us);
}

static enum err_code
generate_events(const struct generate *generate, struct generate_out *out, struct err *reterr)
{
    struct shop *shop = shop_new(&generate->shop);
    uint64_t count = generate_count(generate);
    int64_t start_us = clock_mono_us();
    enum err_code code = ERR_NONE;
    struct progress progress = {.shown = false};
    struct shop_event event;

    if (out->outlet != NULL || isatty(STDOUT_FILENO) == 0)
        progress_begin(&progress, "events", count);
    for (uint64_t i = 0; i < count && code == ERR_NONE; i++) {
        shop_next(shop, &event);
        generate_wait(generate, i, start_us, &event);
        code = generate_put(out, shop, &event, reterr);
        progress_at(&progress, i + 1);
    }
    progress_end(&progress);
    shop_free(shop);
    return code;
}

static int
generate_run(const struct generate *generate)
{
    struct generate_out out = {.at_once = generate->rate > 0};
    enum err_code code = ERR_NONE, closed;
    struct err err;

    buffer_init(&out.line);
    if (generate->brokers != NULL) {
        out.outlet = outlet_new(generate->brokers, generate->topic, NULL, &err);
        if (out.outlet == NULL)
            code = err.code;
    }
    if (code == ERR_NONE)
        code = generate_events(generate, &out, &err);
    if (code != ERR_NONE)
        fprintf(stderr, "footprintctl generate: %s\n", err.msg);
    if (generate->brokers != NULL && out.outlet == NULL)
        return 1;
    closed = generate_close(&out, &err);
    if (closed != ERR_NONE && code == ERR_NONE)
        fprintf(stderr, "footprintctl generate: %s\n", err.msg);
    return code != ERR_NONE || closed != ERR_NONE;
}

/* --- options ------------------------------------------------------------------------------------ */

static bool
generate_take(int option, const char *value, struct generate *generate)
{
    uint64_t number;

    switch (option) {
    case 'u':
        if (!number_option_whole(value, 1, GENERATE_USERS_MAX, &number))
            return false;
        generate->shop.users = (uint32_t)number;
        return true;
    case 'e':
        return number_option_whole(value, 1, UINT64_MAX / 2, &generate->events);
    case 's':
        return number_option_real(value, 1e-3, 1e9, &generate->seconds);
    case 'r':
        return number_option_real(value, 1e-3, 1e9, &generate->rate);
    case 'x':
        return number_option_whole(value, 0, UINT64_MAX, &generate->shop.seed);
    case 't':
        generate->has_start = number_option_time(value, &generate->shop.start_ms);
        return generate->has_start;
    case 'b':
        generate->brokers = value;
        return true;
    case 'o':
        generate->topic = value;
        return true;
    default:
        return false;
    }
}

/* What goes together, and what follows from what was given. */
static bool
generate_settle(struct generate *generate)
{
    if ((generate->brokers == NULL) != (generate->topic == NULL)) {
        fputs("footprintctl generate: --brokers and --topic go together\n", stderr);
        return false;
    }
    if (generate->events > 0 && generate->seconds > 0) {
        fputs("footprintctl generate: either --events or --seconds\n", stderr);
        return false;
    }
    if (generate->seconds > 0 && generate->rate <= 0)
        generate->rate = GENERATE_RATE;
    if (generate->rate > 0 && !generate->has_start)
        generate->shop.start_ms = clock_wall_ms();
    generate->shop.live_rate = generate->rate;
    return true;
}

int
ctl_generate(int argc, char **argv)
{
    static const struct option options[] = {
        {"users", required_argument, NULL, 'u'},
        {"events", required_argument, NULL, 'e'},
        {"seconds", required_argument, NULL, 's'},
        {"rate", required_argument, NULL, 'r'},
        {"seed", required_argument, NULL, 'x'},
        {"start", required_argument, NULL, 't'},
        {"brokers", required_argument, NULL, 'b'},
        {"topic", required_argument, NULL, 'o'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct generate generate = {
        .shop = {.users = GENERATE_USERS, .seed = GENERATE_SEED, .start_ms = GENERATE_START_MS}};
    int option, which;

    while ((option = getopt_long(argc, argv, "h", options, &which)) != -1) {
        if (option == 'h')
            return fputs(generate_usage, stdout) < 0;
        if (option == '?')
            return fputs(generate_usage, stderr), 2;
        if (!generate_take(option, optarg, &generate)) {
            fprintf(stderr, "footprintctl generate: --%s: '%s' is not possible\n",
                options[which].name, optarg);
            return 2;
        }
    }
    if (optind < argc)
        return fputs(generate_usage, stderr), 2;
    return generate_settle(&generate) ? generate_run(&generate) : 2;
}
