"""What an operator asks the running daemon, and who may."""
import fcntl
import json
import os
import pty
import re
import socket
import struct
import subprocess
import termios
import time

import pytest

from daemon import CTL, ctl
from topics import partition_of
from waiting import wait_until

RULES = [{"name": "seen", "when": "count(click[1h]) >= 2"}, {"name": "rare", "when": "count(buy[1h]) >= 1"}]
PARTITIONS = 4
NOW = 1_700_000_000_000


def clicks(user, count, start=0):
    return [json.dumps({"user": user, "type": "click", "ts": NOW + start + i, "id": f"{user}-{start + i}"}) for i in range(count)]


@pytest.fixture
def daemon(world):
    world.write_rules(RULES)
    world.create_input(PARTITIONS)
    daemon = world.daemon().start()
    wait_until(lambda: len(states(daemon)) == PARTITIONS, 30, lambda: f"all partitions; {states(daemon)}")
    return daemon


def works(daemon, world, users=20):
    """Some users enter; what went through is seen in the answers."""
    world.send([line for user in range(users) for line in clicks(f"u{user}", 2)])
    world.wait_drained()
    wait_until(lambda: daemon.asked("status")["events"] == 2 * users, 10, lambda: f"the events; {daemon.asked('status')}")


def test_status_is_what_the_metrics_say(daemon, world):
    works(daemon, world)
    status = daemon.asked("status")
    assert status["ready"] and status["reasons"] == [] and status["stalls"] == []
    assert (status["partitions_here"], status["partitions"]) == (PARTITIONS, PARTITIONS)
    assert status["pid"] == daemon.process.pid
    assert status["changes"] == daemon.metrics()["footprint_changes_total"] == 20
    text = daemon.ask("status").stdout
    assert "ready       yes" in text and "changes     20 (20 enters, 0 exits)" in text


def test_partitions_and_rules_are_listed(daemon, world):
    works(daemon, world)
    answer = daemon.asked("partitions")
    assert [row["partition"] for row in answer["partitions"]] == list(range(PARTITIONS)) and answer["of"] == PARTITIONS
    for row in answer["partitions"]:
        assert row["state"] == "live" and row["lag"] == 0
        assert row["offset"] >= len(world.sent[row["partition"]])  # the markers of transactions count too
    assert len(daemon.ask("partitions").stdout.splitlines()) == PARTITIONS + 1
    answer = daemon.asked("rules")
    assert {row["segment"]: row["members"] for row in answer["segments"]} == {"seen": 20, "rare": 0}
    assert "seen" in daemon.ask("rules").stdout


def test_the_log_level_changes_at_once(daemon):
    assert daemon.asked("loglevel") == {"log_level": "info"}
    assert daemon.ask("loglevel", "debug").stdout == "debug\n"
    assert daemon.asked("loglevel") == {"log_level": "debug"}
    assert "id=log-level" in daemon.text() and "by uid 0" in daemon.text()
    refused = daemon.ask("loglevel", "loud")
    assert refused.returncode == 1 and "there is no log level 'loud'" in refused.stderr


def states(daemon):
    return {row["partition"]: row["state"] for row in daemon.asked("partitions")["partitions"]}


def test_paused_partitions_stand_still_and_the_others_go_on(daemon, world):
    """More is sent than a backlog holds; then all of it is there, each change once."""
    assert daemon.asked("pause", "1", "3")["partitions"] == [{"partition": 1, "state": "paused"}, {"partition": 3, "state": "paused"}]
    assert states(daemon) == {0: "live", 1: "paused", 2: "live", 3: "paused"}
    assert "partition 1: paused by an operator" in daemon.get("/readyz")[1]
    assert 'state="paused"' in daemon.get("/metrics")[1]
    before = daemon.asked("partitions")["partitions"]
    world.send([line for user in range(3000) for line in clicks(f"u{user}", 6)])

    def others_are_done():
        rows = daemon.asked("partitions")["partitions"]
        return all(rows[i]["offset"] >= len(world.sent[i]) and rows[i]["lag"] == 0 for i in (0, 2))
    wait_until(others_are_done, 60, lambda: f"partitions 0 and 2; {daemon.asked('partitions')}")
    for i in (1, 3):
        assert daemon.asked("partitions")["partitions"][i]["offset"] == before[i]["offset"]
    assert {change["source"]["partition"] for change in world.changes()} == {0, 2}
    text = daemon.ask("resume").stdout
    assert text.splitlines() == [f"partition {i}: live" for i in range(PARTITIONS)]
    daemon.wait_ready()
    world.wait_drained()
    world.judge()
    assert "id=operator" in daemon.text() and "pause partition 1,3, by uid 0" in daemon.text()


def test_a_pause_while_a_lot_is_under_way_loses_nothing(daemon, world):
    world.send([line for user in range(4000) for line in clicks(f"u{user}", 5)])
    for _ in range(6):
        assert daemon.ask("pause").returncode == 0
        assert daemon.ask("resume", "0-1").returncode == 0
        assert daemon.ask("resume").returncode == 0
    world.wait_drained()
    world.judge()


def test_a_drained_daemon_has_stored_all(world):
    """After a kill there is nothing to replay."""
    world.write_rules(RULES)
    world.create_input(PARTITIONS)
    daemon = world.daemon(checkpoint={"interval": "1h"}).start()
    works(daemon, world, users=200)
    assert daemon.metrics()["footprint_profiles_dirty"] > 0
    answer = daemon.asked("drain")
    assert answer["partitions"] == [{"partition": i, "state": "drained"} for i in range(PARTITIONS)]
    assert daemon.metrics()["footprint_profiles_dirty"] == 0
    world.send(clicks("later", 2))
    daemon.kill()
    daemon.start()
    assert daemon.metrics()["footprint_events_replayed_total"] == 0
    assert set(states(daemon).values()) == {"live"}  # it does not outlive the process
    world.wait_drained()
    world.judge()


def test_a_held_partition_stays_so_after_a_rebalance(daemon, world):
    assert daemon.ask("drain").returncode == 0
    second = world.daemon(instance="two").start()
    wait_until(lambda: len(states(second)) > 0, 30, lambda: f"partitions at the second; {second.asked('partitions')}")
    world.write_rules([{"name": "other", "when": "any(click[1h])"}])
    told = second.asked("reload", "--dry-run")
    assert "with no worker here" in told["left_out"] and told["partitions"] < PARTITIONS, told
    world.write_rules(RULES)
    assert second.stop() == 0
    wait_until(lambda: len(states(daemon)) == PARTITIONS, 30, lambda: f"partitions back; {daemon.asked('partitions')}")
    wait_until(lambda: set(states(daemon).values()) == {"drained"}, 30, lambda: f"them to be drained; {states(daemon)}")
    assert daemon.ask("resume").returncode == 0
    world.send([line for user in range(20) for line in clicks(f"u{user}", 2)])
    world.wait_drained()
    world.judge()


def test_what_can_not_be_held_is_said(daemon):
    for wrong in ("7", "x", "2-1", "1,", "-1"):
        refused = daemon.ask("pause", "--", wrong)
        assert refused.returncode == 1 and "names no partitions" in refused.stderr, wrong
    assert set(states(daemon).values()) == {"live"}


def test_the_clock_of_a_paused_partition_stands_still(world):
    """An exit by time alone waits for the operator, and has its own instant all the same."""
    world.write_rules([{"name": "just", "when": "count(click[3s]) >= 1"}])
    world.create_input(1)
    daemon = world.daemon(input={"idle_after": "100ms", "lateness": "0"}).start()

    def clock():
        row = daemon.asked("partitions")["partitions"][0]
        return row["watermark_ms"], row["watermark_lag_seconds"]
    world.send([json.dumps({"user": "a", "type": "click", "ts": round(time.time() * 1000)})])
    enter = world.wait_changes(lambda changes: len(changes) == 1, 20)[0]
    assert daemon.ask("pause").returncode == 0
    stands = clock()[0]
    count = len(world.changes())
    wait_until(lambda: clock()[1] > 5, 10, lambda: f"the wall's clock to go on; {clock()}")
    assert clock()[0] == stands and len(world.changes()) == count
    assert daemon.ask("resume").returncode == 0
    changes = world.wait_changes(lambda changes: len(changes) == 2, 20)
    assert changes[1]["change"] == "exit" and changes[1]["at"] == enter["until"]
    wait_until(lambda: clock()[1] < 2, 10, lambda: f"the clock to catch up; {clock()}")


BAD = [
    ("no user", '{"type":"click","ts":1700000000000}', "no_user", None),
    ("cut off", '{"user":"a","type":"click"', "not_json", 26),
    ("a word", '{"user":"a","type":"click","ts":nul}', "not_json", 32),
    ("no type", '{"user":"a","ts":1700000000000}', "no_type", None),
]


def test_errors_tells_the_last_rejects_and_where(daemon, world):
    assert daemon.asked("errors") == {"errors": []}
    assert "nothing was rejected" in daemon.ask("errors").stdout
    for _, payload, _, _ in BAD:
        world.sender.send(2, "a", payload)
    world.sender.flush()
    world.wait_drained()
    errors = daemon.asked("errors")["errors"]
    assert [(e["reason"], e.get("byte")) for e in errors] == [(reason, byte) for _, _, reason, byte in BAD]
    for error in errors:
        assert error["topic"] == world.topic("interactions") and error["partition"] == 2 and error["detail"]
        assert BAD[[e["offset"] for e in errors].index(error["offset"])][2] == error["reason"]
    rejects = {int(record.headers["offset"]): record.headers for record in world.records("rejects")}
    assert {e["offset"]: e["detail"] for e in errors} == {offset: headers["detail"] for offset, headers in rejects.items()}
    text = daemon.ask("errors").stdout
    assert f"{world.topic('interactions')}/2/{errors[0]['offset']} no_user: " in text
    for _ in range(120):
        world.sender.send(1, "a", "{")
    world.sender.flush()
    world.wait_drained()
    errors = daemon.asked("errors")["errors"]
    assert len(errors) == 100 and {error["partition"] for error in errors} == {1}


class Tap:
    """footprintctl tap --json, its lines as they come."""

    def __init__(self, daemon, *arguments, json=True):
        self.process = subprocess.Popen([CTL, "tap", *["--json"][:json], "--socket", daemon.socket, *arguments], stdout=subprocess.PIPE, text=True)

    def lines(self, count):
        return [json.loads(self.process.stdout.readline()) for _ in range(count)]

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


@pytest.fixture
def tap(daemon):
    taps = []

    def start(*arguments, **how):
        before = daemon.text().count("id=operator")
        taps.append(Tap(daemon, *arguments, **how))
        wait_until(lambda: daemon.text().count("id=operator") > before, 10, "the tap")
        return taps[-1]
    yield start
    for one in taps:
        one.end()


def test_tap_shows_what_passes(daemon, world, tap):
    live = tap("--users")
    world.send(clicks("u1", 2))
    world.sender.send(partition_of("u1", PARTITIONS), "u1", "{")
    world.sender.flush()
    lines = live.lines(4)
    assert sorted(line["tap"] for line in lines) == ["change", "event", "event", "reject"]
    events = [line for line in lines if line["tap"] == "event"]
    assert {(e["user"], e["type"], e["outcome"], e["at"]) for e in events} == {("u1", "click", "event", f"2023-11-14T22:13:20.{i:03}Z") for i in range(2)}
    change = next(line for line in lines if line["tap"] == "change")
    assert (change["segment"], change["change"], change["reason"], change["offset"]) == ("seen", "enter", "event", events[1]["offset"])
    reject = next(line for line in lines if line["tap"] == "reject")
    assert reject["reason"] == "not_json" and "user" not in reject


def test_tap_hides_users_and_takes_what_is_wished(daemon, world, tap):
    secret = "somebody-with-a-name"
    told = tap("--users", "--show", "changes", "--segment", "seen", "--count", "1")
    one = tap("--user", secret, "--show", "events")
    hidden = tap("--count", "5", "--show", "events", "--sample", "3")
    text = tap("--count", "12", json=False)
    assert "4 others are tapping" in daemon.ask("tap").stderr
    world.send([line for user in ("other", secret) for line in clicks(user, 8)])
    assert [line["change"] for line in told.lines(1)] == ["enter"] and told.process.wait(10) == 0
    lines = one.lines(8)
    users = {line["user"] for line in lines}
    assert len(users) == 1 and re.fullmatch("[0-9a-f]{16}", users.pop()) and {line["tap"] for line in lines} == {"event"}
    shown = hidden.lines(5)  # of 16 events the first of each three
    assert hidden.process.wait(10) == 0 and secret not in json.dumps(shown)
    printed = text.process.communicate(timeout=10)[0].splitlines()
    assert len(printed) == 12 and secret not in "".join(printed)


def test_a_flood_is_dropped_and_counted_and_holds_up_nothing(daemon, world, tap):
    """A reader who does not read, and more than a ring holds: the data goes on, the rest is counted."""
    stuck = socket.socket(socket.AF_UNIX)
    stuck.connect(daemon.socket)
    stuck.sendall(b"tap json\n")
    wait_until(lambda: "id=operator" in daemon.text(), 10, "the tap")
    live = tap("--users", "--show", "events")
    total = 40000
    world.send([line for user in range(total // 40) for line in clicks(f"u{user}", 40)])
    world.wait_drained()
    shown, dropped = 0, 0
    while shown + dropped < total:
        line = live.lines(1)[0]
        if line["tap"] == "dropped":
            dropped = line["count"]
        else:
            shown += 1
    assert shown + dropped == total and shown > 0 and dropped > 0
    world.judge()
    stuck.close()
    live.end()
    wait_until(lambda: daemon.ask("tap", "--show", "nothing").stderr.count("write events") == 1, 10, "an answer")


def test_tap_of_users_is_for_admins(daemon):
    assert daemon.ask("tap", "--segment", "none").stderr.count("no segment 'none'") == 1
    if os.geteuid() != 0:
        pytest.skip("only root can ask as somebody else")
    os.chmod(daemon.socket, 0o666)
    for option in (["--users"], ["--user", "u1"]):
        refused = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "/usr/bin/python3", "-c",
                                  "import socket,sys; s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.sendall(sys.argv[2].encode()); print(s.recv(999))",
                                  daemon.socket, "tap " + ("users" if option == ["--users"] else "user=u1") + "\n"], capture_output=True, text=True, timeout=20)
        assert "no denied: to see users needs the level admin" in refused.stdout, refused


def test_top_draws_a_picture_a_second(daemon, world):
    live = subprocess.Popen([CTL, "top", "--json", "--count", "4", "--socket", daemon.socket], stdout=subprocess.PIPE, text=True)
    first = json.loads(live.stdout.readline())
    assert first["events_per_second"] == 0 and len(first["partitions"]) == PARTITIONS
    world.send([line for user in range(100) for line in clicks(f"u{user}", 2)])
    rest = [json.loads(line) for line in live.communicate(timeout=20)[0].splitlines()]
    assert len(rest) == 3 and max(picture["events_per_second"] for picture in rest) > 20
    assert max(segment["enters_per_second"] for picture in rest for segment in picture["segments"]) > 10
    times = [time.mktime(time.strptime(picture["at"][:19], "%Y-%m-%dT%H:%M:%S")) for picture in rest]
    assert 1 <= times[-1] - times[0] <= 4
    text = daemon.ask("top", "--count", "1").stdout.splitlines()
    assert text[0].startswith("footprintd one  up ") and text[0].endswith("ready")
    assert any(line.split()[:2] == ["3", "live"] for line in text) and any(line.endswith("  seen") for line in text)
    assert len(text) <= 24 and max(map(len, text)) <= 80


def test_top_on_a_terminal_fits_80x24(daemon):
    """Through a real pseudo terminal: redrawn in place, nothing scrolls, control codes are plain ANSI."""
    parent, child = pty.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    assert subprocess.run([CTL, "top", "--count", "3", "--socket", daemon.socket], stdout=child, timeout=20).returncode == 0
    os.close(child)
    seen = b""
    try:
        while more := os.read(parent, 65536):
            seen += more
    except OSError:
        pass  # the other end is closed
    os.close(parent)
    pictures = seen.decode().split("\x1b[H")[1:]
    assert len(pictures) == 3 and seen.startswith(b"\x1b[2J")
    for picture in pictures:
        lines = re.sub("\x1b\\[[KJ]", "", picture).rstrip("\r\n").split("\r\n")
        assert len(lines) <= 24 and max(map(len, lines)) <= 80 and "\x1b" not in "".join(lines)


def test_the_socket_is_found_by_the_settings(daemon):
    assert ctl("status", "-c", daemon.config, "--json").returncode == 0
    nobody = ctl("status", "--socket", "/nowhere/sock")
    assert nobody.returncode == 1 and "is footprintd running" in nobody.stderr
    assert ctl("status", "--no-such-option").returncode == 2
    assert ctl("status", "operand").returncode == 2


def test_the_socket_is_closed_to_strangers(daemon):
    """Mode 0660, and a stranger who gets in all the same may read alone."""
    assert os.stat(daemon.socket).st_mode & 0o777 == 0o660
    if os.geteuid() != 0:
        pytest.skip("only root can ask as somebody else")
    stranger = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]

    def ask_as_stranger(line):
        program = "import socket,sys; s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.sendall(sys.argv[2].encode()); print(s.makefile().read())"
        return subprocess.run([*stranger, "/usr/bin/python3", "-c", program, daemon.socket, line], capture_output=True, text=True, timeout=20)
    assert "PermissionError" in ask_as_stranger("status\n").stderr
    os.chmod(daemon.socket, 0o666)
    assert ask_as_stranger("status\n").stdout.startswith("ok\n")
    assert ask_as_stranger("loglevel level=debug\n").stdout.startswith("no denied: ")
    assert daemon.asked("loglevel") == {"log_level": "info"}
    assert "id=socket-denied" in daemon.text()


def test_hostile_clients_change_nothing(daemon, world):
    """Slow, huge and many: events go through meanwhile, and a good client is answered afterwards."""
    clients = []
    for number in range(200):
        client = socket.socket(socket.AF_UNIX)
        client.setblocking(False)
        try:
            client.connect(daemon.socket)
            client.send([b"stat", b"x" * 8000, b"\0\xff\n", b"status " + b"a " * 400][number % 4])
        except OSError:
            pass  # cut off already, or the queue is full
        clients.append(client)
    world.send([line for user in range(20) for line in clicks(f"u{user}", 2)])
    world.wait_drained()
    assert daemon.get("/livez")[0] == 200
    wait_until(lambda: daemon.ask("status").returncode == 0, 10, lambda: f"an answer; {daemon.ask('status').stderr}")
    wait_until(lambda: daemon.asked("status")["changes"] == 20, 10, lambda: f"the changes; {daemon.asked('status')}")
    for client in clients:
        client.close()
    assert daemon.stop() == 0
    assert not os.path.exists(daemon.socket)


def test_a_killed_daemons_socket_is_replaced_and_a_living_ones_is_not(daemon, world):
    daemon.kill()
    assert os.path.exists(daemon.socket)
    daemon.start()
    assert daemon.asked("status")["ready"]
    second = world.daemon(instance="two", socket={"path": daemon.socket}).start(ready=False)
    assert second.wait(20) == 1
    assert "another daemon listens" in second.text()
    assert daemon.asked("status")["ready"]
