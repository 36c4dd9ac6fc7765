"""Real daemons, a real Kafka and a real Redis, a steady stream of events, and faults by a seed.

The judge is an evaluator that shares no code with the daemon (or, if asked for, a replay by
footprintctl); what is missing, doubled, wrong or misordered is printed. The same seed gives the same
schedule of faults, though not the same moments to the microsecond.
"""
import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))
os.environ.setdefault("FOOTPRINT_BUILD", str(Path(__file__).resolve().parents[2] / "build" / "release"))

from daemon import environment_of_sanitizers  # noqa: E402
from injectors import GROUPS, POINTS, FaultyRedis, Faults, kinds_of  # noqa: E402
from judge import FAULTS, judge, without  # noqa: E402
from recovery import Recovery  # noqa: E402
from servers import BUILD, Kafka  # noqa: E402
from stream import Stream, TransactionalStream  # noqa: E402
from topics import partition_of, read_topic  # noqa: E402
from world import World  # noqa: E402

LATENESS_MS = 4000  # longer than the stream holds an event back
TIMEOUTS_S = (6, 8)  # of the group's sessions and of transactions
TIMEOUTS_KAFKA_S = (15, 30)  # so that a broker's absence is no end of either
QUIET_S = 22  # after the last event: windows end, clocks move, faults heal
REPLICATED_LAG_S = 15  # by which the clock of a silent, replicated partition stays behind
DRAIN_S = 300
# The run of the controls: people who are not in memory, drills where a zombie hurts most, nothing that hides a repeat.
CONTROL_RUN = ["--kinds", "kill,kill,kill,crash,crash,freeze,freeze,flushall,redis_stall,redis_snapshot,redis_old,broker_kill,broker_hang,scale",
               "--points", "K2,K3,K4,K6,K7", "--no-ids", "--memory", "1MiB", "--users", "1000", "--rate", "800", "--every", "1", "--seconds", "120"]
CONTROLS_MIN = 6
CONTROLS = ["cas", "verify", "again", "guard", "stable", "generation", "end", "hand", "buckets", "trust"]
RULES = [
    {"name": "busy", "when": "count(view[2s]) >= 3", "attach": {"n": "count(view[4s])"}},
    {"name": "quiet", "when": "none(view[1500ms])", "cooldown": "2s"},
    {"name": "buyer", "when": "sum(buy.value{value>=0}[3s]) >= 10", "keep": "1s"},
    {"name": "waits", "when": "any(buy[3s]) and member(quiet)", "for": "500ms"},
    {"name": "left_cart", "when": "unanswered(cart, buy, 1s by item)[5s]", "attach": {"item": "last(cart.item[5s])"}},
]


class FaultyWorld(World):
    """A world whose input is written while it runs; the log itself tells afterwards what came when."""

    session_s = None

    def records(self, kind):
        return read_topic(self.kafka.bootstrap, self.topic(kind), 900)

    def read_input(self):
        """The lines of each partition, and their offsets: markers and aborted records leave gaps."""
        self.sent = [[] for _ in range(self.partitions)]
        self.offsets = [[] for _ in range(self.partitions)]
        for record in self.records("interactions"):
            self.sent[record.partition].append(record.value.decode())
            self.offsets[record.partition].append(record.offset)

    def end_time(self):
        """An event of nobody known moves the clock of its partition past every window, as time did."""
        for partition, lines in enumerate(self.sent):
            if lines:
                last = max(json.loads(line)["ts"] for line in lines[-1000:]) + 15000 + LATENESS_MS
                lines.append(json.dumps({"user": f"clock-{partition}", "type": "tick", "ts": last}))
                self.offsets[partition].append(self.offsets[partition][-1] + 1)

    def expected(self, naive):
        """What should have been published, with the offsets of the log in place of the numbers of lines."""
        self.read_input()
        self.end_time()
        changes = []
        for change in (self.naively if naive else self.replayed)(f"input.lateness={LATENESS_MS}ms"):
            if not change["user"].startswith("clock-"):
                self.place(change)
                changes.append(change)
        return changes

    def place(self, change):
        offsets = self.offsets[partition_of(change["user"], self.partitions)]
        change["life"] = offsets[change["life"]]
        if "source" in change:
            change["source"]["offset"] = offsets[change["source"]["offset"]]


def run_faults(arguments, faults, stream, recovery):
    until = time.monotonic() + arguments.seconds
    kinds = kinds_of(arguments.kinds.split(","), arguments.brokers)
    while time.monotonic() < until and stream.error is None:
        time.sleep(faults.chance.uniform(0.2, 2 * arguments.every))
        kind = faults.happen(kinds)
        if faults.chance.random() < 0.7 or not faults.living():
            faults.start_dead()
        if kind is not None:
            recovery.mark(kind)


def settle(world, faults):
    """Everything is healed; waits until all that was sent is committed and time has moved past it."""
    for daemon in world.daemons:
        if daemon.runs:
            daemon.process.send_signal(signal.SIGCONT)
    time.sleep(1)
    faults.start_dead()
    world.wait_drained(DRAIN_S)
    end_ms = time.time() * 1000 + 9000
    for daemon in world.daemons[:faults.wanted]:
        if not daemon.runs:  # asked to stop just before
            daemon.start(ready=False)
        daemon.wait_ready(90)
    lag_s = REPLICATED_LAG_S if world.kafka.brokers > 1 else 0
    time.sleep(max(0, end_ms / 1000 - time.time()) + QUIET_S + lag_s)


def make_daemons(arguments, world):
    most = max(arguments.instances, arguments.most)
    for number in range(most):
        daemon = world.daemon(
            instance=f"host-{number}", workers=arguments.workers,
            input={"idle_after": "300ms", "lateness": f"{LATENESS_MS}ms"},
            kafka={"session_timeout": f"{world.session_s}s", "transaction_timeout": f"{world.transaction_s}s"},
            redis={"password": FaultyRedis.PASSWORD},
            checkpoint={"interval": "1s"}, profiles={"memory": arguments.memory})
        daemon.instance = f"host-{number}"


def make_world(arguments, folder, kafka, redis):
    world = FaultyWorld("faults", folder, kafka, redis)
    kinds = kinds_of(arguments.kinds.split(","), arguments.brokers)
    lasting = any(kind in GROUPS["kafka"] + GROUPS["cluster"] for kind in kinds)
    world.session_s, world.transaction_s = TIMEOUTS_KAFKA_S if lasting else TIMEOUTS_S
    world.write_rules(RULES)
    world.create_input(arguments.partitions)
    make_daemons(arguments, world)
    return world


def run_world(arguments, world, faults):
    faults.start_dead()
    kind = TransactionalStream if arguments.input == "transactional" else Stream
    stream = kind(world, arguments.rate, arguments.users, arguments.seed, arguments.ids)
    recovery = Recovery(world)
    stream.start()
    recovery.start()
    run_faults(arguments, faults, stream, recovery)
    stream.stopping.set()
    stream.join(120)
    assert stream.error is None, stream.error
    settle(world, faults)
    recovery.end()
    return report(arguments, world, faults, stream, recovery, verdict_of(world, arguments.judge == "naive"))


def verdict_of(world, naive):
    published, expected = world.changes(), world.expected(naive)
    if naive:  # it has no hash of the rules
        assert len({change["rules"] for change in published}) == 1
        published = without(published, "rules")
    return judge(published, expected)


def run(arguments, folder):
    kafka, redis = Kafka(folder / "kafka", arguments.brokers), FaultyRedis(folder / "redis")
    world = faults = None
    try:
        kafka.start()
        redis.start()
        world = make_world(arguments, folder, kafka, redis)
        faults = Faults(world, redis, kafka, random.Random(arguments.seed), arguments.instances)
        faults.points = arguments.points.split(",")
        return run_world(arguments, world, faults)
    finally:
        if world:
            world.close()
        if faults:
            faults.close()
        redis.stop()
        kafka.stop()


def report(arguments, world, faults, stream, recovery, verdict):
    print(f"seed {arguments.seed}: {stream.told()}; {sum(faults.done.values())} faults; "
          f"{verdict.count} changes, judged by {'the naive evaluator' if arguments.judge == 'naive' else 'a replay'}")
    print("  " + ", ".join(f"{len(verdict.faults[fault])} {fault}" for fault in FAULTS))
    print(f"  {'fault':18} {'times':4}   seconds until all was worked off: median, worst")
    print("\n".join(recovery.lines(faults.done)))
    if recovery.left:
        print(f"  {recovery.left} faults were not seen to be worked off")
    findings = world.findings()
    if not verdict.good or findings:
        print(verdict)
        print("\n".join(findings))
    return verdict.good and not findings and verdict.count > 0 and recovery.left == 0


def arguments_of():
    names = "\n".join(f"  {group:10}{' '.join(sorted(set(kinds)))}" for group, kinds in GROUPS.items())
    parser = argparse.ArgumentParser(
        prog="scripts/faults", description=__doc__, epilog=f"groups of faults:\n{names}",
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=120, help="how long faults happen (120)")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--kinds", default="daemon,redis", help="groups or single faults, by comma; all: daemon,redis,kafka,cluster,operator")
    parser.add_argument("--every", type=float, default=2, help="seconds between faults, on average (2)")
    parser.add_argument("--brokers", type=int, default=1, help="of Kafka; the group 'cluster' needs three (1)")
    parser.add_argument("--input", choices=("plain", "transactional"), default="plain", help="who writes the events (plain)")
    parser.add_argument("--judge", choices=("naive", "replay"), default="naive", help="naive takes a minute of a core for 500,000 events")
    parser.add_argument("--instances", type=int, default=2, help="daemons at the start (2)")
    parser.add_argument("--most", type=int, default=4, help="daemons that 'scale' goes up to (4)")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--partitions", type=int, default=4)
    parser.add_argument("--rate", type=int, default=1000, help="events a second (1000)")
    parser.add_argument("--users", type=int, default=400)
    parser.add_argument("--memory", default="64MiB")
    parser.add_argument("--points", default=",".join(POINTS), help="where drills end or stop a daemon (all)")
    parser.add_argument("--no-ids", dest="ids", action="store_false", help="events have no id, so nothing hides that one is applied twice")
    parser.add_argument("--controls", nargs="?", const=",".join(CONTROLS), metavar="MECHANISM,...",
                        help="one run with everything, then the same with each mechanism left out, which must find damage without six; "
                        "a build with drills, an hour")
    parser.add_argument("--keep", action="store_true", help="keep the folder with logs and data")
    return parser.parse_args()


def control(without, seed):
    """The verdict's line of one run, and whether it is whole."""
    environment = {**os.environ, **({"FOOTPRINT_WITHOUT": without} if without else {})}
    command = [sys.executable, __file__, *CONTROL_RUN, "--seed", str(seed)]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    told = [line.strip() for line in done.stdout.splitlines() if line.startswith("  ") and " missing, " in line]
    last = [line for line in done.stdout.splitlines() if "Error: " in line]
    return (told or last or ["did not end well"])[0][:100], done.returncode == 0


def controls(mechanisms, seed):
    """A table, a line at a time. The same run must be whole with all of them, and damaged without most: chance decides on some."""
    found, good = 0, True
    print(f"seed {seed}, {' '.join(CONTROL_RUN)}\n{'without':12} found", flush=True)
    for without in [None, *mechanisms]:
        line, whole = control(without, seed)
        good = good and (whole or without is not None)
        found += not whole
        print(f"{without or '-':12} {line}", flush=True)
    return 0 if good and found >= min(CONTROLS_MIN, len(mechanisms)) else 1


def main():
    arguments = arguments_of()
    kinds_of(arguments.kinds.split(","), arguments.brokers)
    if arguments.controls:
        sys.exit(controls(arguments.controls.split(","), arguments.seed))
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
