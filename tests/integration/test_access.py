"""With the rights that are shipped, and no others, the daemon does all that it does."""
import base64
import json
import shlex
import subprocess
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

import pytest
from redis import Redis as Client

import acls
from daemon import CTL, ctl
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
    if not secret.exists():  # others may read it already
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


# --- the secret, looked for everywhere -----------------------------------------------------------------------------

def forms(secret):
    """As it is, and as programs like to write it."""
    return [secret, base64.b64encode(secret.encode()).decode().rstrip("="), secret.encode().hex(), urllib.parse.quote(secret, safe="").replace("-", "%2D")]


def everything_said(world, daemon, *files):
    """{where: text} of all that a daemon and its tools show."""
    said = {path: daemon.get(path)[1] for path in ("/metrics", "/readyz", "/livez", "/healthz", "/")}
    for words in ("status", "partitions", "rules", "errors", "top --count 1", "loglevel", "reload --dry-run", "reload"):
        for more in ([], ["--json"]):
            done = daemon.ask(*words.split(), *more)
            said[f"{words} {more}"] = done.stdout + done.stderr
    for path in (daemon.config, *files):
        for words in ("check -v --cost", "check --online", "config", "config --origin"):
            done = ctl(*words.split(), "-c", path, env=daemon.environment)
            said[f"{words} {path.name}"] = done.stdout + done.stderr
    said["--check"] = subprocess.run([daemon.binary, "--check", "-c", daemon.config], capture_output=True, text=True, env=daemon.environment).stderr
    for name in ("cmdline", "environ"):
        with open(f"/proc/{daemon.process.pid}/{name}", "rb") as file:
            said[name] = file.read().decode(errors="replace")
    said["log"] = daemon.text()
    return said


def judge_secret(said, *secrets):
    assert len("".join(said.values())) > 10000, "hardly anything was said"
    for where, text in said.items():
        for secret in secrets:
            assert not any(form in text for form in forms(secret)), f"{secret} in {where}:\n{text[-1500:]}"


WRONG = "canary-that-opens-nothing-77"


def test_a_secret_is_nowhere_to_be_seen(guarded):
    """Under load, in debug, with librdkafka's own debug lines, with rejects; from a file, a credential and the settings."""
    allow(guarded)
    (guarded.folder / "credentials").mkdir()
    (guarded.folder / "credentials" / "redis").write_text(SECRET)
    given = settings(guarded)
    given["redis"]["password"] = {"credential": "redis"}
    given["kafka"]["properties"]["debug"] = "security,broker,protocol"
    daemon = guarded.daemon(**given, log={"level": "debug"}, environment={"CREDENTIALS_DIRECTORY": str(guarded.folder / "credentials")}).start()
    tap = subprocess.Popen([CTL, "tap", "--socket", daemon.socket, "--json"], stdout=subprocess.PIPE, text=True)
    lines = [*clicks(*(f"u{i % 50}" for i in range(2000))), '{"type":"click"}', '{"user":7}', '{"user":"","type":"click"}']
    guarded.send(lines)
    # The same in the settings themselves, where a mistake stands on the same line.
    literal = guarded.folder / "literal.yaml"
    text = json.dumps(guarded.config(**settings(guarded)))
    literal.write_text(text.replace(json.dumps(str(guarded.folder / "secret")), json.dumps(SECRET)).replace('{"file": "%s"}' % SECRET, f'"{SECRET}"'))
    broken = guarded.folder / "broken.yaml"
    broken.write_text(literal.read_text().replace('"username"', '"usrname"').replace('"sasl.mechanism"', '"sasl.mechanismm"'))
    in_url = guarded.folder / "url.yaml"
    config = guarded.config(**settings(guarded))
    config["redis"] = {"url": f"redis://footprint:{SECRET}@127.0.0.1:{guarded.redis.port}/none"}
    in_url.write_text(json.dumps(config))
    assert SECRET in literal.read_text() and SECRET in broken.read_text() and SECRET in in_url.read_text()
    judge_secret(everything_said(guarded, daemon, literal, broken, in_url), SECRET)
    before = daemon.config.read_text()
    for wrong in (broken, in_url):
        daemon.config.write_text(wrong.read_text())
        told = [daemon.ask("reload"), daemon.ask("reload", "--dry-run")]
        assert all(each.returncode == 1 and SECRET not in each.stderr for each in told), told
    daemon.config.write_text(before)
    guarded.wait_drained()
    tap.terminate()
    topics = {kind: b"".join(record.value or b"" for record in guarded.records(kind)).decode() for kind in ("changes", "members", "rejects", "metrics")}
    judge_secret({**everything_said(guarded, daemon), **topics, "tap": tap.communicate(timeout=20)[0]}, SECRET)
    assert daemon.stop() == 0
    judge_secret({"log": daemon.text(), **topics}, SECRET)


def test_a_wrong_secret_is_not_shown_by_what_it_breaks(guarded):
    allow(guarded)
    given = settings(guarded)
    (guarded.folder / "wrong").write_text(WRONG)
    given["redis"]["password"] = {"file": str(guarded.folder / "wrong")}
    daemon = guarded.daemon(**given, log={"level": "debug"}).start(ready=False)
    wait_until(lambda: "redis:" in daemon.get("/readyz")[1], 40, lambda: f"readiness to name Redis\n{daemon.tail()}")
    judge_secret(everything_said(guarded, daemon), WRONG, SECRET)
    assert daemon.stop() == 0, daemon.tail()  # Redis was never there, so partitions were given and never begun
    given = settings(guarded)
    given["kafka"]["properties"]["sasl.password"] = {"file": str(guarded.folder / "wrong")}
    daemon = guarded.daemon(**given, log={"level": "debug"}).start(ready=False)
    wait_until(lambda: "kafka" in daemon.get("/readyz")[1], 40, lambda: f"readiness to name Kafka\n{daemon.tail()}")
    wait_until(lambda: "id=kafka-waiting" in daemon.text(), 40, daemon.tail)
    judge_secret(everything_said(guarded, daemon), WRONG, SECRET)
