"""Deciding only where something may flip gives what deciding at every millisecond gives."""

import pytest

from naive import evaluate, generate

UNIT_MS = 4
HORIZON_MS = 50 * UNIT_MS
DECAY_HORIZON_MS = 60 * 8 * UNIT_MS  # so many half-lives from the largest score to the smallest
WITHOUT_DECAY = [name for name in generate.FUNCTIONS + generate.OPTIONS if name != "decay"]


def every_millisecond(horizon):
    def next_instant(self, c, segments, states):
        return c + 1 if c < self.newest + horizon else None

    return next_instant


def check(seed, allowed, horizon, monkeypatch):
    generator = generate.Generator(seed, allowed)
    generator.unit = UNIT_MS
    case = generator.case()
    case.lines = case.lines[:15]
    expected = evaluate.replay(case.rules, case.settings, case.lines, case.drain)
    monkeypatch.setattr(evaluate.User, "next_instant", every_millisecond(horizon))
    got = evaluate.replay(case.rules, case.settings, case.lines, case.drain)
    key = lambda change: (change["user"], change["life"], change["seq"])
    assert sorted(got, key=key) == sorted(expected, key=key)


@pytest.mark.parametrize("seed", range(60))
def test_no_flip_is_missed_between_two_instants(seed, monkeypatch):
    check(seed, WITHOUT_DECAY, HORIZON_MS, monkeypatch)


@pytest.mark.parametrize("seed", range(10))
def test_no_crossing_of_a_score_is_missed(seed, monkeypatch):
    check(seed, ["decay", "any", "for", "keep"], DECAY_HORIZON_MS, monkeypatch)
