"""Redis is a copy: whatever is wrong with it, users in memory go on being published, and it heals by itself."""
import json
import signal

import redis as redis_client

from servers import free_port
from waiting import wait_until

RULES = [{"name": "seen", "when": "count(click[1h]) >= 2"}, {"name": "often", "when": "count(click[1h]) >= 4"}]
SECRET = "not-yours"
LINES_MAX = 3  # of one kind, for one worker: lost, perhaps for another reason, and back


def full(redis):
    redis.client().config_set("maxmemory", 1)
    yield
    redis.client().config_set("maxmemory", 0)


def read_only(redis):
    redis.client().execute_command("REPLICAOF", "127.0.0.1", free_port())
    yield
    redis.client().execute_command("REPLICAOF", "NO", "ONE")


def stuck(redis):
    redis.process.send_signal(signal.SIGSTOP)
    yield
    redis.process.send_signal(signal.SIGCONT)


def paused(redis):
    redis.client().execute_command("CLIENT", "PAUSE", 3_600_000, "WRITE")
    yield
    redis.client().execute_command("CLIENT", "UNPAUSE")


def locked(redis):
    """A password that the daemon does not know, and all connections cut."""
    redis.client().config_set("requirepass", SECRET)
    knows = redis_client.Redis("127.0.0.1", redis.port, password=SECRET)
    knows.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    yield
    knows.config_set("requirepass", "")


def evicting(redis):
    redis.client().config_set("maxmemory", 100 * 1024 * 1024)
    redis.client().config_set("maxmemory-policy", "allkeys-lru")
    redis.client().execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    yield
    redis.client().config_set("maxmemory-policy", "noeviction")
    redis.client().config_set("maxmemory", 0)


def emptied(redis):
    redis.client().flushall()
    yield


def clicks(users, start):
    return [json.dumps({"user": user, "type": "click", "ts": 1_700_000_000_000 + start + i}) for user in users for i in range(2)]


def test_users_in_memory_are_published_whatever_is_wrong_with_redis(make_world, kafka, own_redis):
    world = make_world(kafka, own_redis)
    world.write_rules(RULES)
    world.create_input(2)
    daemon = world.daemon(workers=1, redis={"timeout": "1s"}, checkpoint={"interval": "200ms"}).start()
    changes = 0
    for number, fault in enumerate((full, read_only, stuck, paused, locked, evicting, emptied)):
        users = [f"{fault.__name__}-{i}" for i in range(10)]
        world.send(clicks(users, number * 1000))
        changes += len(users)
        world.wait_changes(lambda seen: len(seen) >= changes, 30)
        told = len(daemon.text())
        under_way = fault(own_redis)
        next(under_way)
        world.send(clicks(users, number * 1000 + 100))
        changes += len(users)
        try:
            world.wait_changes(lambda seen: len(seen) >= changes, 30)
        except AssertionError as error:
            raise AssertionError(f"{fault.__name__}: {error}\n{daemon.tail()}") from None
        if fault in (stuck, locked, evicting):
            wait_until(lambda: "redis:" in daemon.get("/readyz")[1], 20, lambda: f"{fault.__name__} to be told:\n{daemon.tail()}")
        next(under_way, None)
        daemon.wait_ready()
        lines = [line for line in daemon.text()[told:].splitlines() if "id=redis-down" in line]
        assert len(lines) <= LINES_MAX, f"{fault.__name__}: said again and again:\n" + "\n".join(lines)
    world.wait_drained()
    world.judge()
