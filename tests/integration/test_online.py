"""footprintctl check --online says what the servers would refuse, and leaves nothing behind that a reader sees."""
import itertools
import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from confluent_kafka.admin import AdminClient, NewPartitions

from daemon import ctl
from servers import free_port
from topics import create_topic
from waiting import wait_until

RULES = [{"name": "seen", "when": "count(click[1h]) >= 2"}]
CLICKS = [json.dumps({"user": user, "type": "click", "ts": 1700000000000 + i}) for i, user in enumerate("aabbcd")]
NUMBERS = itertools.count()
COMMANDS = "ping hset hget hmget hgetall set mset get mget sadd smembers srem scan script|load evalsha unlink".split()


def online(world, **changed):
    path = world.folder / f"online-{next(NUMBERS)}.yaml"
    path.write_text(json.dumps(world.config(**changed)))
    return ctl("check", "--online", "-c", path)


def refused(world, *words, **changed):
    told = online(world, **changed)
    assert told.returncode == 1 and told.stdout == "" and all(word in told.stderr for word in words), told
    return told.stderr


@pytest.fixture
def ready(world):
    world.write_rules(RULES)
    world.create_input(2)
    return world


def test_beside_a_running_daemon_it_passes_and_disturbs_nothing(ready):
    told = online(ready)
    assert told.returncode == 0 and "a start makes 4 output topics" in told.stdout, told
    daemon = ready.daemon().start()
    ready.send(CLICKS)
    ready.wait_drained()
    before = {kind: ready.records(kind) for kind in ("changes", "members", "rejects")}
    for _ in range(3):
        told = online(ready)
        assert told.returncode == 0 and "2 partitions, rights and topics fit" in told.stdout, told
        assert told.stderr == ""
    assert before == {kind: ready.records(kind) for kind in before}
    assert not [key for key in ready.redis.client().keys(f"{ready.name}:*") if "check" in key]
    ready.send(CLICKS)
    ready.wait_drained()
    ready.judge()
    text = daemon.text()
    assert daemon.is_ready() and "consumer-lost" not in text and "transaction-failing" not in text and text.count("partitions-given") <= 4


def test_topics_that_do_not_fit(world):
    world.write_rules(RULES)
    refused(world, f"input topic '{world.topic('interactions')}' does not exist")
    world.create_input(2)
    told = refused(world, *(f"output topic '{world.topic(kind)}' does not exist" for kind in ("changes", "members")),
                   output={"create_topics": False})
    assert told.count("does not exist") == 4
    create_topic(world.kafka.bootstrap, world.topic("rejects"), 3)
    refused(world, f"'{world.topic('rejects')}' has 3 partitions", "must be equal")
    refused(world, "kafka: ", kafka={"brokers": f"127.0.0.1:{free_port()}"})


def test_another_number_of_partitions_than_was_read(ready):
    daemon = ready.daemon().start()
    ready.send(CLICKS)
    ready.wait_drained()
    assert daemon.stop() == 0
    admin = AdminClient({"bootstrap.servers": ready.kafka.bootstrap})
    names = [ready.topic(kind) for kind in ("interactions", "changes", "members", "rejects")]
    for done in admin.create_partitions([NewPartitions(name, 3) for name in names]).values():
        done.result(30)
    wait_until(lambda: all(len(admin.list_topics(name, timeout=10).topics[name].partitions) == 3 for name in names), 30, "3 partitions")
    refused(ready, "has 3 partitions and had 2", "users have moved")


def test_a_redis_that_may_forget_or_only_follows(make_world, kafka, own_redis):
    world = make_world(kafka, own_redis)
    world.write_rules(RULES)
    world.create_input(1)
    client = own_redis.client()
    client.config_set("maxmemory", "100mb")
    client.config_set("maxmemory-policy", "allkeys-lru")
    refused(world, "maxmemory-policy is 'allkeys-lru'", "set it to noeviction")
    client.config_set("maxmemory-policy", "noeviction")
    assert online(world).returncode == 0
    client.replicaof("127.0.0.1", str(free_port()))
    refused(world, "Redis is a replica", "HSET is refused: READONLY")
    client.replicaof("NO", "ONE")
    refused(world, "redis: ", "Connection refused", redis={"url": f"redis://127.0.0.1:{free_port()}"})


def test_each_right_that_is_missing_in_redis_is_named(make_world, kafka, own_redis):
    world = make_world(kafka, own_redis)
    world.write_rules(RULES)
    world.create_input(1)
    client = own_redis.client()
    (world.folder / "password").write_text("let-me-in")
    (world.folder / "wrong").write_text("wrong-canary")

    def allow(user, commands, keys=f"~{world.name}:*"):
        client.execute_command("ACL", "SETUSER", user, "on", ">let-me-in", keys, *(f"+{c}" for c in ["info", *commands]))
        return {"redis": {"username": user, "password": {"file": "password"}}}

    def without(left_out):
        user = allow(f"no-{left_out}", [command for command in COMMANDS if command != left_out])
        told = refused(world, f"{left_out.split('|')[0].upper()} is refused: NOPERM", **user)
        assert told.count("NOPERM") == 1, told
    assert online(world, **allow("all", COMMANDS)).returncode == 0
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(without, COMMANDS))
    assert refused(world, "HSET is refused: NOPERM", **allow("elsewhere", COMMANDS, "~elsewhere:*")).count("NOPERM") > 5
    assert "wrong-canary" not in refused(world, "WRONGPASS", redis={"username": "all", "password": {"file": "wrong"}})


def test_an_old_redis(ready):
    """One that says so: there is none to start."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()

        def answer():
            connection = listener.accept()[0]
            with connection, connection.makefile("rb") as lines:
                for line in lines:
                    if line.strip().isalpha() and line.strip().isupper():
                        info = b"redis_version:5.0.7\r\nloading:0\r\nrole:master\r\nmaxmemory:0\r\n"
                        connection.sendall(b"$%d\r\n%s\r\n" % (len(info), info) if line.strip() == b"INFO" else b"+OK\r\n")
        threading.Thread(target=answer, daemon=True).start()
        refused(ready, "version '5.0.7' is too old", redis={"url": f"redis://127.0.0.1:{listener.getsockname()[1]}"})
