"""Payloads that can't become events: each on the rejects topic once, with its place and reason."""
import json

import retail
from topics import SlowSender, partition_of

RULES = [{"name": "seen", "when": "any(*[ever])"}]


def rejected(world):
    return [(int(r.headers["partition"]), int(r.headers["offset"]), r.headers["reason"], r.key, r.value)
            for r in world.records("rejects")]


def test_lines_without_a_user_are_rejected_once_each(world, shop):
    world.write_rules(RULES)
    world.create_input(4)
    sender = SlowSender(world.sender, world.route(shop), 3)
    sender.start()
    daemon = world.daemon().start()
    sender.stopping.wait(1)
    daemon.kill()
    daemon.start()
    sender.finish()
    world.wait_drained()
    expected = [(partition, offset, "no_user", None, line.encode())
                for partition, lines in enumerate(world.sent) for offset, line in enumerate(lines)
                if not retail.has_user(line)]
    found = rejected(world)
    assert len(found) == len(expected)
    assert sorted(found) == sorted(expected)


GOOD = {"user": "u", "type": "click", "ts": 1700000000000}

ODD = [
    ("not_json", b'{"user":'),
    ("not_json", b"[1]"),
    ("bad_utf8", b'{"user":"\xff","type":"click","ts":1}'),
    ("too_deep", b'{"user":"u","type":"click","ts":1,"a":' + b"[" * 70 + b"]" * 70 + b"}"),
    ("no_user", b'{"type":"click","ts":1}'),
    ("no_user", b'{"user":"","type":"click","ts":1}'),
    ("bad_user", b'{"user":"' + b"u" * 257 + b'","type":"click","ts":1}'),
    ("no_type", b'{"user":"u","ts":1}'),
    ("no_time", b'{"user":"u","type":"click"}'),
    ("bad_time", b'{"user":"u","type":"click","ts":-1}'),
    ("bad_time", b'{"user":"u","type":"click","ts":"yesterday"}'),
    ("ahead", b'{"user":"u","type":"click","ts":"2199-01-01T00:00:00Z"}'),
    ("too_large", b'{"user":"u","type":"click","ts":1,"a":"' + b"x" * 70000 + b'"}'),
    ("empty", None),
]


def test_every_kind_of_reject_has_its_reason_and_never_stops_the_stream(world):
    world.write_rules(RULES)
    world.create_input(1)
    for _, payload in ODD:
        world.sender.send(0, "u", payload)
    world.send([json.dumps(GOOD)])
    world.daemon(limits={"event_bytes": "64KiB"}).start()
    world.wait_drained()
    records = world.records("rejects")
    assert [r.headers["reason"] for r in records] == [reason for reason, _ in ODD]
    for offset, (record, (reason, payload)) in enumerate(zip(records, ODD)):
        assert record.key == b"u"
        assert record.value == (payload[:65536] if payload else payload)
        assert record.headers["topic"] == world.topic("interactions")
        assert (record.headers["partition"], record.headers["offset"]) == ("0", str(offset))
        assert record.headers["timestamp"].isdigit()
        assert record.headers["detail"]
        assert (record.headers.get("truncated") == "true") == (reason == "too_large")
    assert [change["segment"] for change in world.changes()] == ["seen"]


def test_a_user_in_the_wrong_partition_is_misplaced(world):
    world.write_rules(RULES)
    world.create_input(4)
    payload = json.dumps({**GOOD, "user": "somebody"})
    right = partition_of("somebody", 4)
    world.sender.send((right + 1) % 4, "another key", payload)
    world.sender.send(right, "another key", payload)  # no murmur of its key, but where Java would put the user
    world.sender.flush()
    world.daemon().start()
    world.wait_drained()
    assert [(p, reason) for p, _, reason, _, _ in rejected(world)] == [((right + 1) % 4, "misplaced")]
    assert [change["user"] for change in world.changes()] == ["somebody"]
