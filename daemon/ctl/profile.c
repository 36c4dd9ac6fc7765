/* footprintctl profile: what is known of one user, from Redis. */
#include "daemon/ctl/profile.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "config/base/hash.h"
#include "config/base/murmur2.h"
#include "daemon/ctl/load.h"
#include "daemon/ctl/number_option.h"
#include "daemon/ctl/windows.h"
#include "daemon/ctl/words.h"
#include "pipeline/emit/member.h"
#include "pipeline/emit/member_read.h"
#include "pipeline/engine/engine.h"
#include "pipeline/kafka/topics.h"
#include "pipeline/redis/store.h"

static const char profile_usage[] =
    "usage: footprintctl profile USER [-c FILE] [--set KEY=VALUE]... [--partitions N] [--json]\n"
    "\n"
    "One user's memberships and windows, from Redis. Memberships are there right after they are\n"
    "published, windows follow by checkpoint.interval.\n"
    "\n"
    "  -c, --config FILE    settings and rules of the daemon (the installed ones)\n"
    "      --set KEY=VALUE  one setting, its value in YAML (may be repeated)\n"
    "      --partitions N   of the input topic; otherwise Kafka is asked\n"
    "      --json           the membership record, with \"windows\" beside it\n"
    "\n"
    "Exit: 0 known, 1 not known (or a server is away), 2 wrong usage.\n";

struct profile_call {
    struct text user;
    const struct config *config;
    int32_t partitions; /* 0: ask Kafka */
    bool json;
};

/* What Redis has of the user; NULL: nothing. */
struct profile_found {
    int32_t partition;
    char *record; /* public */
    size_t record_length;
    char *profile; /* packed */
    size_t profile_length;
};

/* What that means. */
struct profile_view {
    struct arena arena;
    struct engine *engine;
    struct membership membership; /* as the profile says; known: false if there is none */
    struct member_record record;  /* as was published, if has_record */
    bool has_record;
};

/* --- where it stands --------------------------------------------------------------------------- */

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

static enum err_code
profile_peek(const struct profile_call *call, struct profile_found *found, struct err *reterr)
{
    enum err_code code = store_peek(call->config, found->partition, "m", call->user, &found->record,
        &found->record_length, reterr);

    if (code != ERR_NONE)
        return code;
    return store_peek(call->config, found->partition, "u", call->user, &found->profile,
        &found->profile_length, reterr);
}

/*
 * The user's own partition by the usual placement first; then the others, since whoever fills the
 * input may place keys in another way.
 */
static enum err_code
profile_fetch(const struct profile_call *call, struct profile_found *found, struct err *reterr)
{
    int32_t partitions, first;
    enum err_code code = profile_partitions(call, &partitions, reterr);

    if (code != ERR_NONE)
        return code;
    first = (int32_t)murmur2_partition(call->user, (uint32_t)partitions);
    for (int32_t i = 0; i < partitions && code == ERR_NONE; i++) {
        found->partition = (first + i) % partitions;
        code = profile_peek(call, found, reterr);
        if (found->record != NULL || found->profile != NULL)
            break;
    }
    return code;
}

/* --- what it means ------------------------------------------------------------------------------ */

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

static void
profile_view_init(
    struct profile_view *view, const struct profile_call *call, const struct profile_found *found)
{
    struct text record = {found->record, (uint32_t)found->record_length};
    uint64_t hash = hash_text(call->user);
    struct err err;

    *view = (struct profile_view){.engine = profile_engine(call->config)};
    arena_init(&view->arena);
    if (found->record != NULL)
        view->has_record = member_read(record, &view->arena, &view->record);
    if (found->profile == NULL)
        return;
    if (engine_put(view->engine, call->user, hash, found->profile, found->profile_length, &err) ==
        ERR_NONE)
        engine_membership(
            view->engine, engine_find(view->engine, call->user, hash), &view->membership);
    else
        fprintf(stderr, "footprintctl profile: the stored profile: %s\n", err.msg);
}

static void
profile_view_fini(struct profile_view *view)
{
    engine_free(view->engine);
    arena_fini(&view->arena);
}

/*
 * Whether the published record is further on than the profile. If not, the profile tells more: it
 * also knows of events that changed no membership.
 */
static bool
profile_is_behind(const struct profile_view *view)
{
    if (!view->has_record || !view->membership.known)
        return view->has_record;
    if (view->membership.life != view->record.life)
        return view->membership.life < view->record.life;
    return view->membership.seq < view->record.seq;
}

/* --- words -------------------------------------------------------------------------------------- */

static void
profile_print_life(int64_t life, uint64_t seq, int64_t as_of, struct buffer *out)
{
    buffer_printf(out, "known since offset %" PRId64 ", %" PRIu64 " change%s published, as of ",
        life, seq, seq == 1 ? "" : "s");
    words_instant(out, as_of, false);
    buffer_add_char(out, '\n');
}

static void
profile_print_in(struct text segment, int64_t since, struct buffer *out)
{
    buffer_add_literal(out, "  in ");
    buffer_add_text(out, segment);
    buffer_add_literal(out, " since ");
    words_instant(out, since, false);
}

static void
profile_print_left(struct text segment, int64_t at, struct buffer *out)
{
    buffer_add_literal(out, "  left ");
    buffer_add_text(out, segment);
    buffer_add_literal(out, " at ");
    words_instant(out, at, false);
    buffer_add_literal(out, ", its cooldown running\n");
}

static void
profile_print_segment(
    const struct plan *plan, const struct membership_segment *segment, struct buffer *out)
{
    profile_print_in(plan->segments[segment->segment].name, segment->since, out);
    if (segment->until != PLAN_NEVER) {
        buffer_add_literal(out, ", until ");
        words_instant(out, segment->until, false);
        buffer_add_literal(out, " if nothing else happens");
    }
    buffer_add_char(out, '\n');
    for (uint32_t i = 0; i < segment->with_count; i++) {
        buffer_add_literal(out, "    ");
        buffer_add_text(out, segment->with[i].name);
        buffer_add_literal(out, ": ");
        words_value(out, &segment->with[i].value);
        buffer_add_char(out, '\n');
    }
}

static void
profile_print_membership(
    const struct plan *plan, const struct membership *membership, struct buffer *out)
{
    profile_print_life(membership->life, membership->seq, membership->as_of, out);
    for (uint32_t i = 0; i < membership->segment_count; i++)
        profile_print_segment(plan, &membership->segments[i], out);
    if (membership->segment_count == 0)
        buffer_add_literal(out, "  in no segment\n");
    for (uint32_t i = 0; i < membership->left_count; i++)
        profile_print_left(
            plan->segments[membership->left[i].segment].name, membership->left[i].at, out);
}

static void
profile_print_record(const struct member_record *record, struct buffer *out)
{
    profile_print_life(record->life, record->seq, record->as_of, out);
    for (uint32_t i = 0; i < record->stay_count; i++) {
        profile_print_in(record->stays[i].segment, record->stays[i].at, out);
        buffer_add_char(out, '\n');
    }
    if (record->stay_count == 0)
        buffer_add_literal(out, "  in no segment\n");
    for (uint32_t i = 0; i < record->left_count; i++)
        profile_print_left(record->left[i].segment, record->left[i].at, out);
}

static void
profile_print_words(const struct profile_call *call, const struct profile_found *found,
    const struct profile_view *view, struct buffer *out)
{
    buffer_add_literal(out, "user ");
    buffer_add_json(out, call->user);
    buffer_printf(out, ", partition %" PRId32 "\n", found->partition);
    if (profile_is_behind(view))
        profile_print_record(&view->record, out);
    else
        profile_print_membership(call->config->plan, &view->membership, out);
    if (!view->membership.known)
        return;
    buffer_add_literal(out, "kept of the events up to ");
    words_instant(out, view->membership.as_of, false);
    buffer_add_char(out, '\n');
    windows_print(call->config->plan, (const void *)found->profile, false, out);
}

/* The record, with the windows as its last member. */
static void
profile_print_json(const struct profile_call *call, const struct profile_found *found,
    const struct profile_view *view, struct buffer *out)
{
    if (profile_is_behind(view))
        buffer_add(out, found->record, found->record_length);
    else
        member_emit(&view->membership, call->config->plan, out);
    if (view->membership.known) {
        out->length--; /* its brace */
        buffer_add_literal(out, ",\"windows\":");
        windows_print(call->config->plan, (const void *)found->profile, true, out);
        buffer_add_char(out, '}');
    }
    buffer_add_char(out, '\n');
}

/* --- the command --------------------------------------------------------------------------------- */

/* False: nothing is known of the user. */
static bool
profile_tell(const struct profile_call *call, const struct profile_found *found)
{
    struct profile_view view;
    struct buffer out;
    bool known;

    profile_view_init(&view, call, found);
    buffer_init(&out);
    known = view.has_record || view.membership.known;
    if (known && call->json)
        profile_print_json(call, found, &view, &out);
    else if (known)
        profile_print_words(call, found, &view, &out);
    else
        fprintf(stderr, "footprintctl profile: nothing is known of '%s'\n", call->user.bytes);
    fwrite(out.bytes, 1, out.length, stdout);
    buffer_fini(&out);
    profile_view_fini(&view);
    return known;
}

static int
profile_run(const struct profile_call *call)
{
    struct profile_found found = {.record = NULL};
    struct err err;
    bool known = false;

    if (profile_fetch(call, &found, &err) == ERR_NONE)
        known = profile_tell(call, &found);
    else
        fprintf(stderr, "footprintctl profile: %s\n", err.msg);
    free(found.record);
    free(found.profile);
    return known && fflush(stdout) == 0 ? 0 : 1;
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
    load_installed(&load);
    if (argc - optind != 1 || !load_is_given(&load, "profile"))
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
