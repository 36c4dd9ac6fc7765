"""Where no answer is safe a partition stops and says why; the process and the others go on."""
import json

from confluent_kafka import Consumer, KafkaException, TopicPartition

from topics import partition_of
from waiting import wait_until

RULES = [{"name": "seen", "when": "count(click[1h]) >= 2"}]
START_MS = 1700000000000


def clicks(user, count=2):
    return [json.dumps({"user": user, "type": "click", "ts": START_MS + i}) for i in range(count)]


def user_of(partition, partitions):
    return next(f"u{i}" for i in range(1000) if partition_of(f"u{i}", partitions) == partition)


def rewind(world, partition):
    """As an operator would, once the daemon's sessions are over: the group's offset back to 1."""
    consumer = Consumer({"bootstrap.servers": world.kafka.bootstrap, "group.id": world.name, "enable.auto.commit": False})
    try:
        place = TopicPartition(world.topic("interactions"), partition, 1)

        def moved():
            try:
                return consumer.commit(offsets=[place], asynchronous=False)
            except KafkaException:
                return None
        wait_until(moved, 30, "the group to take another offset")
    finally:
        consumer.close()


def test_rewound_offsets_stop_one_partition(world):
    world.write_rules(RULES)
    world.create_input(2)
    daemon = world.daemon(checkpoint={"interval": "1s"}).start()
    users = [user_of(partition, 2) for partition in range(2)]
    world.send(clicks(users[0], 4) + clicks(users[1]))
    world.wait_changes(lambda changes: len(changes) == 2, 30)
    assert daemon.stop() == 0  # its last checkpoint is at the committed offsets

    rewind(world, 0)
    daemon.start(ready=False)

    def says_why():
        status, body = daemon.get("/readyz")
        return status == 503 and "partition 0" in body and "offset 1 was not committed by footprint" in body
    wait_until(says_why, 30, lambda: f"readiness to name partition 0; it says {daemon.get('/readyz')}\n{daemon.tail()}")
    other = next(f"v{i}" for i in range(1000) if partition_of(f"v{i}", 2) == 1)
    world.send(clicks(other))
    changes = world.wait_changes(lambda changes: len(changes) == 3, 30)
    assert other in {change["user"] for change in changes}
    assert daemon.runs and daemon.get("/livez")[0] == 200
