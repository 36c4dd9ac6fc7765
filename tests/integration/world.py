"""One test's world: its own topics, group, keys and daemons on the shared servers."""
import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from daemon import Daemon, ctl
from judge import from_replay, judge
from servers import TOP
from topics import Progress, Sender, create_topic, partition_of, read_topic
from waiting import wait_until

DRAIN_SECONDS = 180


class World:
    def __init__(self, name, folder, kafka, redis):
        self.name, self.folder, self.kafka, self.redis = name, folder, kafka, redis
        self.daemons = []
        self.partitions = 0
        self.sent = []  # per partition: the values in the order of their offsets
        self.sender = None
        self.rules = None

    # --- what the daemon is given --------------------------------------------------------------

    def topic(self, kind):
        return f"{self.name}.{kind}"

    def write_rules(self, segments, name="rules.yaml"):
        path = self.folder / name
        path.write_text(json.dumps({"segments": segments}, indent=1))
        self.rules = path
        return path

    def config(self, **changed):
        """A configuration with short time-outs; `changed` replaces members of its groups."""
        config = {
            "version": 1,
            "instance": "one",
            "kafka": {"brokers": self.kafka.bootstrap, "group": self.name, "session_timeout": "6s", "transaction_timeout": "5s"},
            "input": {"topic": self.topic("interactions"), "idle_after": "never"},
            "output": {kind: self.topic(kind) for kind in ("changes", "members", "rejects", "metrics")},
            "redis": {"url": self.redis.url, "prefix": f"{self.name}:"},
            "workers": 2,
            "metrics": {"interval": "1s"},
            "segments": [str(self.rules)],
        }
        for name, value in changed.items():
            config[name] = {**config.get(name, {}), **value} if isinstance(value, dict) else value
        return config

    def daemon(self, folder=None, binary=None, environment=None, **changed):
        config = self.config(**changed)
        daemon = Daemon(self.folder / (folder or f"daemon-{len(self.daemons) + 1}"), config, binary, environment)
        self.daemons.append(daemon)
        return daemon

    # --- the input -----------------------------------------------------------------------------

    def replicated(self):
        """On every broker where there are several, so that one may die."""
        brokers = self.kafka.brokers
        return {"replication": brokers, "min.insync.replicas": str(brokers - 1)} if brokers > 1 else {}

    def create_input(self, partitions):
        self.partitions = partitions
        self.sent = [[] for _ in range(partitions)]
        create_topic(self.kafka.bootstrap, self.topic("interactions"), partitions, **self.replicated())
        self.sender = Sender(self.kafka.bootstrap, self.topic("interactions"))

    def route(self, lines):
        """(partition, key, value) of each line; one without a user goes round."""
        routed = []
        for number, line in enumerate(lines):
            user = json.loads(line).get("user")
            key = None if user is None else str(user)
            partition = number % self.partitions if key is None else partition_of(key, self.partitions)
            self.sent[partition].append(line)
            routed.append((partition, key, line))
        return routed

    def send(self, lines, as_they_were=False):
        """as_they_were: each in a record of its event's own time, as if it had been sent then."""
        for partition, key, value in self.route(lines):
            self.sender.send(partition, key, value, json.loads(value)["ts"] if as_they_were else 0)
        self.sender.flush()

    def wait_drained(self, seconds=DRAIN_SECONDS):
        try:
            Progress(self.kafka.bootstrap, self.name, self.topic("interactions")).wait(seconds)
        except AssertionError as error:
            logs = "\n".join(f"--- {daemon.log}\n{daemon.tail(15)}" for daemon in self.daemons)
            raise AssertionError(f"{error}\n{logs}") from None

    # --- the output ----------------------------------------------------------------------------

    def records(self, kind):
        return read_topic(self.kafka.bootstrap, self.topic(kind))

    def changes(self):
        """The changes that a read_committed reader sees, with their keys and headers checked."""
        changes = []
        for record in self.records("changes"):
            change = json.loads(record.value)
            assert record.key.decode() == change["user"]
            assert record.headers == {"segment": change["segment"], "change": change["change"]}
            assert record.partition == partition_of(change["user"], self.partitions)
            changes.append(change)
        return changes

    def wait_changes(self, enough, seconds):
        """The changes as soon as enough(changes) holds."""
        seen = []

        def look():
            seen[:] = self.changes()
            return enough(seen)
        wait_until(look, seconds, lambda: f"the changes to be complete; there are {len(seen)}, at last {seen[-3:]}", every=0.2)
        return list(seen)

    # --- what should have come out -------------------------------------------------------------

    def inputs(self):
        """One file of events per partition, a line for each offset."""
        paths = []
        for partition, lines in enumerate(self.sent):
            path = self.folder / f"input-{partition}.ndjson"
            path.write_text("".join(line + "\n" for line in lines))
            paths.append(path)
        return paths

    def from_partitions(self, replay):
        with ThreadPoolExecutor(2) as pool:
            outputs = list(pool.map(replay, self.inputs()))
        topic = self.topic("interactions")
        return [change for partition, lines in enumerate(outputs) for change in from_replay(lines, partition, topic)]

    def replayed(self, *settings):
        """What footprintctl replay makes of each partition's events."""
        def replay(path):
            done = ctl("replay", "--segments", self.rules, *set_options(settings), path)
            assert done.returncode == 0, done.stderr[-2000:]
            return done.stdout.splitlines()
        return self.from_partitions(replay)

    def naively(self, *settings):
        """What the evaluator that shares no code with the engine makes of them."""
        def replay(path):
            done = subprocess.run(
                ["/usr/bin/python3", "-m", "naive", "replay", "--segments", self.rules, *set_options(settings), path],
                cwd=TOP / "tests", capture_output=True, text=True)
            assert done.returncode == 0, done.stderr[-2000:]
            return done.stdout.splitlines()
        return self.from_partitions(replay)

    def judge(self, *settings):
        """Everything that was sent is processed: the changes must be those of a replay."""
        verdict = judge(self.changes(), self.replayed(*settings))
        assert verdict.good, str(verdict)
        assert verdict.count > 0, "no change at all: this proves nothing"
        return verdict

    # --- the end -------------------------------------------------------------------------------

    def close(self):
        for daemon in self.daemons:
            if daemon.runs:
                daemon.process.send_signal(18)  # SIGCONT
                daemon.process.terminate()
        for daemon in self.daemons:
            if daemon.process is not None:
                try:
                    daemon.process.wait(20)
                except subprocess.TimeoutExpired:
                    daemon.kill()
            Path(daemon.socket).unlink(missing_ok=True)  # a killed one leaves it

    def findings(self):
        return [f"{daemon.log}:\n{daemon.reports()}" for daemon in self.daemons if daemon.reports()]


def set_options(settings):
    return [word for setting in settings for word in ("--set", setting)]
