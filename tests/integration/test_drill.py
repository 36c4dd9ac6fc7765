"""A daemon that dies at a named place of its cycle, at each of them, again and again; see config/base/drill.h."""
import os
import random
import signal

import pytest

import retail
from servers import BUILD, RELEASE
from topics import SlowSender
from waiting import wait_until

ROUNDS = int(os.environ.get("FOOTPRINT_ROUNDS", 1))  # deaths at each point
SEED = int(os.environ.get("FOOTPRINT_SEED", random.randrange(10**6)))
POINTS = os.environ.get("FOOTPRINT_POINTS", "K1 K2 K3 K4 K5 K6 K7 K8 K9 release replay rebuild").split()
PARTITIONS = 4
LIVE = "id=partition-live "
LATEST = {"K8": PARTITIONS, "rebuild": 30, "replay": 1, "release": 1}  # the last passing to die at
LATEST_OTHERS = 8  # there each cycle passes
DEATH_SECONDS = 60
POINT_SECONDS = 8  # the stream outlives all points; what is left of it then comes at once


def has_drills(binary):
    return b"FOOTPRINT_CRASH" in binary.read_bytes()


def test_no_drill_is_in_what_is_installed():
    assert not has_drills(RELEASE / "footprintd")
    assert b"FOOTPRINT_WITHOUT" not in (RELEASE / "footprintd").read_bytes()


def die_at(daemon, point, passing, redis):
    """One life that ends at the point; what the point needs is prepared."""
    if point == "rebuild":
        redis.client().flushall()
    if point == "replay":  # of what is committed and not yet in Redis
        die_at(daemon, "K4", 2, redis)
    lives = daemon.text().count(LIVE)
    daemon.start(ready=False, environment={"FOOTPRINT_CRASH": f"{point}:{passing}"})
    if point == "release":
        wait_until(lambda: daemon.text().count(LIVE) > lives, DEATH_SECONDS, lambda: f"a partition to be live:\n{daemon.tail()}")
        daemon.process.send_signal(signal.SIGTERM)
    assert daemon.wait(DEATH_SECONDS) == -signal.SIGKILL, f"{point}:{passing}\n{daemon.tail()}"


@pytest.mark.skipif(not has_drills(BUILD / "footprintd"), reason="this build has no drills")
def test_death_at_each_named_point_loses_and_doubles_nothing(make_world, kafka, own_redis, shop):
    world = make_world(kafka, own_redis)
    chance = random.Random(SEED)
    print(f"FOOTPRINT_SEED={SEED}")
    world.write_rules(retail.SEGMENTS)
    world.create_input(PARTITIONS)
    sender = SlowSender(world.sender, world.route(shop), POINT_SECONDS * ROUNDS * len(POINTS))
    sender.start()
    daemon = world.daemon(profiles={"memory": "1MiB"}, checkpoint={"interval": "1s"})
    for point in POINTS * ROUNDS:
        die_at(daemon, point, chance.randint(1, LATEST.get(point, LATEST_OTHERS)), own_redis)
    daemon.start()
    sender.finish(hurry=True)
    world.wait_drained()
    # Elsewhere the naive evaluator agrees with this replay of the shop.
    expected = world.replayed()
    world.wait_changes(lambda changes: len(changes) >= len(expected), 60)  # a last advance may wait for evicted users
    assert daemon.stop() == 0
    assert world.judge().count > 500
