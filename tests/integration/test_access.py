"""With the rights that are shipped, and no others, the daemon does all that it does."""
import json
import shlex
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from redis import Redis as Client

import acls
from daemon import ctl
from servers import TOP, Kafka, Redis, free_port
from waiting import wait_until

ACCESS = TOP / "config" / "access"
SECRET = "not-to-be-seen-anywhere"
LESS = 16  # users of Kafka with one right less each
RULES = [{"name": "seen", "when": "count(click[1h]) >= 2"}, {"name": "brief", "when": "count(click[2s]) >= 1"}]


class GuardedRedis(Redis):
    """It knows the shipped users, and nobody may come in without a name but the test itself."""

    def __init__(self, folder, prefix):
        super().__init__(folder)
        rules = (ACCESS / "redis.acl").read_text().replace("fp:", prefix)
        lines = [f"{line} >{SECRET}" for line in rules.splitlines()]
        (self.folder / "users.acl").write_text("\n".join(["user default on nopass ~* &* +@all", *lines]) + "\n")

    def command(self):
        return [*super().command(), "--aclfile", str(self.folder / "users.acl")]


class GuardedKafka(Kafka):
    """A second listener where a name and a password are asked for; without a right nothing is allowed there."""

    def start(self):
        super().start()
        super().stop()
        self.guarded = f"127.0.0.1:{free_port()}"
        path = self.folder / "broker-1" / "server.properties"
        lines = dict(line.split("=", 1) for line in path.read_text().splitlines() if "=" in line and line[0] != "#")
        more = {
            "listeners": f"{lines['listeners']},GUARDED://{self.guarded}",
            "advertised.listeners": f"{lines['advertised.listeners']},GUARDED://{self.guarded}",
            "listener.security.protocol.map": f"{lines['listener.security.protocol.map']},GUARDED:SASL_PLAINTEXT",
            "listener.name.guarded.sasl.enabled.mechanisms": "PLAIN",
            "listener.name.guarded.plain.sasl.jaas.config":
                f'org.apache.kafka.common.security.plain.PlainLoginModule required user_footprint="{SECRET}"'
                + "".join(f' user_less{i}="{SECRET}"' for i in range(LESS)) + ";",
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": "User:ANONYMOUS",
        }
        # The later line of a name counts; the script finds its own by their form.
        path.write_text(path.read_text() + "".join(f"{name} = {value}\n" for name, value in more.items()))
        return super().start()


def rules(world):
    """The shipped lines, with this test's names."""
    names = {f"footprint.{kind}": world.topic(kind) for kind in ("changes", "members", "rejects", "metrics")}
    names |= {"interactions": world.topic("interactions"), "footprint": world.name}
    for line in (ACCESS / "kafka.acl").read_text().splitlines():
        words = shlex.split(line)
        given = dict(zip(words[::2], words[1::2]))
        for word, operation in zip(words[::2], words[1::2]):
            if word == "--operation":
                yield words[0], names[words[1]], given.get("--resource-pattern-type", "literal"), operation


def allow(world, leave_out=None, user="footprint"):
    acls.allow(world.kafka.bootstrap, f"User:{user}", [rule for rule in rules(world) if rule[1:] != leave_out])


def settings(world, user="footprint"):
    secret = world.folder / "secret"
    secret.write_text(SECRET + "\n")
    secret.chmod(0o600)
    return {
        "kafka": {"brokers": world.kafka.guarded, "properties": {
            "security.protocol": "sasl_plaintext", "sasl.mechanism": "PLAIN", "sasl.username": user,
            "sasl.password": {"file": str(secret)}}},
        "redis": {"username": "footprint", "password": {"file": str(secret)}},
        "input": {"idle_after": "200ms"},
    }


def clicks(*users):
    now = int(time.time() * 1000)
    return [json.dumps({"user": user, "type": "click", "ts": now + i}) for i, user in enumerate(users)]


@pytest.fixture(scope="module")
def guarded_kafka(tmp_path_factory):
    server = GuardedKafka(tmp_path_factory.mktemp("guarded"))
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture
def guarded(make_world, guarded_kafka, tmp_path):
    """A world whose servers ask who comes."""
    world = make_world(guarded_kafka, None)
    world.redis = GuardedRedis(tmp_path / "redis", f"{world.name}:").start()
    world.write_rules(RULES)
    world.create_input(2)
    yield world
    world.close()
    world.redis.stop()


def test_the_shipped_rights_are_enough(guarded):
    allow(guarded)
    daemon = guarded.daemon(**settings(guarded)).start()
    guarded.send(clicks("a", "a", "b") + ['{"type":"click"}'])
    changes = guarded.wait_changes(lambda seen: sum(c["change"] == "exit" for c in seen) == 2, 60)
    assert {(c["user"], c["segment"], c["change"]) for c in changes} == {
        ("a", "seen", "enter"), ("a", "brief", "enter"), ("b", "brief", "enter"), ("a", "brief", "exit"), ("b", "brief", "exit")}
    wait_until(lambda: guarded.records("rejects") and guarded.records("members") and guarded.records("metrics"), 20, "all outputs")
    # A crash, then a Redis that has lost everything: both ways back need their rights too.
    daemon.kill()
    daemon = guarded.daemon(**settings(guarded)).start()
    guarded.redis.client().flushall()
    guarded.send(clicks("c", "c"))
    guarded.wait_changes(lambda seen: {("c", "seen")} <= {(c["user"], c["segment"]) for c in seen}, 60)
    # Rules of another kind are filled from the log and from the members topic.
    assert daemon.stop() == 0
    guarded.write_rules([*RULES, {"name": "once", "when": "count(click[1h]) >= 1"}])
    daemon = guarded.daemon(**settings(guarded)).start()
    guarded.wait_changes(lambda seen: {("b", "once")} <= {(c["user"], c["segment"]) for c in seen}, 60)
    assert daemon.stop() == 0
    denied = guarded.redis.client().acl_log()
    assert denied == [], denied
    assert not any(SECRET in path.read_text(errors="replace") for path in guarded.folder.glob("daemon-*/*log*"))


def test_a_reader_may_look_and_nothing_else(guarded):
    allow(guarded)
    guarded.daemon(**settings(guarded)).start()
    guarded.send(clicks("a", "a"))
    guarded.wait_changes(lambda seen: any(c["segment"] == "seen" for c in seen), 60)
    config = guarded.config(**settings(guarded))
    config["redis"]["username"] = "footprint-reader"
    path = guarded.folder / "reader.yaml"
    path.write_text(json.dumps(config))

    def looks():
        told = ctl("profile", "a", "-c", path, "--json")
        return told.returncode == 0 and "seen" in told.stdout
    wait_until(looks, 20, lambda: f"the profile; {ctl('profile', 'a', '-c', path, '--json').stderr}")
    reader = Client("127.0.0.1", guarded.redis.port, username="footprint-reader", password=SECRET)
    for command in (["SET", f"{guarded.name}:0:m:a", "x"], ["KEYS", "*"], ["GET", "elsewhere"], ["EVAL", "return 1", "0"]):
        with pytest.raises(Exception, match="(?i)perm|permissions"):
            reader.execute_command(*command)


def test_one_right_less_is_noticed_and_named(guarded):
    allow(guarded, leave_out=(guarded.topic("members"), "literal", "Write"))
    daemon = guarded.daemon(**settings(guarded)).start(ready=False)
    guarded.send(clicks("a", "a"))
    wait_until(lambda: "authoriz" in daemon.text().lower(), 60, lambda: f"the log to name it:\n{daemon.tail()}")
    assert guarded.changes() == []


def online(world, user):
    path = world.folder / f"{user}.yaml"
    path.write_text(json.dumps(world.config(**settings(world, user))))
    return ctl("check", "--online", "-c", path)


def test_a_check_names_each_right_that_is_missing(guarded):
    """Describe comes with any other right, so that it alone is never missed."""
    def less(numbered):
        number, rule = numbered
        allow(guarded, leave_out=rule[1:], user=f"less{number}")
        told = online(guarded, f"less{number}")
        name = rule[1] if rule[0] != "--transactional-id" else "transactions"
        assert told.returncode == 1 and name in told.stderr and "authoriz" in told.stderr.lower(), (rule, told)
    missing = list(enumerate(rule for rule in rules(guarded) if rule[3] != "Describe"))
    assert len(missing) == 12 < LESS
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(less, (each for each in missing if each[1][3] == "Create")))
        allow(guarded)
        assert online(guarded, "footprint").returncode == 0
        guarded.daemon(**settings(guarded)).start()
        list(pool.map(less, (each for each in missing if each[1][3] != "Create")))
    told = online(guarded, "footprint")
    assert told.returncode == 0 and SECRET not in told.stdout + told.stderr, told
