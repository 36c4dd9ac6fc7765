/* Copies changed profiles at the boundary of a transaction and writes them behind its commit. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/check.h"
#include "config/base/drill.h"
#include "pipeline/partition/life.h"

#define EVENTS_PER_PROFILE 20 /* at least, where many of both come in */
#define PROFILES_FREE 20000.0 /* a second, of all partitions: so many are written in any case */
#define RATE_SECONDS 1.0      /* over which the rate of records is taken, about */

/* --- generations: how far back a replay must begin ------------------------------------------- */

static struct generation *
checkpoint_generation_at(struct partition *p, size_t index)
{
    CHECK(index < p->generation_count);
    return &p->generations[(p->generation_first + index) % p->generation_capacity];
}

static void
checkpoint_generation_grow(struct partition *p)
{
    size_t capacity = p->generation_capacity > 0 ? 2 * p->generation_capacity : 64;
    struct generation *grown = calloc(capacity, sizeof(*grown));

    CHECK(grown != NULL);
    for (size_t i = 0; i < p->generation_count; i++)
        grown[i] = *checkpoint_generation_at(p, i);
    free(p->generations);
    p->generations = grown;
    p->generation_first = 0;
    p->generation_capacity = capacity;
}

/* The profiles that become dirty from now on belong to the present position. */
static void
checkpoint_generation_begin(struct partition *p, uint64_t number)
{
    struct generation *generation;

    if (p->generation_count == p->generation_capacity)
        checkpoint_generation_grow(p);
    p->generation_count++;
    generation = checkpoint_generation_at(p, p->generation_count - 1);
    generation->number = number;
    generation->offset = p->now.offset;
    partition_time(p, &generation->time);
}

/* Where a replay must begin for all that is dirty; forgets what lies before. */
static const struct generation *
checkpoint_generation_oldest(struct partition *p)
{
    uint64_t oldest = engine_generation_oldest(p->engine);

    while (p->generation_count > 1 && checkpoint_generation_at(p, 0)->number < oldest) {
        p->generation_first = (p->generation_first + 1) % p->generation_capacity;
        p->generation_count--;
    }
    return checkpoint_generation_at(p, 0);
}

/* --- copying --------------------------------------------------------------------------------- */

static struct chunk *
checkpoint_chunk_add(struct partition *p)
{
    struct chunk *chunk = chunk_get(&p->shared->chunks);

    chunk->partition = p;
    chunk->incarnation = p->incarnation;
    chunk->number = ++p->chunk_number;
    *p->chunks_end = chunk;
    p->chunks_end = &chunk->next;
    p->chunk_count++;
    return chunk;
}

static void
checkpoint_field_int(struct chunk *chunk, const char *name, int64_t value, bool present)
{
    char digits[24];
    int length = present ? snprintf(digits, sizeof(digits), "%" PRId64, value) : 0;

    chunk_add(chunk, CHUNK_FIELD, text_of(name), (struct text){digits, (uint32_t)length});
}

static void
checkpoint_field_members(struct partition *p, struct chunk *chunk)
{
    const int64_t *members = engine_members(p->engine);
    struct buffer *list = &p->scratch;

    buffer_clear(list);
    for (uint32_t i = 0; i < p->rules->config->plan->segment_count; i++) {
        if (members[i] == 0)
            continue;
        buffer_printf(list, "%s%" PRIu32 ":%" PRId64, list->length > 0 ? " " : "", i, members[i]);
    }
    chunk_add(chunk, CHUNK_FIELD, TEXT("mem"), (struct text){list->bytes, (uint32_t)list->length});
}

/* Of the rules by which all is published: while a switch to others is under way, those before. */
static void
checkpoint_field_ids(struct partition *p, struct chunk *chunk)
{
    struct buffer ids;

    if (p->ids_written || strcmp(p->boundary.state_id, p->rules->config->state_id) != 0)
        return;
    p->ids_written = true;
    buffer_init(&ids);
    rebuild_print_ids(p->rules->config->plan, &ids);
    chunk_add(chunk, CHUNK_FIELD, TEXT("sg"), (struct text){ids.bytes, (uint32_t)ids.length});
    buffer_clear(&ids);
    stored_print_group(p->shared->config, &ids);
    chunk_add(chunk, CHUNK_FIELD, TEXT("gr"), (struct text){ids.bytes, (uint32_t)ids.length});
    buffer_fini(&ids);
    checkpoint_field_int(chunk, "fo", p->now.origin, true);
    checkpoint_field_int(chunk, "pn", p->now.partition_count, true);
}

/* What makes the chunk a checkpoint: where a replay begins, under which rules, and the newest
 * boundary. */
static void
checkpoint_fields(struct partition *p, struct chunk *chunk)
{
    const struct generation *oldest = checkpoint_generation_oldest(p);
    const struct engine_position *time = &oldest->time, *boundary = &p->boundary.time;
    bool cut = position_is_cut(time);
    char hash[17];
    int length = cut ? snprintf(hash, sizeof(hash), "%016" PRIx64, time->hash) : 0;

    chunk->offset = oldest->offset;
    checkpoint_field_int(chunk, "off", oldest->offset, true);
    checkpoint_field_int(chunk, "wm", time->watermark, time->watermark != INT64_MIN);
    checkpoint_field_int(chunk, "wt", time->target, cut);
    checkpoint_field_int(chunk, "wd", time->due, cut);
    chunk_add(chunk, CHUNK_FIELD, TEXT("wh"), (struct text){hash, (uint32_t)length});
    chunk_add(chunk, CHUNK_FIELD, TEXT("rs"), text_of(p->boundary.state_id));
    checkpoint_field_int(chunk, "eng", POSITION_ENGINE, true);
    checkpoint_field_int(chunk, "rb", p->rebuild != NULL || oldest->number <= p->rebuilt, true);
    checkpoint_field_int(chunk, "bo", position_is_cut(boundary) ? -1 : p->boundary.offset, true);
    checkpoint_field_int(chunk, "bw", boundary->watermark, boundary->watermark != INT64_MIN);
    checkpoint_field_int(chunk, "cnt", (int64_t)p->boundary.changes, true);
    checkpoint_field_members(p, chunk);
    checkpoint_field_ids(p, chunk);
    chunk_add(chunk, CHUNK_FIELD, TEXT("by"), text_of(p->owner));
    checkpoint_field_int(chunk, "cn", (int64_t)chunk->number, true);
}

static void
checkpoint_profile(struct partition *p, struct chunk *chunk, const struct engine_flushed *flushed)
{
    struct text bytes = {flushed->bytes, (uint32_t)flushed->length};

    if (flushed->bytes == NULL)
        chunk_add(chunk, CHUNK_DELETE, flushed->user, bytes);
    else
        chunk_add(chunk, CHUNK_PROFILE, flushed->user, bytes);
    if (flushed->bucket == ENGINE_BUCKET_NONE || flushed->bucket == flushed->bucket_stored)
        return;
    chunk_add_bucket(chunk, CHUNK_BUCKET_ADD, flushed->bucket, flushed->user);
    residency_bucket_add(p, flushed->bucket);
}

/* Records a second that have passed through lately, about. */
static void
checkpoint_measure(struct partition *p, int64_t passed_us)
{
    double seconds = (double)passed_us / 1e6, records = (double)(p->now.offset - p->copied_offset);

    if (passed_us <= 0)
        return;
    p->copied_offset = p->now.offset;
    if (records >= 0)
        p->record_rate += (records / seconds - p->record_rate) * seconds / (seconds + RATE_SECONDS);
}

/*
 * In what time all that is dirty now should be written: checkpoint.interval, save where users are
 * so many that it would be a profile for every few events. Then the events of a user gather for
 * longer, up to checkpoint.max; only a replay reads more of the log for it.
 */
static int64_t
checkpoint_interval_us(const struct partition *p, size_t dirty)
{
    const struct settings *settings = &p->shared->config->settings;
    int64_t least_us = settings->checkpoint_interval_ms * 1000;
    int64_t most_us = settings->checkpoint_max_ms * 1000;
    double rate = p->record_rate / EVENTS_PER_PROFILE,
           free_rate = PROFILES_FREE / (double)p->shared->topics->partition_count;
    double wanted_us = (double)dirty / (rate > free_rate ? rate : free_rate) * 1e6;

    if (wanted_us > (double)most_us)
        wanted_us = (double)most_us;
    return wanted_us > (double)least_us ? (int64_t)wanted_us : least_us;
}

/* How many profiles this boundary should copy, so that each dirty one is written about once in
 * that time, and the oldest first. */
static size_t
checkpoint_quota(struct partition *p, bool everything)
{
    int64_t now_us = partition_now_us(p), passed_us = now_us - p->last_copy_us;
    size_t dirty = engine_dirty_count(p->engine);
    int64_t interval_us;

    p->last_copy_us = now_us;
    checkpoint_measure(p, passed_us);
    interval_us = checkpoint_interval_us(p, dirty);
    if (everything || passed_us >= interval_us || residency_is_over(p)) /* only clean ones may go */
        return dirty;
    return dirty * (size_t)(passed_us > 0 ? passed_us : 0) / (size_t)interval_us + 1;
}

/* Membership records that wait for their transaction's chunk go into the one that stands open. */
void
checkpoint_member(struct partition *p, struct text user, struct text json, bool present)
{
    struct chunk *last = p->open_chunk;

    if (p->chunk_count >= CHUNKS_MAX || p->chunk_bytes > CHUNK_BYTES_MAX) {
        p->members_behind = true;
        return;
    }
    if (last == NULL)
        last = p->open_chunk = checkpoint_chunk_add(p);
    chunk_add(last, present ? CHUNK_MEMBER : CHUNK_MEMBER_DELETE, user, json);
}

static size_t
checkpoint_copy_one(struct partition *p, size_t quota)
{
    struct chunk *chunk = p->open_chunk != NULL ? p->open_chunk : checkpoint_chunk_add(p);
    struct engine_flushed flushed;
    size_t copied = 0;

    p->open_chunk = NULL;
    while (copied < quota && copied < CHUNK_PROFILES_MAX && chunk->bytes.length < TXN_BYTES_MAX &&
           engine_flush_next(p->engine, p->boundary.offset, residency_buckets_seen(p), &flushed)) {
        checkpoint_profile(p, chunk, &flushed);
        copied++;
    }
    checkpoint_fields(p, chunk);
    residency_buckets_drop(p, checkpoint_generation_oldest(p)->time.watermark, chunk);
    p->chunk_bytes += chunk->bytes.length;
    return copied;
}

void
checkpoint_copy(struct partition *p, bool everything)
{
    size_t quota = checkpoint_quota(p, everything), copied = 1;

    checkpoint_generation_begin(p, engine_generation_next(p->engine));
    while ((p->open_chunk != NULL || quota > 0) && copied > 0 && p->chunk_count < CHUNKS_MAX &&
           p->chunk_bytes <= CHUNK_BYTES_MAX) {
        copied = checkpoint_copy_one(p, quota);
        quota -= copied;
    }
}

/* --- writing --------------------------------------------------------------------------------- */

static void
checkpoint_drop_first(struct partition *p)
{
    struct chunk *chunk = p->chunks;

    p->chunks = chunk->next;
    if (p->chunks == NULL)
        p->chunks_end = &p->chunks;
    p->chunk_count--;
    p->chunk_bytes -= chunk->bytes.length;
    chunk_put_back(&p->shared->chunks, chunk);
}

static void
checkpoint_acknowledged(struct partition *p)
{
    struct chunk *chunk = p->chunks;

    engine_flush_done(p->engine, chunk->profile_count);
    p->durable_offset = chunk->offset;
    snprintf(p->known_owner, sizeof(p->known_owner), "%s", p->owner);
    p->known_chunk = chunk->number;
    p->acknowledged_us = partition_now_us(p);
    p->shared->counters->checkpoints++;
    p->shared->counters->profiles_flushed += chunk->profile_count;
    checkpoint_drop_first(p);
}

static void
checkpoint_answer(void *opaque, enum store_result result, const char *why)
{
    struct chunk *chunk = opaque;
    struct partition *p = chunk->partition;

    CHECK(chunk->state == CHUNK_SENT && chunk->answers_due > 0);
    p->busy--;
    if (result > chunk->worst)
        chunk->worst = result;
    if (result != STORE_OK && chunk->incarnation == p->incarnation)
        snprintf(p->reason, sizeof(p->reason), "redis: %s", why);
    if (--chunk->answers_due > 0)
        return;
    if (chunk->incarnation != p->incarnation) {
        chunk_put_back(&p->shared->chunks, chunk); /* a reset has let it go */
        return;
    }
    CHECK(chunk == p->chunks);
    switch (chunk->worst) {
    case STORE_OK:
        DRILL_POINT(DRILL_K5);
        p->reason[0] = '\0';
        checkpoint_acknowledged(p);
        break;
    case STORE_REFUSED:
        chunk->state = CHUNK_REFUSED;
        p->chunk_retry_us = partition_now_us(p) + RETRY_US;
        break;
    case STORE_LOST:
        break; /* it may have arrived or not: acquire_again finds out */
    case STORE_CHAIN:
        partition_reset(p, "a checkpoint found the chain broken");
        break;
    }
}

/* Nothing is to be committed, so the committed position is a boundary too. */
static void
checkpoint_at_rest(struct partition *p)
{
    int64_t interval_us = p->shared->config->settings.checkpoint_interval_ms * 1000;

    if (p->state != PARTITION_LIVE || p->in_transaction || checkpoint_is_under_way(p) ||
        checkpoint_is_done(p) || partition_now_us(p) - p->last_copy_us < interval_us ||
        partition_need(p) != PARTITION_NEEDS_NOTHING)
        return;
    checkpoint_copy(p, true);
    checkpoint_committed(p);
}

void
checkpoint_turn(struct partition *p)
{
    struct chunk *chunk;
    bool due;

    checkpoint_at_rest(p);
    chunk = p->chunks;
    if (DRILL_WITHOUT(DRILL_BEHIND))
        checkpoint_committed(p);
    due = chunk != NULL &&
          (chunk->state == CHUNK_COMMITTED ||
              (chunk->state == CHUNK_REFUSED && partition_now_us(p) >= p->chunk_retry_us));
    if (!due || !partition_store_ready(p) || store_is_busy(p->shared->store))
        return;
    chunk->partition = p;
    p->busy += chunk->member_count > 0 ? 2 : 1;
    chunk_send(chunk, p->shared->store, p->number, checkpoint_answer, chunk);
}

void
checkpoint_committed(struct partition *p)
{
    for (struct chunk *chunk = p->chunks; chunk != NULL; chunk = chunk->next)
        if (chunk->state == CHUNK_COPIED && chunk != p->open_chunk)
            chunk->state = CHUNK_COMMITTED;
}

/* --- states ---------------------------------------------------------------------------------- */

void
checkpoint_init(struct partition *p)
{
    checkpoint_clear(p);
    p->generation_count = 0;
    p->chunk_number = 0;
    p->members_behind = false;
    p->ids_written = false;
    p->rebuilt = p->rebuild != NULL ? engine_generation(p->engine) : 0;
    p->last_copy_us = p->acknowledged_us = partition_now_us(p);
    p->copied_offset = p->now.offset;
    p->record_rate = 0;
    checkpoint_generation_begin(p, engine_generation(p->engine));
}

/* A chunk under way is freed by its last answer, which sees that the incarnation has passed. */
void
checkpoint_clear(struct partition *p)
{
    while (p->chunks != NULL) {
        struct chunk *chunk = p->chunks;

        p->chunks = chunk->next;
        if (chunk->state != CHUNK_SENT || chunk->answers_due == 0)
            chunk_put_back(&p->shared->chunks, chunk);
        else
            chunk->incarnation = UINT64_MAX;
    }
    p->chunks_end = &p->chunks;
    p->open_chunk = NULL;
    p->chunk_count = 0;
    p->chunk_bytes = 0;
}

static bool
checkpoint_open_is_full(const struct partition *p)
{
    return p->open_chunk != NULL && p->open_chunk->bytes.length > OPEN_CHUNK_BYTES_MAX;
}

/* Only behind a commit can be written what has gathered: too many memberships, or more users than
 * memory is meant for while nothing is on its way. */
bool
checkpoint_waits_for_commit(const struct partition *p)
{
    return checkpoint_open_is_full(p) ||
           (p->chunks == NULL && residency_is_over(p) && engine_dirty_count(p->engine) > 0);
}

/* What waits for Redis should not grow now. */
bool
checkpoint_is_full(const struct partition *p)
{
    return p->chunk_count > CHUNKS_MAX / 2 || p->chunk_bytes > CHUNK_BYTES_MAX / 2 ||
           checkpoint_open_is_full(p);
}

bool
checkpoint_is_done(const struct partition *p)
{
    return p->chunks == NULL && engine_dirty_count(p->engine) == 0;
}

bool
checkpoint_is_under_way(const struct partition *p)
{
    return p->chunks != NULL && p->chunks != p->open_chunk;
}

/* Log time that a crash now would read again. */
int64_t
checkpoint_lag_ms(const struct partition *p)
{
    const struct generation *oldest;
    struct engine_position time;

    if (p->generation_count == 0 || checkpoint_is_done(p))
        return 0;
    oldest = &p->generations[p->generation_first];
    engine_position_get(p->engine, &time);
    return oldest->time.watermark == INT64_MIN ? 0 : time.watermark - oldest->time.watermark;
}

/* So far behind that reading must wait: the replay would grow past what the operator allows. */
bool
checkpoint_is_behind(const struct partition *p)
{
    return p->chunks != NULL && partition_now_us(p) - p->acknowledged_us > BEHIND_US &&
           checkpoint_lag_ms(p) > p->shared->config->settings.redis_max_behind_ms;
}
