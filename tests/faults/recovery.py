"""How long after a fault everything that was in the input at its end has been worked off."""
import statistics
import threading
import time

from confluent_kafka import Consumer, KafkaException, TopicPartition


class Recovery(threading.Thread):
    """Watches the group's offsets; a mark is reached once each partition has committed what was there then."""

    EVERY_S = 0.2

    def __init__(self, world):
        super().__init__(daemon=True)
        self.world = world
        self.consumer = self.new_consumer()
        topic = world.topic("interactions")
        self.places = [TopicPartition(topic, partition) for partition in range(world.partitions)]
        self.lock = threading.Lock()
        self.asked = []  # (kind, when): their ends are not known yet
        self.open = []  # (kind, when, ends)
        self.times = {}  # kind -> seconds
        self.stopping = threading.Event()

    def new_consumer(self):
        return Consumer({
            "bootstrap.servers": self.world.kafka.bootstrap, "group.id": self.world.name, "enable.auto.commit": False,
            "isolation.level": "read_committed", "log_level": 0})

    def mark(self, kind):
        with self.lock:
            self.asked.append((kind, time.monotonic()))

    def run(self):
        while not self.stopping.is_set():
            try:
                self.look()
            except KafkaException:
                # Brokers are away, or a transaction is open. This client would go on asking a leader of before.
                self.consumer.close()
                self.consumer = self.new_consumer()
            self.stopping.wait(self.EVERY_S)
        self.consumer.close()

    def look(self):
        with self.lock:
            asked = list(self.asked)
        if asked:
            ends = [self.consumer.get_watermark_offsets(place, timeout=5)[1] for place in self.places]
            self.open += [(kind, when, ends) for kind, when in asked]
            with self.lock:
                del self.asked[:len(asked)]
        if self.open:
            self.reach([place.offset for place in self.consumer.committed(self.places, timeout=5)])

    def reach(self, committed):
        now, still = time.monotonic(), []
        for kind, when, ends in self.open:
            if all(offset >= end for offset, end in zip(committed, ends)):
                self.times.setdefault(kind, []).append(now - when)
            else:
                still.append((kind, when, ends))
        self.open = still

    def end(self):
        """Call when the input is drained: all marks can be reached then."""
        deadline = time.monotonic() + 30
        while (self.asked or self.open) and time.monotonic() < deadline:
            time.sleep(self.EVERY_S)
        self.stopping.set()
        self.join(30)

    @property
    def left(self):
        return len(self.asked) + len(self.open)

    def lines(self, counts):
        """One line a kind: how often, and the median and worst time until all was worked off."""
        for kind in sorted(counts):
            times = self.times.get(kind, [])
            took = f"{statistics.median(times):6.1f} {max(times):6.1f}" if times else "     -      -"
            yield f"  {kind:18} {counts[kind]:4}   {took}"
        times = [seconds for some in self.times.values() for seconds in some]
        if times:
            yield f"  {'all':18} {sum(counts.values()):4}   {statistics.median(times):6.1f} {max(times):6.1f}"
