#!/usr/bin/python3
"""Plants one bug after another in the engine and asks whether the tests notice.

usage: tests/mutants/mutants.py [--work DIR] [--cases N] [--only NAME]

The tree is copied, built once, and then rebuilt with each bug of MUTANTS in its place. A bug is caught
by a unit test of the engine or by the judge (tests/naive), on random cases from a fixed seed. Prints a
table; exit 1 when one was not caught, or when the tree without a bug does not pass.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
UNIT = ["test_engine", "test_engine_gate", "test_engine_leaves", "test_engine_parts", "test_engine_properties"]
SEED = 4000000

# name, file in pipeline/engine, what stands there, what is planted
MUTANTS = [
    ("window one ms longer", "instant.h", "return difference;", "return difference - 1;"),
    ("an event stays one ms longer", "eval.c", "return leaves > eval->at ?", "return leaves >= eval->at ?"),
    ("one ms late after a distance", "eval.c", "return comes <= eval->at ?", "return comes < eval->at ?"),
    ("list of times one too short", "times.c",
     "over = times->count + 1 > times->keep ? times->count + 1 - times->keep : 0;",
     "over = times->count + 2 > times->keep ? times->count + 2 - times->keep : 0;"),
    ("the first event of a since sets no timer", "times.c", "return before == INT64_MIN || (", "return (before != INT64_MIN) != ("),
    ("a late event turns nothing", "times.c", "if (watch->count <= later ||", "if (later > 0 ||"),
    ("a list that grows to its constant turns nothing", "times.c", "watch->count <= times->count + 1; watch++",
     "watch->count <= times->count; watch++"),
    ("a truth has the segments of the one before", "watch.c", "if (i == 0 || walk->pairs[i - 1].node != node)",
     "if (i == 0 || walk->pairs[i - 1].node->leaf != node->leaf)"),
    ("late times go to the end", "times.c",
     "while (times->place > 0 && times_narrow_at(&cell, times->place - 1) > trail->ts)",
     "while (false)"),
    ("rebase forgets the base", "times.c", "*times_base(cell) = base;", ";"),
    ("equal instants before instead of behind", "list.c",
     "while (place > 0 && list_at(list, place - 1) > at)", "while (place > 0 && list_at(list, place - 1) >= at)"),
    ("sum list without its last number", "sums.c", "return i - 1;\n    }\n    return 0;", "return i;\n    }\n    return 0;"),
    ("a value seen again is not moved", "seen.c", ">= trail->ts)\n            return false;",
     "<= trail->ts)\n            return false;"),
    ("top of equals is the first", "records.c", "if (count < ret_top->count)", "if (count <= ret_top->count)"),
    ("first value is replaced by an equal one", "singles.c", ": trail->ts < single->at;", ": trail->ts <= single->at;"),
    ("last value of equal instants is the first", "singles.c", "trail->ts >= single->at", "trail->ts > single->at"),
    ("score of a late event at full weight", "decay.c",
     "score->score += decay_score(&late, rule->within_ms, score->at);", "score->score += late.score;"),
    ("score falls a little early", "decay.c", "#define DECAY_TOLERANCE 1e-12", "#define DECAY_TOLERANCE -1e-3"),
    ("an event is two steps", "pattern.c",
     "for (uint32_t step = last - 1; step > 0; step--)", "for (uint32_t step = 1; step < last; step++)"),
    ("sequence within one ms less", "pattern.c",
     "event->at <= instant_after(start[last - 1], rule->within_ms)",
     "event->at < instant_after(start[last - 1], rule->within_ms)"),
    ("sequence keeps its oldest start", "pattern.c", "start[0] = event->at;",
     "start[0] = start[0] == INT64_MIN ? event->at : start[0];"),
    ("an answer at the last ms is none", "pattern.c",
     "if (instant_after(event->at, within_ms) < b.at)", "if (instant_after(event->at, within_ms) <= b.at)"),
    ("any key answers", "pattern.c", "if (event->key == b.key)\n", "if (true)\n"),
    ("an a is ripe one ms late", "pattern.c",
     "if (instant_after(event->at, within_ms) <= at)", "if (instant_after(event->at, within_ms) < at)"),
    ("for ends one ms late", "gate.c", "if (at < instant_after(gate->mark, segment->for_ms)",
     "if (at <= instant_after(gate->mark, segment->for_ms)"),
    ("keep is not begun anew", "gate.c", "        gate->flags |= GATE_HOLDS;\n        gate->mark = 0;\n        return",
     "        gate->mark = 0;\n        return"),
    ("cooldown counts from the enter", "gate.c", "gate->since = segment->cooldown_ms > 0 ? at : 0;",
     "gate->since = segment->cooldown_ms > 0 ? gate->since : 0;"),
    ("for stands still in a cooldown", "gate.c",
     "    if ((gate->flags & GATE_HOLDS) == 0) {\n        gate->flags |= GATE_HOLDS;\n        gate->mark = at;",
     "    if ((gate->flags & GATE_HOLDS) == 0 || (gate->flags & GATE_LEFT) != 0) {\n"
     "        gate->flags |= GATE_HOLDS;\n        gate->mark = at;"),
    ("a lost timer", "engine.c", "    if (due >= slot->armed)\n        return;", "    if (slot->armed != PLAN_NEVER)\n        return;"),
    ("due too late after a partial decision", "engine.c",
     "profile->due = instant_min(all ? forget_at : due, engine->decide.due);",
     "profile->due = instant_min(forget_at, engine->decide.due);"),
    ("expiries at an event wait", "engine.c", "all = is_new || due <= profile->clock;",
     "all = is_new || due < profile->clock;"),
    ("flips at ts before the event", "engine.c", "slot->profile->due < event->ts)", "slot->profile->due <= event->ts)"),
    ("late events do not move the end", "engine.c", "profile->newest = instant_max(profile->newest, event->ts);",
     "if (event->ts == profile->clock)\n        profile->newest = event->ts;"),
    ("forgotten one ms late", "core.h", "return instant_after(profile->newest, engine->settings.forget_after_ms);",
     "return instant_after(instant_after(profile->newest, engine->settings.forget_after_ms), 1);"),
    ("an id too old is remembered", "ids.c", "ids_find(&cell, hash)->at > floor;", "ids_find(&cell, hash)->at >= floor;"),
    ("ids by the event's time alone", "engine.c", "now = instant_max(core_clock(engine, profile), event->ts);", "now = event->ts;"),
    ("an id keeps its oldest instant", "ids.c", "place->at = place->at > at ? place->at : at;", ";"),
    ("a full list loses its newest", "trail.c", "list_exchange(list, 0, place);", "list_exchange(list, list->count - 1, place);"),
    ("an unknown user one ms too old is taken", "engine.c",
     "return event->ts <= instant_before(watermark", "return event->ts < instant_before(watermark"),
    ("a dependent is not decided", "decide.c", "    segset_add_run(&decide->set, decide->plan, rule->dependents);", "    ;"),
    ("new users begin with nothing", "engine.c", "        decide_add_starters(&engine->decide);", "        ;"),
    ("until without the segments that are named", "until.c", "if (segset_add(closure, name))",
     "if (i > 0 && segset_add(closure, name))"),
    ("until past the end of the user", "until.c", "    return decide->forget_at;", "    return PLAN_NEVER;"),
    ("and stays as long as its longest part", "eval.c",
     "            stays_until = instant_min(stays_until, child.stays_until);",
     "            stays_until = child.stays_until;"),
    ("minimum stays until its oldest", "eval.c", "return eval_number(sums.min, instant_after(sums.min_newest, window_ms));",
     "return eval_number(sums.min, PLAN_NEVER);"),
    ("timers in the order of slots", "timers.c", "return a->hash_high < b->hash_high ? -1 : 1;",
     "return a->slot < b->slot ? -1 : 1;"),
    ("the wheel loses a level", "timers.c", "timers->filled[level] |= UINT64_C(1) << digit;",
     "timers->filled[level] |= level == 3 ? 0 : UINT64_C(1) << digit;"),
    ("a profile's gate is lost when packed", "flush.c", "        profile->offset = offset;",
     "        profile->offset = offset;\n        if (profile->gate_count > 0)\n            profile_gates(profile)[0].mark = 0;"),
    ("keep ends one ms late", "gate.c", "if (at < instant_after(gate->mark, segment->keep_ms))",
     "if (at <= instant_after(gate->mark, segment->keep_ms))"),
    ("keep may be cut short by for", "gate.c", "        gate->flags |= GATE_HOLDS;\n        gate->mark = 0;\n        return",
     "        gate->flags |= segment->for_ms > 0 ? 0 : GATE_HOLDS;\n        gate->mark = 0;\n        return"),
    ("cooldown one ms longer", "gate.c", "at < instant_after(gate->since, segment->cooldown_ms);",
     "at <= instant_after(gate->since, segment->cooldown_ms);"),
    ("until as if nothing were kept", "until.c", "if (!gate_is_member(last))", "if ((last->flags & GATE_HOLDS) == 0)"),
    ("until sees the others as they were", "until.c", "if (overlay.count > 1 || next == INT64_MIN)",
     "if (next == INT64_MIN)"),
    ("no score reaches short of its constant", "decay.c", "#define DECAY_TOLERANCE 1e-12", "#define DECAY_TOLERANCE 0.0"),
    ("halves are rounded up", "../../config/base/number.c", "(twice == divisor && (quotient & 1) != 0)", "twice == divisor"),
    ("a merged entry counts for one", "times.c",
     "->count += ((const struct trail_count *)older)->count;\n", "->count += 0 * ((const struct trail_count *)older)->count;\n"),
    ("a merged number counts once", "sums.c",
     "->count += ((const struct trail_number *)older)->count;\n",
     "->count += 0 * ((const struct trail_number *)older)->count;\n"),
    ("a late a has no answer at the last ms", "pattern.c", "if (event->at > instant_after(a->at, within_ms))",
     "if (event->at >= instant_after(a->at, within_ms))"),
    ("an a before its answer at one instant", "pattern.c", "if (event->key == b.key)\n            event->steps",
     "if (event->key == b.key && event->at < b.at)\n            event->steps"),
    ("a list of values one too short", "seen.c", "uint32_t keep = rule->keep > 0 ? rule->keep : trail->list_max;",
     "uint32_t keep = rule->keep > 1 ? rule->keep - 1 : trail->list_max;"),
    ("sequences reach back d too little", "pattern.c",
     "instant_before(instant_before(trail->clock, rule->window_ms), rule->within_ms));",
     "instant_before(trail->clock, rule->window_ms));"),
    ("all segments of a decision backwards", "segset.c", "segment = word * 64 + (uint32_t)__builtin_ctzll(set->words[word]);\n        set->words[word] &= set->words[word] - 1;",
     "segment = word * 64 + 63 - (uint32_t)__builtin_clzll(set->words[word]);\n        set->words[word] &= ~(UINT64_C(1) << segment % 64);"),
]


def run(command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)


class Tree:
    """A copy of the sources with its own build."""

    def __init__(self, work, cases):
        self.source, self.build, self.cases = os.path.join(work, "source"), os.path.join(work, "build"), cases
        shutil.rmtree(self.source, ignore_errors=True)
        shutil.rmtree(self.build, ignore_errors=True)  # it may hold the last bug of an earlier run
        shutil.copytree(TOP, self.source, ignore=shutil.ignore_patterns(".git", "build", "__pycache__"))
        made = run(["cmake", "-S", self.source, "-B", self.build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
                    "-DCMAKE_C_FLAGS_RELEASE=-O1"])
        if made.returncode != 0:
            sys.exit(made.stdout)

    def make(self):
        return run(["ninja", "-C", self.build, "footprintctl"] + UNIT)

    def caught_by(self):
        """The name of the test that fails, or None."""
        for test in UNIT:
            try:
                done = run([os.path.join(self.build, "tests", test)], cwd=self.source, timeout=120)
            except subprocess.TimeoutExpired:
                return test + " (hangs)"
            if done.returncode != 0:
                failed = [line for line in done.stdout.splitlines() if "[  FAILED  ]" in line and "test" not in line]
                return f"{test}: {failed[0].split(']')[1].strip()}" if failed else test
        return self.judged("cases") or self.judged("fuzz", "--cases", str(self.cases), "--seed", str(SEED))

    def judged(self, command, *options):
        done = run([sys.executable, "-m", "naive", command, "--ctl", os.path.join(self.build, "footprintctl"), *options],
                   cwd=os.path.join(self.source, "tests"))
        if done.returncode == 0:
            return None
        seed = re.search(r"^--- seed (\d+)$", done.stdout, re.M)
        found = f"after {int(seed.group(1)) - SEED + 1} cases, " if seed else "a saved case, "
        return f"judge: {found}{done.stdout.splitlines()[-1]}"


def plant(tree, file, old, new):
    """Puts the bug in; returns what stood there."""
    path = os.path.join(tree.source, "pipeline/engine", file)
    with open(path, encoding="utf-8") as source:
        text = source.read()
    if text.count(old) != 1:
        sys.exit(f"{file}: {text.count(old)} places for: {old}")
    with open(path, "w", encoding="utf-8") as source:
        source.write(text.replace(old, new))
    return path, text


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", help="folder to work in; kept (default: a temporary one)")
    parser.add_argument("--cases", type=int, default=2000, help="random cases for the judge")
    parser.add_argument("--only", help="plant only the bugs whose name has this in it")
    given = parser.parse_args()
    work = given.work or tempfile.mkdtemp(prefix="mutants-")
    os.makedirs(work, exist_ok=True)
    tree = Tree(work, given.cases)
    sound = tree.make()
    if sound.returncode != 0:
        sys.exit(sound.stdout[-3000:])
    fault = tree.caught_by()
    if fault:
        sys.exit(f"without a bug: {fault}")
    lost = 0
    for name, file, old, new in MUTANTS:
        if given.only and given.only not in name:
            continue
        path, text = plant(tree, file, old, new)
        made = tree.make()
        verdict = tree.caught_by() if made.returncode == 0 else "the compiler"
        with open(path, "w", encoding="utf-8") as source:
            source.write(text)
        lost += verdict is None
        print(f"{name:45} {file:12} {verdict or 'NOT CAUGHT'}", flush=True)
    if not given.work:
        shutil.rmtree(work)
    print(f"{lost} not caught")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
