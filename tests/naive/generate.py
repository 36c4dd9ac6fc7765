"""Random rule books and event streams whose times sit on a coarse grid, so that edges are hit."""

import json
import random
import re
from copy import deepcopy
from dataclasses import dataclass, field

from . import evaluate, numbers, spell
from . import language as l

FUNCTIONS = (
    "count any none sum avg min max distinct repeats top first last since age decay share seq "
    "unanswered bucket trait member"
).split()
OPTIONS = "for keep cooldown attach".split()
TYPES = ("view", "cart", "buy", "identify", "Order Done")
TEXTS = ("item", "kind", "two words", "deep", "weekday")
NUMBERS = ("value", "price", "hour")
PATTERNS = ("a.*", "[a-c]+", "(a|b)c?", r"\d+(\.\d+)?", "", ".+", "x|xy", "mon|tue", "true")
STRINGS = ("a", "b", "ac", "x", "xy", "", "5", "1", "true", "é", "Z", "59.9")
CONSTANTS = ("0", "1", "2", "3", "5", "10", "-1", "0.5", "2.5", "59.9", "1e1", "0.3", "9.2e12", "0.000001")
FIELD_NUMBERS = (
    "0 1 2 3 5 5.0 10 -1 -5 0.1 0.2 0.5 2.5 59.9 1e-7 0.0000005 0.0000015 9.2e12 -9.2e12 1e13 -0.0 1E1 1e400 0.000001"
).split()
ODD = ("null", "true", "false", '""', '"5"', '"abc"', "[1]", '{"a":1}', '"é"', '"1e1"')
PATTERN_NODES = {"seq": l.Seq, "unanswered": l.Unanswered}
GARBAGE = ("", "{", "[]", '{"user":"u1"}', '{"user":"","type":"view","ts":1}', '"x"')
BASES = (1_700_000_000_000, 1_711_846_800_000, 1_000_000_000_000)


@dataclass
class Case:
    """Rules as the entries of a rule file, settings, and the lines of the input."""

    rules: list
    settings: dict
    lines: list
    drain: bool = True

    def to_json(self):
        return {
            "rules": self.rules,
            "settings": self.settings,
            "drain": self.drain,
            "lines": self.lines,
        }

    @staticmethod
    def of_json(saved):
        return Case(saved["rules"], saved["settings"], saved["lines"], saved["drain"])


@dataclass
class Generator:
    seed: int
    allowed: list = field(default_factory=lambda: list(FUNCTIONS) + OPTIONS)
    shift: int = 0  # by how much all is later

    def __post_init__(self):
        self.rng = random.Random(self.seed)
        self.unit = self.rng.choice((1000, 1000, 500, 10_000, 60_000, 3_600_000))
        self.names = []
        self.selectors = []
        self.patterns = []
        self.types = self.rng.sample(TYPES, self.rng.randint(1, len(TYPES)))
        if "trait" in self.allowed and "identify" not in self.types:
            self.types.append("identify")

    def chance(self, share):
        return self.rng.random() < share

    def pick(self, *choices):
        return self.rng.choice(choices)

    def can(self, *names):
        return [name for name in names if name in self.allowed]

    # rules

    def case(self):
        rules = [self.segment(number) for number in range(self.pick(1, 1, 2, 3, 4, 5))]
        return Case(rules, self.settings(), self.lines(), self.chance(0.8))

    def segment(self, number):
        name = self.pick("s", "a", "z") + str(number)
        entry = {"name": name, "when": spell.expression(self.condition(self.pick(0, 1, 1, 2, 3)))}
        for option, share in (("for", 0.3), ("keep", 0.3), ("cooldown", 0.3)):
            if option in self.allowed and self.chance(share):
                entry[option] = spell.duration(self.span(0 if self.chance(0.1) else 1))
        if "attach" in self.allowed and self.chance(0.4):
            texts = [spell.expression(self.attachment()) for _ in range(self.pick(1, 2, 3))]
            entry["attach"] = {f"v{at}": text for at, text in enumerate(texts)}
        self.names.append(name)
        return entry

    def span(self, least=1):
        span = self.unit * self.rng.randint(least, 8)
        return span + self.pick(-1, 1) if span and self.chance(0.05) else span

    def window(self):
        return None if self.chance(0.12) else self.span()

    def condition(self, depth):
        if depth > 0 and self.chance(0.75):
            if self.chance(0.25):
                return l.Not(self.condition(depth - 1))
            parts = [self.condition(depth - 1) for _ in range(self.pick(2, 2, 3))]
            return self.pick(l.And, l.Or)(parts)
        return self.simple_condition()

    def simple_condition(self):
        kinds = self.can("any", "none", "seq", "unanswered", "since", "age", "decay")
        if self.names:
            kinds += self.can("member") * 2
        kind = self.pick("compare", "compare", "compare", "in", *kinds)
        if kind in ("any", "none"):
            return l.Aggregate(kind, self.selector(), self.window())
        if kind == "member":
            return l.Member(self.rng.choice(self.names))
        if kind in ("seq", "unanswered"):
            return self.pattern(kind)
        if kind in ("since", "age"):
            return self.ordered(l.Elapsed(kind, self.selector()), self.elapsed_constant())
        if kind == "decay":
            return self.decay_condition()
        if kind == "in":
            operand = self.number(1)
            pick = self.pick(self.constant, lambda: self.constant_like(operand))
            if getattr(operand, "function", None) in ("count", "distinct"):
                pick = lambda: self.constant_like(operand)
            return l.Among(operand, [pick() for _ in range(self.pick(1, 2, 3))])
        return self.comparison()

    def comparison(self):
        node = self.number(self.pick(0, 0, 0, 1, 2))
        other = l.Constant(self.constant_like(node))
        if self.chance(0.15):
            other = self.number(self.pick(0, 1))
        return self.ordered(node, other)

    def ordered(self, left, right):
        operator = self.rng.choice(l.COMPARISONS)
        pair = (right, left) if self.chance(0.15) else (left, right)
        return l.Compare(operator, *pair)

    def elapsed_constant(self):
        ms = self.unit * self.pick(0, 1, 2, 3, 5) * 1000
        return l.Constant(ms + (self.pick(1, 500, -1, -1000) if self.chance(0.15) else 0))

    def decay(self):
        named = self.selector(self.rng.choice(NUMBERS) if self.chance(0.5) else None)
        return l.Decay(named, self.span())

    def decay_condition(self):
        constant = self.pick("0.5", "0.25", "1", "1.5", "0.3", "0.7", "2", "10", "0", "-1", "0.001")
        operands = [self.decay(), l.Constant(number_of(constant))]
        operator = self.pick(">=", ">=", "<")
        if self.chance(0.15):
            operands.reverse()
            operator = {">=": "<=", "<": ">"}[operator]
        return l.Compare(operator, *operands)

    def pattern(self, kind):
        alike = [node for node in self.patterns if isinstance(node, PATTERN_NODES[kind])]
        if alike and self.chance(0.3):
            node = deepcopy(self.rng.choice(alike))
            node.window = node.within + self.span()
            return node
        self.patterns.append(self.new_pattern(kind))
        return deepcopy(self.patterns[-1])

    def new_pattern(self, kind):
        by = self.rng.choice(TEXTS + NUMBERS) if self.chance(0.4) else None
        within, window = self.span(), self.window()
        if kind == "seq":
            steps = [self.selector() for _ in range(self.pick(2, 2, 2, 3, 3, 4))]
            return l.Seq(steps, within, by, window)
        if window is not None and window <= within:
            window = within + self.span()
        return l.Unanswered([self.selector(), self.selector()], within, by, window)

    def constant(self):
        if self.chance(0.3):
            return self.rng.choice(STRINGS)
        return self.pick(*map(number_of, CONSTANTS))

    def constant_like(self, node):
        """A constant that the value has a chance to meet."""
        function = getattr(node, "function", None)
        if function in ("count", "distinct", "repeats"):
            return numbers.MILLION * self.pick(0, 1, 1, 2, 2, 3, 4) + self.pick(0, 0, 0, 500_000)
        if function in ("top", "first", "last") or isinstance(node, l.Trait):
            return self.constant()
        if isinstance(node, l.Share):
            return self.pick(0, 250_000, 333_333, 500_000, 666_667, 1_000_000)
        if isinstance(node, l.Bucket):
            return numbers.MILLION * self.pick(0, 10, 50, 90)
        return number_of(self.rng.choice(CONSTANTS))

    def number(self, depth):
        if depth > 0 and self.chance(0.6):
            if self.chance(0.15):
                return l.Negate(self.number(depth - 1))
            operands = [self.number(depth - 1), self.number(depth - 1)]
            if self.chance(0.3):
                operands[self.pick(0, 1)] = l.Constant(self.constant())
            return l.Arithmetic(self.pick("+", "-", "*", "/"), *operands)
        return self.aggregate()

    def aggregate(self):
        kinds = self.can("count", *l.OF_FIELD, "share", "trait", "bucket")
        if not kinds:
            return l.Constant(self.constant())
        kind = self.rng.choice(kinds)
        if kind == "trait":
            return l.Trait(self.rng.choice(TEXTS + NUMBERS))
        if kind == "bucket":
            return l.Bucket(self.pick("vip", "a", ""))
        if kind == "share":
            matchers = [self.matcher() for _ in range(self.pick(1, 1, 2))]
            return l.Share(self.selector(), matchers, self.window())
        if kind == "count":
            return l.Aggregate(kind, self.selector(), self.window())
        numeric = kind in ("sum", "avg", "min", "max")
        fields = NUMBERS + TEXTS * (not numeric)
        named = self.rng.choice(fields)
        selector = self.selector(named)
        if numeric and self.chance(0.4):
            selector.matchers.append(l.Matcher(named, self.pick(">=", ">"), 0))
        return l.Aggregate(kind, selector, self.window())

    def attachment(self):
        kind = self.pick("number", "number", "number", "since", "age", "decay", "constant")
        if kind in ("since", "age") and kind in self.allowed:
            return l.Elapsed(kind, self.selector())
        if kind == "decay" and kind in self.allowed:
            return self.decay()
        if kind == "constant" and self.chance(0.3):
            return l.Constant(self.constant())
        return self.number(self.pick(0, 0, 1))

    def selector(self, named=None):
        """Often one that another rule has too: equal selectors share what is kept of a user."""
        alike = [selector for selector in self.selectors if selector.field == named]
        if alike and self.chance(0.4):
            return deepcopy(self.rng.choice(alike))
        types = None
        if not self.chance(0.15):
            types = self.rng.sample(self.types, min(len(self.types), self.pick(1, 1, 1, 2)))
        matchers = [self.matcher() for _ in range(self.pick(0, 0, 0, 1, 1, 2))]
        self.selectors.append(l.Selector(types, named, matchers))
        return deepcopy(self.selectors[-1])

    def matcher(self):
        named = self.rng.choice(TEXTS + NUMBERS)
        kind = self.pick("text", "text", "regex", "number")
        if kind == "text":
            return l.Matcher(named, self.pick("=", "!="), self.rng.choice(STRINGS))
        if kind == "regex":
            return l.Matcher(named, self.pick("=~", "!~"), re.compile(self.rng.choice(PATTERNS)))
        operator = self.pick("<", "<=", ">", ">=", "=", "!=")
        return l.Matcher(named, operator, number_of(self.rng.choice(CONSTANTS)))

    # settings

    def settings(self):
        found = {"input.lateness": spell.duration(self.unit * self.pick(0, 1, 2, 5))}
        if self.chance(0.2):
            del found["input.lateness"]
        forget = self.pick(None, None, "never", self.unit * self.pick(6, 10, 25))
        if forget:
            found["profiles.forget_after"] = forget if forget == "never" else spell.duration(forget)
        if isinstance(forget, int) or self.chance(0.5):
            found["input.dedupe"] = spell.duration(self.unit * self.pick(0, 1, 3, 6))
        if self.chance(0.1):
            found["input.mapping.fields"] = {"deep": self.pick("/p/x", "/p/1", "/item")}
        if self.chance(0.3):
            found["input.time_zone"] = self.pick("Europe/Berlin", "America/New_York", "Asia/Kolkata")
        return found

    # events

    def lines(self):
        users = ['"u1"', '"u2"', "7", '"é"'][: self.pick(1, 1, 2, 2, 3, 4)]
        count = 300 if self.chance(0.03) else self.pick(3, 6, 12, 12, 20, 40)
        late = self.pick(0, 0.1, 0.3, 0.6)
        now = self.rng.choice(BASES) + self.shift
        lines = []
        for number in range(count):
            now += self.unit * self.pick(0, 0, 0, 1, 1, 1, 2, 2, 3, 5)
            if self.chance(0.04):
                now += self.unit * self.pick(10, 20, 30, 50)
            ts = now
            if self.chance(late):
                ts -= self.unit * self.pick(1, 1, 2, 3, 5, 8, 12, 30)
            if self.chance(0.05):
                ts += self.pick(-1, 1)
            known = users[: 1 + number * len(users) // count] if self.chance(0.5) else users
            lines.append(self.line(self.rng.choice(known), ts))
        return lines

    def line(self, user, ts):
        if self.chance(0.01):
            return self.rng.choice(GARBAGE)
        members = {"user": user, "type": json.dumps(self.rng.choice(self.types))}
        members["ts"] = self.time(ts) if self.chance(0.03) else str(ts)
        if self.chance(0.1):
            members["p"] = self.pick('{"x":"a"}', '{"x":5}', '["x",1.50]', '{"x":null}', "3")
        if self.chance(0.3):
            members["id"] = self.pick('"a"', '"b"', '"c"', "1", '"1"', "null", '""')
        for named in TEXTS + NUMBERS:
            if self.chance(0.55):
                members[named] = self.field(named)
        return write_line(members)

    def time(self, ts):
        whole, ms = divmod(ts, 1000)
        return self.pick(f'"{evaluate.stamp(ts)}"', f'"{ts}"', f"{whole}.{ms:03d}9", f"{ts}999")

    def field(self, named):
        if self.chance(0.08):
            return self.rng.choice(ODD)
        if named in NUMBERS:
            return self.rng.choice(FIELD_NUMBERS[: self.pick(5, 12, 24)])
        return json.dumps(self.rng.choice(STRINGS), ensure_ascii=False)


def number_of(text):
    sign = -1 if text.startswith("-") else 1
    return sign * numbers.read(text.lstrip("-"))


def write_line(members):
    pairs = (f"{json.dumps(name)}:{value}" for name, value in members.items())
    return "{" + ",".join(pairs) + "}"
