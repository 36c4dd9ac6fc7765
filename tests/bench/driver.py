"""The daemon beside a consumer that does nothing, on the workload fp-bench: a table of ratios, medians and spread."""
import argparse
import calendar
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import curves
import stages
from stand import (OFFSET_END, PROGRAMS, RELEASE, Reader, Stand, Topic, change_of, drain_bare, drain_daemon, functions_at, median, quantile, read_topic,
                   wait_until)

PARTS = ("drain", "zipf", "dedupe", "users", "workers", "latency", "memory", "restart", "engine", "allocations", "stages", "curves")
TWO_COUNTS = [{"name": "viewer", "when": "count(view[1h]) >= 10"}, {"name": "clicker", "when": "count(click[1h]) >= 10"}]


class Table:
    """Row by row, as it is measured."""

    def __init__(self):
        print(f"{'figure':62} {'floor':>7} {'goal':>7}   median (least to most)", flush=True)

    def row(self, figure, values, digits=2, floor="", goal="", note=""):
        values = values if isinstance(values, list) else [values]
        spread = f" ({min(values):.{digits}f} to {max(values):.{digits}f})" if len(values) > 1 else ""
        print(f"{figure:62} {floor:>7} {goal:>7}   {median(values):.{digits}f}{spread}{note}", flush=True)

    def say(self, text):
        print(text, flush=True)


# --- events per second -----------------------------------------------------------------------------


def right(stand, daemon, topic, dedupe):
    """Whether what a read_committed reader sees is what a replay says; how many changes."""
    seen = [change_of(record.value) for record in read_topic(stand.kafka.bootstrap, f"{daemon.name}.changes")]
    wanted = topic.replayed(dedupe)
    return len(seen) == len(wanted) and set(seen) == wanted, len(wanted)


def pairs_of(stand, topic, pairs, dedupe="0", **settings):
    """The bare loop and the daemon by turns. Every run of the daemon must have said what is right."""
    found = []
    for _ in range(pairs):
        bare = drain_bare(stand, topic)
        daemon = stand.daemon(topic, dedupe=dedupe, **settings)
        ours = drain_daemon(stand, topic, daemon)
        daemon.stop()
        ours["right"], ours["changes"] = right(stand, daemon, topic, dedupe)
        found.append((bare, ours))
    return found


def rate(run):
    return run["events"] / run["seconds"]


def cost(run, name="cpu"):
    return run[name] / run["events"] * 1e6


def show_pairs(table, pairs, what, goals=(("", ""), ("", ""))):
    table.row(f"{what}: events/s, daemon / bare loop", [rate(o) / rate(b) for b, o in pairs], 2, *goals[0])
    table.row(f"{what}: CPU per event, daemon / bare loop", [cost(o) / cost(b) for b, o in pairs], 2, *goals[1])
    table.row("    bare loop, events/s", [rate(b) for b, _ in pairs], 0)
    table.row("    daemon, events/s", [rate(o) for _, o in pairs], 0)
    table.row("    CPU-s per million events, bare loop", [cost(b) for b, _ in pairs])
    table.row("    CPU-s per million events, daemon", [cost(o) for _, o in pairs])
    table.row("    CPU-s per million events, Redis", [cost(o, "redis_cpu") for _, o in pairs])
    number = {name: [o["metrics"][f"footprint_{name}_total"] for _, o in pairs]
              for name in ("records", "transactions", "profiles_flushed", "changes", "redis_commands")}
    table.row("    events per transaction", [r / t for r, t in zip(number["records"], number["transactions"])], 0)
    table.row("    profiles written per event", [f / r for r, f in zip(number["records"], number["profiles_flushed"])], 3)
    table.row("    Redis commands per event", [c / r for r, c in zip(number["records"], number["redis_commands"])], 3)
    sent = [o["metrics"]["footprint_redis_sent_bytes_total"] for _, o in pairs]
    table.row("    bytes sent to Redis per event", [s / r for r, s in zip(number["records"], sent)], 1)
    table.row("    changes per event, %", [100 * c / r for r, c in zip(number["records"], number["changes"])], 2)
    table.row("    daemon at the end, MB resident", [o["rss"] / 1e6 for _, o in pairs], 0)
    good = sum(o["right"] for _, o in pairs)
    table.say(f"    {good} of {len(pairs)} runs said exactly the {pairs[0][1]['changes']} changes of a replay{'' if good == len(pairs) else '  WRONG'}")
    return good == len(pairs)


def settings_of(topic, dedupe, workers="auto"):
    users = "by Zipf 1.0" if topic.options.get("zipf") else "uniform"
    return (f"\n{topic.options['events']} events of {topic.bytes:.0f} bytes ({topic.stored():.0f} in the log), {topic.options['users']} users {users}, {topic.partitions} partitions, "
            f"lz4 in batches of at most 64 KB, workers {workers} on {os.cpu_count()} processors, dedupe {dedupe}, commit.min 20ms, commit.max 100ms, checkpoint.interval 2s, "
            f"exactly once, Redis without persistence; the first tenth of each run is not counted")


def drain(run, what, goals=(("", ""), ("", "")), dedupe="0", workers="auto", pairs=0, **changed):
    options = {"events": run.events, "users": run.options.users, **changed}
    topic = run.topic(**options)
    run.table.say(settings_of(topic, dedupe, workers))
    pairs = pairs_of(run.stand, topic, pairs or run.pairs, dedupe, workers=workers)
    return show_pairs(run.table, pairs, what, goals)


def part_drain(run):
    return drain(run, f"{run.options.users} users", (("0.6", "0.85"), ("2.5", "1.6")))


def part_zipf(run):
    return drain(run, f"{run.options.users} users, Zipf", zipf=1)


def part_dedupe(run):
    return drain(run, f"{run.options.users} users, dedupe 10m", dedupe="10m", pairs=2 if run.options.quick else 0)


def part_users(run):
    return drain(run, "1000000 users", (("0.4", "0.7"), ("", "")), users=1000000)


def part_workers(run):
    """Two workers beside one: the same topic, by turns."""
    topic = run.topic(events=run.events, users=run.options.users)
    run.table.say(settings_of(topic, "0", "1 or 2"))
    ratios, costs, all_right = [], [], True
    for _ in range(run.pairs):
        found = []
        for workers in (1, 2):
            daemon = run.stand.daemon(topic, workers=workers)
            found.append(drain_daemon(run.stand, topic, daemon))
            daemon.stop()
            all_right = right(run.stand, daemon, topic, "0")[0] and all_right
        ratios.append(rate(found[1]) / rate(found[0]))
        costs.append(cost(found[1]) / cost(found[0]))
    run.table.row("2 workers / 1 worker: events/s", ratios)
    run.table.row("2 workers / 1 worker: CPU per event", costs)
    return all_right


def part_stages(run):
    """By perf, which is not on every machine: where the daemon's time goes."""
    topic = run.topic(events=run.events, users=run.options.users)
    run.table.say(settings_of(topic, "0") + "\nwhere the daemon's time goes, CPU-s per million events by thread and by whose function ran")
    if not stages.can_record():
        run.table.say("    not measured: perf is not installed")
        return True
    daemon = run.stand.daemon(topic)
    recorder = stages.Recorder(daemon, run.stand.folder / "perf.data")
    recorder.start()
    ours = drain_daemon(run.stand, topic, daemon)
    daemon.stop()
    for thread, total, parts in stages.by_thread(recorder.shares()):
        run.table.row(f"  {thread}", total * cost(ours), 3)
        for stage, share in parts:
            run.table.row(f"      {stage}", share * cost(ours), 3)
    return True


# --- latency ---------------------------------------------------------------------------------------


def latency(run, per_second):
    """Past events flat out, then new ones at their pace; what their changes took, and how late exits by time were."""
    stand, seconds = run.stand, 8 if run.options.quick else 40
    users, history = 5 * per_second, 65
    start = int(time.time() * 1000) + 6000 + history * per_second // 60
    topic = Topic(stand, f"latency{per_second}", events=(history + seconds) * per_second, users=users, rate=per_second,
                  start_ms=start - history * 1000, pace_ms=start, tick_ms=-1, linger_ms=5)
    daemon = stand.daemon(topic).start()
    reader = Reader(stand, f"{daemon.name}.changes")
    passing = Reader(stand, topic.name, [0], start=OFFSET_END)
    filling = topic.fill_begin()
    reader.start()
    time.sleep(max(0, start / 1000 - time.time()))
    passing.start()
    before = daemon.metrics()
    topic.fill_end(filling)
    after = daemon.metrics()
    daemon.stop()
    reader.catch_up()
    seen, times = reader.finish(), topic.times()
    enters, exits = [], []
    for at, value, _, _ in seen:
        change = json.loads(value)
        if change["reason"] == "event":
            sent = times[change["source"]["partition"]][change["source"]["offset"]]
            if sent >= start + 2000:
                enters.append(at - sent)
        elif change["reason"] == "time":
            due = instant_ms(change["at"])
            # One whom an event of his own has shown the door first is not waiting for time alone.
            if start + 2000 <= due + 5000 <= at:
                exits.append(at - due - 5000)
    plain = [at - times[partition][offset] for at, _, partition, offset in passing.finish() if times[partition][offset] >= start + 2000]
    passed = after["footprint_transactions_total"] - before["footprint_transactions_total"]
    took = after["footprint_transaction_seconds_sum"] - before["footprint_transaction_seconds_sum"]
    return {"enters": enters, "exits": exits, "plain": plain, "transactions": passed / seconds, "commit_ms": took / max(1, passed) * 1000}


def instant_ms(text):
    day, fraction = text[:-1].split(".")
    return calendar.timegm(time.strptime(day, "%Y-%m-%dT%H:%M:%S")) * 1000 + int(fraction)


def part_latency(run):
    run.table.say("\nlatency: rules of fp-bench, users 5 for each event/s, 4 partitions, sent open-loop with linger 5 ms, read_committed reader, "
                  "commit.min 20ms; the record's time to readable, in ms")
    for per_second in (5000, 10000):
        found = latency(run, per_second)
        what = f"{per_second} events/s:"
        run.table.row(f"{what} event produced -> change readable, p50 ms", quantile(found["enters"], 0.5), 0, "40", "20", f"  of {len(found['enters'])}")
        run.table.row(f"{what} event produced -> change readable, p99 ms", quantile(found["enters"], 0.99), 0, "100", "40")
        run.table.row(f"{what} exit by time, late beyond lateness, p50 ms", quantile(found["exits"], 0.5), 0, note=f"  of {len(found['exits'])}")
        run.table.row(f"{what} exit by time, late beyond lateness, p99 ms", quantile(found["exits"], 0.99), 0, "250", "50")
        run.table.row("    the event itself, produced -> read by a plain reader, p50 ms", quantile(found["plain"], 0.5), 0)
        run.table.row("    the event itself, produced -> read by a plain reader, p99 ms", quantile(found["plain"], 0.99), 0)
        run.table.row("    transactions a second", found["transactions"], 1)
        run.table.row("    a transaction's commit, mean ms", found["commit_ms"], 1)
    return True


# --- memory and restart ----------------------------------------------------------------------------


def sampled(client, pattern, share_of):
    """(keys, bytes of all) by MEMORY USAGE of every so manyth key."""
    keys = list(client.scan_iter(match=pattern, count=5000))
    some = keys[::max(1, len(keys) // share_of)]
    total = sum(client.memory_usage(key, samples=0) for key in some)
    return len(keys), total * len(keys) / max(1, len(some))


def part_memory(run):
    """Two count rules with k 10: what a user takes in the daemon and in Redis."""
    users = 25000 if run.options.quick else 200000
    topic = Topic(run.stand, "memory", TWO_COUNTS, events=20 * users, users=users, turns=1, rate=users * 20 // 600, tick_ms=0).fill()
    before = run.stand.redis.client().info("memory")["used_memory"]
    daemon = run.stand.daemon(topic)
    drain_daemon(run.stand, topic, daemon)
    metrics = wait_until(lambda: daemon.metrics()["footprint_profiles_dirty"] == 0 and daemon.metrics(), 60, "all profiles to be stored")
    client = run.stand.redis.client()
    after = client.info("memory")["used_memory"]
    profiles = metrics["footprint_profiles"]
    user_keys, user_bytes = sampled(client, f"{daemon.name}:*:u:*", 2000)
    timer_keys, timer_bytes = sampled(client, f"{daemon.name}:*:t:*", 2000)
    daemon.stop()
    run.table.say(f"\nmemory: {users} users of 20 events each, count(view[1h]) >= 10 and count(click[1h]) >= 10")
    run.table.row("memory per user, daemon (footprint_profile_bytes), B", metrics["footprint_profile_bytes"] / profiles, 0, "300", "160")
    run.table.row("memory per user, Redis (MEMORY USAGE of u: and t: keys), B", (user_bytes + timer_bytes) / profiles, 0, "450", "320",
                  f"  {user_keys} u: keys {user_bytes / profiles:.0f} B, {timer_keys} t: keys {timer_bytes / profiles:.0f} B a user")
    run.table.row("    Redis, growth of used_memory, all keys, B", (after - before) / profiles, 0)
    return True


def part_restart(run):
    """A daemon is started on what another one has left; until an exit that came due meanwhile can be read."""
    users = 100000 if run.options.quick else 1000000
    rules = [{"name": "active", "when": "count(*[30m]) >= 1"}]
    topic = Topic(run.stand, "restart", rules, events=2 * users, users=users, turns=1, rate=20000, tick_ms=-1).fill()
    daemon = run.stand.daemon(topic, profiles={"memory": "2GiB"})
    drain_daemon(run.stand, topic, daemon)
    wait_until(lambda: daemon.metrics()["footprint_profiles_dirty"] == 0, 120, "all profiles to be stored")
    daemon.stop()
    # One event an hour of users later: the first users' half hour is over, and nobody else's.
    last_ms = topic.options["events"] * 1000 // 20000
    first_due = topic.options["events"] // 2 * 1000 // 20000 + 30 * 60000
    topic.options.update(events=1, turns=0, users=1)
    topic.fill(start_ms=1767225600000 + first_due + 5000 + 500, tick_ms=0)
    assert first_due > last_ms
    reader = Reader(run.stand, f"{daemon.name}.changes")
    reader.start()
    already = reader.catch_up()
    begun = time.time() * 1000
    daemon.start(ready=False)
    wait_until(lambda: len(reader.seen) > already, 120, lambda: f"an exit\n{daemon.tail()}", every=0.005)
    took = reader.seen[already][0] - begun
    wanted = {change for change in topic.replayed("0") if change[2] == "exit"}
    wait_until(lambda: len(reader.seen) >= already + len(wanted), 120, lambda: f"{len(wanted)} exits\n{daemon.tail()}")
    daemon.stop()
    reader.catch_up()
    seen = reader.finish()
    got = {change for change in (change_of(value) for _, value, _, _ in seen[already:]) if change[2] == "exit"}
    good = bool(got) and got == wanted
    run.table.say(f"\nrestart: {users} users in Redis, the daemon stopped in order, a process of its own started again")
    run.table.row(f"restart to the first exit that can be read, {users} users, s", took / 1000, 2, "10", "3",
                  f"  {len(got)} exits, {'all right' if good else 'WRONG of ' + str(len(wanted))}")
    return good


# --- the engine alone ------------------------------------------------------------------------------


def engine(**options):
    found = curves.measured(**options)
    return found["ns"], found["own_bytes"]


def part_engine(run):
    many = 1000000 if run.options.quick else 10000000
    few_events, rounds = (1000000, 2) if run.options.quick else (4000000, 3)
    run.table.say("\nengine alone (apply and advance, CPU time of the second half of the events; no decode, no servers)")
    growth, rules = [], []
    for _ in range(rounds):
        few = engine(users=10000, events=few_events)[0]
        lot = engine(users=many, events=2 * many)[0]
        growth.append((few, lot))
        five, thousand = (engine(users=10000, events=500000, rules=count)[0] for count in (5, 1000))
        rules.append((five, thousand))
    run.table.row(f"engine, ns/event at {many} users / at 10000", [b / a for a, b in growth], 2, "8", "4")
    run.table.row("    ns/event at 10000 users", [a for a, _ in growth], 0)
    run.table.row(f"    ns/event at {many} users", [b for _, b in growth], 0)
    run.table.row("engine, 1000 rules / 5 rules, an event touches 5", [b / a for a, b in rules], 2, "1.5", "1.1")
    run.table.row("    bytes per user of two counts, k 10, its own count", engine(users=50000, events=1000000, k=10)[1], 0, "300", "160")
    return True


def part_allocations(run):
    """What the daemon's own code asks for when all users are known."""
    topic = run.topic(events=run.events, users=run.options.users)
    daemon = run.stand.daemon(topic)
    ours = drain_daemon(run.stand, topic, daemon, (PROGRAMS / "allocations.so", run.stand.folder / "allocations"))
    daemon.stop()
    count, places = ours["allocations"]
    run.table.row("allocations per event of the daemon's own code, second half", count, 4, "0", "0")
    for count, frames in places[:10]:
        run.table.say(f"    {count:.5f}  {functions_at(RELEASE / 'footprintd', frames)}")
    return True


def part_curves(run):
    """Without servers; callgrind counts what noise can't move."""
    run.table.say("\ncurves of the engine alone (apply and advance; no decode, no servers)")
    for curve in run.options.curve or curves.CURVES:
        curves.CURVES[curve](run)
    return True


# --- all of it -------------------------------------------------------------------------------------


class Run:
    def __init__(self, stand, options):
        self.stand, self.options, self.table = stand, options, Table()
        self.events, self.pairs = options.events, options.pairs
        self.topics = {}

    def topic(self, **options):
        """Filled once; parts that want the same share it."""
        key = tuple(sorted(options.items()))
        if key not in self.topics:
            self.topics[key] = Topic(self.stand, f"input{len(self.topics) + 1}", **options).fill()
        return self.topics[key]


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller, in less than three minutes: 400,000 events")
    parser.add_argument("--events", type=int, help="events of a drained topic (5,000,000)")
    parser.add_argument("--pairs", type=int, help="runs of each (5)")
    parser.add_argument("--users", type=int, default=100000)
    parser.add_argument("--only", action="append", choices=PARTS, help="one part; may be given again")
    parser.add_argument("--curve", action="append", choices=tuple(curves.CURVES), help="of the part curves this one; may be given again")
    options = parser.parse_args()
    options.events = options.events or (400000 if options.quick else 5000000)
    options.pairs = options.pairs or 5
    parts = options.only or (["curves"] if options.curve else None) or [part for part in PARTS if not (options.quick and part in ("zipf", "users", "workers", "stages", "curves"))]
    with tempfile.TemporaryDirectory(prefix="footprint-bench-") as name, Stand(name) as stand:
        run = Run(stand, options)
        return 0 if all([globals()[f"part_{part}"](run) for part in parts]) else 1


if __name__ == "__main__":
    sys.exit(main())
