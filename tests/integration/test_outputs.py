"""Memberships on their topic and in Redis, numbers on the metrics topic and over HTTP."""
import json
import subprocess

import pytest

import retail
from daemon import ctl
from judge import memberships
from topics import partition_of
from waiting import wait_until


@pytest.fixture
def settled(world, shop):
    """A daemon that has read a part of the shop's events."""
    world.write_rules(retail.SEGMENTS)
    world.create_input(4)
    world.send(shop[:20000])
    daemon = world.daemon().start()
    world.wait_drained()
    return world, daemon


def last_records(world):
    """The members topic, folded as its compaction would."""
    latest = {}
    for record in world.records("members"):
        assert record.partition == partition_of(record.key.decode(), 4)
        if record.value is None:
            latest.pop(record.key.decode(), None)
        else:
            latest[record.key.decode()] = json.loads(record.value)
    return latest


def test_the_members_topic_alone_gives_every_membership(settled):
    world, _ = settled
    changes = world.changes()
    latest = last_records(world)
    believed = memberships(changes)
    assert {user: {name: s["since"] for name, s in record["segments"].items()} for user, record in latest.items()} == believed
    numbers = {change["user"]: (change["life"], change["seq"]) for change in changes}
    assert {user: (record["life"], record["seq"]) for user, record in latest.items()} == numbers
    rules = {change["rules"] for change in changes}
    assert {record["rules"] for record in latest.values()} == rules and len(rules) == 1
    attached = {segment["name"]: segment.get("attach", {}).keys() for segment in retail.SEGMENTS}
    for user, record in latest.items():
        assert record["user"] == user
        for name, membership in record["segments"].items():
            assert membership.get("with", {}).keys() <= attached[name]


def test_redis_has_the_same_memberships_for_one_get(settled):
    world, _ = settled
    latest = last_records(world)
    present = {user: record for user, record in latest.items() if record["segments"] or record.get("left")}
    client = world.redis.client()

    def stored():
        keys = list(client.scan_iter(match=f"{world.name}:*:m:*", count=1000))
        return {key.split(":m:", 1)[1]: json.loads(client.get(key)) for key in keys}
    wait_until(lambda: stored() == present, 20, "Redis to have the memberships of the topic")
    some = next(iter(present))
    assert client.get(f"{world.name}:{{{partition_of(some, 4)}}}:m:{some}") is not None


def test_footprintctl_profile_tells_one_user(settled):
    world, daemon = settled
    user, record = next((u, r) for u, r in last_records(world).items() if r["segments"])
    wait_until(lambda: ctl("profile", user, "-c", daemon.config).returncode == 0, 20, "the profile to be in Redis")
    told = ctl("profile", user, "-c", daemon.config)
    assert all(name in told.stdout for name in record["segments"])
    told = ctl("profile", user, "-c", daemon.config, "--json")
    assert user in json.dumps(json.loads(told.stdout))
    assert ctl("profile", "nobody-knows-me", "-c", daemon.config).returncode == 1


def test_metrics_are_the_same_numbers_in_both_places(settled):
    world, daemon = settled
    total = sum(len(lines) for lines in world.sent)
    wait_until(lambda: world.records("metrics"), 20, "a record on the metrics topic")
    record = wait_until(lambda: [r for r in world.records("metrics") if b'"value":%d' % total in r.value], 20,
                        "a metrics record that has seen all events")[-1]
    value = json.loads(record.value)
    assert record.key == b"one"
    assert {"instance", "version", "at", "metrics"} <= set(value) and value["instance"] == "one"
    for metric in value["metrics"]:
        assert metric["name"].startswith("footprint_") and isinstance(metric["labels"], dict)
        assert "user" not in metric["labels"]
        if isinstance(metric["value"], dict):
            assert {"count", "sum"} <= set(metric["value"]) <= {"count", "sum", "buckets"}
    status, body = daemon.get("/metrics")
    assert status == 200
    names = {line.split()[2] for line in body.splitlines() if line.startswith("# TYPE")}
    assert {metric["name"] for metric in value["metrics"]} == names


def test_promtool_finds_nothing_to_say_about_the_metrics(settled):
    _, daemon = settled
    checked = subprocess.run(["promtool", "check", "metrics"], input=daemon.get("/metrics")[1], capture_output=True, text=True)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def test_the_input_that_footprintctl_sends_lies_where_java_would_put_it(world, shop):
    path = world.folder / "events.ndjson"
    lines = [line for line in shop[:500] if retail.has_user(line)]
    path.write_text("".join(line + "\n" for line in lines))
    world.create_input(4)
    sent = ctl("send", path, "--brokers", world.kafka.bootstrap, "--topic", world.topic("interactions"))
    assert sent.returncode == 0, sent.stderr
    records = world.records("interactions")
    assert sorted(record.value.decode() for record in records) == sorted(lines)
    assert all(json.loads(r.value)["user"] == r.key.decode() and r.partition == partition_of(r.key.decode(), 4) for r in records)
