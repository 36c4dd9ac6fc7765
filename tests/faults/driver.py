"""Real daemons, a real Kafka and a real Redis, a steady stream of events, and faults by a seed.

The judge is a replay of the input; what is missing, doubled, wrong or misordered is printed. The
same seed gives the same schedule of faults, though not the same moments to the microsecond.
"""
import argparse
import json
import os
import random
import shutil
import signal
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))
os.environ.setdefault("FOOTPRINT_BUILD", str(Path(__file__).resolve().parents[2] / "build" / "release"))

from daemon import environment_of_sanitizers  # noqa: E402
from judge import FAULTS, judge  # noqa: E402
from servers import BUILD, Kafka, Redis  # noqa: E402
from topics import partition_of  # noqa: E402
from world import World  # noqa: E402

LATENESS_MS = 2000
SESSION_S = 6
QUIET_S = 20  # after the last event: windows end, clocks move, faults heal
REPLICATED_LAG_S = 15  # by which the clock of a silent, replicated partition stays behind
RULES = [
    {"name": "busy", "when": "count(view[2s]) >= 3", "attach": {"n": "count(view[4s])"}},
    {"name": "quiet", "when": "none(view[1500ms])", "cooldown": "2s"},
    {"name": "buyer", "when": "sum(buy.value{value>=0}[3s]) >= 10", "keep": "1s"},
    {"name": "waits", "when": "any(buy[3s]) and member(quiet)", "for": "500ms"},
    {"name": "left_cart", "when": "unanswered(cart, buy, 1s by item)[5s]", "attach": {"item": "last(cart.item[5s])"}},
]


class Stream(threading.Thread):
    """Events of now at an even rate, with pauses in which only time passes."""

    def __init__(self, world, rate, users, seed):
        super().__init__(daemon=True)
        self.world, self.rate, self.users = world, rate, users
        self.chance = random.Random(seed)
        self.stopping = threading.Event()
        self.sent = 0
        self.error = None

    def event(self):
        kind = self.chance.choices(("view", "cart", "buy"), (70, 15, 15))[0]
        return {
            "id": str(self.sent), "user": f"u{self.chance.randrange(self.users)}", "type": kind,
            "ts": int(time.time() * 1000), "item": f"i{self.chance.randrange(5)}", "value": self.chance.randrange(9)}

    def run(self):
        try:
            while not self.stopping.is_set():
                pausing = time.time() % 12 > 9
                for _ in range(0 if pausing else max(1, self.rate // 50)):
                    self.world.send_one(self.event())
                    self.sent += 1
                self.stopping.wait(0.02)
            self.world.sender.flush()
        except Exception as error:  # noqa: BLE001 - told by the main thread
            self.error = error


class FaultyWorld(World):
    """A world whose input is written while it runs; the log itself tells afterwards what came when."""

    def send_one(self, event):
        user = event["user"]
        self.sender.send(partition_of(user, self.partitions), user, json.dumps(event))

    def read_input(self):
        self.sent = [[] for _ in range(self.partitions)]
        for record in self.records("interactions"):
            lines = self.sent[record.partition]
            assert record.offset == len(lines), "a gap in the input: the judge counts lines"
            lines.append(record.value.decode())


class Faults:
    """Each method is one fault, with its healing; chosen by name, by the seed."""

    def __init__(self, world, redis, kafka, chance):
        self.world, self.redis, self.kafka, self.chance = world, redis, kafka, chance
        self.done = Counter()
        self.snapshot = None

    def living(self):
        return [daemon for daemon in self.world.daemons if daemon.runs]

    def one(self):
        return self.chance.choice(self.living()) if self.living() else None

    def start_dead(self):
        for daemon in self.world.daemons:
            if not daemon.runs:
                daemon.start(ready=False)

    # --- daemons -----------------------------------------------------------------------------------

    def kill(self):
        daemon = self.one()
        if daemon:
            daemon.kill()

    def stop(self):
        daemon = self.one()
        if daemon:
            daemon.process.send_signal(signal.SIGTERM)

    def zombie(self):
        daemon = self.one()
        if not daemon:
            return
        process = daemon.process
        process.send_signal(signal.SIGSTOP)
        wake = threading.Timer(self.chance.uniform(1, SESSION_S + 4), process.send_signal, (signal.SIGCONT,))
        wake.daemon = True
        wake.start()

    # --- Redis ---------------------------------------------------------------------------------------

    def flushall(self):
        self.redis.client().flushall()

    def redis_stall(self):
        process = self.redis.process
        process.send_signal(signal.SIGSTOP)
        time.sleep(self.chance.uniform(0.3, 3))
        process.send_signal(signal.SIGCONT)

    def redis_snapshot(self):
        """What a later redis_old goes back to."""
        self.redis.client().save()
        shutil.copy(self.redis.folder / "dump.rdb", self.redis.folder / "old.rdb")
        self.snapshot = self.redis.folder / "old.rdb"

    def redis_old(self):
        """A server that lost its newest writes: killed, and back with an older snapshot or with nothing."""
        self.redis.process.kill()
        self.redis.process.wait()
        (self.redis.folder / "dump.rdb").unlink(missing_ok=True)
        if self.snapshot:
            shutil.copy(self.snapshot, self.redis.folder / "dump.rdb")
        self.redis.start()

    def redis_full(self):
        client = self.redis.client()
        client.config_set("maxmemory", 1)
        time.sleep(self.chance.uniform(0.5, 3))
        client.config_set("maxmemory", 0)

    # --- Kafka ---------------------------------------------------------------------------------------

    def broker_kill(self):
        broker = self.chance.randint(1, self.kafka.brokers)
        self.kafka.signal(signal.SIGKILL, broker)
        time.sleep(self.chance.uniform(0.5, 3))
        self.kafka.start()

    def broker_hang(self):
        broker = self.chance.randint(1, self.kafka.brokers)
        self.kafka.signal(signal.SIGSTOP, broker)
        time.sleep(self.chance.uniform(1, 6))
        self.kafka.signal(signal.SIGCONT, broker)

    def happen(self, kinds):
        kind = self.chance.choice(kinds)
        getattr(self, kind)()
        self.done[kind] += 1


KINDS = ["kill", "kill", "stop", "zombie", "flushall", "redis_stall", "redis_snapshot", "redis_old", "redis_full"]
BROKER_KINDS = ["broker_kill", "broker_hang"]


def recover(world, since):
    """Seconds until somebody is ready again, or None when nobody is within a minute."""
    deadline = since + 60
    while time.monotonic() < deadline:
        if any(daemon.runs and daemon.get("/readyz")[0] == 200 for daemon in world.daemons):
            return time.monotonic() - since
        time.sleep(0.1)
    return None


def run_faults(arguments, world, faults, stream):
    recoveries = []
    until = time.monotonic() + arguments.seconds
    kinds = arguments.kinds.split(",") if arguments.kinds else KINDS + (BROKER_KINDS if arguments.broker_faults else [])
    while time.monotonic() < until and stream.error is None:
        time.sleep(faults.chance.uniform(0.2, 2 * arguments.every))
        faults.happen(kinds)
        began = time.monotonic()
        if faults.chance.random() < 0.7 or not faults.living():
            faults.start_dead()
        if faults.chance.random() < 0.2:
            recoveries.append(recover(world, began))
    return recoveries


def settle(world, faults):
    """Everything is healed; waits until all that was sent is committed and time has moved past it."""
    for daemon in world.daemons:
        if daemon.runs:
            daemon.process.send_signal(signal.SIGCONT)
    time.sleep(1)
    faults.start_dead()
    world.wait_drained(180)
    end_ms = time.time() * 1000 + 9000
    for daemon in world.daemons:
        if daemon.runs:
            daemon.wait_ready(90)
    lag_s = REPLICATED_LAG_S if world.kafka.brokers > 1 else 0
    time.sleep(max(0, end_ms / 1000 - time.time()) + QUIET_S + lag_s)


def verdict_of(world):
    """Against a replay in which, after the last event, time runs on as it did."""
    world.read_input()
    for partition, lines in enumerate(world.sent):
        if lines:  # an event of nobody known moves the clock of its partition past every window
            last = json.loads(lines[-1])["ts"] + 15000 + LATENESS_MS
            lines.append(json.dumps({"user": f"clock-{partition}", "type": "tick", "ts": last}))
    expected = [change for change in world.replayed(*settings()) if not change["user"].startswith("clock-")]
    return judge(world.changes(), expected)


def settings():
    return [f"input.lateness={LATENESS_MS}ms"]


def run(arguments, folder):
    chance = random.Random(arguments.seed)
    kafka, redis = Kafka(folder / "kafka", arguments.brokers), Redis(folder / "redis")
    world = None
    try:
        kafka.start()
        redis.start()
        world = FaultyWorld("faults", folder, kafka, redis)
        world.write_rules(RULES)
        world.create_input(4)
        for number in range(arguments.instances):
            world.daemon(
                instance=f"host-{number}", workers=arguments.workers,
                input={"idle_after": "300ms", "lateness": f"{LATENESS_MS}ms"},
                kafka={"session_timeout": f"{SESSION_S}s", "transaction_timeout": "8s"},
                checkpoint={"interval": "1s"}, profiles={"memory": arguments.memory}).start(ready=False)
        stream = Stream(world, arguments.rate, arguments.users, arguments.seed)
        stream.start()
        faults = Faults(world, redis, kafka, chance)
        recoveries = run_faults(arguments, world, faults, stream)
        stream.stopping.set()
        stream.join(120)
        assert stream.error is None, stream.error
        settle(world, faults)
        verdict = verdict_of(world)
        return report(arguments, world, faults, stream, recoveries, verdict)
    finally:
        if world:
            world.close()
        redis.stop()
        kafka.stop()


def report(arguments, world, faults, stream, recoveries, verdict):
    healed = [seconds for seconds in recoveries if seconds is not None]
    print(f"seed {arguments.seed}: {stream.sent} events, {verdict.count} changes, faults:",
          ", ".join(f"{count} {kind}" for kind, count in sorted(faults.done.items())))
    print("  " + ", ".join(f"{len(verdict.faults[fault])} {fault}" for fault in FAULTS))
    if recoveries:
        print(f"  ready again after {statistics.median(healed or [0]):.1f} s in the median, {max(healed or [0]):.1f} s at worst, "
              f"{len(recoveries) - len(healed)} not within a minute")
    findings = world.findings()
    if not verdict.good or findings:
        print(verdict)
        print("\n".join(findings))
    return verdict.good and not findings and verdict.count > 0


def main():
    parser = argparse.ArgumentParser(prog="scripts/faults", description=__doc__)
    parser.add_argument("--seconds", type=float, default=120, help="how long faults happen (120)")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--instances", type=int, default=2)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--rate", type=int, default=1000, help="events a second (1000)")
    parser.add_argument("--users", type=int, default=400)
    parser.add_argument("--every", type=float, default=2, help="seconds between faults, on average (2)")
    parser.add_argument("--kinds", help=f"only these, by comma: {','.join(sorted(set(KINDS + BROKER_KINDS)))}")
    parser.add_argument("--broker-faults", action="store_true")
    parser.add_argument("--brokers", type=int, default=1)
    parser.add_argument("--memory", default="64MiB")
    parser.add_argument("--keep", action="store_true", help="keep the folder with logs and data")
    arguments = parser.parse_args()
    environment_of_sanitizers()
    folder = Path(tempfile.mkdtemp(prefix="footprint-faults-"))
    print(f"seed {arguments.seed}, {BUILD / 'footprintd'}, in {folder}", flush=True)
    good = False
    try:
        good = run(arguments, folder)
    finally:
        if good and not arguments.keep:
            shutil.rmtree(folder, ignore_errors=True)
    print("1 passed, 0 failed" if good else "0 passed, 1 failed")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
