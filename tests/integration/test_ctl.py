"""footprintctl as a person uses it: what it says, what it sends, what it knows of one user."""
import gzip
import json
from datetime import datetime, timezone
from pathlib import Path

import pytest

from daemon import ctl
from servers import TOP, free_port
from topics import partition_of
from waiting import wait_until

SHOP_RULES = TOP / "config" / "segments.d" / "shop.yaml"
BUYER = {"name": "buyer", "when": "any(buy[1d])", "keep": "1h", "description": "Bought today.",
         "attach": {"items": "count(buy[1d])"}}
LINES = [
    '{"user":"u1","type":"buy","ts":"2026-11-24T10:00:00Z","item":"a"}',
    '{"user":7,"type":"buy","ts":1764000000}',
    '{"user":"u3","ts":1764000000}',
    '{"type":"buy","ts":1764000000}',
    'not json',
]
USERS = ["u1", "7", "u3", None, None]


def ms(text):
    return int(datetime.fromisoformat(text).replace(tzinfo=timezone.utc).timestamp() * 1000)


# --- without servers -----------------------------------------------------------------------------

@pytest.mark.parametrize("command", ["check", "replay", "generate", "send", "profile"])
def test_every_command_has_help_and_refuses_wrong_usage(command):
    told = ctl(command, "--help")
    assert (told.returncode, told.stderr) == (0, "") and told.stdout.startswith(f"usage: footprintctl {command}")
    refused = ctl(command, "--no-such-option")
    assert refused.returncode == 2 and refused.stdout == "" and "usage:" in refused.stderr


def test_a_mistyped_command_is_guessed():
    told = ctl("chekc")
    assert told.returncode == 2 and "did you mean 'check'?" in told.stderr
    assert ctl().returncode == 2
    assert ctl("--help").returncode == 0 and ctl("-V").stdout.startswith("footprintctl ")


@pytest.mark.parametrize("words", [["check"], ["profile", "u"]])
def test_what_is_missing_is_said(words):
    if Path("/etc/footprint").exists() or Path("/usr/local/etc/footprint").exists():
        pytest.skip("footprint is installed here")
    told = ctl(*words)
    assert told.returncode == 2 and told.stderr.startswith(f"{words[0]}: -c FILE is missing, and there is no /")


def test_check_says_what_was_understood(tmp_path):
    rules = tmp_path / "rules.yaml"
    rules.write_text(json.dumps({"segments": [BUYER]}))
    told = ctl("check", "--segments", rules)
    assert told.returncode == 0 and told.stderr == ""
    for part in ("1 segment", "buyer (level 0, keep 1h): Bought today.", "event types: buy", "bytes for a user"):
        assert part in told.stdout
    rules.write_text(rules.read_text().replace("any(", "amy("))
    told = ctl("check", "--segments", rules)
    assert told.returncode == 1 and told.stdout == "" and f"{rules}:1:" in told.stderr and "any" in told.stderr


def test_the_same_seed_gives_the_same_shop_and_all_of_it_can_be_read(tmp_path):
    made = [ctl("generate", "--users", 50, "--events", 3000, "--seed", seed, "--start", "2026-03-01T00:00:00Z").stdout
            for seed in (5, 5, 6)]
    assert made[0] == made[1] != made[2]
    events = [json.loads(line) for line in made[0].splitlines()]
    assert len(events) == 3000
    assert [e["ts"] for e in events] == sorted(e["ts"] for e in events) and events[0]["ts"] >= ms("2026-03-01T00:00:00")
    path = tmp_path / "shop.ndjson.gz"
    path.write_bytes(gzip.compress(made[0].encode()))
    replayed = ctl("replay", "--segments", SHOP_RULES, "--drain", path)
    assert replayed.returncode == 0 and replayed.stderr == "" and replayed.stdout.count("\n") > 50


# --- send and generate ---------------------------------------------------------------------------

@pytest.mark.parametrize("packed", [False, True])
def test_send_keys_by_user_and_keeps_the_lines_that_are_no_events(world, packed):
    path = world.folder / "events"
    content = "\n".join(LINES).encode()
    path.write_bytes(gzip.compress(content) if packed else content)
    world.create_input(4)
    sent = ctl("send", path, "--brokers", world.kafka.bootstrap, "--topic", world.topic("interactions"))
    assert (sent.returncode, sent.stderr) == (0, "") and sent.stdout.startswith("5 lines")
    records = {record.value.decode(): record for record in world.records("interactions")}
    assert sorted(records) == sorted(LINES)
    for line, user in zip(LINES, USERS):
        key = records[line].key
        assert (None if key is None else key.decode()) == user
        assert user is None or records[line].partition == partition_of(user, 4)
        assert abs(records[line].timestamp_ms - datetime.now().timestamp() * 1000) < 60000


def test_send_can_keep_the_time_of_events(world):
    path = world.folder / "events"
    path.write_text(LINES[0])
    world.create_input(1)
    sent = ctl("send", path, "--brokers", world.kafka.bootstrap, "--topic", world.topic("interactions"), "--event-time")
    assert sent.returncode == 0
    assert world.records("interactions")[0].timestamp_ms == ms("2026-11-24T10:00:00")


def test_send_finds_users_by_the_mapping(world):
    world.write_rules([BUYER])
    config = world.folder / "footprint.yaml"
    config.write_text(json.dumps({**world.config(), "input": {"topic": world.topic("interactions"), "mapping": {"user": "/who/id"}}}))
    path = world.folder / "events"
    path.write_text('{"who":{"id":"u9"},"type":"buy","ts":1764000000}\n')
    world.create_input(4)
    assert ctl("send", path, "-c", config).returncode == 0
    assert [record.key for record in world.records("interactions")] == [b"u9"]


def test_what_is_not_delivered_is_counted_and_fails(world):
    path = world.folder / "events"
    path.write_text("\n".join(LINES))
    impatient = world.folder / "footprint.yaml"
    config = world.config()
    config["kafka"]["properties"] = {"message.timeout.ms": 1000}
    config["segments"] = []
    impatient.write_text(json.dumps(config))
    sent = ctl("send", path, "-c", impatient, "--brokers", f"127.0.0.1:{free_port()}")
    assert sent.returncode == 1 and "5 records were not delivered" in sent.stderr
    gone = ctl("send", world.folder / "nothing-here", "--brokers", world.kafka.bootstrap, "--topic", "t")
    assert gone.returncode == 1 and "nothing-here" in gone.stderr


def test_a_live_shop_happens_now(world):
    world.create_input(2)
    made = ctl("generate", "--users", 20, "--seconds", 2, "--rate", 20,
               "--brokers", world.kafka.bootstrap, "--topic", world.topic("interactions"))
    assert (made.returncode, made.stdout, made.stderr) == (0, "", "")
    records = world.records("interactions")
    assert len(records) == 40
    for record in records:
        event = json.loads(record.value)
        assert event["user"].encode() == record.key and record.partition == partition_of(event["user"], 2)
        assert abs(event["ts"] - record.timestamp_ms) < 1000


# --- profile -------------------------------------------------------------------------------------

def test_profile_tells_memberships_and_windows(world):
    world.write_rules([BUYER, {"name": "looker", "when": "count(look[1h]) >= 2"}])
    world.create_input(4)
    times = ("10:00:00", "10:00:05")
    world.send([json.dumps({"user": "u1", "type": kind, "ts": f"2026-11-24T{time}Z"}) for time in times for kind in ("buy", "look")])
    daemon = world.daemon().start()
    world.wait_drained()

    def told():
        return json.loads(ctl("profile", "u1", "-c", daemon.config, "--json").stdout or "{}")
    wait_until(lambda: "windows" in told(), 20, "the profile to be in Redis")
    record = told()
    assert record["user"] == "u1" and set(record["segments"]) == {"buyer", "looker"}
    assert record["segments"]["buyer"]["since"] == "2026-11-24T10:00:00.000Z"
    assert {"keeps", "count", "newest"} <= set(record["windows"][0])
    assert {window["newest"] for window in record["windows"]} == {"2026-11-24T10:00:05.000Z"}
    words = ctl("profile", "u1", "-c", daemon.config, "--partitions", 4)
    assert words.returncode == 0
    for part in ('user "u1"', "in buyer since 2026-11-24T10:00:00.000Z", "items: 2", "look [1h]"):
        assert part in words.stdout

    # The public record is there first: it alone is enough.
    client = world.redis.client()
    client.delete(f"{world.name}:{{{partition_of('u1', 4)}}}:u:u1")
    assert set(told()["segments"]) == {"buyer", "looker"}
    assert "in looker since" in ctl("profile", "u1", "-c", daemon.config).stdout
    stranger = ctl("profile", "u2", "-c", daemon.config)
    assert (stranger.returncode, stranger.stdout) == (1, "") and "'u2'" in stranger.stderr
