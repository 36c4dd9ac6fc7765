"""The events of a run: of now, at an even rate, with pauses in which only time passes."""
import json
import random
import threading
import time

from confluent_kafka import KafkaError, KafkaException, Producer

from topics import Sender, partition_of

TICK_S = 0.02
PATIENCE_MS = 120000
PATIENCE_TRANSACTION_MS = 1500  # a transaction that hangs is begun anew
TYPES, WEIGHTS = ("view", "cart", "buy"), (70, 15, 15)
OPEN_TIMEOUT_MS = 6000  # of a transaction whose producer is gone
ROUND_S, SILENT_S = 12, 3  # of each round, only time passes in the last seconds


def until_silence():
    """Seconds to the next time that the stream falls silent."""
    return (ROUND_S - SILENT_S - time.time()) % ROUND_S


class PatientSender(Sender):
    """
    Sends what an outage held back once the brokers are there again: no daemon, however new, may take
    the log for a silent one before. Only what waited for very long is given up.
    """

    def __init__(self, bootstrap, topic):
        super().__init__(bootstrap, topic, **{"message.timeout.ms": PATIENCE_MS, "log_level": 0})
        self.given_up = 0

    def _delivered(self, error, message):
        if error is not None and error.code() == KafkaError._MSG_TIMED_OUT:
            self.given_up += 1
        else:
            super()._delivered(error, message)


class Stream(threading.Thread):
    """Plain records: each is in the log once it is acknowledged."""

    def __init__(self, world, rate, users, seed, ids=True, skew=1):
        """A user's chance falls with his number, if `skew` is more than 1: then few are always here, and many come and go."""
        super().__init__(daemon=True)
        self.world, self.rate, self.users, self.ids, self.skew = world, rate, users, ids, skew
        self.chance = random.Random(seed)
        self.sender = PatientSender(world.kafka.bootstrap, world.topic("interactions"))
        self.stopping = threading.Event()
        self.sent = 0
        self.error = None

    def event(self):
        self.sent += 1
        kind = self.chance.choices(TYPES, WEIGHTS)[0]
        return {
            **({"id": str(self.sent)} if self.ids else {}), "user": f"u{int(self.users * self.chance.random() ** self.skew)}", "type": kind,
            "ts": int(time.time() * 1000), "item": f"i{self.chance.randrange(5)}", "value": self.chance.randrange(9)}

    def due(self):
        """How many events this tick has."""
        return 0 if time.time() % ROUND_S > ROUND_S - SILENT_S else max(1, int(self.rate * TICK_S))

    def run(self):
        try:
            while not self.stopping.is_set():
                for _ in range(self.due()):
                    self.put(self.sender, self.event())
                self.stopping.wait(TICK_S)
            self.sender.flush()
        except Exception as error:  # noqa: BLE001 - told by the main thread
            self.error = error

    def put(self, sender, event):
        user = event["user"]
        sender.send(partition_of(user, self.world.partitions), user, json.dumps(event))

    def told(self):
        return f"{self.sent} events, {self.sender.given_up} of them never sent"


class Writer:
    """A transactional producer that is made anew when it is at its end."""

    def __init__(self, world, name):
        self.world, self.name = world, name
        self.producer = None
        self.topic = world.topic("interactions")

    def begin(self):
        if self.producer is None:
            producer = Producer({
                "bootstrap.servers": self.world.kafka.bootstrap, "transactional.id": self.name, "linger.ms": 5,
                "transaction.timeout.ms": OPEN_TIMEOUT_MS, "message.timeout.ms": PATIENCE_TRANSACTION_MS, "log_level": 0})
            producer.init_transactions(30)
            self.producer = producer
        self.producer.begin_transaction()

    def send(self, partition, key, value):
        self.producer.produce(self.topic, value, key, partition)

    def end(self, commit):
        """What becomes of a failed end doesn't matter: the judge reads the log."""
        if commit:
            self.producer.commit_transaction(15)
        else:
            self.producer.flush(5)  # so that what is aborted is in the log
            self.producer.abort_transaction(15)

    def give_up(self):
        """The next producer of this name aborts what this one left, unless the coordinator does so first."""
        self.producer = None


class TransactionalStream(Stream):
    """The same events in transactions: committed, aborted, long open, and left behind by their producer."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.writer = Writer(self.world, "load")
        self.ghosts = 0
        self.ends = {"committed": 0, "aborted": 0, "failed": 0, "left open": 0}

    def run(self):
        while not self.stopping.is_set():
            try:
                self.transaction()
            except KafkaException:
                self.ends["failed"] += 1
                self.writer.give_up()
                self.stopping.wait(0.2)
            except Exception as error:  # noqa: BLE001 - told by the main thread
                self.error = error
                return

    def transaction(self):
        self.writer.begin()
        for _ in range(self.chance.randrange(1, 12)):
            for _ in range(self.due()):
                self.put(self.writer, self.event())
            self.writer.producer.poll(TICK_S)
        if self.chance.random() < 0.05:
            self.stopping.wait(self.chance.uniform(0.3, 1.5))
        if self.chance.random() < 0.01:
            self.ends["left open"] += 1
            self.leave_open()
        commits = self.chance.random() >= 0.15
        self.writer.end(commits)
        self.ends["committed" if commits else "aborted"] += 1

    def leave_open(self):
        """A second producer writes, flushes and is never heard of again: readers wait for its time-out."""
        self.ghosts += 1
        ghost = Writer(self.world, f"ghost-{self.ghosts}")
        ghost.begin()
        for _ in range(10):
            self.put(ghost, self.event())
        ghost.producer.flush(5)

    def told(self):
        return f"{self.sent} events in transactions, " + ", ".join(f"{count} {end}" for end, count in self.ends.items())
