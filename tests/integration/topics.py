"""An independent client: makes topics, produces events where Java would, reads what was committed."""
import ctypes
import threading
import uuid
from collections import namedtuple

import confluent_kafka
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from waiting import wait_until

Record = namedtuple("Record", "topic partition offset key value headers timestamp_ms")


def murmur2(data):
    """Kafka's hash of a key, as its Java client computes it."""
    mask, m = 0xFFFFFFFF, 0x5BD1E995
    h = (0x9747B28C ^ len(data)) & mask
    whole = len(data) // 4 * 4
    for i in range(0, whole, 4):
        k = int.from_bytes(data[i:i + 4], "little") * m & mask
        h = (h * m & mask) ^ ((k ^ k >> 24) * m & mask)
    if whole < len(data):
        h = (h ^ int.from_bytes(data[whole:], "little")) * m & mask
    h = (h ^ h >> 13) * m & mask
    return h ^ h >> 15


def partition_of(user, partitions):
    return (murmur2(user.encode()) & 0x7FFFFFFF) % partitions


def create_topic(bootstrap, name, partitions, replication=1, **config):
    admin = AdminClient({"bootstrap.servers": bootstrap})
    made = admin.create_topics([NewTopic(name, partitions, replication, config=config)], request_timeout=30)
    made[name].result(30)

    def has_leaders():
        topic = admin.list_topics(timeout=10).topics.get(name)
        return topic and len(topic.partitions) == partitions and all(p.leader >= 0 for p in topic.partitions.values())
    wait_until(has_leaders, 30, f"the partitions of {name} to have leaders")


def topic_names(bootstrap):
    return set(AdminClient({"bootstrap.servers": bootstrap}).list_topics(timeout=10).topics)


class Sender:
    """Puts records into one topic, each into the partition that is asked for."""

    def __init__(self, bootstrap, topic, **properties):
        self.topic = topic
        self.errors = []
        self.producer = Producer({
            "bootstrap.servers": bootstrap, "linger.ms": 5, "enable.idempotence": True,
            "queue.buffering.max.messages": 1000000, **properties})

    def _delivered(self, error, _message):
        if error is not None:
            self.errors.append(str(error))

    def send(self, partition, key, value, timestamp_ms=0):
        """timestamp_ms: the record's own time, as its producer sees it; 0: now."""
        self.producer.produce(self.topic, value, key, partition, on_delivery=self._delivered, timestamp=timestamp_ms)
        self.producer.poll(0)

    def flush(self):
        assert self.producer.flush(60) == 0, "records were not acknowledged within 60 s"
        assert not self.errors, self.errors[:3]


class SlowSender(threading.Thread):
    """Sends batches of records at an even pace, so that a fault finds the stream running."""

    def __init__(self, sender, records, seconds):
        super().__init__(daemon=True)
        self.sender, self.records, self.seconds = sender, records, seconds
        self.error = None
        self.stopping = threading.Event()
        self.hurrying = threading.Event()

    def run(self):
        try:
            slices = max(1, int(self.seconds * 20))
            size = -(-len(self.records) // slices)
            for start in range(0, len(self.records), size):
                for partition, key, value in self.records[start:start + size]:
                    self.sender.send(partition, key, value)
                if not self.hurrying.is_set() and self.stopping.wait(self.seconds / slices):
                    return
            self.sender.flush()
        except (AssertionError, KafkaException, BufferError) as error:
            self.error = error

    def finish(self, hurry=False):
        """Waits for its end; in a hurry the rest is sent without pauses."""
        if hurry:
            self.hurrying.set()
        self.join(self.seconds + 90)
        assert not self.is_alive() and self.error is None, self.error


def _consumer(bootstrap, group=None, **properties):
    return Consumer({
        "bootstrap.servers": bootstrap, "group.id": group or f"judge-{uuid.uuid4()}",
        "isolation.level": "read_committed", "enable.auto.commit": False,
        "auto.offset.reset": "earliest", "enable.partition.eof": True, **properties})


def read_topic(bootstrap, topic, seconds=60):
    """Every committed record of a topic, partition by partition, up to its present end."""
    consumer = _consumer(bootstrap)
    try:
        partitions = sorted(consumer.list_topics(topic, timeout=20).topics[topic].partitions)
        consumer.assign([TopicPartition(topic, p, 0) for p in partitions])
        open_partitions, records = set(partitions), []

        def read_on():
            for message in consumer.consume(2000, timeout=0.5):
                if message.error() is None:
                    records.append(Record(
                        topic, message.partition(), message.offset(), message.key(), message.value(),
                        {k: (v or b"").decode() for k, v in message.headers() or []}, message.timestamp()[1]))
                elif message.error().code() == KafkaError._PARTITION_EOF:
                    open_partitions.discard(message.partition())
                else:
                    raise KafkaException(message.error())
            return not open_partitions
        wait_until(read_on, seconds, f"the end of {topic}", every=0)
    finally:
        consumer.close()
    return sorted(records, key=lambda record: (record.partition, record.offset))


class Progress:
    """How far a group has come: its committed offsets beside the ends of the input."""

    def __init__(self, bootstrap, group, topic):
        self.consumer = _consumer(bootstrap, group)
        self.topic = topic
        self.partitions = sorted(self.consumer.list_topics(topic, timeout=20).topics[topic].partitions)

    def behind(self):
        """Records not yet committed, per partition; None where that can't be said at the moment."""
        wanted = [TopicPartition(self.topic, p) for p in self.partitions]
        try:
            committed = self.consumer.committed(wanted, timeout=10)
            ends = [self.consumer.get_watermark_offsets(p, timeout=10)[1] for p in wanted]
        except KafkaException:  # a transaction of a dead owner is still open
            return None
        return [end - max(position.offset, 0) for position, end in zip(committed, ends)]

    def wait(self, seconds):
        seen = []

        def done():
            seen[:] = [self.behind()]
            return seen[0] is not None and not any(seen[0])
        try:
            wait_until(done, seconds, lambda: f"the whole input to be committed; behind: {seen[0]}", every=0.1)
        finally:
            self.close()

    def close(self):
        self.consumer.close()


def outwait_fetches(bootstrap, topic, partition):
    """Lets a broker answer the fetches at a partition's end: ours waits much longer than the daemon's, which wait 50 ms."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": f"wait-{uuid.uuid4()}", "enable.auto.commit": False,
                         "enable.partition.eof": True, "fetch.wait.max.ms": 1000})
    try:
        end = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=10)[1]
        consumer.assign([TopicPartition(topic, partition, end)])
        message = consumer.poll(30)
        assert message is not None and message.error().code() == KafkaError._PARTITION_EOF, message
    finally:
        consumer.close()


def delete_records(bootstrap, topic, partition, before):
    """Deletes a partition's records before an offset, as retention would; by librdkafka itself, since its binding lacks this."""
    kafka = ctypes.CDLL("librdkafka.so.1")
    for name in ("rd_kafka_conf_new", "rd_kafka_new", "rd_kafka_queue_new", "rd_kafka_queue_poll",
                 "rd_kafka_topic_partition_list_new", "rd_kafka_DeleteRecords_new", "rd_kafka_event_error_string"):
        getattr(kafka, name).restype = ctypes.c_void_p
    text, pointer = ctypes.create_string_buffer(512), ctypes.c_void_p
    conf = pointer(kafka.rd_kafka_conf_new())
    assert kafka.rd_kafka_conf_set(conf, b"bootstrap.servers", bootstrap.encode(), text, 512) == 0, text.value
    client = pointer(kafka.rd_kafka_new(0, conf, text, 512))
    assert client.value, text.value
    places = pointer(kafka.rd_kafka_topic_partition_list_new(1))
    kafka.rd_kafka_topic_partition_list_add(places, topic.encode(), partition)
    kafka.rd_kafka_topic_partition_list_set_offset(places, topic.encode(), partition, ctypes.c_int64(before))
    request = pointer(kafka.rd_kafka_DeleteRecords_new(places))
    queue = pointer(kafka.rd_kafka_queue_new(client))
    kafka.rd_kafka_DeleteRecords(client, ctypes.byref(request), ctypes.c_size_t(1), None, queue)
    event = pointer(kafka.rd_kafka_queue_poll(queue, 30000))
    assert event.value and kafka.rd_kafka_event_error(event) == 0, "records were not deleted"
    kafka.rd_kafka_event_destroy(event)
    kafka.rd_kafka_DeleteRecords_destroy(request)
    kafka.rd_kafka_topic_partition_list_destroy(places)
    kafka.rd_kafka_queue_destroy(queue)
    kafka.rd_kafka_destroy(client)
    consumer = _consumer(bootstrap)
    try:
        wait_until(lambda: consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=10)[0] == before, 30,
                   f"{topic} to begin at offset {before}")
    finally:
        consumer.close()
