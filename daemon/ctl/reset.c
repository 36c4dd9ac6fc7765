/* footprintctl reset: decides where a partition goes on, when the daemon must not guess. */
#include "daemon/ctl/reset.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/limits.h"
#include "daemon/ctl/load.h"
#include "daemon/ctl/number_option.h"
#include "pipeline/kafka/offsets.h"
#include "pipeline/partition/stored.h"
#include "pipeline/redis/visit.h"

static const char reset_usage[] =
    "usage: footprintctl reset -c FILE (--partition N... | --all)\n"
    "           [--rebuild | --accept-gap | --restore | --from OFFSET] [--set KEY=VALUE]... "
    "[--yes]\n"
    "\n"
    "Decides where a halted partition goes on. Says what it found and what it would do; with "
    "--yes\n"
    "it does it. The daemons of the group must be stopped, for kafka.session_timeout at least.\n"
    "\n"
    "  -c, --config FILE    settings and rules of the daemon\n"
    "      --set KEY=VALUE  one setting, its value in YAML (may be repeated)\n"
    "      --partition N    this partition of the input (may be repeated)\n"
    "      --all            every partition\n"
    "      --rebuild        throw away what Redis has; the next start makes it anew from Kafka\n"
    "      --accept-gap     the next start goes on although the log lacks events\n"
    "      --restore        the group's offset becomes the one at which Redis stands\n"
    "      --from OFFSET    begin there with an empty state, and publish from there on (again);\n"
    "                       OFFSET is a number, earliest or latest\n"
    "      --yes            do it\n"
    "\n"
    "Exit: 0 done, or nothing to complain of; 1 refused or failed, 2 wrong usage.\n";

enum reset_mode {
    RESET_LOOK, /* none was asked for */
    RESET_REBUILD,
    RESET_ACCEPT_GAP,
    RESET_RESTORE,
    RESET_FROM
};

#define FROM_EARLIEST INT64_C(-1)
#define FROM_LATEST INT64_C(-2)

struct reset_call {
    const struct config *config;
    enum reset_mode mode;
    int64_t from;
    bool all, yes;
    bool wanted[PARTITIONS_MAX];
    int32_t partition_count;
    struct offsets *offsets;
    struct visit *visit;
};

/* What one partition is found with, and what is to become of it. */
struct reset_place {
    int32_t partition;
    struct offsets_place kafka;
    bool is_ours; /* the committed offset carries a position of ours */
    struct position committed;
    struct stored stored; /* its texts are gone */
    bool same_group;
    size_t keys;
    bool wipe;
    bool set;
    struct position next;
};

/* --- looking ----------------------------------------------------------------------------------- */

struct reset_read {
    struct stored *stored;
    struct buffer ours;
    bool same_group;
};

static void
reset_read_field(void *opaque, const struct store_field *field)
{
    struct reset_read *read = opaque;

    stored_read(read->stored, field);
    if (strcmp(field->name, "gr") == 0)
        read->same_group =
            text_equal(field->value, (struct text){read->ours.bytes, (uint32_t)read->ours.length});
}

static enum err_code
reset_look_redis(const struct reset_call *call, struct reset_place *place, struct err *reterr)
{
    struct reset_read read = {&place->stored, {NULL, 0, 0}, true};
    enum err_code code;

    buffer_init(&read.ours);
    stored_print_group(call->config, &read.ours);
    stored_begin(&place->stored);
    code = visit_fields(call->visit, place->partition, reset_read_field, &read, reterr);
    stored_end(&place->stored);
    buffer_fini(&read.ours);
    place->same_group = read.same_group;
    if (code == ERR_NONE)
        code = visit_keys(call->visit, place->partition, false, &place->keys, reterr);
    return code;
}

static enum err_code
reset_look(const struct reset_call *call, struct reset_place *place, struct err *reterr)
{
    struct err err;
    enum err_code code = offsets_look(call->offsets, place->partition, &place->kafka, reterr);

    if (code != ERR_NONE)
        return code;
    place->is_ours = place->kafka.committed.offset != SOURCE_OFFSET_NONE &&
                     position_parse(text_of(place->kafka.committed.metadata), &place->committed,
                         &err) == ERR_NONE;
    place->committed.offset = place->kafka.committed.offset;
    return reset_look_redis(call, place, reterr);
}

static void
reset_tell_found(const struct reset_place *place)
{
    const struct source_committed *committed = &place->kafka.committed;

    printf("partition %" PRId32 ": the log has offsets %" PRId64 " to %" PRId64 "; ",
        place->partition, place->kafka.low, place->kafka.end);
    if (committed->offset == SOURCE_OFFSET_NONE)
        printf("the group has no offset; ");
    else if (place->is_ours)
        printf("the group is at %" PRId64 ", %" PRIu64 " changes published; ", committed->offset,
            place->committed.changes);
    else
        printf(
            "the group is at %" PRId64 ", which footprint has not committed; ", committed->offset);
    if (!place->stored.has_offset)
        printf("Redis has no state (%zu keys)\n", place->keys);
    else
        printf("Redis stands at %" PRId64 " (%zu keys)%s%s\n", place->stored.position.offset,
            place->keys, place->stored.rebuilding ? ", a rebuild was not finished" : "",
            place->same_group ? "" : ", of another group or input");
}

/* --- deciding ------------------------------------------------------------------------------------ */

static enum err_code
reset_plan_rebuild(struct reset_place *place, struct err *reterr)
{
    if (place->kafka.committed.offset != SOURCE_OFFSET_NONE && !place->is_ours)
        return err_set(reterr, ERR_INPUT,
            "footprint has not committed the group's offset, so nothing can be rebuilt there; "
            "--restore and --from OFFSET set another one");
    place->wipe = true;
    if (place->is_ours)
        printf("  what Redis has is thrown away; the next start rebuilds it at offset %" PRId64
               ", windows from the log, memberships as published\n",
            place->committed.offset);
    else
        printf("  what Redis has is thrown away; the next start begins at input.start_at\n");
    return ERR_NONE;
}

static enum err_code
reset_plan_accept(struct reset_place *place, struct err *reterr)
{
    if (!place->is_ours)
        return err_set(reterr, ERR_INPUT,
            "footprint has not committed the group's offset, so there is nothing to go on with; "
            "--restore and --from OFFSET set another one");
    if (place->committed.offset > place->kafka.end)
        return err_set(reterr, ERR_INPUT,
            "the log ends before the group's offset; only --from OFFSET leads out of that");
    place->set = true;
    place->next = place->committed;
    place->next.gap_accepted = true;
    if (place->committed.offset < place->kafka.low)
        printf("  offsets %" PRId64 " to %" PRId64 " are passed over; the next start goes on at "
               "%" PRId64 "\n",
            place->committed.offset, place->kafka.low - 1, place->kafka.low);
    else
        printf("  the next start fills windows with what the log still has\n");
    return ERR_NONE;
}

/* Whole, and all of it at one boundary: then it is the position that was committed there. */
static bool
reset_is_at_rest(const struct stored *stored)
{
    const struct engine_position *time = &stored->position.time;

    return stored->has_offset && !stored->rebuilding && stored->mark.known &&
           stored->mark.offset == stored->position.offset &&
           stored->mark.watermark == time->watermark && !position_is_cut(time);
}

static enum err_code
reset_plan_restore(const struct reset_call *call, struct reset_place *place, struct err *reterr)
{
    const struct stored *stored = &place->stored;
    int64_t offset = stored->position.offset;

    if (!reset_is_at_rest(stored) || !place->same_group)
        return err_set(reterr, ERR_INPUT,
            "Redis has no state of this group that stands at one committed offset (a clean stop "
            "leaves one); --from OFFSET begins with an empty one");
    if (offset < place->kafka.low || offset > place->kafka.end)
        return err_set(
            reterr, ERR_INPUT, "the log has no offset %" PRId64 ", where Redis stands", offset);
    if (stored->position.partition_count != call->partition_count)
        return err_set(reterr, ERR_INPUT,
            "the state in Redis is of a topic with %" PRId64 " partitions, now there are %d",
            stored->position.partition_count, call->partition_count);
    place->set = true;
    place->next = stored->position;
    place->next.changes = stored->mark.changes;
    printf("  the group's offset becomes %" PRId64 ", where Redis stands, %" PRIu64
           " changes published; if the daemon was not stopped cleanly then, its last transaction "
           "may be published twice, with the same life and seq\n",
        offset, place->next.changes);
    return ERR_NONE;
}

static enum err_code
reset_plan_from(const struct reset_call *call, struct reset_place *place, struct err *reterr)
{
    int64_t from = call->from;

    if (from == FROM_EARLIEST)
        from = place->kafka.low;
    else if (from == FROM_LATEST)
        from = place->kafka.end;
    if (from < place->kafka.low || from > place->kafka.end)
        return err_set(reterr, ERR_INPUT, "the log has no offset %" PRId64, from);
    place->wipe = place->set = true;
    place->next = (struct position){
        .offset = from,
        .time = {INT64_MIN, INT64_MIN, INT64_MIN, 0},
        .engine_version = POSITION_ENGINE,
        .partition_count = call->partition_count,
        .origin = from,
    };
    snprintf(place->next.state_id, sizeof(place->next.state_id), "%s", call->config->state_id);
    printf("  what Redis has is thrown away; the next start begins at offset %" PRId64
           " with an empty state and publishes from there on%s; memberships published before stay "
           "on the members topic until their users are seen again\n",
        from, from < place->kafka.committed.offset ? ", again" : "");
    return ERR_NONE;
}

static enum err_code
reset_plan(const struct reset_call *call, struct reset_place *place, struct err *reterr)
{
    switch (call->mode) {
    case RESET_LOOK:
        break;
    case RESET_REBUILD:
        return reset_plan_rebuild(place, reterr);
    case RESET_ACCEPT_GAP:
        return reset_plan_accept(place, reterr);
    case RESET_RESTORE:
        return reset_plan_restore(call, place, reterr);
    case RESET_FROM:
        return reset_plan_from(call, place, reterr);
    }
    return ERR_NONE;
}

/* --- doing ----------------------------------------------------------------------------------------- */

/* Redis first: without it the old offset is still a safe place, the other way round it is not. */
static enum err_code
reset_do(const struct reset_call *call, struct reset_place *place, struct err *reterr)
{
    struct buffer metadata;
    enum err_code code = ERR_NONE;

    if (place->wipe)
        code = visit_keys(call->visit, place->partition, true, &place->keys, reterr);
    if (code != ERR_NONE || !place->set)
        return code;
    buffer_init(&metadata);
    position_print(&place->next, &metadata);
    buffer_add_char(&metadata, '\0');
    code = offsets_set(call->offsets, place->partition, place->next.offset, metadata.bytes, reterr);
    buffer_fini(&metadata);
    return code;
}

static enum err_code
reset_partition(const struct reset_call *call, int32_t partition, struct err *reterr)
{
    struct reset_place place = {.partition = partition};
    enum err_code code = reset_look(call, &place, reterr);

    if (code == ERR_NONE) {
        reset_tell_found(&place);
        code = reset_plan(call, &place, reterr);
    }
    if (code == ERR_NONE && call->yes)
        code = reset_do(call, &place, reterr);
    if (code == ERR_NONE && call->yes)
        printf("  done\n");
    if (code != ERR_NONE)
        return err_wrap(reterr, "partition %" PRId32 ": ", partition);
    return ERR_NONE;
}

/* Brokers would refuse the offset, but Redis comes first. */
static enum err_code
reset_check_stopped(const struct reset_call *call, struct err *reterr)
{
    struct buffer names;
    size_t count = 0;
    enum err_code code;

    buffer_init(&names);
    code = offsets_members(call->offsets, &count, &names, reterr);
    if (code == ERR_NONE && count > 0)
        code = err_set(reterr, ERR_INPUT,
            "group '%s' has %zu members (%.*s): stop its daemons; one that was stopped is a member "
            "until kafka.session_timeout is over",
            call->config->settings.kafka_group, count, (int)names.length, names.bytes);
    buffer_fini(&names);
    return code;
}

static enum err_code
reset_check_wanted(const struct reset_call *call, struct err *reterr)
{
    for (int32_t i = call->partition_count; i < PARTITIONS_MAX; i++)
        if (call->wanted[i])
            return err_set(reterr, ERR_INPUT, "the input has %d partitions; there is no %d",
                call->partition_count, i);
    return ERR_NONE;
}

static int
reset_run(struct reset_call *call)
{
    struct err err;
    enum err_code code;
    int failed = 0;

    call->offsets = offsets_new(call->config, &err);
    call->visit = call->offsets == NULL ? NULL : visit_new(call->config, &err);
    code = call->visit == NULL
               ? err.code
               : offsets_partition_count(call->offsets, &call->partition_count, &err);
    if (code == ERR_NONE)
        code = reset_check_wanted(call, &err);
    if (code == ERR_NONE && call->yes)
        code = reset_check_stopped(call, &err);
    for (int32_t i = 0; code == ERR_NONE && i < call->partition_count; i++) {
        if ((!call->all && !call->wanted[i]) || reset_partition(call, i, &err) == ERR_NONE)
            continue;
        fprintf(stderr, "footprintctl reset: %s\n", err.msg);
        failed++;
    }
    if (code != ERR_NONE)
        fprintf(stderr, "footprintctl reset: %s\n", err.msg);
    else if (!call->yes && call->mode != RESET_LOOK && failed == 0)
        printf("nothing was changed; --yes does it\n");
    visit_free(call->visit);
    offsets_free(call->offsets);
    return code == ERR_NONE && failed == 0 && fflush(stdout) == 0 ? 0 : 1;
}

/* --- the command ------------------------------------------------------------------------------------- */

static bool
reset_take_from(struct reset_call *call, const char *value)
{
    uint64_t offset;

    call->mode = RESET_FROM;
    if (strcmp(value, "earliest") == 0)
        call->from = FROM_EARLIEST;
    else if (strcmp(value, "latest") == 0)
        call->from = FROM_LATEST;
    else if (number_option_whole(value, 0, INT64_MAX, &offset))
        call->from = (int64_t)offset;
    else
        return false;
    return true;
}

/* False: not an option of this command, or a wrong value. */
static bool
reset_take(struct reset_call *call, int option, const char *value)
{
    enum reset_mode before = call->mode;
    uint64_t partition;

    switch (option) {
    case 'p':
        if (!number_option_whole(value, 0, PARTITIONS_MAX - 1, &partition))
            return false;
        call->wanted[partition] = true;
        return true;
    case 'a':
        return call->all = true;
    case 'y':
        return call->yes = true;
    case 'r':
        call->mode = RESET_REBUILD;
        break;
    case 'g':
        call->mode = RESET_ACCEPT_GAP;
        break;
    case 's':
        call->mode = RESET_RESTORE;
        break;
    case 'f':
        if (!reset_take_from(call, value))
            return false;
        break;
    default:
        return false;
    }
    return before == RESET_LOOK; /* one decision only */
}

static bool
reset_is_complete(const struct reset_call *call, const struct load *load)
{
    bool some = false;

    for (int32_t i = 0; i < PARTITIONS_MAX; i++)
        some = some || call->wanted[i];
    return load->file != NULL && some != call->all && (call->mode != RESET_LOOK || !call->yes);
}

int
ctl_reset(int argc, char **argv)
{
    static const struct option options[] = {
        LOAD_OPTION_FILE,
        LOAD_OPTION_SET,
        {"partition", required_argument, NULL, 'p'},
        {"all", no_argument, NULL, 'a'},
        {"rebuild", no_argument, NULL, 'r'},
        {"accept-gap", no_argument, NULL, 'g'},
        {"restore", no_argument, NULL, 's'},
        {"from", required_argument, NULL, 'f'},
        {"yes", no_argument, NULL, 'y'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    static struct reset_call call;
    struct load load = {.file = NULL};
    struct config *config;
    int option, status;

    while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
        if (option == 'h')
            return fputs(reset_usage, stdout) < 0;
        if (!load_take(&load, option, optarg) && !reset_take(&call, option, optarg))
            return fputs(reset_usage, stderr), 2;
    }
    if (optind != argc || !reset_is_complete(&call, &load))
        return fputs(reset_usage, stderr), 2;
    config = load_config(&load);
    if (config == NULL)
        return 1;
    call.config = config;
    status = reset_run(&call);
    config_free(config);
    return status;
}
