"""A host whose clock is wrong ends nobody's membership by it; events go on, and it heals by itself."""
import json
import os
import struct
import subprocess
import time

import pytest

from servers import TOP
from topics import create_topic
from waiting import wait_until

ROUNDS = int(os.environ.get("FOOTPRINT_ROUNDS", 3))  # more of them: by hand, with rarer cases
HOURS = 3600
WRONG = [(2 * HOURS, "ahead of"), (-2 * HOURS, "behind")][:2 if ROUNDS > 3 else 1]
RULES = [{"name": "short", "when": "count(click[1s]) >= 2"}, {"name": "long", "when": "count(click[1h]) >= 2"}]
INPUT = {"idle_after": "300ms", "lateness": "1s"}
ENTERS = [("short", "enter"), ("long", "enter")]


@pytest.fixture(scope="module")
def wrong_clock(tmp_path_factory):
    """A library that sets the wall clock of one process apart."""
    library = tmp_path_factory.mktemp("clock") / "wrong_clock.so"
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", library, TOP / "tests/integration/wrong_clock.c", "-ldl"], check=True)
    return library


class Host:
    """A daemon whose wall clock can be set apart from the brokers'."""

    def __init__(self, world, library, apart_s):
        self.world = world
        self.file = world.folder / "apart"
        self.file.write_bytes(struct.pack("q", apart_s))
        world.write_rules(RULES)
        world.create_input(2)
        self.daemon = world.daemon(input=INPUT, environment={
            "LD_PRELOAD": str(library), "WRONG_CLOCK": str(self.file),
            "ASAN_OPTIONS": os.environ["ASAN_OPTIONS"] + ":verify_asan_link_order=0"})

    def set(self, apart_s):
        with open(self.file, "r+b") as file:
            file.write(struct.pack("q", apart_s))

    def count(self, word):
        return self.daemon.text().count(f"id={word} ")

    def says(self, word, times=1):
        wait_until(lambda: self.count(word) >= times, 20, lambda: f"{word} in the log:\n{self.daemon.tail()}")
        assert self.count(word) == times

    def click(self, user):
        now = time.time_ns() // 1_000_000
        self.world.send([json.dumps({"user": user, "type": "click", "ts": ts}) for ts in (now, now + 300)])

    def seen(self, user, changes, seconds=20):
        """Exactly these of a user, in the end."""
        def of_user(all_changes):
            return [(change["segment"], change["change"]) for change in all_changes if change["user"] == user]
        found = of_user(self.world.wait_changes(lambda found: len(of_user(found)) >= len(changes), seconds))
        assert sorted(found) == sorted(changes)

    def pass_windows(self):
        """Time for a short window to end, and for a wrong clock to be believed many times."""
        until = self.daemon.metrics()["footprint_uptime_seconds"] + 3
        wait_until(lambda: self.daemon.metrics()["footprint_uptime_seconds"] >= until, 20, "time to pass", every=0.2)


@pytest.mark.parametrize("apart, word", WRONG)
def test_nobody_leaves_by_a_clock_that_was_wrong_at_the_start(world, wrong_clock, apart, word):
    host = Host(world, wrong_clock, apart)
    for kind in ("changes", "members", "rejects"):  # as brokers come: they refuse what is an hour ahead
        create_topic(world.kafka.bootstrap, world.topic(kind), 2, **{"message.timestamp.after.max.ms": "3600000"})
    host.daemon.start()
    host.says("clock-wrong")
    assert f"s {word} the brokers" in host.daemon.text()
    host.click("a")
    host.seen("a", ENTERS)
    host.pass_windows()
    host.seen("a", ENTERS)
    assert all(abs(record.timestamp_ms - time.time() * 1000) < 60_000 for record in world.records("changes"))
    assert host.daemon.metrics()["footprint_clock_trusted"] == 0
    host.set(0)
    host.says("clock-right")
    host.seen("a", ENTERS + [("short", "exit")])
    assert host.count("clock-wrong") == 1


def test_a_clock_that_is_set_while_the_daemon_runs_is_noticed_at_once(world, wrong_clock):
    host = Host(world, wrong_clock, 0)
    host.daemon.start()
    host.click("a")
    host.seen("a", ENTERS + [("short", "exit")])  # time alone works
    host.click("b")
    host.set(2 * HOURS)
    host.says("clock-wrong")
    host.pass_windows()
    host.seen("b", ENTERS)
    host.seen("a", ENTERS + [("short", "exit")])
    host.set(0)
    host.says("clock-right")
    host.seen("b", ENTERS + [("short", "exit")])


def test_brokers_that_keep_our_time_are_told_of(world, wrong_clock):
    create_topic(world.kafka.bootstrap, world.topic("metrics"), 2)
    host = Host(world, wrong_clock, 0)
    host.daemon.start()
    host.says("clock-unchecked")
    host.click("a")
    host.seen("a", ENTERS + [("short", "exit")])
