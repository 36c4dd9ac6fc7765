"""Starts that must not happen, and a check that agrees with them."""
import json
import subprocess

from daemon import Daemon
from judge import memberships
from servers import BUILD
from topics import create_topic, topic_names
from waiting import wait_until

RULES = [{"name": "seen", "when": "count(click[1h]) >= 2"}]
CLICKS = [json.dumps({"user": "a", "type": "click", "ts": 1700000000000 + i}) for i in range(3)]


def checked(daemon):
    return subprocess.run([BUILD / "footprintd", "-c", daemon.config, "--check"], capture_output=True, text=True)


def test_check_agrees_with_a_good_start(world):
    world.write_rules(RULES)
    world.create_input(2)
    daemon = world.daemon()
    assert checked(daemon).returncode == 0, checked(daemon).stderr
    daemon.start()
    assert daemon.stop() == 0


def test_a_wrong_setting_is_refused_alike_by_check_and_start(world):
    world.write_rules(RULES)
    daemon = Daemon(world.folder / "wrong", world.config(input={"latenes": "5s"}))
    told = checked(daemon)
    assert told.returncode == 1
    assert "latenes" in told.stderr and "lateness" in told.stderr and "^" in told.stderr
    assert daemon.start(ready=False).wait(20) == 1
    assert daemon.text().strip() == told.stderr.strip()


def test_the_outputs_are_made_with_the_partitions_of_the_input(world):
    world.write_rules(RULES)
    world.create_input(3)
    world.daemon().start()
    assert {world.topic(kind) for kind in ("changes", "members", "rejects", "metrics")} <= topic_names(world.kafka.bootstrap)
    world.send(CLICKS)
    world.wait_drained()
    world.judge()


def test_an_output_with_another_partition_count_is_refused(world):
    world.write_rules(RULES)
    world.create_input(3)
    create_topic(world.kafka.bootstrap, world.topic("changes"), 2)
    daemon = world.daemon().start(ready=False)
    assert daemon.wait(60) != 0
    assert world.topic("changes") in daemon.text()


def test_a_start_with_other_rules_publishes_the_differences_once(world):
    """One segment goes, one stays, one comes: its members are found in the log."""
    world.write_rules([
        {"name": "goes", "when": "count(click[1h]) >= 2"},
        {"name": "stays", "when": "count(click[1h]) >= 1"}])
    world.create_input(2)
    daemon = world.daemon().start()
    world.send(CLICKS)
    world.wait_drained()
    assert daemon.stop() == 0
    assert {change["segment"] for change in world.changes()} == {"goes", "stays"}
    world.write_rules([
        {"name": "comes", "when": "count(click[1h]) >= 3"},
        {"name": "stays", "when": "count(click[1h]) >= 1"}])
    daemon = world.daemon().start()
    changes = world.wait_changes(lambda seen: len(seen) >= 4, 30)
    assert daemon.stop() == 0
    daemon = world.daemon().start()
    assert daemon.stop() == 0
    assert world.changes() == changes
    news = {(change["change"], change["segment"], change["reason"]) for change in changes[2:]}
    assert news == {("enter", "comes", "rules"), ("exit", "goes", "rules")}
    assert [c["seq"] for c in changes] == [1, 2, 3, 4]
    assert memberships(changes)["a"].keys() == {"comes", "stays"}


def test_missing_files_and_usage_have_their_exit_codes(world):
    def run(*arguments):
        return subprocess.run([BUILD / "footprintd", *arguments], capture_output=True, text=True, timeout=30)
    assert run("-c", world.folder / "nowhere.yaml").returncode == 1
    assert run("--no-such-option").returncode == 2
    version = run("-V")
    assert version.returncode == 0 and "librdkafka" in version.stdout


def test_a_secret_is_used_and_shown_nowhere(make_world, kafka, own_redis):
    canary = "canary-3f9c1b"
    own_redis.client().config_set("requirepass", canary)
    world = make_world(kafka, own_redis)
    world.write_rules(RULES)
    world.create_input(2)
    (world.folder / "password").write_text(canary + "\n")
    daemon = world.daemon(redis={"password": {"file": "../password"}})
    assert canary not in checked(daemon).stderr + checked(daemon).stdout
    daemon.start()
    for path in ("/metrics", "/readyz"):
        assert canary not in daemon.get(path)[1]
    for name in ("cmdline", "environ"):
        with open(f"/proc/{daemon.process.pid}/{name}", "rb") as file:
            assert canary.encode() not in file.read()
    world.send(CLICKS)
    world.wait_drained()
    assert daemon.stop() == 0
    assert canary not in daemon.text()


def test_a_wrong_password_is_said_and_not_shown(make_world, kafka, own_redis):
    own_redis.client().config_set("requirepass", "right")
    world = make_world(kafka, own_redis)
    world.write_rules(RULES)
    world.create_input(2)
    daemon = world.daemon(redis={"password": "canary-wrong"}).start(ready=False)
    wait_until(lambda: "redis:" in daemon.get("/readyz")[1], 30, lambda: f"readiness to name redis\n{daemon.tail()}")
    assert "canary-wrong" not in daemon.text() + daemon.get("/readyz")[1]
