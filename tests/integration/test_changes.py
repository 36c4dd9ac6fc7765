"""The whole way of an event: what is published equals a replay, whatever happens to the daemon between."""
import os
import random

import pytest

import retail
from judge import judge, without
from topics import SlowSender
from waiting import wait_until

ROUNDS = int(os.environ.get("FOOTPRINT_ROUNDS", 3))  # how often a daemon is stopped or killed
SEED = int(os.environ.get("FOOTPRINT_SEED", random.randrange(10**6)))
STREAM_SECONDS = max(8, ROUNDS * 2)
PARTITIONS = 4


@pytest.fixture
def stream(world, shop):
    """A world with the shop's rules and four partitions, and the shop's events placed in them."""
    world.write_rules(retail.SEGMENTS)
    world.create_input(PARTITIONS)
    return world


def test_the_shop_equals_replay_and_the_naive_evaluator(stream, shop):
    stream.send(shop)
    daemon = stream.daemon().start()
    stream.wait_drained()
    published = stream.changes()
    assert daemon.stop() == 0
    verdict = judge(published, stream.replayed())
    assert verdict.good, f"against replay: {verdict}"
    assert verdict.count > 500
    verdict = judge(without(published, "rules"), without(stream.naively(), "rules"))
    assert verdict.good, f"against the naive evaluator: {verdict}"


def test_kill_at_random_moments_loses_and_doubles_nothing(stream, shop):
    chance = random.Random(SEED)
    print(f"FOOTPRINT_SEED={SEED}")
    sender = SlowSender(stream.sender, stream.route(shop), STREAM_SECONDS)
    sender.start()
    daemon = stream.daemon()
    for _ in range(ROUNDS):
        daemon.start(ready=chance.random() < 0.7)
        sender.stopping.wait(chance.uniform(0, 1.5))
        daemon.kill()
    daemon.start()
    sender.finish()
    stream.wait_drained()
    assert daemon.stop() == 0
    stream.judge()


def test_clean_stop_and_start_between_loses_and_doubles_nothing(stream, shop):
    sender = SlowSender(stream.sender, stream.route(shop), STREAM_SECONDS)
    sender.start()
    daemon = stream.daemon()
    for _ in range(ROUNDS):
        daemon.start()
        sender.stopping.wait(1)
        assert daemon.stop() == 0
    daemon.start()
    sender.finish()
    stream.wait_drained()
    stream.judge()


def wait_for_partitions(daemon):
    """Ready is also who was given no partition: a dead member keeps its own until its session ends."""
    wait_until(lambda: daemon.text().count("id=partition-live ") >= PARTITIONS, 60,
               lambda: f"the partitions of the dead instance:\n{daemon.tail()}")


def test_another_instance_takes_over_from_a_killed_one(stream, shop):
    sender = SlowSender(stream.sender, stream.route(shop), ROUNDS * 8)
    sender.start()
    for number in range(ROUNDS):
        daemon = stream.daemon(instance=f"number-{number}").start()
        wait_for_partitions(daemon)
        sender.stopping.wait(0.5)
        daemon.kill()
    daemon = stream.daemon(instance="last").start()
    sender.finish()
    stream.wait_drained()
    assert daemon.stop() == 0
    stream.judge()


def test_another_instance_joins_and_the_first_leaves(stream, shop):
    sender = SlowSender(stream.sender, stream.route(shop), STREAM_SECONDS)
    sender.start()
    first = stream.daemon(instance="one").start()
    sender.stopping.wait(1.5)
    second = stream.daemon(instance="two").start()
    sender.stopping.wait(1.5)
    assert first.stop() == 0
    sender.finish()
    stream.wait_drained()
    assert second.stop() == 0
    stream.judge()
