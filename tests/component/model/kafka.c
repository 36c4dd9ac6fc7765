/* Kafka, as far as the pipeline can tell: logs, a group, transactions. Implements source.h and
 * sink.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/check.h"
#include "config/base/drill.h"
#include "pipeline/kafka/members.h"
#include "pipeline/kafka/sink.h"
#include "pipeline/kafka/tail.h"
#include "tests/component/model/model.h"

#define SESSION_US INT64_C(3000000)

/* --- the log --------------------------------------------------------------------------------- */

static struct model_record *
log_add(struct model_log *log)
{
    if (log->count == log->capacity) {
        log->capacity = log->capacity > 0 ? 2 * log->capacity : 1024;
        log->records = realloc(log->records, log->capacity * sizeof(log->records[0]));
        CHECK(log->records != NULL);
    }
    return &log->records[log->count++];
}

static void
log_append(struct model_log *log, const struct model_record *record)
{
    struct model_record *added = log_add(log);

    *added = *record;
    added->offset = log->end++;
}

void
model_append(int32_t partition, const char *key, const char *payload)
{
    struct model_record record = {.timestamp_ms = model_wall_ms()};

    snprintf(record.key, sizeof(record.key), "%s", key);
    snprintf(record.payload, sizeof(record.payload), "%s", payload);
    if (world.now_us < world.backlog_to_us) {
        *log_add(&world.held[partition]) = record;
        return;
    }
    log_append(&world.logs[partition], &record);
    if (model_chance(30))
        world.logs[partition].end++; /* a control record of some producer's transaction */
}

void
model_outage(int64_t us, int64_t more_us)
{
    world.outage_to_us = world.now_us + us;
    world.backlog_to_us = world.outage_to_us + more_us;
    world.faults.outages++;
    if (world.verbose)
        printf("%10.3f outage to %.3f, backlog at %.3f\n", (double)world.now_us / 1e6,
            (double)world.outage_to_us / 1e6, (double)world.backlog_to_us / 1e6);
}

bool
model_brokers_are_out(void)
{
    return world.now_us < world.outage_to_us;
}

void
model_backlog_turn(void)
{
    if (world.now_us < world.backlog_to_us)
        return;
    for (int i = 0; i < MODEL_PARTITIONS; i++) {
        for (size_t n = 0; n < world.held[i].count; n++)
            log_append(&world.logs[i], &world.held[i].records[n]);
        world.held[i].count = 0;
    }
}

void
model_stall(int32_t partition, int64_t us)
{
    world.stalled_to_us[partition] = world.now_us + us;
}

/* --- the consumer ---------------------------------------------------------------------------- */

struct metadata {
    struct metadata *next;
    int generation;
    int place;
};

struct source {
    struct model_process *process;
    struct source_callbacks callbacks;
    struct metadata *metadata; /* newest first; all are kept until the end */
    bool member;
    bool lost;                       /* thrown out of the group while asleep, not told yet */
    bool assigned[MODEL_PARTITIONS]; /* told and answered */
    bool give[MODEL_PARTITIONS];     /* to be told */
    bool give_told[MODEL_PARTITIONS];
    bool take[MODEL_PARTITIONS];
    bool take_told[MODEL_PARTITIONS];
    int64_t position[MODEL_PARTITIONS]; /* SOURCE_OFFSET_NONE: not read */
    bool paused[MODEL_PARTITIONS];
    bool end_told[MODEL_PARTITIONS];
    bool tell_generation;
};

struct source *
source_new(const struct config *config, const char *member,
    const struct source_callbacks *callbacks, struct err *reterr)
{
    struct source *source = calloc(1, sizeof(*source));

    (void)member;
    (void)reterr;
    CHECK(source != NULL);
    source->process = model_process_of(config);
    source->callbacks = *callbacks;
    source->process->source = source;
    return source;
}

void
source_free(struct source *source)
{
    if (source == NULL)
        return;
    source->process->source = NULL;
    for (int i = 0; i < MODEL_PARTITIONS; i++)
        if (world.holder[i] == source->process->place)
            world.holder[i] = -1;
    while (source->metadata != NULL) {
        struct metadata *next = source->metadata->next;

        free(source->metadata);
        source->metadata = next;
    }
    free(source);
}

void
model_source_forget(struct model_process *process)
{
    CHECK(process->source == NULL);
}

static void
source_new_metadata(struct source *source)
{
    struct metadata *made = calloc(1, sizeof(*made));

    CHECK(made != NULL);
    made->generation = world.generation;
    made->place = source->process->place;
    made->next = source->metadata;
    source->metadata = made;
}

enum err_code
source_subscribe(struct source *source, struct err *reterr)
{
    (void)reterr;
    source->member = true;
    return ERR_NONE;
}

int
source_control_fd(const struct source *source)
{
    (void)source;
    return -1;
}

int
source_data_fd(const struct source *source)
{
    (void)source;
    return -1;
}

/* Gives a partition that nobody holds to whom the group wants to have it. */
static void
group_give(int partition)
{
    int members[MODEL_PLACES], count = 0;

    for (int place = 0; place < MODEL_PLACES; place++) {
        struct model_process *process = world.processes[place];

        if (process != NULL && process->source != NULL && process->source->member &&
            !process->source->lost && !process->stopping)
            members[count++] = place;
    }
    if (count == 0)
        return;
    world.holder[partition] = members[partition % count];
    world.processes[world.holder[partition]]->source->give[partition] = true;
}

static void
group_take(int partition)
{
    struct model_process *process = world.processes[world.holder[partition]];

    if (process == NULL || process->source == NULL || process->source->lost) {
        world.holder[partition] = -1;
    } else if (process->source->give[partition] && !process->source->give_told[partition]) {
        process->source->give[partition] = false;
        world.holder[partition] = -1;
        group_give(partition); /* this may be the last time that the group takes stock */
    } else {
        process->source->take[partition] = true;
    }
}

/* Whose session has ended is thrown out; all others see a new generation. */
static void
group_expire(void)
{
    for (int place = 0; place < MODEL_PLACES; place++) {
        struct model_process *process = world.processes[place];

        if (process != NULL && process->source != NULL &&
            process->asleep_until_us - world.now_us > SESSION_US / 2)
            process->source->lost = true;
    }
}

/* How many members it has. */
static int
group_begin_generation(void)
{
    int members = 0;

    world.generation++;
    for (int place = 0; place < MODEL_PLACES; place++) {
        struct model_process *process = world.processes[place];

        if (process == NULL || process->source == NULL)
            continue;
        process->source->tell_generation = true;
        members += process->source->member && !process->source->lost && !process->stopping;
    }
    return members;
}

static void
group_balance(void *context)
{
    int members, turn = 0;

    (void)context;
    group_expire();
    members = group_begin_generation();
    for (int i = 0; i < MODEL_PARTITIONS; i++) {
        int held = world.holder[i];
        bool gone =
            held >= 0 && (world.processes[held] == NULL || world.processes[held]->source == NULL ||
                             world.processes[held]->source->lost);

        if (held < 0 || gone) {
            world.holder[i] = -1;
            group_give(i);
        } else if (members > 1 && (turn++ > 0 || model_chance(300))) {
            group_take(i);
        }
    }
}

void
model_rebalance(void)
{
    model_after(SESSION_US / 2 + (int64_t)model_random(SESSION_US), NULL, group_balance, NULL);
}

/* Thrown out while asleep: it learns that everything is lost, and joins again. */
static void
source_serve_lost(struct source *source)
{
    int32_t lost[MODEL_PARTITIONS];
    size_t count = 0;

    for (int32_t i = 0; i < MODEL_PARTITIONS; i++) {
        if (source->assigned[i] || source->give_told[i])
            lost[count++] = i;
        source->give[i] = source->take[i] = false;
        source->take_told[i] = source->give_told[i] || source->assigned[i];
        source->give_told[i] = false;
        source->position[i] = SOURCE_OFFSET_NONE;
    }
    source->lost = false;
    source->tell_generation = false;
    if (count > 0)
        source->callbacks.revoked(source->callbacks.opaque, lost, count, true);
    model_rebalance();
}

void
source_serve(struct source *source)
{
    int32_t given[MODEL_PARTITIONS], taken[MODEL_PARTITIONS];
    size_t given_count = 0, taken_count = 0;

    if (source->process->dead)
        return;
    if (source->lost) {
        source_serve_lost(source);
        return;
    }
    if (source->tell_generation)
        source_new_metadata(source);
    source->tell_generation = false;
    for (int32_t i = 0; i < MODEL_PARTITIONS; i++) {
        if (source->take[i] && !source->take_told[i] && source->assigned[i]) {
            source->take_told[i] = true;
            taken[taken_count++] = i;
        }
        if (source->give[i] && !source->give_told[i] && !source->take_told[i]) {
            source->give_told[i] = true;
            given[given_count++] = i;
        }
    }
    if (taken_count > 0)
        source->callbacks.revoked(source->callbacks.opaque, taken, taken_count, false);
    if (given_count > 0)
        source->callbacks.assigned(source->callbacks.opaque, given, given_count);
}

enum err_code
source_assign(
    struct source *source, const struct source_start *starts, size_t count, struct err *reterr)
{
    (void)reterr;
    for (size_t i = 0; i < count; i++) {
        int32_t partition = starts[i].partition;

        source->give[partition] = source->give_told[partition] = false;
        source->assigned[partition] = true;
        source->position[partition] = starts[i].offset;
        source->end_told[partition] = false;
    }
    return ERR_NONE;
}

enum err_code
source_unassign(struct source *source, const int32_t *partitions, size_t count, struct err *reterr)
{
    (void)reterr;
    for (size_t i = 0; i < count; i++) {
        int32_t partition = partitions[i];

        source->assigned[partition] = false;
        source->take[partition] = source->take_told[partition] = false;
        source->position[partition] = SOURCE_OFFSET_NONE;
        source->paused[partition] = false;
        if (world.holder[partition] == source->process->place && !source->give[partition]) {
            world.holder[partition] = -1;
            if (source->process->dead)
                continue;
            group_begin_generation(); /* whoever gives back joins anew, and so do all */
            group_give(partition);
        }
    }
    return ERR_NONE;
}

static bool
source_read_one(struct source *source, int32_t partition, source_take_fn *take, void *opaque)
{
    struct model_log *log = &world.logs[partition];
    size_t low = 0, high = log->count;
    int64_t *position = &source->position[partition];
    struct source_message message = {0};

    if (!source->assigned[partition] || *position == SOURCE_OFFSET_NONE ||
        source->paused[partition] || world.now_us < world.stalled_to_us[partition] ||
        model_brokers_are_out())
        return false;
    world.fetched_end[partition] = log->end;
    while (low < high) {
        size_t middle = (low + high) / 2;

        if (log->records[middle].offset < *position)
            low = middle + 1;
        else
            high = middle;
    }
    message.partition = partition;
    if (low < log->count) {
        const struct model_record record = log->records[low]; /* the log may grow */

        message.kind = SOURCE_RECORD;
        message.offset = record.offset;
        message.timestamp_ms = record.timestamp_ms;
        message.has_key = message.has_payload = true;
        message.key = text_of(record.key);
        message.payload = text_of(record.payload);
        *position = record.offset + 1;
        source->end_told[partition] = false;
        take(opaque, &message);
        return true;
    }
    if (source->end_told[partition] && *position == log->end)
        return false;
    message.kind = SOURCE_END;
    message.offset = *position = log->end;
    source->end_told[partition] = true;
    take(opaque, &message);
    return true;
}

size_t
source_read(struct source *source, size_t count_max, source_take_fn *take, void *opaque)
{
    size_t count = 0, limit = 1 + model_random(50);
    bool more = true;

    if (source->process->dead || source->lost)
        return 0;
    while (more && count < count_max && count < limit) {
        more = false;
        for (int32_t i = 0; i < MODEL_PARTITIONS && count < count_max; i++) {
            if (!source_read_one(source, i, take, opaque))
                continue;
            count++;
            more = true;
        }
    }
    return count;
}

/* --- the log, read beside the group --------------------------------------------------------- */

struct tail {
    struct source reader; /* assigned to one partition */
    int32_t partition;
};

static int64_t
tail_since(const struct model_log *log, const struct tail_request *request)
{
    int64_t offset = request->latest;

    for (size_t i = log->count; i-- > 0;)
        if (log->records[i].timestamp_ms >= request->since_ms && log->records[i].offset < offset)
            offset = log->records[i].offset;
    return offset > request->offset ? offset : request->offset;
}

struct tail *
tail_open(const struct config *config, const struct tail_request *request, struct err *reterr)
{
    int32_t partition = request->partition;
    int64_t offset = request->offset;
    struct model_process *process = model_process_of(config);
    struct tail *tail;

    if (process->dead || model_chance(100) || model_brokers_are_out()) {
        err_set(reterr, ERR_RETRY, "no answer");
        return NULL;
    }
    tail = calloc(1, sizeof(*tail));
    CHECK(tail != NULL);
    tail->partition = partition;
    tail->reader.process = process;
    tail->reader.assigned[partition] = true;
    if (request->since_ms != TAIL_SINCE_EVER)
        offset = tail_since(&world.logs[partition], request);
    tail->reader.position[partition] = offset > 0 ? offset : 0;
    world.short_reads += tail->reader.position[partition] > 0;
    return tail;
}

int64_t
tail_begin(const struct tail *tail)
{
    return tail->reader.position[tail->partition];
}

int64_t
tail_low(const struct tail *tail)
{
    (void)tail;
    return 0;
}

size_t
tail_read(struct tail *tail, size_t count_max, source_take_fn *take, void *opaque)
{
    size_t count = 0, limit = 1 + model_random(50);

    if (tail->reader.process->dead)
        return 0;
    while (count < count_max && count < limit &&
           source_read_one(&tail->reader, tail->partition, take, opaque))
        count++;
    return count;
}

void
tail_close(struct tail *tail)
{
    free(tail);
}

void *
source_group_metadata(struct source *source)
{
    return source->metadata;
}

enum err_code
source_committed(struct source *source, int32_t partition, struct source_committed *ret_committed,
    struct err *reterr)
{
    const struct model_committed *committed = &world.committed[partition];

    if (source->process->dead || model_brokers_are_out())
        return err_set(reterr, ERR_RETRY, "dead");
    if (committed->in_doubt > 0 && !DRILL_WITHOUT(DRILL_STABLE))
        return err_set(reterr, ERR_RETRY, "a transaction is in doubt");
    ret_committed->offset = committed->known ? committed->offset : SOURCE_OFFSET_NONE;
    snprintf(ret_committed->metadata, sizeof(ret_committed->metadata), "%s", committed->metadata);
    return ERR_NONE;
}

enum err_code
source_range(struct source *source, int32_t partition, int64_t *ret_low, int64_t *ret_end,
    struct err *reterr)
{
    if (source->process->dead || model_chance(50) || model_brokers_are_out())
        return err_set(reterr, ERR_RETRY, "no answer");
    *ret_low = 0;
    *ret_end = world.logs[partition].end;
    return ERR_NONE;
}

enum err_code
source_offset_at(struct source *source, int32_t partition, int64_t time_ms, int64_t *ret_offset,
    struct err *reterr)
{
    (void)source;
    (void)time_ms;
    (void)reterr;
    *ret_offset = world.logs[partition].end;
    return ERR_NONE;
}

enum err_code
source_seek(struct source *source, int32_t partition, int64_t offset, struct err *reterr)
{
    if (source->process->dead || model_chance(200) || model_brokers_are_out())
        return err_set(reterr, ERR_RETRY, "no answer");
    source->position[partition] = offset;
    source->end_told[partition] = false;
    return ERR_NONE;
}

void
source_pause(struct source *source, int32_t partition, bool pause)
{
    source->paused[partition] = pause;
}

/* --- the proof of the end -------------------------------------------------------------------- */

struct source_prober {
    struct model_process *process;
};

struct source_prober *
source_prober_new(const struct config *config, struct err *reterr)
{
    struct source_prober *prober = calloc(1, sizeof(*prober));

    (void)reterr;
    CHECK(prober != NULL);
    prober->process = model_process_of(config);
    return prober;
}

void
source_prober_free(struct source_prober *prober)
{
    free(prober);
}

enum err_code
source_prober_end(
    struct source_prober *prober, int32_t partition, int64_t *ret_end, struct err *reterr)
{
    if (prober->process->dead || model_brokers_are_out())
        return err_set(reterr, ERR_RETRY, "dead");
    *ret_end = world.logs[partition].end;
    if (DRILL_WITHOUT(DRILL_END))
        *ret_end = world.fetched_end[partition];
    return ERR_NONE;
}

enum err_code
source_prober_partitions(struct source_prober *prober, int32_t *ret_count, struct err *reterr)
{
    if (prober->process->dead || model_brokers_are_out())
        return err_set(reterr, ERR_RETRY, "dead");
    *ret_count = MODEL_PARTITIONS;
    return ERR_NONE;
}

/* --- the producer ---------------------------------------------------------------------------- */

struct sink {
    struct model_process *process;
    int epoch;
};

/* A transaction whose end is decided but not known to who began it. */
struct doubt {
    bool commit;
    int place, epoch, generation; /* whose it is, and as of when */
    size_t part_count;
    int32_t partitions[MODEL_PARTITIONS];
    int64_t offsets[MODEL_PARTITIONS];
    char *metadata[MODEL_PARTITIONS];
    struct model_line *lines[MODEL_PARTITIONS];
    struct model_line *members[MODEL_PARTITIONS];
};

struct sink *
sink_new(const struct config *config, const char *name, struct err *reterr)
{
    struct sink *sink = calloc(1, sizeof(*sink));

    (void)name;
    (void)reterr;
    CHECK(sink != NULL);
    sink->process = model_process_of(config);
    return sink;
}

void
sink_free(struct sink *sink)
{
    free(sink);
}

enum err_code
sink_init(struct sink *sink, struct err *reterr)
{
    if (sink->process->dead || model_chance(100) || model_brokers_are_out())
        return err_set(reterr, ERR_RETRY, "coordinator load in progress");
    sink->epoch = ++world.epochs[sink->process->place];
    return ERR_NONE;
}

static struct model_line *
sink_line(const struct outbox *outbox, const struct outbox_record *record)
{
    struct model_line *line = calloc(1, sizeof(*line));

    CHECK(line != NULL);
    snprintf(line->user, sizeof(line->user), "%.*s", (int)record->key_length,
        outbox->bytes.bytes + record->key_at);
    if (record->has_value)
        line->text = strndup(outbox->bytes.bytes + record->value_at, record->value_length);
    return line;
}

static void
sink_take_part(struct doubt *doubt, size_t index, const struct sink_part *part)
{
    const struct outbox *outbox = part->outbox;
    struct model_line **end = &doubt->lines[index];

    doubt->partitions[index] = part->partition;
    doubt->offsets[index] = part->offset;
    doubt->metadata[index] = strdup(part->metadata);
    for (size_t i = 0; i < outbox->record_count; i++) {
        const struct outbox_record *record = &outbox->records[i];

        if (record->topic == OUTBOX_CHANGES) {
            *end = sink_line(outbox, record);
            end = &(*end)->next;
        } else if (record->topic == OUTBOX_MEMBERS) {
            struct model_line *line = sink_line(outbox, record);

            line->next = doubt->members[index];
            doubt->members[index] = line;
        }
    }
}

static struct doubt *
sink_take(const struct sink_part *parts, size_t part_count)
{
    struct doubt *doubt = calloc(1, sizeof(*doubt));

    CHECK(doubt != NULL);
    doubt->part_count = part_count;
    for (size_t i = 0; i < part_count; i++)
        sink_take_part(doubt, i, &parts[i]);
    return doubt;
}

static void
sink_apply_members(struct doubt *doubt, size_t index)
{
    struct model_line **end = &doubt->members[index];

    while (*end != NULL)
        end = &(*end)->next;
    *end = world.members[doubt->partitions[index]];
    world.members[doubt->partitions[index]] = doubt->members[index];
    doubt->members[index] = NULL;
}

static void
sink_jump(struct model_jumps *jumps, struct model_jump jump)
{
    size_t at = jumps->count;

    while (at > 0 && jumps->at[at - 1].offset > jump.offset)
        at--;
    if (at > 0 && jumps->at[at - 1].offset == jump.offset) {
        if (jumps->at[at - 1].watermark < jump.watermark)
            jumps->at[at - 1].watermark = jump.watermark;
        return;
    }
    jumps->at = realloc(jumps->at, (jumps->count + 1) * sizeof(jumps->at[0]));
    CHECK(jumps->at != NULL);
    memmove(jumps->at + at + 1, jumps->at + at, (jumps->count - at) * sizeof(jumps->at[0]));
    jumps->at[at] = jump;
    jumps->count++;
}

/* " jl=offset:watermark,..." */
static void
sink_apply_jumps(struct model_jumps *jumps, const char *metadata)
{
    const char *word = strstr(metadata, " jl=");

    for (word = word == NULL ? "" : word + 4; *word != '\0' && *word != ' ';) {
        struct model_jump jump;
        char *end;

        jump.offset = strtoll(word, &end, 10);
        CHECK(*end == ':');
        jump.watermark = strtoll(end + 1, &end, 10);
        sink_jump(jumps, jump);
        word = *end == ',' ? end + 1 : end;
    }
}

static void
sink_apply(struct doubt *doubt)
{
    for (size_t i = 0; i < doubt->part_count; i++) {
        int32_t partition = doubt->partitions[i];
        struct model_committed *committed = &world.committed[partition];

        if (world.verbose)
            printf("%10.3f partition %d: committed %lld %s\n", (double)world.now_us / 1e6,
                partition, (long long)doubt->offsets[i], doubt->metadata[i]);
        committed->known = true;
        committed->offset = doubt->offsets[i];
        snprintf(committed->metadata, sizeof(committed->metadata), "%s", doubt->metadata[i]);
        *world.lines_end[partition] = doubt->lines[i];
        while (*world.lines_end[partition] != NULL)
            world.lines_end[partition] = &(*world.lines_end[partition])->next;
        doubt->lines[i] = NULL;
        sink_apply_members(doubt, i);
        sink_apply_jumps(&world.jumps[partition], doubt->metadata[i]);
    }
}

static void
sink_drop(struct doubt *doubt)
{
    for (size_t i = 0; i < doubt->part_count; i++) {
        free(doubt->metadata[i]);
        model_lines_free(doubt->lines[i]);
        model_lines_free(doubt->members[i]);
    }
    free(doubt);
}

static void
sink_resolve(void *context)
{
    struct doubt *doubt = context;

    for (size_t i = 0; i < doubt->part_count; i++)
        world.committed[doubt->partitions[i]].in_doubt--;
    if (doubt->commit)
        sink_apply(doubt);
    sink_drop(doubt);
}

static void
sink_leave_in_doubt(struct sink *sink, struct doubt *doubt, struct sink_outcome *outcome)
{
    world.faults.in_doubt++;
    doubt->commit = model_chance(500);
    for (size_t i = 0; i < doubt->part_count; i++)
        world.committed[doubt->partitions[i]].in_doubt++;
    model_after((int64_t)model_random(2000000), NULL, sink_resolve, doubt);
    sink->epoch = -1;
    outcome->result = SINK_RENEW;
    err_set(&outcome->err, ERR_RETRY, "no answer to the commit");
}

void
sink_stamp(struct sink *sink, int64_t timestamp_ms)
{
    (void)sink;
    (void)timestamp_ms; /* the model's records have no time */
}

/* While a process stops, for then nobody has to start it again; not by the dice, so that seeds
 * stay. */
static bool
sink_refuses(const struct sink *sink, const struct sink_part *part, struct sink_outcome *outcome)
{
    if (!sink->process->stopping || world.faults.too_large++ % 3 != 0)
        return false;
    outcome->result = SINK_REFUSED;
    outcome->partition = part->partition;
    err_set(&outcome->err, ERR_INPUT, "a record is too large");
    return true;
}

/* A later holder of the same transactional id has begun. */
static bool
sink_is_fenced(int place, int epoch)
{
    return epoch != world.epochs[place] && !DRILL_WITHOUT(DRILL_FENCING);
}

static bool
sink_is_stale(int generation)
{
    return generation != world.generation && !DRILL_WITHOUT(DRILL_GENERATION);
}

/* The brokers hear of it only now, and judge it now. */
static void
sink_arrive(void *context)
{
    struct doubt *doubt = context;

    if (!sink_is_fenced(doubt->place, doubt->epoch) && !sink_is_stale(doubt->generation))
        sink_apply(doubt);
    sink_drop(doubt);
}

/* The whole of it hangs in the network; its sender hears nothing and begins anew. */
static void
sink_delay(struct sink *sink, struct doubt *doubt, struct sink_outcome *outcome)
{
    world.faults.belated++;
    model_after((int64_t)model_random(2000000), NULL, sink_arrive, doubt);
    sink->epoch = -1;
    outcome->result = SINK_RENEW;
    err_set(&outcome->err, ERR_RETRY, "no answer to the transaction");
}

void
sink_commit(struct sink *sink, void *group_metadata, const struct sink_part *parts,
    size_t part_count, struct sink_outcome *ret_outcome)
{
    const struct metadata *metadata = group_metadata;
    struct doubt *doubt;

    ret_outcome->partition = -1;
    ret_outcome->result = SINK_RETRY;
    err_set(&ret_outcome->err, ERR_RETRY, "aborted");
    if (sink->process->dead || model_brokers_are_out())
        return;
    if (sink_is_fenced(sink->process->place, sink->epoch)) {
        ret_outcome->result = SINK_RENEW;
        return;
    }
    if (sink_is_stale(metadata->generation))
        return;
    if (model_chance(20)) {
        world.faults.aborted++;
        return;
    }
    if (sink_refuses(sink, &parts[0], ret_outcome))
        return;
    doubt = sink_take(parts, part_count);
    doubt->place = sink->process->place;
    doubt->epoch = sink->epoch;
    doubt->generation = metadata->generation;
    if (model_chance(10)) {
        sink_delay(sink, doubt, ret_outcome);
        return;
    }
    if (model_chance(20)) {
        sink_leave_in_doubt(sink, doubt, ret_outcome);
        return;
    }
    sink_apply(doubt);
    sink_drop(doubt);
    ret_outcome->result = SINK_COMMITTED;
}

/* --- the members topic, read back ------------------------------------------------------------- */

static void
members_oldest_first(struct model_line *line, members_record_fn *each, void *opaque)
{
    if (line == NULL)
        return;
    members_oldest_first(line->next, each, opaque);
    each(opaque, text_of(line->user),
        line->text == NULL ? (struct text){NULL, 0} : text_of(line->text));
}

enum err_code
members_read(const struct config *config, int32_t partition, members_record_fn *each, void *opaque,
    struct err *reterr)
{
    if (model_process_of(config)->dead || model_brokers_are_out() ||
        world.committed[partition].in_doubt > 0)
        return err_set(reterr, ERR_RETRY, "no answer");
    members_oldest_first(world.members[partition], each, opaque);
    return ERR_NONE;
}
