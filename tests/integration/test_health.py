"""Readiness tells the truth: 503 with the reason soon after a loss, 200 again when it is over."""
import json
import os
import urllib.error
import urllib.request

from confluent_kafka.admin import AdminClient, ConfigResource

from waiting import wait_until

RULES = [{"name": "seen", "when": "count(click[1h]) >= 2"}]
LOSS_SECONDS = 10
RETURN_SECONDS = 5


def started(world):
    world.write_rules(RULES)
    world.create_input(2)
    return world.daemon().start()


def clicks(user, start):
    return [json.dumps({"user": user, "type": "click", "ts": 1700000000000 + start + i}) for i in range(2)]


def not_ready_for(daemon, word):
    def tells():
        status, body = daemon.get("/readyz")
        return status == 503 and any(line.startswith(f"{word}:") for line in body.splitlines())
    return tells


def lose(daemon, word, loss):
    status, body = daemon.get("/readyz")
    assert (status, body.strip()) == (200, "ok")
    loss()
    wait_until(not_ready_for(daemon, word), LOSS_SECONDS, lambda: f"readiness to name {word}; it says {daemon.get('/readyz')}")
    assert daemon.get("/livez")[0] == 200


def heals(daemon):
    """The server answers again already. A machine with more to do than it can is given more time."""
    busy = os.getloadavg()[0] > 3 * os.cpu_count()
    daemon.wait_ready(RETURN_SECONDS * (4 if busy else 1))


def test_losing_redis_shows_and_heals(make_world, kafka, own_redis):
    world = make_world(kafka, own_redis)
    daemon = started(world)
    world.send(clicks("a", 0))
    world.wait_drained()
    lose(daemon, "redis", own_redis.stop)
    own_redis.start()  # it comes back empty
    heals(daemon)
    world.send(clicks("a", 10) + clicks("b", 20))
    world.wait_drained()
    world.judge()


def set_topic(kafka, topic, **config):
    """Replaces all settings of a topic."""
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap})
    for answer in admin.alter_configs([ConfigResource("topic", topic, set_config=config)]).values():
        answer.result(30)


def test_transactions_that_can_not_end_show(make_world, own_kafka, redis):
    """A topic that is too small for the markers of transactions holds them open."""
    world = make_world(own_kafka, redis)
    world.write_rules(RULES)
    world.create_input(2)
    daemon = world.daemon(workers=1).start()
    world.send(clicks("a", 0))
    world.wait_drained()
    set_topic(own_kafka, world.topic("changes"), **{"max.message.bytes": "10"})
    world.send([click for user in "bcdefg" for click in clicks(user, 10)])
    wait_until(lambda: "kafka: a transaction has been under way for" in daemon.get("/readyz")[1], 30,
               lambda: f"readiness to name the transaction; it says {daemon.get('/readyz')}\n{daemon.tail()}")
    daemon.kill()


def test_the_lag_is_true_while_nothing_is_read(make_world, kafka, own_redis):
    """Redis is gone with what an earlier run knew of users, so reading stops at the first of them:
    what arrives meanwhile is a lag, and in the end a stall."""
    world = make_world(kafka, own_redis)
    daemon = started(world)
    world.send(clicks("a", 0))
    world.wait_drained()
    assert daemon.stop() == 0
    daemon.start()
    own_redis.stop()
    wait_until(not_ready_for(daemon, "redis"), LOSS_SECONDS, lambda: f"readiness to name redis; it says {daemon.get('/readyz')}")
    world.send([line for i in range(50) for line in clicks(f"u{i}", 10 + i)])

    def lag(name):
        return sum(value for key, value in daemon.metrics().items() if key.startswith(f"footprint_partition_{name}{{"))
    wait_until(lambda: lag("lag_messages") > 0, LOSS_SECONDS, lambda: f"a lag; {daemon.get('/metrics')[1]}")
    assert lag("lag_seconds") > 0
    wait_until(lambda: lag("stalled") > 0, 60, lambda: f"a stall; {daemon.get('/metrics')[1]}")
    own_redis.start()
    daemon.wait_ready()
    world.wait_drained()
    wait_until(lambda: lag("lag_messages") == 0 and lag("stalled") == 0, 20, lambda: f"no lag; {daemon.get('/metrics')[1]}")
    world.judge()


def test_losing_kafka_shows_and_heals(make_world, own_kafka, redis):
    world = make_world(own_kafka, redis)
    daemon = started(world)
    world.send(clicks("a", 0))
    world.wait_drained()
    lose(daemon, "kafka", own_kafka.stop)
    own_kafka.start()
    heals(daemon)
    world.send(clicks("a", 10) + clicks("b", 20))
    world.wait_drained()
    world.judge()


def test_readiness_waits_for_redis_at_the_start(make_world, kafka, own_redis):
    world = make_world(kafka, own_redis)
    world.write_rules(RULES)
    world.create_input(2)
    own_redis.stop()
    daemon = world.daemon().start(ready=False)
    wait_until(not_ready_for(daemon, "redis"), 20, lambda: f"readiness to name redis; it says {daemon.get('/readyz')}\n{daemon.tail()}")
    own_redis.start()
    heals(daemon)
    assert daemon.stop() == 0


def test_only_reading_is_allowed_over_http(world):
    daemon = started(world)
    for path in ("/metrics", "/livez", "/readyz"):
        request = urllib.request.Request(f"http://127.0.0.1:{daemon.port}{path}", data=b"x", method="POST")
        try:
            urllib.request.urlopen(request, timeout=5)
            raise AssertionError("a POST was answered")
        except urllib.error.HTTPError as error:
            assert error.code == 405
    assert daemon.get("/nothing")[0] == 404
