"""python3 -m naive replay | fuzz | cases | properties: the judge from the command line."""

import argparse
import gzip
import json
import sys

from . import compare, evaluate, generate, language, properties, rules


def setting_of(text):
    key, _, value = text.partition("=")
    value = value.strip()
    if value.startswith("{") and not value.startswith('{"'):
        pairs = (pair.partition(":") for pair in value.strip("{}").split(",") if pair.strip())
        return key, {name.strip().strip('"'): place.strip().strip('"') for name, _, place in pairs}
    if value.startswith(("[", "{", '"')):
        return key, json.loads(value)
    return key, value


def lines_of(path):
    if path == "-":
        yield from sys.stdin.buffer
        return
    with gzip.open(path) if path.endswith(".gz") else open(path, "rb") as file:
        yield from file


def replay(options):
    entries = []
    for path in options.segments:
        with open(path, encoding="utf-8") as file:
            entries += rules.entries_of(file.read())
    judge = evaluate.Replay(entries, dict(map(setting_of, options.set)))
    for number, raw in enumerate(lines_of(options.events), 1):
        judge.line(raw.rstrip(b"\n"), number)
        write(judge)
    if options.drain:
        judge.drain()
    write(judge)
    return 0


def write(judge):
    for change in judge.changes:
        print(evaluate.text_of(change))
    for number, reason in judge.rejected:
        print(f"line {number}: {reason}", file=sys.stderr)
    judge.changes.clear()
    judge.rejected.clear()


def fuzz(options):
    allowed = options.functions.split(",") if options.functions else list(generate.FUNCTIONS)
    allowed += [] if set(allowed) & set(generate.OPTIONS) else generate.OPTIONS
    without = set(options.without.split(","))
    allowed = [name for name in allowed if name not in without]
    seeds = range(options.seed, options.seed + options.cases)
    return verdict(compare.fuzz(options.ctl, seeds, allowed, options.jobs, options.save))


def cases(options):
    return verdict(compare.run_saved(options.ctl))


def hold(options):
    return verdict(properties.check(options.ctl, range(options.seed, options.seed + options.cases), options.jobs))


def verdict(counts):
    passed, failed = counts
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def main():
    parser = argparse.ArgumentParser(prog="naive", description=__doc__)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("replay", help="changes of a file of events")
    command.add_argument("--segments", action="append", required=True, metavar="FILE")
    command.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    command.add_argument("--drain", action="store_true")
    command.add_argument("events", metavar="EVENTS")
    command.set_defaults(run=replay)
    command = commands.add_parser("fuzz", help="random cases against footprintctl")
    command.add_argument("--ctl", required=True)
    command.add_argument("--seed", type=int, default=1)
    command.add_argument("--cases", type=int, default=1000)
    command.add_argument("--functions", default="", help="only these, by commas")
    command.add_argument("--without", default="", help="functions or options to leave out")
    command.add_argument("--jobs", type=int, default=1)
    command.add_argument("--save", action="store_true", help="keep failing cases under cases/")
    command.set_defaults(run=fuzz)
    command = commands.add_parser("cases", help="the saved cases against footprintctl")
    command.add_argument("--ctl", required=True)
    command.set_defaults(run=cases)
    command = commands.add_parser("properties", help="what must hold of footprintctl under any rules")
    command.add_argument("--ctl", required=True)
    command.add_argument("--seed", type=int, default=1)
    command.add_argument("--cases", type=int, default=300)
    command.add_argument("--jobs", type=int, default=1)
    command.set_defaults(run=hold)
    options = parser.parse_args()
    try:
        return options.run(options)
    except language.LanguageError as error:
        print(f"naive: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
