"""Curves of the engine alone: one thing varied, the rest as in the workload fp-bench.

Time is the median of three runs, and other work on the machine moves it; instructions are counted by callgrind and do not move.
"""
import json
import os
import re
import shutil
import subprocess

from stand import PROGRAMS, median

ROUNDS = 3
# The C library picks what the processor has: here what each has.
PLAIN = {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2_Usable,-AVX512F_Usable,-ERMS"}
COUNTED_MAX = 3000000  # events of a run under callgrind, which is 50 times slower
SLOW = {"users": 100, "gap_us": 50000}  # as many events a user as ever, and an hour is 72,000 events
DAY_MS = 86400000


def words(options):
    return [PROGRAMS / "bench_engine", *(f"{name}={int(value)}" for name, value in options.items())]


def measured(**options):
    """What bench_engine says, as a dict."""
    return json.loads(subprocess.run(words(options), capture_output=True, text=True, check=True).stdout)


def instructions(**options):
    """Of an event; None where they can't be counted."""
    if shutil.which("valgrind") is None or options["events"] > COUNTED_MAX:
        return None
    done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "--toggle-collect=bench_measured", *words(options)],
                          capture_output=True, text=True, check=True, env={**os.environ, **PLAIN})
    return int(re.search(r"Collected : (\d+)", done.stderr).group(1)) / (options["events"] / 2)


def point(run, what, rounds=ROUNDS, **options):
    runs = [measured(**options) for _ in range(rounds)]
    counted = instructions(**options)
    times = [one["ns"] for one in runs]
    run.table.say(f"  {what:44} {median(times):8.0f} ({min(times):.0f} to {max(times):.0f})".ljust(78) +
                  f"{'-' if counted is None else f'{counted:.0f}':>12} {runs[0]['own_bytes']:12.0f}")


def title(run, what):
    run.table.say(f"\n{what}\n" + f"  {'':44} {'ns/event':>8}".ljust(78) + f"{'instr./event':>12} {'bytes/user':>12}")


def users(run):
    title(run, "users, each with some ten events behind it")
    for count in (10000, 100000, 1000000) + (() if run.options.quick else (10000000,)):
        many = count >= 1000000
        point(run, f"{count} users", 1 if many else ROUNDS, users=count, events=4 * count if many else max(1000000, 10 * count))


def rules(run):
    title(run, "rules, of which an event touches five; 10,000 users")
    for count in (1, 5, 50, 500, 1000, 10000):
        point(run, f"{count} rules", users=10000, events=200000, rules=count)


def k(run):
    title(run, "k of count(view[1d]) >= k and count(click[1d]) >= k; 100 users; events in order, and up to an hour late")
    for spread_ms, how in ((-1, "in order"), (3600000, "1 h late")):
        for count in (1, 10, 100, 1000):
            point(run, f"k = {count}, {how}", users=100, gap_us=50000, events=300000, k=count, window_ms=DAY_MS, spread_ms=spread_ms)


def lateness(run):
    title(run, "lateness, and events come up to so late, all alike; 100 users")
    for what, options in (("rules of fp-bench", {}), ("two counts up to 10 of a day", {"k": 10, "window_ms": DAY_MS}),
                          ("lists of 10 minutes", {"lists": 1, "window_ms": 600000})):
        for seconds in (0, 10, 600, 3600):
            point(run, f"{seconds} s, {what}", events=200000, spread_ms=seconds * 1000, **SLOW, **options)


def hot(run):
    title(run, "a hot user has so many of the events; 10,000 users")
    for what, options in (("rules of fp-bench", {}), ("dedupe 10m", {"dedupe_ms": 600000}), ("lists of 1 minute", {"lists": 1, "window_ms": 60000})):
        for share in (0, 10, 50, 90):
            point(run, f"{share} %, {what}", users=10000, events=300000, hot=share, **options)


CURVES = {"users": users, "rules": rules, "k": k, "lateness": lateness, "hot": hot}
