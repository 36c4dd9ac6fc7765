"""What an operator asks the running daemon, and who may."""
import json
import os
import socket
import subprocess

import pytest

from daemon import ctl
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
    return world.daemon().start()


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
