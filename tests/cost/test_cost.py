"""Cost follows the event, not the rule book: instructions of footprintctl replay, counted by valgrind."""
import json
import os
import random
import re
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parent.parent.parent
CTL = TOP / os.environ.get("FOOTPRINT_BUILD", "build/release") / "footprintctl"
MANY = 10_000
EVENTS = 2_000
RATIO_MAX = 1.5
LOAD_INSTRUCTIONS_MAX = 2_000_000_000  # well below two seconds on any server

KINDS = [
    "count({0}[30m]) >= 5 and none({1}[1d])",
    "sum({0}.value{{value>=0}}[1h]) >= 500",
    "distinct({0}.item[1h]) >= 4",
    'seq({0}{{category="shoes"}}, {0}{{category="hats"}} within 10m)[1h]',
    "avg({0}.value[10m]) >= 50 or unanswered({0}, {1}, 5m by item)[1h]",
]


def book(count, first=0):
    """Five segments a type; those of the first five are about the type that comes."""
    names = [(f"view{number // 5}", f"buy{number // 5}") for number in range(first, first + count)]
    return [{"name": f"s{first + at}", "when": KINDS[at % 5].format(*pair)} for at, pair in enumerate(names)]


def as_yaml(rules):
    return "segments:\n" + "".join(f"  - name: {rule['name']}\n    when: '{rule['when']}'\n" for rule in rules)


def as_json(rules):
    return json.dumps({"segments": rules})


def lines(count):
    """The same events at the front, however many there are."""
    dice = random.Random(1)
    for number in range(count):
        yield json.dumps({
            "user": f"u{dice.randrange(200)}", "type": "view0", "ts": 1_700_000_000_000 + number * 500,
            "value": dice.randrange(100), "item": f"i{dice.randrange(9)}", "category": dice.choice(["shoes", "hats", "ties"]),
        })


def instructions(folder, rules, events):
    """Of one run, from the load of the rules to the last event."""
    segments, input_path = folder / "rules.yaml", folder / "events.ndjson"
    segments.write_text(rules, encoding="utf-8")
    input_path.write_text("".join(f"{line}\n" for line in lines(events)), encoding="utf-8")
    command = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null",
               CTL, "replay", "--segments", segments, input_path]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(re.search(r"I\s+refs:\s+([\d,]+)", done.stderr).group(1).replace(",", ""))


def of_an_event(folder, rules):
    """The load and the first half cancel out."""
    halves = [instructions(folder, as_yaml(rules), count) for count in (EVENTS, 2 * EVENTS)]
    return (halves[1] - halves[0]) / EVENTS


def test_other_segments_cost_an_event_nothing(tmp_path):
    idle, alone, among = (of_an_event(tmp_path, rules) for rules in (book(5, 5), book(5), book(MANY)))
    print(f"instructions an event: {idle:.0f} where it touches nothing, {alone:.0f} with its 5 segments, "
          f"{among:.0f} among {MANY}")
    assert among <= RATIO_MAX * alone
    assert among - idle <= RATIO_MAX * (alone - idle), "without what reading an event costs"


@pytest.mark.parametrize("spell", [as_yaml, as_json])
def test_many_segments_load_in_no_time(tmp_path, spell):
    load = instructions(tmp_path, spell(book(MANY)), 1)
    print(f"instructions to load {MANY} segments: {load}")
    assert load <= LOAD_INSTRUCTIONS_MAX
