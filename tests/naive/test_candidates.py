"""Deciding only where something may flip gives what deciding at every millisecond gives."""

import pytest

from naive import evaluate, generate

UNIT_MS = 4
HORIZON_MS = 40 * UNIT_MS


def every_millisecond(self, c, segments, states):
    return c + 1 if c < self.newest + HORIZON_MS else None


@pytest.mark.parametrize("seed", range(60))
def test_no_flip_is_missed_between_two_instants(seed, monkeypatch):
    generator = generate.Generator(seed)
    generator.unit = UNIT_MS
    case = generator.case()
    case.lines = case.lines[:15]
    expected = evaluate.replay(case.rules, case.settings, case.lines, case.drain)
    monkeypatch.setattr(evaluate.User, "next_instant", every_millisecond)
    got = evaluate.replay(case.rules, case.settings, case.lines, case.drain)
    key = lambda change: (change["user"], change["life"], change["seq"])
    assert sorted(got, key=key) == sorted(expected, key=key)
