"""Compares the changes that were published with those that should have been, user by user."""
import json
from collections import Counter

FAULTS = ("missing", "doubled", "wrong", "misordered")
SHOWN_MAX = 5


def place(change):
    """What makes a change unique: a user, the event that began the user, and the number within that life."""
    return change["user"], change["life"], change["seq"]


def from_replay(lines, partition, topic=None):
    """Changes that `replay` printed for one partition, as the daemon should have published them."""
    changes = []
    for line in lines:
        change = json.loads(line)
        change["life"] -= 1  # a line number from 1; offsets begin at 0
        if "source" in change:
            change["source"] = {"topic": topic, "partition": partition, "offset": change["source"]["line"] - 1}
        changes.append(change)
    return changes


def without(changes, *names):
    return [{name: value for name, value in change.items() if name not in names} for change in changes]


class Verdict:
    def __init__(self):
        self.count = 0
        self.faults = {fault: [] for fault in FAULTS}

    def add(self, fault, text):
        self.faults[fault].append(text)

    @property
    def good(self):
        return not any(self.faults.values())

    def __str__(self):
        numbers = ", ".join(f"{len(self.faults[fault])} {fault}" for fault in FAULTS)
        lines = [f"{self.count} changes: {numbers}"]
        for fault in FAULTS:
            lines += [f"  {fault}: {text}" for text in self.faults[fault][:SHOWN_MAX]]
        return "\n".join(lines)


def judge_order(verdict, published):
    """Within a user `seq` counts from 1 without gaps, and a later `life` begins again."""
    last = {}
    for change in published:
        user, life, seq = place(change)
        before_life, before_seq = last.get(user, (-1, 0))
        follows = seq == before_seq + 1 if life == before_life else life > before_life and seq == 1
        if not follows:
            verdict.add("misordered", f"{user}: life {life} seq {seq} after life {before_life} seq {before_seq}")
        last[user] = (life, seq)


def judge(published, expected):
    """Both are lists of changes in order per user; `published` as the topic has them."""
    verdict = Verdict()
    verdict.count = len(published)
    judge_order(verdict, published)
    times = Counter(place(change) for change in published)
    for where, count in times.items():
        if count > 1:
            verdict.add("doubled", f"{where} {count} times")
    should = {place(change): change for change in expected}
    is_there = {place(change): change for change in published}
    for where in should.keys() - is_there.keys():
        verdict.add("missing", json.dumps(should[where]))
    for where, change in is_there.items():
        if where not in should:
            verdict.add("wrong", f"unexpected {json.dumps(change)}")
        elif change != should[where]:
            verdict.add("wrong", f"{json.dumps(change)}\n    should be {json.dumps(should[where])}")
    return verdict


def memberships(changes):
    """What a reader of the changes believes at their end: user -> segment -> the instant of the enter."""
    users = {}
    for change in changes:
        segments = users.setdefault(change["user"], {})
        if change["change"] == "enter":
            assert change["segment"] not in segments, f"entered twice: {change}"
            segments[change["segment"]] = change["at"]
        else:
            assert segments.pop(change["segment"], None) is not None, f"left without being in: {change}"
    return users
