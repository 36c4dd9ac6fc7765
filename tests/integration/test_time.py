"""Exits by time alone: nobody does anything, and they are published all the same, with the exact instant."""
import json
import time
from datetime import datetime, timezone

RULES = [{"name": "busy", "when": "count(click[2s]) >= 2"}]
INPUT = {"idle_after": "500ms", "lateness": "1s"}


def two_clicks(user, now):
    """Both newer than the idle clock, which stays a second behind: neither is late."""
    return [json.dumps({"user": user, "type": "click", "ts": ts}) for ts in (now, now + 300)]


def instant(ms):
    return datetime.fromtimestamp(ms // 1000, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S") + f".{ms % 1000:03d}Z"


def test_an_exit_happens_without_an_event(world):
    world.write_rules(RULES)
    world.create_input(4)
    daemon = world.daemon(input=INPUT).start()
    now = time.time_ns() // 1_000_000
    world.send([line for user in ("a", "b", "c") for line in two_clicks(user, now)])
    changes = world.wait_changes(lambda seen: len(seen) >= 6, 20)
    noticed = time.time_ns() // 1_000_000
    for user in ("a", "b", "c"):
        enter, leave = [change for change in changes if change["user"] == user]
        assert (enter["change"], enter["at"], enter["until"], enter["reason"]) == ("enter", instant(now + 300), instant(now + 2000), "event")
        assert (leave["change"], leave["at"], leave["reason"]) == ("exit", instant(now + 2000), "time")
        assert "source" not in leave and (enter["seq"], leave["seq"]) == (1, 2)
    assert noticed - (now + 2000) < 10_000
    assert daemon.stop() == 0
    assert len(world.changes()) == 6


def test_an_exit_that_came_due_while_nobody_ran_is_published_at_the_start(world):
    world.write_rules(RULES)
    world.create_input(2)
    daemon = world.daemon(input=INPUT).start()
    now = time.time_ns() // 1_000_000
    world.send(two_clicks("a", now))
    world.wait_changes(lambda seen: len(seen) >= 1, 20)
    daemon.kill()
    daemon.start()
    changes = world.wait_changes(lambda seen: len(seen) >= 2, 30)
    assert [(c["change"], c["at"], c["seq"]) for c in changes] == [("enter", instant(now + 300), 1), ("exit", instant(now + 2000), 2)]
