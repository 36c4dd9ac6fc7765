"""The value of an expression for one user at one instant, recomputed from the events each time."""

import hashlib
import math
from bisect import bisect_left, bisect_right
from collections import Counter

from . import language, numbers

SHORT_OF = 1e-12


class Matches:
    """The events of a user that a selector accepts, by (ts, arrival)."""

    def __init__(self):
        self.times = []
        self.events = []

    def add(self, event):
        at = bisect_right(self.times, event.ts)
        self.times.insert(at, event.ts)
        self.events.insert(at, event)

    def inside(self, window, t):
        """The events with t - window < ts <= t."""
        first = 0 if window is None else bisect_right(self.times, t - window)
        return self.events[first : bisect_right(self.times, t)]


class Moment:
    """One user at one instant: the events, the memberships and t."""

    def __init__(self, user, matches, states, t):
        self.user = user
        self.matches = matches
        self.states = states
        self.t = t

    def value(self, node):
        """True or False; a whole number of millionths; a string; or None for null."""
        return METHODS[type(node)](self, node)

    def constant(self, node):
        return node.value

    def negate(self, node):
        operand = self.value(node.operand)
        return None if operand is None or isinstance(operand, str) else -operand

    def arithmetic(self, node):
        left, right = self.value(node.left), self.value(node.right)
        if left is None or right is None or isinstance(left, str) or isinstance(right, str):
            return None
        if node.operator == "+":
            return numbers.clamp(left + right)
        if node.operator == "-":
            return numbers.clamp(left - right)
        if node.operator == "*":
            return numbers.clamp(numbers.divide(left * right, numbers.MILLION))
        return numbers.clamp(numbers.divide(left * numbers.MILLION, right)) if right else None

    def compare(self, node):
        if isinstance(node.left, language.Decay):
            return self.reached(node.left, node.right.value) == (node.operator == ">=")
        if isinstance(node.right, language.Decay):
            return self.reached(node.right, node.left.value) == (node.operator == "<=")
        return compared(node.operator, self.value(node.left), self.value(node.right))

    def among(self, node):
        operand = self.value(node.operand)
        return any(compared("==", operand, constant) for constant in node.constants)

    def conjunction(self, node):
        return all(self.value(part) for part in node.parts)

    def disjunction(self, node):
        return any(self.value(part) for part in node.parts)

    def negation(self, node):
        return not self.value(node.operand)

    def member(self, node):
        return self.states[node.segment].member

    def bucket(self, node):
        digest = hashlib.sha256(node.salt.encode() + b"\0" + self.user.encode()).digest()
        return int.from_bytes(digest[:4], "big") % 100 * numbers.MILLION

    def trait(self, node):
        found = None
        for event in self.matches[node].events:
            value = event.field(node.field)
            found = found if value is None else value
        return found

    def aggregate(self, node):
        events = self.matches[node.selector].inside(node.window, self.t)
        if node.function in language.COUNTS:
            return {
                "count": numbers.clamp(len(events) * numbers.MILLION),
                "any": len(events) > 0,
                "none": len(events) == 0,
            }[node.function]
        return FUNCTIONS[node.function](events, node.selector.field)

    def elapsed(self, node):
        times = self.matches[node.selector].times
        if not times:
            return None
        return numbers.clamp((self.t - (times[-1] if node.function == "since" else times[0])) * 1000)

    def score(self, node):
        """The double-precision score, None where no event counts."""
        terms = []
        for event in self.matches[node.selector].events:
            weight = numbers.MILLION
            if node.selector.field:
                weight = event.field(node.selector.field)
            if weight is None or isinstance(weight, str) or weight < 0:
                continue
            terms.append(weight / 1e6 * 2.0 ** (-(self.t - event.ts) / node.half_life))
        return math.fsum(terms) if terms else None

    def reached(self, node, constant):
        score, constant = self.score(node) or 0.0, constant / 1e6
        return score >= constant or constant - score < constant * SHORT_OF

    def decay(self, node):
        score = self.score(node)
        return None if score is None else numbers.clamp(round(score * 1e6))

    def share(self, node):
        events = self.matches[node.selector].inside(node.window, self.t)
        if not events:
            return None
        part = sum(all(matcher.accepts(event) for matcher in node.matchers) for event in events)
        return numbers.divide(part * numbers.MILLION, len(events))

    def seq(self, node):
        last = self.matches[node.steps[-1]]
        return any(self.ends_seq(node, event) for event in last.inside(node.window, self.t))

    def ends_seq(self, node, end):
        """Walks back from the last event, always to the latest event that fits."""
        key = end.text(node.by) if node.by else None
        if key == "":
            return False
        event = end
        for step in reversed(node.steps[:-1]):
            event = self.latest_before(step, event, node.by, key)
            if event is None or event.ts < end.ts - node.within:
                return False
        return True

    def latest_before(self, step, event, by, key):
        found = self.matches[step]
        for earlier in reversed(found.events[: bisect_right(found.times, event.ts)]):
            if place(earlier) < place(event) and (by is None or earlier.text(by) == key):
                return earlier
        return None

    def unanswered(self, node):
        asked, answers = (self.matches[step] for step in node.steps)
        for event in asked.inside(node.window, self.t):
            key = event.text(node.by) if node.by else None
            if key == "" or self.t < event.ts + node.within:
                continue
            first = bisect_left(answers.times, event.ts)
            last = bisect_right(answers.times, event.ts + node.within)
            if not any(
                place(answer) > place(event) and (node.by is None or answer.text(node.by) == key)
                for answer in answers.events[first:last]
            ):
                return True
        return False


METHODS = {
    language.Constant: Moment.constant,
    language.Negate: Moment.negate,
    language.Arithmetic: Moment.arithmetic,
    language.Compare: Moment.compare,
    language.Among: Moment.among,
    language.And: Moment.conjunction,
    language.Or: Moment.disjunction,
    language.Not: Moment.negation,
    language.Member: Moment.member,
    language.Bucket: Moment.bucket,
    language.Trait: Moment.trait,
    language.Aggregate: Moment.aggregate,
    language.Elapsed: Moment.elapsed,
    language.Decay: Moment.decay,
    language.Share: Moment.share,
    language.Seq: Moment.seq,
    language.Unanswered: Moment.unanswered,
}


def place(event):
    """The order of events: ts, then arrival."""
    return event.ts, event.line


def compared(operator, left, right):
    if left is None or right is None:
        return False
    if isinstance(left, str) != isinstance(right, str):
        return operator == "!="
    return language.holds(operator, left, right)


def numeric(events, field):
    values = (event.field(field) for event in events)
    return [value for value in values if value is not None and not isinstance(value, str)]


def total(events, field):
    return numbers.clamp(sum(numeric(events, field)))


def average(events, field):
    values = numeric(events, field)
    return numbers.divide(sum(values), len(values)) if values else None


def least(events, field):
    return min(numeric(events, field), default=None)


def greatest(events, field):
    return max(numeric(events, field), default=None)


def filled(events, field):
    return [event for event in events if event.text(field) != ""]


def distinct(events, field):
    return len({event.text(field) for event in filled(events, field)}) * numbers.MILLION


def tally(events, field):
    return Counter(event.text(field) for event in filled(events, field))


def repeats(events, field):
    return max(tally(events, field).values(), default=0) * numbers.MILLION


def top(events, field):
    counts = tally(events, field)
    most = max(counts.values(), default=0)
    leading = [event for event in filled(events, field) if counts[event.text(field)] == most]
    return leading[-1].field(field) if leading else None


def first(events, field):
    return next((event.field(field) for event in filled(events, field)), None)


def last(events, field):
    return first(events[::-1], field)


FUNCTIONS = {
    "sum": total,
    "avg": average,
    "min": least,
    "max": greatest,
    "distinct": distinct,
    "repeats": repeats,
    "top": top,
    "first": first,
    "last": last,
}
