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
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))
os.environ.setdefault("FOOTPRINT_BUILD", str(Path(__file__).resolve().parents[2] / "build" / "release"))

from controls import ENOUGH, MECHANISMS, controls  # noqa: E402
from daemon import environment_of_sanitizers  # noqa: E402
from injectors import GROUPS, POINTS, FaultyRedis, kinds_of  # noqa: E402
from judge import FAULTS, judge, without  # noqa: E402
from recovery import Recovery  # noqa: E402
from servers import BUILD, Kafka  # noqa: E402
from sharp import SharpFaults  # noqa: E402
from stream import Stream, TransactionalStream  # noqa: E402
from topics import partition_of, read_topic  # noqa: E402
from waiting import wait_until  # noqa: E402
from world import World  # noqa: E402

LATENESS_MS = 4000  # longer than the stream holds an event back
TIMEOUTS_S = (6, 8)  # of the group's sessions and of transactions
TIMEOUTS_KAFKA_S = (15, 30)  # so that a broker's absence is no end of either
TIMEOUTS_SHARP_S = (12, 40)  # a broker hangs for less than the first; a zombie wakes between both
WINDOWS_S = 15  # after the last event all windows have ended
DRAIN_S = 300
CLOCKS_S = 240  # to move past all windows: a host so busy that brokers answer slowly holds them up for long
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
                last = max(json.loads(line)["ts"] for line in lines[-1000:]) + WINDOWS_S * 1000 + LATENESS_MS
                lines.append(json.dumps({"user": f"clock-{partition}", "type": "tick", "ts": last}))
                self.offsets[partition].append(self.offsets[partition][-1] + 1)

    def wait_time(self, until):
        """Waits until each partition's clock has passed an instant, and a transaction that began later has said so."""
        before = {}  # daemon -> its transactions when its clocks were seen there

        def passed():
            return sum(partitions_past(daemon, until, before) for daemon in self.daemons if daemon.runs) == self.partitions
        wait_until(passed, CLOCKS_S, "the clocks of all partitions to pass the end", every=0.2)

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


def partitions_past(daemon, until, before):
    """How many partitions a daemon has, once all their clocks have passed an instant and two transactions have ended since."""
    metrics = daemon.metrics()
    clocks = [value for name, value in metrics.items() if name.startswith("footprint_partition_watermark_timestamp_seconds")]
    ended = metrics["footprint_transactions_total"]
    if not clocks or min(clocks) < until:
        before.pop(daemon, None)
        return 0
    return len(clocks) if ended >= before.setdefault(daemon, ended) + 2 else 0


def run_faults(arguments, faults, stream, recovery):
    until = time.monotonic() + arguments.seconds
    kinds = kinds_of(arguments.kinds.split(","), arguments.brokers)
    left = arguments.rounds * len(kinds) or float("inf")
    while time.monotonic() < until and left > 0 and stream.error is None:
        left -= 1
        time.sleep(faults.chance.uniform(0.2, 2 * arguments.every))
        kind = faults.happen(kinds)
        if faults.chance.random() < 0.7 or not faults.living():
            faults.start_dead()
        if kind is not None:
            recovery.mark(kind)


def settle(world, faults):
    """Everything is healed; waits until all that was sent is committed and time has moved past it."""
    ended = time.time()
    for daemon in world.daemons:
        if daemon.runs:
            daemon.process.send_signal(signal.SIGCONT)
    time.sleep(1)
    faults.start_dead()
    world.wait_drained(DRAIN_S)
    for daemon in world.daemons[:faults.wanted]:
        if not daemon.runs:  # asked to stop just before
            daemon.start(ready=False)
        daemon.wait_ready(90)
    world.wait_time(ended + WINDOWS_S)


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
    sharp = any(kind in GROUPS["sharp"] for kind in kinds)
    world.session_s, world.transaction_s = TIMEOUTS_SHARP_S if sharp else TIMEOUTS_KAFKA_S if lasting else TIMEOUTS_S
    world.write_rules(RULES)
    world.create_input(arguments.partitions)
    make_daemons(arguments, world)
    return world


def run_world(arguments, world, faults):
    faults.start_dead()
    kind = TransactionalStream if arguments.input == "transactional" else Stream
    stream = kind(world, arguments.rate, arguments.users, arguments.seed, arguments.ids, arguments.skew)
    recovery = Recovery(world)
    stream.start()
    recovery.start()
    time.sleep(arguments.warm_up)
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
        faults = SharpFaults(world, redis, kafka, random.Random(arguments.seed), arguments.instances)
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
    parser.add_argument("--skew", type=float, default=1, help="more than 1: few users are always here, many come and go (1)")
    parser.add_argument("--warm-up", type=float, default=0, help="seconds before the first fault, in which people come (0)")
    parser.add_argument("--rounds", type=int, default=0, help="of all kinds of faults, if that takes less than the seconds (no end)")
    parser.add_argument("--memory", default="64MiB")
    parser.add_argument("--points", default=",".join(POINTS), help="where drills end or stop a daemon (all)")
    parser.add_argument("--no-ids", dest="ids", action="store_false", help="events have no id, so nothing hides that one is applied twice")
    parser.add_argument("--controls", nargs="?", const=",".join(MECHANISMS), metavar="MECHANISM,...",
                        help="one run with everything, then the same with each mechanism left out, which must find damage "
                        f"without {ENOUGH} at least; a build with drills, half an hour")
    parser.add_argument("--at-once", type=int, default=1, help="so many runs of --controls beside each other (1)")
    parser.add_argument("--keep", action="store_true", help="keep the folder with logs and data")
    return parser.parse_args()


def main():
    arguments = arguments_of()
    kinds_of(arguments.kinds.split(","), arguments.brokers)
    if arguments.controls:
        sys.exit(controls(arguments.controls.split(","), arguments.seed, arguments.at_once))
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
