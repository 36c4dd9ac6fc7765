"""Other rules for a daemon that runs: all of them or none, and exactly."""
import json
import os
import re
import signal
import time

from daemon import ctl
from judge import Verdict, judge_order, memberships
from waiting import wait_until

T0 = 1700000000000
STAYS = {"name": "stays", "when": "count(click[1h]) >= 2"}
GOES = {"name": "goes", "when": "count(click[1h]) >= 1"}
COMES = {"name": "comes", "when": "count(click[1h]) >= 3"}
CHANGES = {"name": "varies", "when": "count(click[2m]) >= 2", "keep": "10s"}
CHANGED = {"name": "varies", "when": "count(click[1m]) >= 2 or any(buy[5m])", "keep": "10s"}
FIRST = [STAYS, GOES, CHANGES]
SECOND = [STAYS, COMES, CHANGED]


def click(number, user, kind="click"):
    return json.dumps({"user": user, "type": kind, "ts": T0 + number * 500})


def clicks(first, count):
    """Users who come and go: some click often, some seldom, some buy."""
    return [click(i, f"u{(i * i + i // 7) % 97}", "buy" if i % 11 == 0 else "click") for i in range(first, first + count)]


def reload(daemon, good=True):
    """Asks as the service manager does, and waits for the answer."""
    word = "id=reload " if good else "id=reload-refused "
    before = daemon.text().count(word)
    daemon.process.send_signal(signal.SIGHUP)
    wait_until(lambda: daemon.text().count(word) > before, 20, lambda: f"{word}\n{daemon.tail()}")


def settled(daemon):
    """Every partition decides by the newest rules."""
    wait_until(lambda: last_of(daemon, "id=reload ") < last_of(daemon, "id=reloaded "), 60, daemon.tail)


def last_of(daemon, word):
    return daemon.text().rfind(word)


def naive_memberships(world):
    return {user: segments for user, segments in memberships(world.naively()).items() if segments}


def published_memberships(world):
    return {user: segments for user, segments in memberships(world.changes()).items() if segments}


def judge_reloads(world, unchanged, *ids):
    """Who is in what at the end, the changes of the segment that no reload touched, and their numbers."""
    changes = world.changes()
    verdict = Verdict()
    judge_order(verdict, changes)
    assert verdict.good, str(verdict)
    expected = world.naively()
    is_in, should = memberships(changes), memberships(expected)
    for user in is_in.keys() | should.keys():
        assert is_in.get(user, {}).keys() == should.get(user, {}).keys(), (user, is_in.get(user), should.get(user))

    def of(all_changes):
        return sorted((c["user"], c["at"], c["change"], c["reason"]) for c in all_changes if c["segment"] == unchanged)
    assert of(changes) == of(expected)
    if ids:
        assert {change["rules"] for change in changes} <= set(ids)
    return changes


def test_a_reload_publishes_the_differences_and_nothing_else(world):
    world.write_rules(FIRST)
    world.create_input(2)
    daemon = world.daemon().start()
    world.send(clicks(0, 2000))
    world.wait_drained()
    before = world.changes()
    world.write_rules(SECOND)
    reload(daemon)
    settled(daemon)
    world.send(clicks(2000, 1000))
    world.wait_drained()
    changes = judge_reloads(world, "stays")
    assert changes[:len(before)] == before or {json.dumps(c) for c in before} <= {json.dumps(c) for c in changes}
    by_rules = [change for change in changes if change["reason"] == "rules"]
    assert {change["segment"] for change in by_rules} >= {"goes", "comes"}
    assert "stays" not in {change["segment"] for change in by_rules}
    assert daemon.stop() == 0
    daemon = world.daemon().start()
    assert daemon.stop() == 0
    assert world.changes() == changes, "a start under the same rules has something to say"


def test_a_bad_reload_changes_nothing_and_says_why(world):
    world.write_rules(FIRST)
    world.create_input(2)
    daemon = world.daemon().start()
    world.send(clicks(0, 500))
    world.write_rules([STAYS, {"name": "wrong", "when": "cuont(click[1h]) >= 2"}, {"name": "worse", "when": "any("}])
    reload(daemon, good=False)
    text = daemon.text()
    assert text.count("id=reload-found") == 2 and "cuont" in text, daemon.tail()
    world.write_rules(FIRST)
    daemon.process.send_signal(signal.SIGHUP)
    wait_until(lambda: "as before" in daemon.text(), 20, daemon.tail)
    world.send(clicks(500, 500))
    world.wait_drained()
    world.judge()
    assert daemon.is_ready() and "id=partition-reset" not in daemon.text()


def test_what_needs_a_restart_waits_and_is_named(world):
    world.write_rules(FIRST)
    world.create_input(1)
    daemon = world.daemon().start()
    config = json.loads(daemon.config.read_text())
    config["input"]["lateness"] = "1h"
    config["kafka"]["properties"] = {"linger.ms": 1}
    config["log"] = {"format": "json"}
    daemon.config.write_text(json.dumps(config))
    world.write_rules(SECOND)
    daemon.process.send_signal(signal.SIGHUP)
    wait_until(lambda: '"id":"reloaded"' in daemon.text(), 30, daemon.tail)
    assert "needs a restart: kafka.properties, input.lateness" in daemon.text(), daemon.tail()
    world.send(clicks(0, 500))
    world.wait_drained()
    world.judge()


def test_a_reload_is_answered_while_the_start_waits(world):
    """There is no input topic yet: wrong rules are refused at once, right ones are taken and hold from the start on."""
    world.write_rules(FIRST)
    daemon = world.daemon().start(ready=False)
    wait_until(lambda: "id=kafka-waiting" in daemon.text(), 30, daemon.tail)
    world.write_rules([{"name": "wrong", "when": "cuont(click[1h]) >= 2"}])
    assert daemon.ask("reload").returncode == 1 and daemon.ask("reload", "--dry-run").returncode == 1
    world.write_rules(SECOND)
    assert daemon.asked("reload", "--dry-run")["left_out"] == "no partition is here yet\n"
    assert "1 new (comes)" in daemon.asked("reload")["text"]
    assert daemon.get("/readyz")[0] == 503
    world.create_input(2)
    world.send(clicks(0, 500))
    daemon.wait_ready()
    settled(daemon)
    world.wait_drained()
    judge_reloads(world, "stays")
    assert daemon.asked("rules")["rules"] == world.changes()[-1]["rules"]
    assert daemon.stop() == 0


def test_a_lower_revision_leaves_the_rules_alone(world):
    world.write_rules(SECOND)
    world.create_input(2)
    daemon = world.daemon(revision=2).start()
    world.send(clicks(0, 500))
    world.wait_drained()
    assert daemon.stop() == 0
    changes = world.changes()
    world.write_rules(FIRST)
    daemon = world.daemon(revision=1).start(ready=False)
    wait_until(lambda: daemon.text().count("of revision 1 are older") == 2, 30, daemon.tail)
    assert daemon.get("/readyz")[0] == 503 and world.changes() == changes
    daemon.config.write_text(daemon.config.read_text().replace('"revision": 1', '"revision": 3'))
    reload(daemon)
    daemon.wait_ready()
    world.send(clicks(500, 500))
    world.wait_drained()
    judge_reloads(world, "stays")
    world.write_rules(SECOND)
    daemon.config.write_text(daemon.config.read_text().replace('"revision": 3', '"revision": 2'))
    changes = world.changes()
    reload(daemon)
    wait_until(lambda: daemon.text().count("id=rules-refused") == 2, 30, daemon.tail)
    assert world.changes() == changes


def test_the_command_waits_and_says_what_is_different_or_wrong(world):
    world.write_rules(FIRST)
    world.create_input(2)
    daemon = world.daemon().start()
    world.send(clicks(0, 500))
    world.write_rules(SECOND)
    told = ctl("reload", "--wait", "--socket", daemon.socket)
    assert told.returncode == 0, told.stderr
    assert "1 new (comes), 1 changed (varies), 1 gone (goes)" in told.stdout and "every partition" in told.stdout
    told = ctl("reload", "--json", "--socket", daemon.socket)
    assert json.loads(told.stdout)["text"].strip().endswith("as before"), told
    world.write_rules([STAYS, {"name": "wrong", "when": "cuont(click[1h]) >= 2"}])
    told = ctl("reload", "--wait", "--socket", daemon.socket)
    assert told.returncode == 1 and "nothing is changed" in told.stderr and "cuont" in told.stderr, told
    world.write_rules(SECOND)
    world.wait_drained()
    judge_reloads(world, "stays")


def by_segment(changes):
    """{(segment, enter or exit): users} of the changes that a reload made."""
    users = {}
    for change in changes:
        if change["reason"] == "rules":
            users.setdefault((change["segment"], change["change"]), set()).add(change["user"])
    return users


def dry_run(daemon, partitions, *options):
    """What a dry run says once all these partitions take part: one that is on its way to another worker is with nobody."""
    told = {}

    def counts_all():
        told.update(daemon.asked("reload", "--dry-run", *options))
        return told["partitions"] == partitions
    wait_until(counts_all, 60, lambda: f"{partitions} partitions to take part; it says {told}\n{daemon.tail()}")
    return told


def test_a_dry_run_counts_what_a_reload_then_publishes(world):
    world.write_rules(FIRST)
    world.create_input(3)
    daemon = world.daemon().start()
    world.send(clicks(0, 2000))
    world.wait_drained()
    before = world.changes()
    world.write_rules(SECOND)
    told = dry_run(daemon, 3, "--users")
    assert "1 new (comes)" in told["text"], told
    hashed = dry_run(daemon, 3)
    assert daemon.asked("rules") and world.changes() == before and daemon.is_ready()
    reload(daemon)
    settled(daemon)
    world.wait_drained()
    done = by_segment(world.wait_changes(lambda changes: len(changes) > len(before), 20))
    counted = {(s["name"], way): s[way]["users"] for s in told["segments"] for way in ("enter", "exit") if s[way]["users"]}
    assert counted == {key: len(users) for key, users in done.items()} and len(counted) >= 3, (counted, done)
    for segment in told["segments"]:
        for way in ("enter", "exit"):
            sample = set(segment[way]["sample"])
            assert sample <= done.get((segment["name"], way), set()) and len(sample) == min(5, segment[way]["users"])
    assert [{**s, "enter": s["enter"]["users"], "exit": s["exit"]["users"]} for s in hashed["segments"]] == [
        {**s, "enter": s["enter"]["users"], "exit": s["exit"]["users"]} for s in told["segments"]]
    assert not any(user in json.dumps(hashed) for users in done.values() for user in users)
    assert daemon.asked("reload", "--dry-run")["text"].strip().endswith("as before")
    judge_reloads(world, "stays")


def test_a_dry_run_says_what_is_wrong_and_disturbs_nothing(world):
    """Under load, with wrong rules, with a partition that stands still, and with a reload that comes before its end."""
    world.write_rules(FIRST)
    world.create_input(2)
    daemon = world.daemon().start()
    for number in range(4):
        world.send(clicks(number * 500, 500))
        world.write_rules(SECOND if number % 2 == 0 else [STAYS])
        dry_run(daemon, 2)
    world.write_rules([STAYS, {"name": "wrong", "when": "cuont(click[1h]) >= 2"}])
    told = daemon.ask("reload", "--dry-run")
    assert told.returncode == 1 and "nothing is changed" in told.stderr and "cuont" in told.stderr, told
    world.write_rules(SECOND)
    assert daemon.ask("pause", "1", "--wait", "20").returncode == 0
    told = daemon.asked("reload", "--dry-run")
    assert told["partitions"] == 1 and "partition 1: paused" in told["left_out"], told
    assert daemon.ask("resume").returncode == 0
    world.write_rules(FIRST)
    world.send(clicks(2000, 500))
    world.wait_drained()
    world.judge()
    told = daemon.ask("reload", "--dry-run")
    assert told.returncode == 0 and told.stdout == f"rules {daemon.asked('status')['rules']}, as before\n", told
    world.write_rules(SECOND)
    told = daemon.ask("reload", "--dry-run").stdout
    assert "SEGMENT" in told and "counted in 2 partitions here; nothing is published" in told, told
    assert daemon.stop() == 0


def test_a_reload_reads_no_more_of_the_log_than_the_rules_look_back_to(world):
    """Three hours of events, windows of minutes; users who were seen long ago keep the life that they had then."""
    near = [{"name": "stays", "when": "count(click[3m]) >= 2"}, {"name": "varies", "when": "any(buy[2m])", "keep": "1m"}]
    other = [near[0], {"name": "varies", "when": "any(buy[1m]) or count(click[2m]) >= 3", "keep": "1m"},
             {"name": "comes", "when": "seq(click, buy within 1m)[2m]", "for": "5s"}]
    total, start = 12000, time.time_ns() // 1000000 - 3 * 3600 * 1000

    def event(number, user, kind):
        return json.dumps({"user": user, "type": kind, "ts": start + number * 900})

    def some(first, count):
        return [event(i, f"u{i * i % 97}", "buy" if i % 11 == 0 else "click") for i in range(first, first + count)]
    world.write_rules(near)
    world.create_input(2)
    # Nothing may begin anew for being slow: a state that comes from Redis is not all in memory.
    patient = {"kafka": {"session_timeout": "45s", "transaction_timeout": "60s"}, "redis": {"timeout": "30s"}}
    daemon = world.daemon(input={"dedupe": "1s", "max_ahead": "1s"}, **patient).start()
    world.send([event(0, f"once{i}", "click") for i in range(20)], as_they_were=True)
    world.send(some(1, total), as_they_were=True)
    world.wait_drained()
    # A partition that has moved to another worker came from Redis, and its first reload reads all: that one is not judged.
    world.write_rules([*near, {"name": "nobody", "when": "count(nothing[1m]) >= 1"}])
    dry_run(daemon, 2)
    reload(daemon)
    settled(daemon)
    before, already = counted_up(daemon), len(starts(daemon))
    world.write_rules(other)
    dry_run(daemon, 2)
    wait_until(lambda: replayed(daemon) > before, 20, lambda: f"a dry run to have read something\n{daemon.tail()}")
    assert replayed(daemon) - before < total / 10
    reload(daemon)
    settled(daemon)
    begun = starts(daemon)[already:]
    assert len(begun) == 2 and all(offset > total / 4 for offset in begun), daemon.tail()
    world.send([event(total + i, f"once{i // 2}", "click") for i in range(40)], as_they_were=True)
    world.send(some(total + 40, 500), as_they_were=True)
    world.wait_drained()
    assert replayed(daemon) - before < total / 5, f"both have read {replayed(daemon) - before} of {total} events"
    changes, expected = world.changes(), world.replayed()
    assert published(memberships(changes)) == published(memberships(expected))
    assert stays_of(changes) == stays_of(expected) and any(user.startswith("once") for user, *_ in stays_of(changes))
    assert any(change["reason"] == "rules" for change in changes) and "id=rules-again" not in daemon.text(), daemon.tail()
    assert daemon.stop() == 0


def replayed(daemon):
    """Events read again since it began; told once a second."""
    return daemon.metrics()["footprint_events_replayed_total"]


def counted_up(daemon):
    """What it says twice in a row: all that was read is counted."""
    seen = [-1, replayed(daemon)]

    def stands():
        seen[:] = [seen[1], replayed(daemon)]
        return seen[0] == seen[1]
    wait_until(stands, 20, lambda: f"the count of what was read again to stand; {seen}", every=1.5)
    return seen[1]


def starts(daemon):
    """From which offsets successors have read."""
    return [int(offset) for offset in re.findall(r"by the log from (\d+) on", daemon.text())]


def published(users):
    """Who is in what; since when is a matter of when the rules came."""
    return {user: set(segments) for user, segments in users.items() if segments}


def stays_of(changes):
    return sorted((c["user"], c["at"], c["change"], c["reason"], c["life"]) for c in changes if c["segment"] == "stays")


RELOADS = int(os.environ.get("FOOTPRINT_RELOADS", "8"))


def test_reloads_under_load_and_a_kill_lose_nothing(world):
    """Good and bad rules in turn while events arrive, a kill in the middle; at the end the naive evaluator judges."""
    rule_sets = [FIRST, SECOND, [STAYS, CHANGED, {"name": "late", "when": "none(click[3m])", "cooldown": "1m"}]]
    world.write_rules(FIRST)
    world.create_input(3)
    daemon = world.daemon().start()
    each = max(20, 6000 // RELOADS)
    for number in range(RELOADS):
        world.send(clicks(number * each, each))
        if number % 3 == 1:
            world.write_rules([STAYS, {"name": "half", "when": "count(click[1h]) >="}])
            reload(daemon, good=False)
            continue
        world.write_rules(rule_sets[number % len(rule_sets)])
        reload(daemon)
        if number % max(4, RELOADS // 4) == 3:
            world.send(clicks(number * each, 5))
            daemon.kill()
            daemon = world.daemon().start()
    world.write_rules(SECOND)
    reload(daemon)
    world.send(clicks(RELOADS * each, 500))
    wait_until(lambda: daemon.metrics()["footprint_config_reload_settled"] == 1, 60, daemon.tail)
    world.wait_drained()
    changes = judge_reloads(world, "stays")
    assert any(change["reason"] == "rules" for change in changes)
    assert daemon.stop() == 0
