"""What must hold of footprintctl whatever the rules are, without a second opinion on them."""

import json
import random
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime, timedelta

from . import compare, generate

WEEKS = timedelta(weeks=52 * 9)  # the days of the week stay
OTHERS = 10**9  # seeds of the segments that are added


def published(ctl, case, dropped=()):
    """What comes out, without the names of the rules and what is dropped."""
    wanted = [key for key in compare.COMPARED if key not in dropped]
    return [{key: change[key] for key in wanted if key in change} for change in compare.run(ctl, case)]


def other_segments_change_nothing(ctl, seed):
    """They share lists, make users due earlier and keep windows longer; only `seq` may show it."""
    generator = generate.Generator(seed)
    case = generator.case()
    other = generate.Generator(OTHERS + seed)
    other.unit, other.types = generator.unit, generator.types
    names = {entry["name"] for entry in case.rules}
    extra = [other.segment(number) for number in range(5, 8)]
    more = generate.Case(case.rules + extra, case.settings, case.lines, case.drain)
    among = [change for change in published(ctl, more, ["seq"]) if change["segment"] in names]
    return more, compare.difference(published(ctl, case, ["seq"]), among, {"*": False})


def later(change):
    moved = dict(change)
    for key in {"at", "until"} & change.keys():
        instant = datetime.strptime(change[key], "%Y-%m-%dT%H:%M:%S.%fZ") + WEEKS
        moved[key] = f"{instant:%Y-%m-%dT%H:%M:%S}.{instant.microsecond // 1000:03d}Z"
    return moved


def times_may_be_shifted(ctl, seed):
    cases = [generate.Generator(seed, shift=shift).case() for shift in (0, WEEKS // timedelta(milliseconds=1))]
    for case in cases:
        case.settings.pop("input.time_zone", None)  # summer begins on another day
    early, late = (published(ctl, case) for case in cases)
    return cases[1], compare.difference(list(map(later, early)), late, {"*": False})


def order_of_arrival_is_forgotten(ctl, seed):
    """All events but the newest come late, in two orders; conditions hold from the probe on only."""
    generator = generate.Generator(seed)
    case = generator.case()
    for entry in case.rules:
        entry["when"] = f"any(probe[1h]) and ({entry['when']})"
    case.settings |= {"profiles.forget_after": "never", "input.dedupe": "0s"}
    base, count = generate.BASES[0], generator.pick(3, 8, 20, 40)
    lines = [generator.line('"u1"', base + number * generator.unit) for number in range(count)]
    lines = [line for line in lines if line not in generate.GARBAGE]
    newest = json.dumps({"user": "u1", "type": "view", "ts": base + count * generator.unit})
    probe = json.dumps({"user": "u1", "type": "probe", "ts": base + (count + 1) * generator.unit})
    orders = [[newest, *lines, probe]]
    random.Random(seed).shuffle(lines)
    orders.append([newest, *lines, probe])
    cases = [generate.Case(case.rules, case.settings, order) for order in orders]
    straight, shuffled = (published(ctl, one) for one in cases)
    return cases[1], compare.difference(straight, shuffled, compare.inexact_of(case))


PROPERTIES = (other_segments_change_nothing, times_may_be_shifted, order_of_arrival_is_forgotten)


def check_one(task):
    ctl, seed = task
    return seed, [(one.__name__, *one(ctl, seed)) for one in PROPERTIES]


def check(ctl, seeds, jobs):
    """All of them on random cases; prints what does not hold. Returns (passed, failed)."""
    passed, failed = 0, 0
    with ProcessPoolExecutor(jobs) as pool:
        for seed, found in pool.map(check_one, [(ctl, seed) for seed in seeds], chunksize=8):
            for name, case, words in found:
                passed += words is None
                failed += words is not None
                if words is not None and failed <= 10:
                    compare.report(f"{name}, seed {seed}", case, words)
    return passed, failed
