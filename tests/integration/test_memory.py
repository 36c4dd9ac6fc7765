"""More users than memory: the same output, timers in time, and no growth, however slow Redis is."""
import json
import os
import random
import signal

from servers import RELEASE
from waiting import wait_until

ROUNDS = int(os.environ.get("FOOTPRINT_ROUNDS", 3))
MIB = 1024 * 1024
START_MS = 1_700_000_000_000
LIMIT = 1 * MIB
USERS = 100_000 if ROUNDS > 3 else 12_000
EVENTS = 4 * USERS
FLOOD_USERS = 1_500_000 if ROUNDS > 3 else 400_000
SLACK = 96 * MIB  # what one partition may hold beside its profiles: batches, outboxes, chunks
READER = {"queued.max.messages.kbytes": "8192", "queued.min.messages": "10000"}  # else it holds the whole flood
RULES = [
    {"name": "busy", "when": "count(click[10m]) >= 2", "attach": {"n": "count(click[1h])"}},
    {"name": "gone", "when": "none(click[15m])", "cooldown": "5m"},
    {"name": "spent", "when": "sum(click.value{value>=0}[20m]) >= 10"},
]


def events(chance):
    """Everybody comes now and then during three hours."""
    for number in range(EVENTS):
        ts = START_MS + number * 3 * 3600_000 // EVENTS
        yield json.dumps({"user": f"u{chance.randrange(USERS)}", "type": "click", "ts": ts, "value": chance.randrange(8)})


def resident(daemon):
    lines = open(f"/proc/{daemon.process.pid}/status").read().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) * 1024


def test_a_tenth_of_the_users_in_memory_gives_the_same_output(world):
    world.write_rules(RULES)
    world.create_input(1)
    world.send(events(random.Random(1)))
    daemon = world.daemon(
        binary=RELEASE / "footprintd", workers=1, profiles={"memory": LIMIT}, checkpoint={"interval": "200ms"}).start()
    world.wait_drained(400)
    wait_until(lambda: daemon.metrics()["footprint_profiles"] < USERS / 5, 20, "all but those who are due within a minute to go")
    metrics = daemon.metrics()
    print({name: value for name, value in metrics.items() if "profile" in name or "resident" in name})
    assert metrics["footprint_profile_bytes"] < 4 * LIMIT, "the tables of a partition have their own size"
    assert metrics["footprint_profiles_evicted_total"] > USERS and metrics["footprint_profile_loads_total"] > USERS
    world.send([json.dumps({"user": "clock", "type": "tick", "ts": START_MS + 4 * 3600_000})])
    world.wait_drained(400)
    world.judge()


def test_new_users_wait_while_redis_hangs(make_world, kafka, own_redis):
    """Nobody can be let go until Redis has him: then reading stops, not memory grows."""
    world = make_world(kafka, own_redis)
    world.write_rules([{"name": "here", "when": "count(click[30d]) >= 3"}])
    world.create_input(1)
    daemon = world.daemon(binary=RELEASE / "footprintd", workers=1, profiles={"memory": 4 * MIB}, kafka={"properties": READER}).start()
    world.send([json.dumps({"user": "first", "type": "click", "ts": START_MS})])
    world.wait_drained()
    before = resident(daemon)
    own_redis.process.send_signal(signal.SIGSTOP)
    wait_until(lambda: daemon.get("/readyz")[0] == 503, 30, lambda: f"readiness to name Redis:\n{daemon.tail()}")
    world.send(json.dumps({"user": f"u{i}", "type": "click", "ts": START_MS + i // 100}) for i in range(FLOOD_USERS))

    last = [-1, 0]

    def stands():
        """It has read what it can, and reads no more."""
        now = daemon.metrics()["footprint_records_total"]
        last[:] = [now, last[1] + 1 if now == last[0] else 0]
        return last[1] >= 8
    wait_until(stands, 60, "reading to stop", every=0.3)
    metrics = daemon.metrics()
    grown = resident(daemon) - before
    print(f"{last[0]:.0f} of {FLOOD_USERS} read, profiles {metrics['footprint_profile_bytes'] / MIB:.1f} MiB, grown by {grown / MIB:.0f} MiB")
    assert last[0] < FLOOD_USERS, "it read everything: nothing held it"
    assert metrics["footprint_profile_bytes"] < 3 * 4 * MIB
    assert grown < SLACK
    own_redis.process.send_signal(signal.SIGCONT)
    daemon.wait_ready()
    world.wait_drained(400)
    wait_until(lambda: daemon.metrics()["footprint_profile_bytes"] < 3 * 4 * MIB, 20, "memory to be at its limit again")
    assert resident(daemon) - before < SLACK
    wait_until(lambda: daemon.metrics()["footprint_profiles_evicted_total"] > FLOOD_USERS / 2, 20, "those who are written to be let go")
