/* The layout of a profile: where its parts stand, and how one of them grows in the midst. */
#include "pipeline/engine/profile.h"

#include <string.h>

#include "config/base/check.h"
#include "config/base/limits.h"

_Static_assert(sizeof(struct profile) == 64, "the header is a stored format");
_Static_assert(sizeof(struct gate) == 24, "a gate is a stored format");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "profiles are stored little endian");

static size_t
profile_padded(size_t bytes)
{
    return (bytes + 7) & ~(size_t)7;
}

static size_t
profile_gates_at(const struct profile *profile)
{
    return sizeof(*profile) + profile_padded(profile->user_bytes);
}

static size_t
profile_directory_at(const struct profile *profile)
{
    return profile_gates_at(profile) + profile->gate_count * sizeof(struct gate);
}

static size_t
profile_cells_at(const struct profile *profile)
{
    return profile_directory_at(profile) + profile->cell_count * sizeof(struct profile_entry);
}

static char *
profile_bytes(const struct profile *profile)
{
    return (char *)(uintptr_t)profile;
}

/* Cuts and opens a gap anywhere in the block, which may move. */
static void
profile_splice(struct profile_hand *hand, size_t at, size_t remove, size_t add)
{
    struct profile *profile = hand->profile;
    size_t tail = profile->length - at - remove;
    size_t length = profile->length - remove + add;
    char *bytes = profile_bytes(profile);

    CHECK(at + remove <= profile->length);
    CHECK(length <= UINT32_MAX);
    if (length <= slab_capacity(profile)) {
        memmove(bytes + at + add, bytes + at + remove, tail);
    } else {
        char *moved = slab_take(hand->slab, length);
        memcpy(moved, bytes, at);
        memcpy(moved + at + add, bytes + at + remove, tail);
        slab_give(hand->slab, profile);
        hand->profile = (struct profile *)(void *)moved;
    }
    hand->profile->length = (uint32_t)length;
}

struct profile *
profile_new(struct slab *slab, struct text user, uint16_t rules)
{
    size_t length = sizeof(struct profile) + profile_padded(user.length);
    struct profile *profile = slab_take(slab, length);

    CHECK(user.length <= USER_BYTES_MAX);
    memset(profile, 0, length);
    profile->version = PROFILE_VERSION;
    profile->user_bytes = (uint16_t)user.length;
    profile->length = (uint32_t)length;
    profile->rules = rules;
    profile->due = PLAN_NEVER;
    profile->bucket = PROFILE_BUCKET_NONE;
    memcpy(profile_bytes(profile) + sizeof(*profile), user.bytes, user.length);
    return profile;
}

void
profile_forget(struct profile_hand *hand)
{
    struct profile *old = hand->profile;
    struct profile *fresh = profile_new(hand->slab, profile_user(old), old->rules);

    fresh->offset = old->offset;
    fresh->bucket = old->bucket;
    slab_give(hand->slab, old);
    hand->profile = fresh;
}

uint16_t
profile_rules(const struct plan *plan)
{
    uint32_t rules = 0;

    for (int i = 0; i < 4; i++) {
        char digit = plan->rules_id[i];
        rules = rules * 16 + (uint32_t)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
    }
    return (uint16_t)rules;
}

struct text
profile_user(const struct profile *profile)
{
    return (struct text){profile_bytes(profile) + sizeof(*profile), profile->user_bytes};
}

/* --- gates ------------------------------------------------------------------------------------ */

struct gate *
profile_gates(const struct profile *profile)
{
    return (struct gate *)(void *)(profile_bytes(profile) + profile_gates_at(profile));
}

uint32_t
profile_gate_place(const struct profile *profile, uint32_t segment)
{
    const struct gate *gates = profile_gates(profile);
    uint32_t low = 0, high = profile->gate_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (gates[middle].segment < segment)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct gate
profile_gate(const struct profile *profile, uint32_t segment)
{
    uint32_t place = profile_gate_place(profile, segment);
    const struct gate *gates = profile_gates(profile);

    if (place < profile->gate_count && gates[place].segment == segment)
        return gates[place];
    return (struct gate){.segment = segment};
}

bool
profile_gate_set(struct profile_hand *hand, const struct gate *gate)
{
    struct profile *profile = hand->profile;
    uint32_t place = profile_gate_place(profile, gate->segment);
    struct gate *gates = profile_gates(profile);
    bool there = place < profile->gate_count && gates[place].segment == gate->segment;
    size_t at = profile_gates_at(profile) + place * sizeof(*gate);

    if (gate_is_default(gate)) {
        if (!there)
            return false;
        profile_splice(hand, at, sizeof(*gate), 0);
        hand->profile->gate_count--;
        return true;
    }
    if (!there) {
        profile_splice(hand, at, 0, sizeof(*gate));
        hand->profile->gate_count++;
    }
    profile_gates(hand->profile)[place] = *gate;
    return !there;
}

/* --- cells ------------------------------------------------------------------------------------ */

static struct profile_entry *
profile_entries(const struct profile *profile)
{
    return (struct profile_entry *)(void *)(profile_bytes(profile) + profile_directory_at(profile));
}

const struct profile_entry *
profile_directory(const struct profile *profile)
{
    return profile_entries(profile);
}

struct cell
profile_cell_at(const struct profile *profile, uint32_t index)
{
    const struct profile_entry *entries = profile_entries(profile);
    uint32_t start = index == 0 ? 0 : entries[index - 1].end;

    return (struct cell){.index = index,
        .length = entries[index].end - start,
        .bytes = (unsigned char *)profile_bytes(profile) + profile_cells_at(profile) + start};
}

/* The index of the leaf's cell, or of the first later one. */
static inline uint32_t
profile_cell_place(const struct profile_entry *entries, uint32_t count, uint32_t leaf)
{
    uint32_t low = 0, high = count;

    while (high - low > 8) {
        uint32_t middle = low + (high - low) / 2;
        if (PROFILE_CELL_ORDER(entries[middle].leaf) < PROFILE_CELL_ORDER(leaf))
            low = middle + 1;
        else
            high = middle;
    }
    while (low < high && PROFILE_CELL_ORDER(entries[low].leaf) < PROFILE_CELL_ORDER(leaf))
        low++;
    return low;
}

struct cell
profile_cell(const struct profile *profile, uint32_t leaf)
{
    const struct profile_entry *entries = profile_entries(profile);
    uint32_t count = profile->cell_count, place = profile_cell_place(entries, count, leaf), start;

    if (place == count || entries[place].leaf != leaf)
        return (struct cell){.index = place};
    start = place == 0 ? 0 : entries[place - 1].end;
    return (struct cell){.index = place,
        .length = entries[place].end - start,
        .bytes = (unsigned char *)(uintptr_t)(entries + count) + start};
}

struct cell
profile_cell_open(struct profile_hand *hand, uint32_t leaf)
{
    struct cell cell = profile_cell(hand->profile, leaf);
    struct profile_entry *entries;
    size_t at;

    if (cell.bytes != NULL)
        return cell;
    at = profile_directory_at(hand->profile) + cell.index * sizeof(*entries);
    profile_splice(hand, at, 0, sizeof(*entries));
    hand->profile->cell_count++;
    entries = profile_entries(hand->profile);
    entries[cell.index].leaf = leaf;
    entries[cell.index].end = cell.index == 0 ? 0 : entries[cell.index - 1].end;
    return profile_cell_at(hand->profile, cell.index);
}

void
profile_cell_splice(
    struct profile_hand *hand, struct cell *cell, uint32_t at, uint32_t remove, uint32_t add)
{
    size_t start = (size_t)((char *)cell->bytes - profile_bytes(hand->profile));
    struct profile_entry *entries;

    CHECK(at + remove <= cell->length);
    CHECK((remove | add | at) % 8 == 0);
    profile_splice(hand, start + at, remove, add);
    entries = profile_entries(hand->profile);
    for (uint32_t i = cell->index; i < hand->profile->cell_count; i++)
        entries[i].end += add - remove; /* modulo 2^32 when it shrinks */
    cell->length += add - remove;
    cell->bytes = (unsigned char *)profile_bytes(hand->profile) + start;
}

void
profile_cell_remove(struct profile_hand *hand, struct cell *cell)
{
    size_t at;

    profile_cell_splice(hand, cell, 0, cell->length, 0);
    at = profile_directory_at(hand->profile) + cell->index * sizeof(struct profile_entry);
    profile_splice(hand, at, sizeof(struct profile_entry), 0);
    hand->profile->cell_count--;
    cell->bytes = NULL;
}

/* --- what comes from a store ------------------------------------------------------------------ */

static bool
profile_header_valid(const struct profile *profile, size_t length, const struct plan *plan)
{
    if (profile->version != PROFILE_VERSION || profile->length != length)
        return false;
    if (profile->rules != profile_rules(plan) || profile->known != 1)
        return false;
    if (!profile_time_valid(profile->clock, PROFILE_TIME_MAX))
        return false;
    if (!profile_time_valid(profile->newest, profile->clock) || profile->due <= profile->clock)
        return false;
    return profile->life >= 0 && profile->offset > profile->life;
}

static bool
profile_gates_valid(const struct profile *profile, const struct plan *plan)
{
    const struct gate *gates = profile_gates(profile);

    for (uint32_t i = 0; i < profile->gate_count; i++) {
        const struct gate *gate = &gates[i];
        uint32_t known = GATE_MEMBER | GATE_HOLDS | GATE_LEFT;
        if (gate->segment >= plan->segment_count)
            return false;
        if (i > 0 && gate->segment <= gates[i - 1].segment)
            return false;
        if (gate->flags == 0 || (gate->flags & ~known) != 0)
            return false;
        if (gate_is_member(gate) && (gate->flags & GATE_LEFT) != 0)
            return false;
        if (!profile_time_valid(gate->since, profile->clock))
            return false;
        if (!profile_time_valid(gate->mark, profile->clock))
            return false;
    }
    return true;
}

static bool
profile_directory_valid(const struct profile *profile, const struct plan *plan)
{
    const struct profile_entry *entries = profile_entries(profile);
    size_t bytes = profile->length - profile_cells_at(profile);
    uint32_t end = 0;

    for (uint32_t i = 0; i < profile->cell_count; i++) {
        if (entries[i].leaf >= plan->leaf_count && entries[i].leaf != PROFILE_IDS)
            return false;
        if (i > 0 && PROFILE_CELL_ORDER(entries[i].leaf) <= PROFILE_CELL_ORDER(entries[i - 1].leaf))
            return false;
        if (entries[i].end <= end || entries[i].end > bytes || entries[i].end % 8 != 0)
            return false;
        end = entries[i].end;
    }
    return end == bytes;
}

bool
profile_valid(const void *bytes, size_t length, struct text user, const struct plan *plan)
{
    const struct profile *profile = bytes;

    if (length < sizeof(*profile) || length > UINT32_MAX || length % 8 != 0)
        return false;
    if (!profile_header_valid(profile, length, plan) || user.length != profile->user_bytes)
        return false;
    if (length < profile_gates_at(profile) || !text_equal(user, profile_user(profile)))
        return false;
    if ((length - profile_gates_at(profile)) / sizeof(struct gate) < profile->gate_count)
        return false;
    if (!profile_gates_valid(profile, plan))
        return false;
    if ((length - profile_directory_at(profile)) / sizeof(struct profile_entry) <
        profile->cell_count)
        return false;
    return profile_directory_valid(profile, plan);
}
