"""What the daemon asks of the kernel: no more than the filter of the shipped unit lets through."""
import json
import os
import re
import shutil
import signal
import subprocess

import pytest

from servers import RELEASE, TOP
from waiting import wait_until

UNIT = TOP / "systemd" / "footprintd.service"
RULES = [{"name": "seen", "when": "count(click[1h]) >= 2"}, {"name": "short", "when": "count(click[1s]) >= 1"}]
NOW = 1_700_000_000_000
# It starts the daemon, and belongs to the service manager's side.
BEFORE = {"execve"}
WRAPPER = """#!/bin/sh
exec strace -D -f -qq -o "{trace}" -e signal=none "{daemon}" "$@"
"""


def told(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def members(group):
    """The names in a group of the filter, groups in it resolved."""
    names = set()
    for line in told("systemd-analyze", "syscall-filter", group).splitlines()[1:]:
        word = line.split("#")[0].strip()
        names |= members(word) if word.startswith("@") else {word} - {""}
    return names


def filtered():
    """What the unit lets through, its lines in their order; @default always."""
    allowed = members("@default")
    for line in re.findall(r"^SystemCallFilter=(.*)$", UNIT.read_text(), flags=re.M):
        for group in line.lstrip("~").split():
            allowed = allowed - members(group) if line.startswith("~") else allowed | members(group)
    return allowed


def used(traces):
    """Name -> how often it was refused by the kernel for a want of rights."""
    calls = {}
    for trace in traces:
        for line in trace.read_text(errors="replace").splitlines():
            found = re.match(r"\d+ +(?:<\.\.\. )?(\w+)(?:\(| resumed)", line)
            if found:
                calls[found.group(1)] = calls.get(found.group(1), 0) + ("= -1 EPERM" in line)
    return calls


def live(daemons):
    return [sum(row["state"] == "live" for row in daemon.asked("partitions")["partitions"]) for daemon in daemons]


def may_trace():
    return shutil.which("strace") and subprocess.run(["strace", "-D", "-f", "true"], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not may_trace(), reason="strace may not trace here")
def test_the_unit_lets_through_what_is_used(make_world, kafka, own_redis):
    """A start, events, timers, health, the socket, a reload, a lost Redis, a second member, a stop."""
    world = make_world(kafka, own_redis)
    world.write_rules(RULES)
    world.create_input(4)
    traces = [world.folder / f"trace-{i}" for i in range(2)]
    daemons = []
    for trace in traces:
        wrapper = world.folder / f"traced-{trace.name}"
        wrapper.write_text(WRAPPER.format(trace=trace, daemon=RELEASE / "footprintd"))
        wrapper.chmod(0o755)
        daemons.append(world.daemon(binary=wrapper, instance=trace.name, checkpoint={"interval": "1s"}, input={"idle_after": "1s"}))
    first, second = daemons
    first.start()
    world.send([json.dumps({"user": f"u{user}", "type": "click", "ts": NOW + i}) for user in range(200) for i in range(2)] + ["{}"])
    world.wait_drained()
    for path in ("/metrics", "/livez", "/readyz", "/healthz", "/nothing"):
        assert first.get(path)[0] in (200, 404, 503)
    for command in ("status", "top", "partitions", "rules", "errors"):
        assert first.ask(command, "--json", *(["--once"] if command == "top" else [])).returncode in (0, 2), command
    world.write_rules([*RULES, {"name": "more", "when": "count(click[1h]) >= 1"}])
    assert first.ask("reload", "--wait").returncode == 0, first.tail()
    second.start()
    wait_until(lambda: live(daemons) == [2, 2], 60, lambda: f"two partitions each; {live(daemons)}")
    own_redis.stop()
    wait_until(lambda: first.get("/readyz")[0] == 503, 20, "Redis to be missed")
    own_redis.start()
    world.send([json.dumps({"user": f"u{user}", "type": "click", "ts": NOW + 10 + i}) for user in range(200) for i in range(2)])
    world.wait_drained()
    for daemon in daemons:
        daemon.wait_ready()
    wait_until(lambda: live(daemons) == [2, 2], 60, lambda: f"two partitions each; {live(daemons)}")
    os.kill(first.process.pid, signal.SIGHUP)
    for daemon in daemons:
        assert daemon.stop(60) == 0
    calls = used(traces)
    assert len(calls) > 30, f"that is no trace: {calls}"
    print(f"{len(calls)} calls: {' '.join(sorted(calls))}")
    assert set(calls) - filtered() - BEFORE == set()
    assert {name for name, refused in calls.items() if refused} == set()
