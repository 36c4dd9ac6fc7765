"""Workload fp-bench: the bare loop and the daemon by turns on one topic; ratios with their spread."""
import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))
from confluent_kafka import Producer

from daemon import CTL, Daemon
from servers import RELEASE, Kafka, Redis
from topics import create_topic, partition_of, read_topic
from waiting import wait_until

PARTITIONS = 4
TOPIC = "interactions"
START_MS = 1767225600000
EVENTS_PER_SECOND = 20000  # of event time
TYPES = ("view", "click", "add_to_cart", "search", "purchase")
WEIGHTS = (70, 15, 8, 5, 2)
RULES = [
    {"name": "busy", "when": "count(view[60s]) >= 16"},
    {"name": "cart", "when": "count(add_to_cart[60s]) >= 3 and none(purchase[60s])"},
    {"name": "buyer", "when": "sum(purchase.value{value>=0}[60s]) >= 150"},
]
PAGE = "/shop/department/products/list?sort=popular&page=2&view=grid&ref=home&campaign=november"
TICKS = os.sysconf("SC_CLK_TCK")


def workload(events, users, zipf):
    """(user, line) of every event; a seed makes it the same each time."""
    chance = random.Random(1)
    weights = [1 / rank for rank in range(1, users + 1)] if zipf else None
    chosen = chance.choices(range(users), weights, k=events)
    types = chance.choices(TYPES, WEIGHTS, k=events)
    for number in range(events):
        user, kind = f"user-{chosen[number]:07d}", types[number]
        at = START_MS + number * 1000 // EVENTS_PER_SECOND + chance.randint(-200, 200)
        value = f',"value":{chance.randint(1, 10000) / 100}' if kind == "purchase" else ""
        yield user, (f'{{"user":"{user}","type":"{kind}","ts":{at},"id":"e-{number:012d}"{value},"category":"c{number % 50}",'
                     f'"page":"{PAGE}","device":"mobile"}}')


def fill(bootstrap, folder, options):
    """Sends the workload and keeps each partition's lines for replay; the bytes of an event on average."""
    producer = Producer({
        "bootstrap.servers": bootstrap, "compression.type": "lz4", "batch.size": 65536, "linger.ms": 50,
        "queue.buffering.max.messages": 1000000, "enable.idempotence": True})
    files = [open(folder / f"input-{p}.ndjson", "w") for p in range(PARTITIONS)]
    homes, size = {}, 0

    def put(partition, key, line):
        while True:
            try:
                producer.produce(TOPIC, line, key, partition)
                break
            except BufferError:
                producer.poll(0.1)
        files[partition].write(line + "\n")

    for user, line in workload(options.events, options.users, options.zipf):
        if user not in homes:
            homes[user] = partition_of(user, PARTITIONS)
        put(homes[user], user, line)
        size += len(line)
    end = START_MS + options.events * 1000 // EVENTS_PER_SECOND + 120000
    for partition in range(PARTITIONS):
        user = next(user for user, home in homes.items() if home == partition)
        put(partition, user, f'{{"user":"{user}","type":"tick","ts":{end}}}')
    assert producer.flush(120) == 0
    for file in files:
        file.close()
    return size / options.events


def replayed(folder, rules):
    """How many changes there must be."""
    count = 0
    for partition in range(PARTITIONS):
        done = subprocess.run(
            [CTL, "replay", "--segments", rules, "--set", "input.dedupe=0", folder / f"input-{partition}.ndjson"],
            stdout=subprocess.PIPE, check=True)
        count += done.stdout.count(b"\n")
    return count


def cpu_of(pid):
    """Seconds of a process, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def rss_of(pid):
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))


def run_bare(bare, bootstrap):
    done = subprocess.run([bare, bootstrap, TOPIC, str(PARTITIONS)], capture_output=True, text=True, check=True, timeout=300)
    return json.loads(done.stdout)


def run_daemon(number, folder, kafka, redis, rules, options):
    """One daemon from the topic's start to its end: its group, its output topics and its keys are its own."""
    name = f"run{number}"
    config = {
        "version": 1, "kafka": {"brokers": kafka.bootstrap, "group": name},
        "input": {"topic": TOPIC, "idle_after": "never", "dedupe": 0},
        "output": {kind: f"{name}.{kind}" for kind in ("changes", "members", "rejects", "metrics")},
        "redis": {"url": redis.url, "prefix": f"{name}:"}, "workers": options.workers, "segments": [str(rules)]}
    daemon = Daemon(folder / name, config, RELEASE / "footprintd").start(ready=False)
    wanted = options.events + PARTITIONS

    def read():
        assert daemon.runs, daemon.tail()
        if daemon.get("/metrics")[0] != 200:
            return 0
        return sum(v for n, v in daemon.metrics().items() if n.split("{")[0] == "footprint_records_total")

    begun = wait_until(lambda: (read(), time.monotonic()) if read() else None, 60, "the first event", every=0.02)
    redis_cpu = cpu_of(redis.process.pid)
    wait_until(lambda: read() >= wanted, 300, lambda: f"the last event; {read()} of {wanted}\n{daemon.tail()}", every=0.02)
    seconds = time.monotonic() - begun[1]
    result = {"seconds": seconds, "events": wanted - begun[0], "cpu": cpu_of(daemon.process.pid),
              "redis_cpu": cpu_of(redis.process.pid) - redis_cpu, "rss": rss_of(daemon.process.pid)}
    daemon.stop()
    result["changes"] = len(read_topic(kafka.bootstrap, f"{name}.changes"))
    return result


def spread(values, digits=2):
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def report(pairs, expected, options, size):
    events = options.events / 1e6
    right = all(ours["changes"] == expected for _, ours in pairs)
    rates = [(b["events"] / b["seconds"], o["events"] / o["seconds"]) for b, o in pairs]
    print(f"{options.events} events of {size:.0f} bytes, {options.users} users {'Zipf 1.0' if options.zipf else 'uniform'}, "
          f"{PARTITIONS} partitions, lz4, batches of 64 KB, {options.workers} worker(s), dedupe 0, exactly once, "
          f"Redis without persistence; medians of {len(pairs)} pairs (least to most)")
    for name, values, digits in (
            ("bare loop, events/s", [bare for bare, _ in rates], 0),
            ("daemon, events/s", [ours for _, ours in rates], 0),
            ("daemon / bare loop, events/s", [ours / bare for bare, ours in rates], 2),
            ("daemon / bare loop, CPU per event", [o["cpu"] / b["cpu"] for b, o in pairs], 2),
            ("bare loop, CPU-s/M", [b["cpu"] / events for b, _ in pairs], 2),
            ("daemon, CPU-s/M", [o["cpu"] / events for _, o in pairs], 2),
            ("Redis, CPU-s/M", [o["redis_cpu"] / events for _, o in pairs], 2),
            ("daemon at the end, MB", [o["rss"] / 1e6 for _, o in pairs], 0)):
        print(f"  {name:36} {spread(values, digits)}")
    print(f"  {'changes, of ' + str(expected):36} {', '.join(str(o['changes']) for _, o in pairs)}{'' if right else '  WRONG'}")
    return 0 if right else 1


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="400,000 events and 3 pairs")
    parser.add_argument("--events", type=int)
    parser.add_argument("--pairs", type=int)
    parser.add_argument("--users", type=int, default=100000)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--zipf", action="store_true", help="users by Zipf 1.0 instead of uniform")
    parser.add_argument("--bare", required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.events = options.events or (400000 if options.quick else 2000000)
    options.pairs = options.pairs or (3 if options.quick else 5)
    with tempfile.TemporaryDirectory(prefix="footprint-bench-") as name:
        folder = Path(name)
        rules = folder / "rules.yaml"
        rules.write_text(json.dumps({"segments": RULES}))
        kafka, redis = Kafka(folder / "kafka").start(), Redis(folder / "redis").start()
        try:
            create_topic(kafka.bootstrap, TOPIC, PARTITIONS)
            size = fill(kafka.bootstrap, folder, options)
            expected = replayed(folder, rules)
            pairs = [(run_bare(options.bare, kafka.bootstrap), run_daemon(i, folder, kafka, redis, rules, options))
                     for i in range(options.pairs)]
            return report(pairs, expected, options, size)
        finally:
            redis.stop()
            kafka.stop()


if __name__ == "__main__":
    sys.exit(main())
