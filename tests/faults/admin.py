"""What the client of Debian 12 can't ask of Kafka, in its own words: where replicas and leaders are to be.

Two requests of the protocol, ElectLeaders 0 and AlterPartitionReassignments 0, sent to the controller's
broker; in KRaft mode any broker passes them on.
"""
import socket
import struct

from confluent_kafka.admin import AdminClient, ConfigResource

TIMEOUT_MS = 10000
ELECT_LEADERS, ALTER_REASSIGNMENTS = 43, 45
ELECTION_NOT_NEEDED, NO_REASSIGNMENT = 84, 85


def _string(text):
    return struct.pack(">h", len(text)) + text.encode()


def _compact(data, count):
    """A compact string or array: its length plus one as an unsigned varint; ours are all short."""
    assert count < 126
    return bytes([count + 1]) + data


def _ask(address, key, version, flexible, body):
    """One request to one broker; the body of the answer."""
    header = struct.pack(">hhi", key, version, 1) + _string("faults") + (b"\0" if flexible else b"")
    message = header + body
    host, port = address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=TIMEOUT_MS / 1000) as connection:
        connection.sendall(struct.pack(">i", len(message)) + message)
        size = struct.unpack(">i", _read(connection, 4))[0]
        answer = _read(connection, size)
    return answer[5 if flexible else 4:]


def _read(connection, size):
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise ConnectionError("the broker has closed the connection")
        data += part
    return data


def reassign(address, topic, partition, replicas):
    """The replicas in this order; the first is the preferred leader. The error's number, 0 if it is done."""
    one = struct.pack(">i", partition) + _compact(b"".join(struct.pack(">i", r) for r in replicas), len(replicas)) + b"\0"
    topics = _compact(_compact(topic.encode(), len(topic)) + _compact(one, 1) + b"\0", 1)
    answer = _ask(address, ALTER_REASSIGNMENTS, 0, True, struct.pack(">i", TIMEOUT_MS) + topics + b"\0")
    return struct.unpack_from(">h", answer, 4)[0]  # after throttle_time


def elect_preferred(address, topic, partition):
    """The error's number of the one partition, 0 if its leader has moved."""
    topics = struct.pack(">i", 1) + _string(topic) + struct.pack(">ii", 1, partition)
    answer = _ask(address, ELECT_LEADERS, 0, False, topics + struct.pack(">i", TIMEOUT_MS))
    after_topic = 4 + 4 + 2 + len(topic) + 4  # throttle_time, one topic, its name, one partition
    return struct.unpack_from(">h", answer, after_topic + 4)[0]


class Admin:
    def __init__(self, bootstrap):
        self.bootstrap = bootstrap
        self.client = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})

    def leader(self, topic, partition):
        """(the leader, all replicas) of a partition."""
        found = self.client.list_topics(topic, timeout=10).topics[topic].partitions[partition]
        return found.leader, list(found.replicas)

    def partitions(self, topic):
        return sorted(self.client.list_topics(topic, timeout=10).topics[topic].partitions)

    def move_leader(self, topic, partition):
        """To another replica, by making it the preferred one; whether it has moved."""
        leader, replicas = self.leader(topic, partition)
        others = [replica for replica in replicas if replica != leader]
        if not others:
            return False
        address = self.bootstrap.split(",")[0]
        if reassign(address, topic, partition, others + [leader]) != 0:
            return False
        return elect_preferred(address, topic, partition) in (0, ELECTION_NOT_NEEDED)

    def set_topic(self, topic, **config):
        """These settings and no others; names with _ for the dot."""
        resource = ConfigResource("topic", topic, set_config={name.replace("_", "."): str(value) for name, value in config.items()})
        for answer in self.client.alter_configs([resource], request_timeout=10).values():
            answer.result(15)
