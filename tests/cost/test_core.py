"""What an event costs decode and the engine must not grow unsaid: instructions and allocations on a fixed input.

The numbers stand in counts.json. A change that costs more updates them and says why in its message;
FOOTPRINT_WRITE=1 writes what is measured.
"""
import json
import os
import re
import struct
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parent.parent.parent
BUILD = TOP / os.environ.get("FOOTPRINT_BUILD", "build/release")
COUNTS = Path(__file__).resolve().parent / "counts.json"
TOLERANCE = 0.02
EVENTS = 10_000
STEADY = (40_000, 200_000)  # users, windows and timers have found their size by then
ALLOCATIONS_MAX = 16  # a table that grows once more, not something that each event does
RULES = [
    "count(view[60s]) >= 16",
    "count(add_to_cart[60s]) >= 3 and none(purchase[60s])",
    "sum(purchase.value{value>=0}[60s]) >= 150",
]


def compiler():
    """The compiler of the build, as it names itself."""
    cache = (BUILD / "CMakeCache.txt").read_text()
    path = re.search(r"^CMAKE_C_COMPILER:\w+=(.+)$", cache, re.M).group(1)
    return subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]


@pytest.fixture
def rules(tmp_path):
    path = tmp_path / "rules.yaml"
    path.write_text(json.dumps({"segments": [{"name": f"s{at}", "when": when} for at, when in enumerate(RULES)]}))
    return path


def instructions(stage, events, rules):
    """The C library picks what the processor has: here what each has."""
    environment = {**os.environ, "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2_Usable,-AVX512F_Usable,-ERMS"}
    command = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null", BUILD / "bench" / "core", stage, str(events), rules]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return int(re.search(r"I\s+refs:\s+([\d,]+)", done.stderr).group(1).replace(",", ""))


def of_an_event(stage, rules):
    return (instructions(stage, 2 * EVENTS, rules) - instructions(stage, EVENTS, rules)) / EVENTS


def test_instructions_of_an_event(rules):
    wanted = json.loads(COUNTS.read_text())
    if compiler() != wanted["compiler"]:
        pytest.skip(f"the numbers hold for {wanted['compiler']}; this is {compiler()}")
    read, decode, engine = (of_an_event(stage, rules) for stage in ("read", "decode", "engine"))
    found = {"decode": round(decode - read), "engine": round(engine - decode)}
    print(f"instructions an event: {found}, allowed {TOLERANCE:.0%} above {wanted['instructions']}")
    if os.environ.get("FOOTPRINT_WRITE"):
        COUNTS.write_text(json.dumps({**wanted, "instructions": found}, indent=1) + "\n")
        return
    for stage, count in found.items():
        assert count <= wanted["instructions"][stage] * (1 + TOLERANCE), f"{stage} costs more: a change must say why, and update {COUNTS.name}"
        if count < wanted["instructions"][stage] * (1 - TOLERANCE):
            print(f"{stage} costs less: update {COUNTS.name}, so that it stays so")


def test_no_allocations_in_steady_state(rules, tmp_path):
    """Asked for by our own code while events are decoded, applied and packed."""
    counts = []
    for events in STEADY:
        path = tmp_path / f"allocations-{events}"
        environment = {**os.environ, "LD_PRELOAD": str(BUILD / "bench" / "allocations.so"), "FOOTPRINT_ALLOCATIONS": str(path)}
        subprocess.run([BUILD / "bench" / "core", "engine", str(events), rules], check=True, env=environment, stdout=subprocess.DEVNULL)
        counts.append(struct.unpack_from("<2Q", path.read_bytes())[0])
    grown = counts[1] - counts[0]
    print(f"allocations in {STEADY[1] - STEADY[0]} events: {grown}")
    assert counts[0] > 0, "the counting works"
    assert grown <= ALLOCATIONS_MAX
