"""The log no longer holds what should be read (again): stop and say it, or go on and say what is missing."""
import json
import signal

from confluent_kafka.admin import AdminClient

from judge import memberships
from topics import delete_records, outwait_fetches
from waiting import wait_until

RULES = [{"name": "often", "when": "count(click[1h]) >= 3"}, {"name": "once", "when": "any(click[5m])"}]
START_MS = 1700000000000
MINUTE_MS = 60 * 1000


def click(minute, user="a"):
    return json.dumps({"user": user, "type": "click", "ts": START_MS + minute * MINUTE_MS})


def begun(world, minutes, **changed):
    """A daemon that has read a click at each of these minutes and was stopped."""
    world.write_rules(RULES)
    world.create_input(1)
    daemon = world.daemon(workers=1, **changed).start()
    world.send([click(minute) for minute in minutes])
    world.wait_drained()
    assert daemon.stop() == 0
    return daemon


def lose_redis(world):
    keys = world.redis.client().keys(f"{world.name}:*")
    assert keys, "the daemon has stored nothing: this proves nothing"
    world.redis.client().delete(*keys)


def delete_before(world, offset):
    delete_records(world.kafka.bootstrap, world.topic("interactions"), 0, offset)


def halted(daemon, *words):
    """Waits until readiness says of partition 0 that it is halted, with all these words."""
    def says():
        status, body = daemon.get("/readyz")
        return status == 503 and "partition 0: halted" in body and all(word in body for word in words)
    wait_until(says, 30, lambda: f"readiness to say {words}; it says {daemon.get('/readyz')}\n{daemon.tail()}")
    assert daemon.runs and daemon.get("/livez")[0] == 200


def test_a_log_that_reaches_far_enough_fills_the_windows_again(world):
    """The first event is gone, but no window looks back to it: exact."""
    daemon = begun(world, [0, 100, 110, 170])
    lose_redis(world)
    delete_before(world, 1)
    daemon.start()
    world.send([click(171), click(172), click(300)])
    world.wait_drained()
    world.judge()
    assert daemon.stop() == 0


def test_windows_that_would_be_too_short_stop_the_partition(world):
    daemon = begun(world, [0, 100, 110, 120])
    before = world.changes()
    lose_redis(world)
    delete_before(world, 2)
    daemon.start(ready=False)
    halted(daemon, "begins at offset 2", "often", "--accept-gap")
    assert "once" not in daemon.get("/readyz")[1].split("missing")[1].split(";")[1]
    world.send([click(121)])
    assert world.changes() == before
    assert daemon.stop() == 0


def test_an_empty_log_stops_the_partition_too(world):
    daemon = begun(world, [0, 1, 2])
    lose_redis(world)
    delete_before(world, 3)
    daemon.start(ready=False)
    halted(daemon, "no event before the committed offset")
    assert daemon.stop() == 0


def test_on_gap_continue_goes_on_with_what_is_there(world):
    """Nothing published is said twice; the windows know what the log still has; it is said and counted."""
    daemon = begun(world, [0, 100, 110, 120], input={"on_gap": "continue"})
    lose_redis(world)
    delete_before(world, 2)
    daemon.start()
    assert "id=partition-gap" in daemon.text() and "missing; of: often" in daemon.text()
    assert daemon.metrics()["footprint_partition_gaps_total"] == 1
    world.send([click(121)])  # the third that is known
    world.wait_drained()
    changes = world.changes()
    assert [change["seq"] for change in changes] == list(range(1, len(changes) + 1))
    assert memberships(changes)["a"].keys() == {"often", "once"}
    assert daemon.stop() == 0
    daemon.start()  # its state is stored again: no gap any more
    assert daemon.metrics()["footprint_partition_gaps_total"] == 0
    assert daemon.stop() == 0


def test_unread_events_that_are_gone_stop_the_partition(world):
    daemon = begun(world, [0, 1])
    world.send([click(minute) for minute in (2, 3, 4)])
    delete_before(world, 4)
    daemon.start(ready=False)
    halted(daemon, "offsets 2 to 3 were never read", "--accept-gap")
    assert daemon.stop() == 0


def test_unread_events_that_are_gone_can_be_done_without(world):
    """What was known before the hole is kept: the click behind it is the third."""
    daemon = begun(world, [0, 1], input={"on_gap": "continue"})
    world.send([click(minute) for minute in (2, 3, 4)])
    delete_before(world, 4)
    daemon.start()
    changes = world.wait_changes(lambda changes: any(c["segment"] == "often" for c in changes), 30)
    assert changes[-1]["source"]["offset"] == 4 and changes[-1]["seq"] == 2
    assert daemon.stop() == 0


def test_a_start_at_the_latest_is_built_again_from_there(world):
    """What lay before the state's beginning never counted, and a rebuild does not count it either."""
    world.write_rules(RULES)
    world.create_input(1)
    world.send([click(0), click(1)])
    daemon = world.daemon(workers=1, input={"start_at": "latest"}).start()
    world.wait_drained()  # its beginning is committed
    world.send([click(2), click(3)])
    world.wait_drained()
    assert daemon.stop() == 0
    lose_redis(world)
    daemon.start()
    world.send([click(4)])
    changes = world.wait_changes(lambda changes: any(c["segment"] == "often" for c in changes), 30)
    assert changes[-1]["source"]["offset"] == 4, "the clicks before the beginning were counted"
    assert daemon.stop() == 0


def test_a_user_whom_a_rebuild_under_other_rules_did_not_meet_begins_anew(world):
    """His profile in Redis is still that of the old rules: it says nothing, and stops nothing."""
    world.write_rules(RULES[:1])
    world.create_input(1)
    daemon = world.daemon(workers=1, input={"on_gap": "continue"}).start()
    world.send([click(0, "b"), click(100), click(101), click(102)])
    world.wait_drained()
    assert daemon.stop() == 0
    assert world.redis.client().exists(f"{world.name}:{{0}}:u:b")
    delete_before(world, 1)
    world.write_rules([{"name": "often", "when": "count(click[1h]) >= 2"}])
    daemon.start()
    assert daemon.stop() == 0
    daemon.start()  # now profiles come from Redis
    world.send([click(103, "b"), click(104, "b")])
    changes = world.wait_changes(lambda changes: any(c["user"] == "b" for c in changes), 30)
    assert changes[-1]["life"] == 4 and changes[-1]["seq"] == 1
    assert daemon.stop() == 0


def test_a_members_topic_that_was_made_anew_is_not_believed(world):
    daemon = begun(world, [0, 1, 2])
    lose_redis(world)
    topic = world.topic("members")
    admin = AdminClient({"bootstrap.servers": world.kafka.bootstrap})
    admin.delete_topics([topic], operation_timeout=30)[topic].result(30)
    wait_until(lambda: topic not in admin.list_topics(timeout=10).topics, 30, "the topic to be gone")
    daemon.start(ready=False)  # and makes it
    halted(daemon, "has never held a record, but 2 changes were published", "--from")
    assert daemon.stop() == 0


def test_retention_that_overtakes_a_running_daemon_stops_the_partition(world):
    world.write_rules(RULES)
    world.create_input(1)
    daemon = world.daemon(workers=1, kafka={"session_timeout": "30s"}).start()
    world.send([click(minute) for minute in (0, 1)])
    world.wait_drained()
    daemon.process.send_signal(signal.SIGSTOP)
    outwait_fetches(world.kafka.bootstrap, world.topic("interactions"), 0)
    world.send([click(2), click(3), click(4)])
    delete_before(world, 4)
    daemon.process.send_signal(signal.SIGCONT)
    halted(daemon, "to 3 were never read", "--accept-gap")
    assert daemon.stop() == 0
