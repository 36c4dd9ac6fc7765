"""Access rules for Kafka, one request written by hand: Debian's Python client has no call for it."""
import socket
import struct

TYPES = {"--topic": 2, "--group": 3, "--transactional-id": 5}
PATTERNS = {"literal": 3, "prefixed": 4}
OPERATIONS = {"Read": 3, "Write": 4, "Create": 5, "Describe": 8}
ALLOW = 3
CREATE_ACLS, VERSION = 30, 1


def text(value):
    return struct.pack(">h", len(value)) + value.encode()


def receive(connection, count):
    got = b""
    while len(got) < count:
        part = connection.recv(count - len(got))
        assert part, "the broker closed the connection"
        got += part
    return got


def exchange(address, request):
    host, port = address.split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(struct.pack(">i", len(request)) + request)
        return receive(connection, struct.unpack(">i", receive(connection, 4))[0])


def allow(bootstrap, principal, rules):
    """rules: (resource, name, pattern, operation), in the words of kafka-acls.sh."""
    rules = list(rules)
    request = struct.pack(">hhi", CREATE_ACLS, VERSION, 1) + text("tests") + struct.pack(">i", len(rules))
    for kind, name, pattern, operation in rules:
        request += struct.pack(">b", TYPES[kind]) + text(name) + struct.pack(">b", PATTERNS[pattern])
        request += text(principal) + text("*") + struct.pack(">bb", OPERATIONS[operation], ALLOW)
    answer = exchange(bootstrap.split(",")[0], request)
    _, _, count = struct.unpack_from(">iii", answer)
    at = 12
    assert count == len(rules) > 0
    for rule in rules:
        error, length = struct.unpack_from(">hh", answer, at)
        at += 4 + max(length, 0)
        assert error == 0, f"{rule}: error {error}"
