/* The engine's furniture against plain models: slab, table, timers, ring, sets, cells. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "config/base/hash.h"
#include "pipeline/engine/ids.h"
#include "pipeline/engine/list.h"
#include "pipeline/engine/ring.h"
#include "pipeline/engine/segset.h"
#include "pipeline/engine/slab.h"
#include "pipeline/engine/users.h"
#include "pipeline/engine/timers.h"

static uint64_t seed = 1;

static uint32_t
random_below(uint32_t bound)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % bound;
}

static void
blocks_do_not_overlap(void **state)
{
    enum {
        COUNT = 2000
    };
    static unsigned char *blocks[COUNT];
    static size_t sizes[COUNT];
    struct slab *slab = slab_new();

    (void)state;
    for (uint32_t round = 0; round < 20 * COUNT; round++) {
        uint32_t i = random_below(COUNT);
        if (blocks[i] != NULL) {
            for (size_t k = 0; k < sizes[i]; k++)
                assert_int_equal(blocks[i][k], i & 0xff);
            slab_give(slab, blocks[i]);
            blocks[i] = NULL;
            continue;
        }
        sizes[i] = random_below(50) == 0 ? random_below(40000) : random_below(700);
        blocks[i] = slab_take(slab, sizes[i]);
        assert_true(slab_capacity(blocks[i]) >= sizes[i]);
        assert_int_equal((uintptr_t)blocks[i] % 32, 0);
        memset(blocks[i], (int)(i & 0xff), sizes[i]);
    }
    for (uint32_t i = 0; i < COUNT; i++)
        if (blocks[i] != NULL)
            slab_give(slab, blocks[i]);
    assert_int_equal(slab_bytes(slab), 0);
    slab_free(slab);
}

/* Many users share a hash, so that places collide and close up. */
static void
the_table_finds_who_is_there_and_nobody_else(void **state)
{
    enum {
        COUNT = 500
    };
    static uint32_t slots[COUNT];
    struct slab *slab = slab_new();
    struct users *users = users_new();
    char name[16];

    (void)state;
    memset(slots, 0xff, sizeof(slots));
    for (uint32_t round = 0; round < 30 * COUNT; round++) {
        uint32_t i = random_below(COUNT);
        struct text user = {name, (uint32_t)snprintf(name, sizeof(name), "u%u", i)};
        uint64_t hash = (uint64_t)(i % 37) << 60 | i % 91;
        assert_int_equal(users_find(users, user, hash), slots[i]);
        if (slots[i] == USERS_NONE) {
            slots[i] = users_add(users, profile_new(slab, user, 7), hash);
        } else {
            slab_give(slab, users_slot(users, slots[i])->profile);
            users_remove(users, slots[i]);
            slots[i] = USERS_NONE;
        }
    }
    users_free(users);
    slab_free(slab);
}

static int
by_number(void *opaque, uint32_t a, uint32_t b)
{
    (void)opaque;
    return a < b ? -1 : a > b;
}

/* A model: the least by (due, hash_high, slot) of all that are in. */
static void
timers_come_in_order(void **state)
{
    enum {
        COUNT = 600
    };
    static struct {
        int64_t due;
        uint64_t hash;
        bool in;
    } model[COUNT];
    struct timers *timers = timers_new(by_number, NULL);
    int64_t now = 1764000000000;

    (void)state;
    for (uint32_t round = 0; round < 3000; round++) {
        struct timers_entry entry;
        for (uint32_t n = random_below(6); n > 0; n--) {
            uint32_t i = random_below(COUNT);
            int64_t ahead[] = {1, 64, 4096, 86400000, INT64_C(86400000) * 400};
            if (model[i].in)
                continue;
            model[i].due = now + 1 + random_below(100) * ahead[random_below(5)] / 64;
            model[i].hash = (uint64_t)random_below(4) << 32;
            model[i].in = true;
            timers_add(timers, model[i].due, i, model[i].hash);
        }
        now += (int64_t)random_below(200) * (random_below(20) == 0 ? 1000000 : 1);
        while (timers_peek(timers, now, &entry)) {
            for (uint32_t i = 0; i < COUNT; i++) {
                if (!model[i].in || i == entry.slot)
                    continue;
                assert_true(model[i].due > entry.due ||
                            (model[i].due == entry.due &&
                                (model[i].hash >> 32 > entry.hash_high ||
                                    (model[i].hash >> 32 == entry.hash_high && i > entry.slot))));
            }
            assert_true(model[entry.slot].in && model[entry.slot].due == entry.due);
            model[entry.slot].in = false;
            timers_pop(timers);
        }
        for (uint32_t i = 0; i < COUNT; i++)
            assert_true(!model[i].in || model[i].due > now);
    }
    timers_free(timers);
}

static void
a_ring_keeps_its_order_when_it_grows(void **state)
{
    struct ring ring;
    uint32_t in = 0, out = 0;

    (void)state;
    ring_init(&ring);
    for (uint32_t round = 0; round < 2000; round++) {
        if (random_below(5) < 3)
            ring_add(&ring, in++, round);
        else if (ring_first(&ring) != NULL) {
            assert_int_equal(ring_first(&ring)->slot, out++);
            ring_drop(&ring);
        }
    }
    assert_int_equal(ring.count, in - out);
    ring_fini(&ring);
}

static void
a_set_gives_segments_in_order(void **state)
{
    struct segset set;
    uint32_t last = 0, count = 0, segment;

    (void)state;
    segset_init(&set, 50000);
    for (uint32_t i = 0; i < 300; i++)
        count += segset_add(&set, random_below(50000));
    while ((segment = segset_take(&set)) != PLAN_NONE) {
        assert_true(segment >= last);
        last = segment + 1;
        count--;
    }
    assert_int_equal(count, 0);
    segset_fini(&set);
}

/* Cells grow and shrink between their neighbours; every one keeps what it had. */
static void
cells_grow_in_the_midst(void **state)
{
    enum {
        LEAVES = 9,
        ENTRIES = 40
    };
    static int64_t model[LEAVES][ENTRIES];
    static uint32_t counts[LEAVES];
    struct profile_hand hand = {.slab = slab_new()};

    (void)state;
    hand.profile = profile_new(hand.slab, TEXT("somebody"), 1);
    for (uint32_t round = 0; round < 5000; round++) {
        uint32_t leaf = random_below(LEAVES), place;
        struct list list = list_open(&hand, leaf, 0, sizeof(int64_t));
        assert_int_equal(list.count, counts[leaf]);
        for (uint32_t i = 0; i < list.count; i++)
            assert_int_equal(*(int64_t *)list_entry(&list, i), model[leaf][i]);
        if (random_below(3) > 0) {
            int64_t at = random_below(1000);
            uint32_t drop = list.count == ENTRIES ? 1 : 0;
            place = list_place(&list, at);
            if (place < drop)
                continue;
            *(int64_t *)list_insert(&list, drop, place) = at;
            memmove(model[leaf], model[leaf] + drop, (counts[leaf] - drop) * sizeof(int64_t));
            counts[leaf] -= drop;
            place -= drop;
            memmove(&model[leaf][place + 1], &model[leaf][place],
                (counts[leaf] - place) * sizeof(int64_t));
            model[leaf][place] = at;
            counts[leaf]++;
        } else {
            uint32_t gone = random_below(counts[leaf] + 1);
            list_remove(&list, 0, gone);
            list_close(&list);
            counts[leaf] -= gone;
            memmove(model[leaf], model[leaf] + gone, counts[leaf] * sizeof(int64_t));
        }
        if (random_below(10) == 0) {
            struct gate gate = {.segment = random_below(20), .flags = random_below(2)};
            profile_gate_set(&hand, &gate);
            assert_int_equal(profile_gate(hand.profile, gate.segment).flags, gate.flags);
        }
    }
    slab_free(hand.slab);
}

/* A model: the newest instant of every id. Some ids share a place, some are zero. */
static void
ids_are_known_until_they_are_out_of_date(void **state)
{
    enum {
        IDS = 400
    };
    static int64_t model[IDS];
    struct profile_hand hand = {.slab = slab_new()};
    struct ids_bench bench = {.places = NULL};
    int64_t now = 1000;

    (void)state;
    hand.profile = profile_new(hand.slab, TEXT("somebody"), 1);
    for (uint32_t round = 0; round < 20000; round++) {
        uint32_t id = random_below(IDS);
        uint64_t hash = (uint64_t)id * 0x9E3779B97F4A7C15u;
        int64_t at = now - random_below(50), floor = now - 100;
        struct cell cell;
        assert_int_equal(ids_known(hand.profile, hash, floor), model[id] > floor);
        if (model[id] <= floor && random_below(4) > 0) {
            ids_add(&hand, &bench, hash, at, floor);
            model[id] = model[id] > at ? model[id] : at;
        }
        cell = profile_cell(hand.profile, PROFILE_IDS);
        assert_true(cell.bytes == NULL || ids_valid(&cell, now));
        now += random_below(3);
        if (random_below(3000) == 0)
            now += 200;
    }
    assert_true(profile_cell(hand.profile, PROFILE_IDS).length < IDS * 16);
    ids_bench_fini(&bench);
    slab_free(hand.slab);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_do_not_overlap),
        cmocka_unit_test(the_table_finds_who_is_there_and_nobody_else),
        cmocka_unit_test(timers_come_in_order),
        cmocka_unit_test(a_ring_keeps_its_order_when_it_grows),
        cmocka_unit_test(a_set_gives_segments_in_order),
        cmocka_unit_test(cells_grow_in_the_midst),
        cmocka_unit_test(ids_are_known_until_they_are_out_of_date),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
