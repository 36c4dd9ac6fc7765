/* footprintctl check: what is wrong with settings and rules, or what was understood. */
#include "daemon/ctl/check.h"

#include <stdio.h>

#include "config/base/buffer.h"
#include "config/language/describe.h"
#include "config/language/duration.h"
#include "daemon/ctl/check_cost.h"
#include "daemon/ctl/check_online.h"
#include "daemon/ctl/load.h"

static const char check_usage[] =
    "usage: footprintctl check [-c FILE] [--segments FILE]... [--set KEY=VALUE]... [--cost]\n"
    "                         [--online] [--verbose]\n"
    "\n"
    "Says what is wrong, as a start of the daemon would, or what was understood.\n"
    "\n"
    "  -c, --config FILE    settings and rules of the daemon (the installed ones)\n"
    "      --segments FILE  rules from this file instead (may be repeated)\n"
    "      --set KEY=VALUE  one setting, its value in YAML (may be repeated)\n"
    "      --cost           what each segment costs: memory, work, and where it is exact\n"
    "      --online         also ask Kafka and Redis: topics, partitions, rights, versions\n"
    "  -v, --verbose        also each segment as it was understood\n"
    "\n"
    "Exit: 0 fine (there may be warnings), 1 wrong, 2 wrong usage.\n";

static void
check_print_name(struct buffer *out, struct text name, uint32_t number)
{
    if (number > 0)
        buffer_add_literal(out, ", ");
    buffer_add_text(out, name);
}

/* ", keep 10m", where it is set. */
static void
check_print_span(const char *name, int64_t ms, struct buffer *out)
{
    if (ms == 0)
        return;
    buffer_printf(out, ", %s ", name);
    duration_print(out, ms);
}

static void
check_print_segment(const struct plan_segment *segment, struct buffer *out)
{
    buffer_add_literal(out, "  ");
    buffer_add_text(out, segment->name);
    buffer_printf(out, " (level %u", segment->level);
    check_print_span("for", segment->for_ms, out);
    check_print_span("keep", segment->keep_ms, out);
    check_print_span("cooldown", segment->cooldown_ms, out);
    buffer_add_char(out, ')');
    if (segment->description.length > 0) {
        buffer_add_literal(out, ": ");
        buffer_add_text(out, segment->description);
    }
    buffer_add_char(out, '\n');
}

/* In the order of decisions. */
static void
check_print_segments(const struct plan *plan, struct buffer *out)
{
    buffer_printf(out, "%u segment%s, rules %s\n", plan->segment_count,
        plan->segment_count == 1 ? "" : "s", plan->rules_id);
    for (uint32_t i = 0; i < plan->segment_count; i++)
        check_print_segment(&plan->segments[i], out);
}

static void
check_print_input(const struct plan *plan, struct buffer *out)
{
    uint32_t shown = 0;

    buffer_add_literal(out, "event types: ");
    for (uint32_t i = 0; i < plan->type_count; i++)
        check_print_name(out, plan->types[i].name, i);
    buffer_add_literal(out, "\nfields: ");
    for (uint32_t i = 0; i < plan->field_count; i++)
        if (plan->fields[i].kind == FIELD_MAPPED)
            check_print_name(out, plan->fields[i].name, shown++);
    buffer_add_char(out, '\n');
}

static void
check_print(const struct config *config, const struct buffer *servers, bool cost, bool verbose)
{
    struct buffer out;

    buffer_init(&out);
    buffer_add(&out, servers->bytes, servers->length);
    check_print_segments(config->plan, &out);
    check_print_input(config->plan, &out);
    check_cost_memory(config, &out);
    if (cost)
        check_cost_segments(config, &out);
    for (uint32_t i = 0; verbose && i < config->plan->segment_count; i++) {
        buffer_add_char(&out, '\n');
        describe_segment(config->plan, i, &out);
    }
    fwrite(out.bytes, 1, out.length, stdout);
    buffer_fini(&out);
}

int
ctl_check(int argc, char **argv)
{
    static const struct option options[] = {
        LOAD_OPTION_FILE,
        LOAD_OPTION_SEGMENTS,
        LOAD_OPTION_SET,
        {"cost", no_argument, NULL, 'k'},
        {"online", no_argument, NULL, 'o'},
        {"verbose", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct load load = {.file = NULL};
    struct config *config;
    struct buffer servers;
    bool cost = false, verbose = false, online = false, fine;
    int option;

    while ((option = getopt_long(argc, argv, "c:vh", options, NULL)) != -1) {
        if (option == 'v')
            verbose = true;
        else if (option == 'k')
            cost = true;
        else if (option == 'o')
            online = true;
        else if (option == 'h')
            return fputs(check_usage, stdout) < 0;
        else if (!load_take(&load, option, optarg))
            return fputs(check_usage, stderr), 2;
    }
    load_installed(&load);
    if (optind < argc || !load_is_given(&load, "check"))
        return fputs(check_usage, stderr), 2;
    load.starts = load.file != NULL;
    config = load_config(&load);
    if (config == NULL)
        return 1;
    buffer_init(&servers);
    fine = !online || check_online(config, &servers);
    if (fine)
        check_print(config, &servers, cost, verbose);
    buffer_fini(&servers);
    config_free(config);
    return fine ? 0 : 1;
}
