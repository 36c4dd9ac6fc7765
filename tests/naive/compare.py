"""Runs footprintctl and the naive evaluator on the same case, compares, and shrinks what differs."""

import json
import subprocess
import tempfile
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from . import evaluate, generate, language, shrink

CASES = Path(__file__).parent / "cases"
COMPARED = ("user", "segment", "change", "at", "until", "life", "seq", "reason", "source", "with")
RUN_SECONDS_MAX = 20
CRASH = "  ctl failed: "


class Failed(Exception):
    """The program did not do its work; the text says how."""


def run(ctl, case):
    """The changes that footprintctl publishes."""
    with tempfile.TemporaryDirectory(prefix="naive-") as folder:
        segments, lines = Path(folder, "rules.json"), Path(folder, "events.ndjson")
        book = {"segments": case.rules}
        segments.write_text(json.dumps(book, ensure_ascii=False), encoding="utf-8")
        lines.write_text("".join(line + "\n" for line in case.lines), encoding="utf-8")
        command = [str(ctl), "replay", "--segments", str(segments)]
        for key, value in case.settings.items():
            text = value if isinstance(value, str) else json.dumps(value)
            command += ["--set", f"{key}={text}"]
        command += ["--drain"] * case.drain + [str(lines)]
        try:
            done = subprocess.run(command, capture_output=True, timeout=RUN_SECONDS_MAX, check=False)
        except subprocess.TimeoutExpired:
            raise Failed("it hangs") from None
    if done.returncode:
        raise Failed(f"exit {done.returncode}: {done.stderr.decode(errors='replace')[-2000:]}")
    lines = done.stdout.decode().splitlines()
    return [json.loads(line, parse_float=Decimal, parse_int=Decimal) for line in lines]


def by_user(changes):
    found = {}
    for change in changes:
        shown = {key: change[key] for key in COMPARED if key in change}
        found.setdefault(change["user"], []).append(shown)
    return found


def same_instant(left, right, tolerance):
    if left == right or left is None or right is None or not tolerance:
        return left == right
    instants = [datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ") for text in (left, right)]
    return abs(instants[0] - instants[1]) <= timedelta(milliseconds=1)


def same_value(left, right, inexact):
    if left == right or not inexact:
        return left == right and isinstance(left, str) == isinstance(right, str)
    if isinstance(left, str) or isinstance(right, str):
        return False
    return abs(left - right) <= max(Decimal("0.000001"), abs(left) * Decimal("1e-12"))


def same_change(left, right, inexact):
    """`inexact` names the attach values of each segment that may differ in the last place."""
    for key in COMPARED:
        one, other = left.get(key), right.get(key)
        if key in ("at", "until"):
            if not same_instant(one, other, inexact["*"]):
                return False
        elif key == "with" and one and other:
            loose = inexact.get(left["segment"], ())
            if one.keys() != other.keys():
                return False
            if not all(same_value(one[name], other[name], name in loose) for name in one):
                return False
        elif one != other:
            return False
    return True


def inexact_of(case):
    """What double precision may move: whether instants may, and which attach values."""
    found = {"*": any("decay" in entry["when"] for entry in case.rules)}
    for entry in case.rules:
        attach = (entry.get("attach") or {}).items()
        found[entry["name"]] = [name for name, text in attach if text.startswith("decay")]
    return found


def difference(expected, got, inexact):
    """The first difference in words, or None."""
    expected, got = by_user(expected), by_user(got)
    for user in sorted(expected.keys() | got.keys()):
        wanted, found = expected.get(user, []), got.get(user, [])
        for at in range(max(len(wanted), len(found))):
            one = wanted[at] if at < len(wanted) else None
            other = found[at] if at < len(found) else None
            if one is None or other is None or not same_change(one, other, inexact):
                return f"  naive: {shown(one)}\n  ctl:   {shown(other)}"
    return None


def shown(change):
    return json.dumps(change, ensure_ascii=False, default=str) if change else "nothing"


def judge(ctl, case):
    """None where both agree, else the difference in words."""
    expected = evaluate.replay(case.rules, case.settings, case.lines, case.drain)
    try:
        got = run(ctl, case)
    except (Failed, ValueError) as failure:
        return f"{CRASH}{failure}"
    return difference(expected, got, inexact_of(case))


def is_wrong(ctl, case, words):
    """For shrinking: wrong in the same way, and still valid."""
    try:
        found = judge(ctl, case)
    except language.LanguageError:
        return False
    return found is not None and found.startswith(CRASH) == words.startswith(CRASH)


def fuzz_one(task):
    ctl, seed, allowed = task
    case = generate.Generator(seed, allowed).case()
    return seed, judge(ctl, case)


def fuzz(ctl, seeds, allowed, jobs, save):
    """Random cases; prints those that fail, shrunk, up to ten of them. Returns (passed, failed)."""
    passed, failed = 0, 0
    with ProcessPoolExecutor(jobs) as pool:
        tasks = [(ctl, seed, allowed) for seed in seeds]
        for seed, words in pool.map(fuzz_one, tasks, chunksize=8):
            if words is None:
                passed += 1
                continue
            failed += 1
            if failed <= 10:
                case = generate.Generator(seed, allowed).case()
                small = shrink.shrink(case, lambda case, words=words: is_wrong(ctl, case, words))
                report(f"seed {seed}", small, judge(ctl, small))
                if save:
                    save_case(f"seed-{seed}", small)
    return passed, failed


def report(title, case, words):
    print(f"--- {title}")
    for entry in case.rules:
        print("  rule: " + json.dumps(entry, ensure_ascii=False))
    print("  settings: " + json.dumps(case.settings) + (" drain" if case.drain else ""))
    for number, line in enumerate(case.lines, 1):
        print(f"  {number}: {line}")
    print(words, flush=True)


def save_case(name, case):
    text = json.dumps(case.to_json(), ensure_ascii=False, indent=1)
    (CASES / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def saved_cases():
    """A file holds one case, or a list of them with names."""
    for path in sorted(CASES.glob("*.json")):
        saved = json.loads(path.read_text(encoding="utf-8"))
        for one in saved if isinstance(saved, list) else [saved]:
            yield one.get("name", path.stem), generate.Case.of_json(one)


def run_saved(ctl):
    passed, failed = 0, 0
    for name, case in saved_cases():
        words = judge(ctl, case)
        if words is None:
            passed += 1
        else:
            failed += 1
            report(name, case, words)
    return passed, failed
