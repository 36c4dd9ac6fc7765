/* footprintctl profile: what is known of one user, from Redis. */
#include "daemon/ctl/profile.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "config/base/hash.h"
#include "config/base/murmur2.h"
#include "config/base/number.h"
#include "daemon/ctl/load.h"
#include "daemon/ctl/number_option.h"
#include "pipeline/decode/event.h"
#include "pipeline/emit/member.h"
#include "pipeline/engine/engine.h"
#include "pipeline/kafka/topics.h"
#include "pipeline/redis/store.h"

static const char profile_usage[] =
    "usage: footprintctl profile USER -c FILE [--partitions N] [--json]\n"
    "\n"
    "One user's memberships, as the profile in Redis has them: that may trail what is published "
    "by\n"
    "a few seconds.\n"
    "\n"
    "  -c, --config FILE    settings and rules of the daemon\n"
    "      --set KEY=VALUE  one setting, its value in YAML (may be repeated)\n"
    "      --partitions N   of the input topic; otherwise Kafka is asked\n"
    "      --json           as the membership record\n"
    "\n"
    "Exit: 0 known, 1 not known (or a server is away), 2 wrong usage.\n";

struct profile_call {
    struct text user;
    const struct config *config;
    int32_t partitions; /* 0: ask Kafka */
    bool json;
};

/* --- words --------------------------------------------------------------------------------------- */

/* An instant without the quotes of JSON. */
static void
profile_print_instant(struct buffer *out, int64_t ms)
{
    struct buffer quoted;

    buffer_init(&quoted);
    buffer_add_instant(&quoted, ms);
    buffer_add(out, quoted.bytes + 1, quoted.length - 2);
    buffer_fini(&quoted);
}

static void
profile_print_value(struct buffer *out, const struct value *value)
{
    char number[NUMBER_TEXT_BYTES_MAX];

    switch (value->kind) {
    case VALUE_NUMBER:
        buffer_add(out, number, number_format(value->number, number));
        break;
    case VALUE_TEXT:
        buffer_add_json(out, value->text);
        break;
    case VALUE_NULL:
        break;
    }
}

static void
profile_print_segment(
    const struct profile_call *call, const struct membership_segment *segment, struct buffer *out)
{
    buffer_add_literal(out, "  in ");
    buffer_add_text(out, call->config->plan->segments[segment->segment].name);
    buffer_add_literal(out, "\n    since ");
    profile_print_instant(out, segment->since);
    if (segment->until != PLAN_NEVER) {
        buffer_add_literal(out, ", until ");
        profile_print_instant(out, segment->until);
        buffer_add_literal(out, " if nothing else happens");
    }
    buffer_add_char(out, '\n');
    for (uint32_t i = 0; i < segment->with_count; i++) {
        buffer_add_literal(out, "    ");
        buffer_add_text(out, segment->with[i].name);
        buffer_add_literal(out, ": ");
        profile_print_value(out, &segment->with[i].value);
        buffer_add_char(out, '\n');
    }
}

static void
profile_print_words(
    const struct profile_call *call, const struct membership *membership, struct buffer *out)
{
    buffer_add_literal(out, "user ");
    buffer_add_json(out, call->user);
    buffer_printf(out, ", known since record %" PRId64 ", %" PRIu64 " change%s published\n",
        membership->life, membership->seq, membership->seq == 1 ? "" : "s");
    buffer_add_literal(out, "as of ");
    profile_print_instant(out, membership->as_of);
    buffer_add_char(out, '\n');
    for (uint32_t i = 0; i < membership->segment_count; i++)
        profile_print_segment(call, &membership->segments[i], out);
    if (membership->segment_count == 0)
        buffer_add_literal(out, "  in no segment\n");
    for (uint32_t i = 0; i < membership->left_count; i++) {
        buffer_add_literal(out, "  left ");
        buffer_add_text(out, call->config->plan->segments[membership->left[i].segment].name);
        buffer_add_literal(out, " at ");
        profile_print_instant(out, membership->left[i].at);
        buffer_add_literal(out, ", its cooldown still running\n");
    }
}

/* --- the profile, through the engine ---------------------------------------------------------- */

static struct engine *
profile_engine(const struct config *config)
{
    struct engine_settings settings = {
        .dedupe_ms = config->settings.input_dedupe_ms,
        .forget_after_ms = config->settings.profiles_forget_after_ms,
        .events_per_window = (uint32_t)config->settings.limits_events_per_window,
    };

    return engine_new(config->plan, &settings, NULL, NULL);
}

/* True: the user is known, and is told of. */
static bool
profile_tell(const struct profile_call *call, const char *bytes, size_t length)
{
    uint64_t hash = hash_text(call->user);
    struct engine *engine = profile_engine(call->config);
    struct membership membership = {.known = false};
    struct buffer out;
    struct err err;

    buffer_init(&out);
    if (engine_put(engine, call->user, hash, bytes, length, &err) != ERR_NONE)
        fprintf(stderr, "footprintctl profile: %s\n", err.msg);
    else
        engine_membership(engine, engine_find(engine, call->user, hash), &membership);
    if (membership.known && call->json) {
        member_emit(&membership, call->config->plan, &out);
        buffer_add_char(&out, '\n');
    } else if (membership.known) {
        profile_print_words(call, &membership, &out);
    }
    fwrite(out.bytes, 1, out.length, stdout);
    buffer_fini(&out);
    engine_free(engine);
    return membership.known;
}

/* --- where it stands ------------------------------------------------------------------------------ */

static enum err_code
profile_partitions(const struct profile_call *call, int32_t *ret_partitions, struct err *reterr)
{
    struct topics topics;
    enum err_code code;

    *ret_partitions = call->partitions;
    if (call->partitions > 0)
        return ERR_NONE;
    code = topics_prepare(call->config, &topics, reterr);
    if (code != ERR_NONE)
        return err_wrap(reterr, "how many partitions there are (--partitions says it too): ");
    *ret_partitions = topics.partition_count;
    return ERR_NONE;
}

/*
 * The user's own partition by the usual placement first; then the others, since whoever fills the
 * input may place keys in another way.
 */
static enum err_code
profile_fetch(
    const struct profile_call *call, char **ret_bytes, size_t *ret_length, struct err *reterr)
{
    int32_t partitions, first;
    enum err_code code = profile_partitions(call, &partitions, reterr);

    *ret_bytes = NULL;
    if (code != ERR_NONE)
        return code;
    first = (int32_t)murmur2_partition(call->user, (uint32_t)partitions);
    for (int32_t i = 0; i < partitions && code == ERR_NONE && *ret_bytes == NULL; i++)
        code = store_peek(
            call->config, (first + i) % partitions, "u", call->user, ret_bytes, ret_length, reterr);
    return code;
}

static int
profile_run(const struct profile_call *call)
{
    char *bytes;
    size_t length;
    struct err err;
    bool known;

    if (profile_fetch(call, &bytes, &length, &err) != ERR_NONE) {
        fprintf(stderr, "footprintctl profile: %s\n", err.msg);
        return 1;
    }
    known = bytes != NULL && profile_tell(call, bytes, length);
    if (bytes == NULL)
        fprintf(stderr, "footprintctl profile: nothing is stored of '%s'\n", call->user.bytes);
    free(bytes);
    return known ? 0 : 1;
}

int
ctl_profile(int argc, char **argv)
{
    static const struct option options[] = {
        LOAD_OPTION_FILE,
        LOAD_OPTION_SET,
        {"partitions", required_argument, NULL, 'p'},
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    /* Looking must not make topics. */
    struct load load = {.overrides = {"output.create_topics=false"}, .override_count = 1};
    struct profile_call call = {.partitions = 0};
    struct config *config;
    uint64_t partitions;
    int option, status;

    while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
        if (option == 'p' && number_option_whole(optarg, 1, PARTITIONS_MAX, &partitions))
            call.partitions = (int32_t)partitions;
        else if (option == 'j')
            call.json = true;
        else if (option == 'h')
            return fputs(profile_usage, stdout) < 0;
        else if (!load_take(&load, option, optarg))
            return fputs(profile_usage, stderr), 2;
    }
    if (argc - optind != 1 || load.file == NULL)
        return fputs(profile_usage, stderr), 2;
    config = load_config(&load);
    if (config == NULL)
        return 1;
    call.user = text_of(argv[optind]);
    call.config = config;
    status = profile_run(&call);
    config_free(config);
    return status;
}
