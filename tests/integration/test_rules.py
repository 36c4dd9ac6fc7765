"""A start with other rules that is killed in the middle, again and again: each difference is published once."""
import json
import signal

import pytest

from judge import memberships
from servers import BUILD
from test_drill import has_drills

USERS = 8000  # their differences take two transactions
START_MS = 1700000000000
BEFORE = [{"name": "goes", "when": "count(click[1h]) >= 2"}, {"name": "stays", "when": "count(click[1h]) >= 1"}]
AFTER = [{"name": "comes", "when": "count(click[2h]) >= 2"}, BEFORE[1]]
DEATHS = ("rebuild:10", "rebuild:7000", "K2:1", "K4:1", "rebuild:7900")


def click(user, number):
    return json.dumps({"user": user, "type": "click", "ts": START_MS + number})


@pytest.mark.skipif(not has_drills(BUILD / "footprintd"), reason="this build has no drills")
def test_killed_in_the_middle_of_other_rules_each_difference_is_said_once(world):
    world.write_rules(BEFORE)
    world.create_input(1)
    daemon = world.daemon(workers=1).start()
    world.send([click(f"u{i}", number) for number in range(2) for i in range(USERS)])
    world.wait_drained()
    assert daemon.stop() == 0
    before = len(world.changes())
    assert before == 2 * USERS
    world.write_rules(AFTER)
    for death in DEATHS:
        daemon.start(ready=False, environment={"FOOTPRINT_CRASH": death})
        assert daemon.wait(60) == -signal.SIGKILL, f"{death}\n{daemon.tail()}"
    daemon.start()  # it is not ready before all is said
    changes = world.changes()
    assert daemon.stop() == 0
    assert len(changes) == before + 2 * USERS
    news = {(c["user"], c["segment"], c["change"], c["reason"]) for c in changes[before:]}
    assert news == {(f"u{i}", *rest) for i in range(USERS) for rest in (("goes", "exit", "rules"), ("comes", "enter", "rules"))}
    assert all(segments.keys() == {"comes", "stays"} for segments in memberships(changes).values())
    seqs = {}
    for change in changes:
        seqs.setdefault(change["user"], []).append(change["seq"])
    assert all(numbers == [1, 2, 3, 4] for numbers in seqs.values())
