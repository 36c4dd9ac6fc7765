"""What every row stands on: the servers, a filled topic, the daemon on it, and what a process used."""
import json
import os
import statistics
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))
from confluent_kafka import OFFSET_END, Consumer, KafkaError, KafkaException, TopicPartition

from daemon import CTL, Daemon
from servers import RELEASE, Kafka, Redis
from topics import create_topic, read_topic
from waiting import wait_until

PARTITIONS = 4
PROGRAMS = RELEASE / "bench"
FBENCH = [
    {"name": "busy", "when": "count(view[60s]) >= 16"},
    {"name": "cart", "when": "count(add_to_cart[60s]) >= 3 and none(purchase[60s])"},
    {"name": "buyer", "when": "sum(purchase.value{value>=0}[60s]) >= 150"},
]
TICKS = os.sysconf("SC_CLK_TCK")
POLL_S = 0.03  # a question after the committed offsets costs the broker as much as a hundred events cost us


def cpu_of(pid):
    """Seconds of a process, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def cpu_of_threads(pid):
    """Seconds of each thread that lives, by its name."""
    found = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        name = f"{(task / 'comm').read_text().strip()} {task.name}"
        found[name] = int((task / "schedstat").read_text().split()[0]) / 1e9
    return found


def rss_of(pid):
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))


def median(values):
    return statistics.median(values)


def quantile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Topic:
    """An input topic filled with the workload, and the same lines by partition for a replay."""

    def __init__(self, stand, name, rules=None, partitions=PARTITIONS, **options):
        self.stand, self.name, self.partitions, self.options = stand, name, partitions, options
        self.folder = stand.folder / name
        self.folder.mkdir()
        self.rules = self.folder / "rules.yaml"
        self.rules.write_text(json.dumps({"segments": rules or FBENCH}))
        self.records = options["events"] + (0 if options.get("tick_ms") == -1 else partitions)
        self.wanted = {}
        create_topic(stand.kafka.bootstrap, name, partitions)

    def fill(self, **more):
        done = self.fill_begin(**more)
        return self.fill_end(done)

    def fill_begin(self, **more):
        options = {"partitions": self.partitions, **self.options, **more}
        words = [f"{name}={int(value)}" for name, value in options.items()]
        return subprocess.Popen([PROGRAMS / "fill", self.stand.kafka.bootstrap, self.name, self.folder, *words],
                                stdout=subprocess.PIPE, text=True)

    def fill_end(self, process):
        said = json.loads(process.communicate(timeout=600)[0])
        assert process.returncode == 0 and said["failures"] == 0, said
        self.bytes = said["bytes"]
        return self

    def stored(self):
        """Bytes of an event in the broker's log, compressed and with all that stands around it."""
        logs = self.stand.kafka.folder.glob(f"broker-*/**/{self.name}-*/*.log")
        return sum(log.stat().st_size for log in logs) / self.records

    def times(self):
        """By partition and offset: the timestamp of the record."""
        found = []
        for partition in range(self.partitions):
            raw = (self.folder / f"times-{partition}").read_bytes()
            found.append(struct.unpack(f"<{len(raw) // 8}q", raw))
        return found

    def replayed(self, dedupe="0"):
        """What must be said, a set of (user, segment, change, at, seq); the same rules on the same lines."""
        if dedupe not in self.wanted:
            lines = set()
            for partition in range(self.partitions):
                done = subprocess.run(
                    [CTL, "replay", "--segments", self.rules, "--set", f"input.dedupe={dedupe}", self.folder / f"input-{partition}"],
                    stdout=subprocess.PIPE, check=True)
                lines.update(map(change_of, done.stdout.splitlines()))
            self.wanted[dedupe] = lines
        return self.wanted[dedupe]


def change_of(line):
    change = json.loads(line)
    return tuple(change[name] for name in ("user", "segment", "change", "at", "seq"))


class Stand:
    """Kafka and Redis of our own in a folder of our own."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.kafka, self.redis, self.number = Kafka(self.folder / "kafka"), Redis(self.folder / "redis"), 0

    def __enter__(self):
        os.environ.setdefault("KAFKA_REBALANCE_MS", "500")  # all workers begin at once: no partition moves while time is taken
        self.kafka.start()
        self.redis.start()
        return self

    def __exit__(self, *_):
        self.redis.stop()
        self.kafka.stop()

    def daemon(self, topic, workers=1, dedupe=0, **groups):
        """Not started; its group, its output topics and its keys are its own."""
        self.number += 1
        name = f"run{self.number}"
        config = {
            "version": 1, "kafka": {"brokers": self.kafka.bootstrap, "group": name},
            "input": {"topic": topic.name, "idle_after": "never", "dedupe": dedupe},
            "output": {kind: f"{name}.{kind}" for kind in ("changes", "members", "rejects", "metrics")},
            "redis": {"url": self.redis.url, "prefix": f"{name}:"}, "workers": workers, "segments": [str(topic.rules)]}
        for group, values in groups.items():
            config[group] = {**config.get(group, {}), **values}
        daemon = Daemon(self.folder / name, config, RELEASE / "footprintd")
        daemon.name = name
        return daemon


class Committed:
    """How many records of a topic a group has committed: what counts as done, exactly once."""

    def __init__(self, stand, group, topic):
        self.consumer = Consumer({"bootstrap.servers": stand.kafka.bootstrap, "group.id": group, "enable.auto.commit": False})
        self.wanted = [TopicPartition(topic.name, p) for p in range(topic.partitions)]

    def count(self):
        try:
            return sum(max(place.offset, 0) for place in self.consumer.committed(self.wanted, timeout=10))
        except KafkaException:
            return 0

    def close(self):
        self.consumer.close()


class Reader(threading.Thread):
    """Reads a topic as it grows: (moment it was readable in ms, value, partition, offset)."""

    def __init__(self, stand, name, partitions=range(PARTITIONS), start=0):
        super().__init__(daemon=True)
        self.seen, self.ending = [], threading.Event()
        self.properties = {
            "bootstrap.servers": stand.kafka.bootstrap, "group.id": "reader", "enable.auto.commit": False,
            "isolation.level": "read_committed", "auto.offset.reset": "earliest", "topic.metadata.refresh.interval.ms": 500,
            "enable.partition.eof": True}
        self.places = [TopicPartition(name, p, start) for p in partitions]
        self.behind = {}  # by partition: the offset behind what was read, markers of transactions too
        self.consumer = Consumer(self.properties)
        self.consumer.assign(self.places)

    def run(self):
        while not self.ending.is_set():
            message = self.consumer.poll(0.1)  # one by one: a batch would wait for its last
            if message is None:
                continue
            if message.error() is None:
                self.seen.append((time.time() * 1000, message.value(), message.partition(), message.offset()))
                self.behind[message.partition()] = message.offset() + 1
            elif message.error().code() == KafkaError._PARTITION_EOF:
                self.behind[message.partition()] = message.offset()

    def catch_up(self):
        """Waits until all that is there now is read; how much that is."""
        asker = Consumer(self.properties)
        ends = {place.partition: asker.get_watermark_offsets(place, timeout=10)[1] for place in self.places}
        asker.close()
        wait_until(lambda: all(self.behind.get(p, -1) >= end for p, end in ends.items()), 120,
                   lambda: f"{self.places[0].topic} to be read to {ends}; it is read to {self.behind}")
        return len(self.seen)

    def finish(self):
        self.ending.set()
        self.join()
        self.consumer.close()
        return self.seen


def allocations_at(path):
    """By the places of the program from which it asked for memory: how often so far (allocations.c)."""
    raw, found = path.read_bytes(), {}
    for at in range(16, len(raw), 40):
        *frames, count = struct.unpack_from("<5Q", raw, at)
        if frames[0] == 0:
            break
        found[tuple(frame for frame in frames if frame)] = count
    return found


def allocations_between(before, after, events):
    """(an event, places), the places as [(an event, functions)], most first."""
    grown = {frames: (count - before.get(frames, 0)) / max(1, events) for frames, count in after.items()}
    places = sorted(((count, frames) for frames, count in grown.items() if count > 0), reverse=True)
    return sum(count for count, _ in places), places


def functions_at(binary, frames):
    done = subprocess.run(["addr2line", "-f", "-e", binary, *(hex(frame - 1) for frame in frames)], capture_output=True, text=True, check=True)
    return " < ".join(done.stdout.splitlines()[::2])


def drain_bare(stand, topic):
    done = subprocess.run(
        [PROGRAMS / "bare", stand.kafka.bootstrap, topic.name, str(topic.partitions), str(topic.records)],
        capture_output=True, text=True, check=True, timeout=300)
    return json.loads(done.stdout)


def drain_daemon(stand, topic, daemon, preload=None):
    """From the topic's start to the commit of its last record; measured when a tenth is behind."""
    committed = Committed(stand, daemon.name, topic)
    if preload is not None:
        os.environ["LD_PRELOAD"], os.environ["FOOTPRINT_ALLOCATIONS"] = map(str, preload)
    daemon.start(ready=False)
    for name in ("LD_PRELOAD", "FOOTPRINT_ALLOCATIONS"):
        os.environ.pop(name, None)
    pid, redis = daemon.process.pid, stand.redis.process.pid
    seen = []

    def passed(least):
        assert daemon.runs, daemon.tail()
        seen[:] = [committed.count()]
        return seen[0] >= least

    def mark():
        return {"events": seen[0], "at": time.monotonic(), "cpu": cpu_of(pid), "redis_cpu": cpu_of(redis),
                "threads": cpu_of_threads(pid), "allocations": allocations_at(preload[1]) if preload else {}}

    wait_until(lambda: passed(topic.records // 10), 120, lambda: f"a tenth; {seen}\n{daemon.tail()}", every=POLL_S)
    first = mark()
    half = first
    if preload:
        wait_until(lambda: passed(topic.records // 2), 300, lambda: f"the half; {seen}\n{daemon.tail()}", every=0.01)
        half = mark()
    wait_until(lambda: passed(topic.records), 300, lambda: f"the end; {seen} of {topic.records}\n{daemon.tail()}", every=POLL_S)
    last = mark()
    committed.close()
    time.sleep(0.3)  # the daemon shows its numbers four times a second
    metrics = daemon.metrics()
    passed_events = last["events"] - first["events"]
    threads = {name: seconds - first["threads"].get(name, 0) for name, seconds in last["threads"].items()}
    return {"events": passed_events, "seconds": last["at"] - first["at"], "cpu": last["cpu"] - first["cpu"],
            "redis_cpu": last["redis_cpu"] - first["redis_cpu"], "rss": rss_of(pid), "threads": threads,
            "allocations": allocations_between(half["allocations"], last["allocations"], last["events"] - half["events"]),
            "metrics": metrics}
