"""Events in, changes out, by the letter of the manual: every event is kept, everything recomputed."""

import heapq
import json
import math
from bisect import bisect_right
from copy import copy
from datetime import timedelta
from decimal import Decimal

from . import events, language, numbers, rules, values



class State:
    """What a segment waits for, for one user."""

    def __init__(self):
        self.member = False
        self.true_since = None
        self.stopped = None
        self.left = None

    def decide(self, segment, truth, t):
        if truth:
            self.stopped = None
            self.true_since = t if self.true_since is None else self.true_since
        else:
            self.true_since = None
            self.stopped = t if self.member and self.stopped is None else self.stopped
        if self.member:
            if not truth and t >= self.stopped + segment.keep:
                self.member, self.stopped, self.left = False, None, t
        elif truth and t >= self.true_since + segment.hold:
            self.member = self.left is None or t >= self.left + segment.cooldown

    def instants(self, segment):
        """When for, keep or cooldown end."""
        if self.member:
            return [] if self.stopped is None else [self.stopped + segment.keep]
        found = [] if self.true_since is None else [self.true_since + segment.hold]
        return found if self.left is None else found + [self.left + segment.cooldown]


class Book:
    """All rules, the selectors in them and the delays after which an event may change a truth."""

    def __init__(self, entries):
        self.segments = rules.segments_of(entries)
        self.by_name = {segment.name: segment for segment in self.segments}
        self.selectors = {}
        self.decays = []
        for segment in self.segments:
            for root in (segment.when, *segment.attach.values()):
                for node in language.walk(root):
                    self.note(node)
        self.closures = {s.name: self.closure(s) for s in self.segments}

    def closure(self, segment):
        """The segment and all that it names, in the order of decision."""
        names, waiting = set(), [segment.name]
        while waiting:
            name = waiting.pop()
            if name not in names:
                names.add(name)
                waiting += self.by_name[name].names
        return [s for s in self.segments if s.name in names]

    def note(self, node):
        if isinstance(node, language.Compare):
            for one, other in ((node.left, node.right), (node.right, node.left)):
                if isinstance(one, language.Elapsed):
                    ms = other.value // 1000
                    self.delay(one.selector, ms, ms + 1)
                if isinstance(one, language.Decay):
                    self.decays.append((one, other.value))
        elif isinstance(node, language.Among) and isinstance(node.operand, language.Elapsed):
            for constant in node.constants:
                if not isinstance(constant, str):
                    self.delay(node.operand.selector, constant // 1000, constant // 1000 + 1)
        elif isinstance(node, (language.Aggregate, language.Share)):
            self.delay(node.selector, node.window)
        elif isinstance(node, (language.Elapsed, language.Decay)):
            self.delay(node.selector)
        elif isinstance(node, language.Trait):
            self.selectors[node] = (language.Selector(["identify"], node.field, []), set())
        elif isinstance(node, language.Seq):
            for step in node.steps:
                self.delay(step, node.window)
        elif isinstance(node, language.Unanswered):
            self.delay(node.steps[0], node.within, node.window)
            self.delay(node.steps[1])

    def delay(self, selector, *delays):
        found = self.selectors.setdefault(selector, (selector, set()))[1]
        found.update(ms for ms in delays if ms is not None and ms > 0)


class User:
    def __init__(self, name, book, clock, life):
        self.name = name
        self.book = book
        self.clock = clock
        self.life = life
        self.newest = None
        self.armed = None
        self.seq = 0
        self.ids = []
        self.instants = []
        self.matches = {key: values.Matches() for key in book.selectors}
        self.states = {segment.name: State() for segment in book.segments}

    def add(self, event):
        self.newest = event.ts if self.newest is None else max(self.newest, event.ts)
        if event.id is not None:
            self.ids.append((event.id, event.ts))
        for key, (selector, delays) in self.book.selectors.items():
            if selector.accepts(event):
                self.matches[key].add(event)
                for ms in delays:
                    self.expect(event.ts + ms)

    def expect(self, instant):
        at = bisect_right(self.instants, instant)
        if at == 0 or self.instants[at - 1] != instant:
            self.instants.insert(at, instant)

    def expect_decays(self):
        """The instants around which a score falls below its constant."""
        moment = self.moment(self.clock, self.states)
        for node, constant in self.book.decays:
            score = moment.score(node)
            if score and constant > 0 and score >= constant / 1e6:
                halves = math.log2(score / (constant / 1e6)) - math.log2(1 - values.SHORT_OF)
                crossing = self.clock + math.floor(node.half_life * halves)
                for instant in range(crossing - 1, crossing + 3):
                    self.expect(instant)

    def moment(self, t, states):
        return values.Moment(self.name, self.matches, states, t)

    def next_instant(self, c, segments, states):
        """The first instant after c at which something may flip without an event."""
        at = bisect_right(self.instants, c)
        found = self.instants[at : at + 1]
        for segment in segments:
            found += [t for t in states[segment.name].instants(segment) if t > c]
        return min(found, default=None)


class Replay:
    """One input partition: no idle rule, no max_ahead."""

    def __init__(self, entries, settings=None):
        settings = settings or {}
        self.book = Book(entries)
        self.mapping = events.Mapping(settings)
        self.lateness = span(settings.get("input.lateness", "5s"))
        self.dedupe = span(settings.get("input.dedupe", "10m"))
        forget_after = settings.get("profiles.forget_after", "400d")
        self.forget_after = None if forget_after == "never" else span(forget_after)
        self.watermark = None
        self.users = {}
        self.due = []
        self.changes = []
        self.rejected = []

    def line(self, raw, number):
        try:
            event = events.event_of(raw, number, self.mapping)
        except events.Rejected as reason:
            self.rejected.append((number, str(reason)))
            return
        if self.take(event):
            mark = event.ts - self.lateness
            self.watermark = mark if self.watermark is None else max(self.watermark, mark)
            self.pass_watermark(self.watermark)

    def take(self, event):
        """False where the event moves nothing, not even the watermark."""
        user = self.users.get(event.user)
        if user and self.watermark is not None:
            user.clock = max(user.clock, self.watermark)
        if user and self.is_repeat(user, event):
            return True
        if user and self.end_of(user) is not None and event.ts > self.end_of(user):
            self.forget(user)
            user = None
        if user is None:
            return self.welcome(event)
        if event.ts > user.clock:
            self.run(user, event.ts - 1)
            user.clock = event.ts
        self.apply(user, event)
        return True

    def is_repeat(self, user, event):
        if event.id is None or not self.dedupe:
            return False
        since = max(user.clock, event.ts) - self.dedupe
        return any(ident == event.id and ts > since for ident, ts in user.ids)

    def welcome(self, event):
        mark = self.watermark
        if mark is not None and self.forget_after is not None:
            if event.ts <= mark - self.forget_after:
                return False
        clock = event.ts if mark is None else max(event.ts, mark)
        user = self.users[event.user] = User(event.user, self.book, clock, event.line)
        self.apply(user, event)
        return True

    def apply(self, user, event):
        user.add(event)
        user.expect_decays()
        self.decide(user, user.clock, "event", event.line)
        self.arm(user)

    def end_of(self, user):
        return None if self.forget_after is None else user.newest + self.forget_after

    def arm(self, user):
        ends = [user.next_instant(user.clock, self.book.segments, user.states), self.end_of(user)]
        ends = [t for t in ends if t is not None]
        if ends and user.armed != min(ends):
            user.armed = min(ends)
            heapq.heappush(self.due, (user.armed, user.name))

    def pass_watermark(self, w):
        while self.due and self.due[0][0] <= w:
            instant, name = heapq.heappop(self.due)
            user = self.users.get(name)
            if user is None or user.armed != instant:
                continue
            user.armed = None
            end = self.end_of(user)
            if end is not None and end <= w:
                self.forget(user)
            elif user.clock < w:
                self.run(user, w)
                self.arm(user)

    def drain(self):
        self.pass_watermark(math.inf)

    def run(self, user, limit):
        """Publishes the flips with an instant in (c, limit] in time order."""
        while True:
            t = user.next_instant(user.clock, self.book.segments, user.states)
            if t is None or t > limit:
                break
            user.clock = t
            self.decide(user, t, "time", None)
        user.clock = max(user.clock, limit)

    def decide(self, user, t, reason, line):
        moment = user.moment(t, user.states)
        flipped = []
        for segment in self.book.segments:
            state = user.states[segment.name]
            was = state.member
            state.decide(segment, moment.value(segment.when), t)
            if state.member != was:
                attached = {n: moment.value(node) for n, node in segment.attach.items()}
                flipped.append((segment, state.member, attached))
        for segment, entered, attached in flipped:
            until = self.until(user, segment, t) if entered else None
            self.publish(user, segment, (entered, t, until), (reason, line), attached)

    def until(self, user, segment, t):
        """Runs the segment, and those it names, on to where it would leave."""
        closure = self.book.closures[segment.name]
        states = {s.name: copy(user.states[s.name]) for s in closure}
        end = self.end_of(user)
        while True:
            t = user.next_instant(t, closure, states)
            if t is None or (end is not None and t >= end):
                return end
            moment = user.moment(t, states)
            for one in closure:
                states[one.name].decide(one, moment.value(one.when), t)
            if not states[segment.name].member:
                return t

    def forget(self, user):
        end = self.end_of(user)
        self.run(user, end - 1)
        moment = user.moment(end, user.states)
        for segment in self.book.segments:
            if user.states[segment.name].member:
                attached = {n: moment.value(node) for n, node in segment.attach.items()}
                self.publish(user, segment, (False, end, None), ("forget", None), attached)
        del self.users[user.name]

    def publish(self, user, segment, flip, cause, attached):
        entered, at, until = flip
        reason, line = cause
        user.seq += 1
        change = {"user": user.name, "segment": segment.name}
        change |= {"change": "enter" if entered else "exit", "at": stamp(at)}
        if until is not None:
            change["until"] = stamp(until)
        change |= {"life": user.life, "seq": user.seq, "reason": reason}
        if line is not None:
            change["source"] = {"line": line}
        shown = {name: shape(value) for name, value in attached.items() if value is not None}
        if shown:
            change["with"] = shown
        self.changes.append(change)


def span(setting):
    return language.duration(setting) if isinstance(setting, str) and setting != "0" else int(setting)


def shape(value):
    return value if isinstance(value, str) else Decimal(numbers.text(value))


def stamp(ms):
    moment = events.EPOCH + timedelta(milliseconds=ms)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03d}Z"


def text_of(change):
    """A change as one line of JSON, with numbers as they are."""
    plain = {key: value for key, value in change.items() if key != "with"}
    text = json.dumps(plain, ensure_ascii=False, separators=(",", ":"))
    if "with" not in change:
        return text
    pairs = []
    for name, value in change["with"].items():
        shown = format(value, "f") if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False)
        pairs.append(f"{json.dumps(name)}:{shown}")
    return text[:-1] + ',"with":{' + ",".join(pairs) + "}}"


def replay(entries, settings, lines, drain=False):
    """All changes, in published order."""
    judge = Replay(entries, settings)
    for number, text in enumerate(lines, 1):
        judge.line(text, number)
    if drain:
        judge.drain()
    return judge.changes
