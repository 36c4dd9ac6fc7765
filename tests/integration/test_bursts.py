"""Very many at once, very much of one: exact, in bounded pieces, and the others need not wait for it."""
import json
import os

from confluent_kafka import Consumer, TopicPartition

from judge import judge
from servers import RELEASE
from topics import SlowSender
from waiting import wait_until

ROUNDS = int(os.environ.get("FOOTPRINT_ROUNDS", 3))
USERS = 100_000 if ROUNDS > 3 else 50_000
START_MS = 1_700_000_000_000
WINDOW_MS = 60_000
TRANSACTION_RECORDS = 20_000  # about: it is closed once it has as many
MIB = 1024 * 1024


def event(user, ts, kind="click", **more):
    return json.dumps({"user": user, "type": kind, "ts": ts, **more})


def put(world, partition, lines):
    """Places lines in one partition, each with its user as the key."""
    for line in lines:
        world.sent[partition].append(line)
        world.sender.send(partition, json.loads(line)["user"], line)
    world.sender.flush()


def published(world):
    return [json.loads(record.value) for record in world.records("changes")]


def judge_all(world, *settings):
    verdict = judge(published(world), world.replayed(*settings))
    assert verdict.good, str(verdict)
    return verdict


def resident_max(daemon):
    """The most memory it ever had, in bytes."""
    lines = open(f"/proc/{daemon.process.pid}/status").read().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) * 1024


def longest_transaction(world, partition):
    """Records of one transaction in the changes topic: its commit marker takes an offset behind them."""
    longest = run = 0
    last = None
    for record in world.records("changes"):
        if record.partition != partition:
            continue
        run = run + 1 if last is not None and record.offset == last + 1 else 1
        longest, last = max(longest, run), record.offset
    return longest


class End:
    """The end of one partition of the changes, markers and open transactions included."""

    def __init__(self, world, partition):
        self.consumer = Consumer({"bootstrap.servers": world.kafka.bootstrap, "group.id": f"{world.name}-end"})
        self.place = TopicPartition(world.topic("changes"), partition)

    def reach(self, offset, seconds=120):
        try:
            wait_until(lambda: self.consumer.get_watermark_offsets(self.place, timeout=10)[1] >= offset, seconds,
                       f"the changes to reach {offset}", every=0.01)
        finally:
            self.consumer.close()


def test_very_many_windows_that_end_in_one_millisecond(world):
    world.write_rules([{"name": "here", "when": "count(click[1m]) >= 1"}, {"name": "often", "when": "count(view[10s]) >= 2"}])
    world.create_input(2)
    daemon = world.daemon(binary=RELEASE / "footprintd", workers=1)
    daemon.start()
    put(world, 0, (event(f"u{i}", START_MS + i % 7) for i in range(USERS)))
    put(world, 0, (event(f"u{i}", START_MS + 7) for i in range(USERS)))  # all windows end in the same one now
    world.wait_drained()
    before = resident_max(daemon)

    # The clock passes all the windows at once; another partition has its own business meanwhile.
    trickle = [(1, f"v{i}", event(f"v{i}", START_MS + j, "view")) for i in range(200) for j in range(2)]
    for partition, _, line in trickle:
        world.sent[partition].append(line)
    sender = SlowSender(world.sender, trickle, 4)
    sender.start()
    put(world, 0, [event("clock", START_MS + WINDOW_MS + 20_000, "tick")])
    End(world, 0).reach(USERS + USERS * 2 // 5)
    daemon.kill()  # in the middle of the advance that transactions have cut
    daemon.start()
    sender.finish()
    world.wait_drained()
    End(world, 0).reach(2 * USERS)

    verdict = judge_all(world)
    assert verdict.count == 2 * USERS + 200
    assert longest_transaction(world, 0) <= TRANSACTION_RECORDS + 100
    assert resident_max(daemon) < before + 200 * MIB, "an advance takes as much memory as users, not as transactions"
    records = world.records("changes")
    exits = [r.timestamp_ms for r in records if r.partition == 0 and r.headers["change"] == "exit"]
    others = [r.timestamp_ms for r in records if r.partition == 1]
    assert any(exits[0] < moment < max(exits) for moment in others), "the other partition waited for the whole advance"


def test_one_user_with_nine_of_ten_events_and_the_largest_state(world):
    """The list of such a user is as long as may be; it goes to Redis and comes back after a kill."""
    limit = "limits.events_per_window=65536"
    world.write_rules([
        {"name": "rich", "when": "sum(click.value{value>=0}[1h]) >= 50000"},
        {"name": "many", "when": "count(click[1h]) >= 60000"},
        {"name": "here", "when": "count(click[5s]) >= 2"}])
    world.create_input(2)
    daemon = world.daemon(workers=1, binary=RELEASE / "footprintd", limits={"events_per_window": 65536}).start()
    events = 70_000
    lines = [event("hot" if i % 10 else f"u{i % 700}", START_MS + i, value=1) for i in range(events)]
    put(world, 0, lines[:events // 2])
    world.wait_drained()
    daemon.kill()
    daemon.start()
    before = resident_max(daemon)
    trickle = [event(f"v{i // 2}", START_MS + i) for i in range(200)]
    put(world, 0, lines[events // 2:])
    put(world, 1, trickle)
    put(world, 0, [event("clock", START_MS + 2 * 3_600_000, "tick")])
    world.wait_drained()
    assert judge_all(world, limit).count > 240
    assert resident_max(daemon) < before + 200 * MIB
