"""Expectations worked out by hand from the manual, paragraph by paragraph.

Times are seconds after a fixed instant. A change reads `segment change at reason [until]`.
"""

import json
from datetime import datetime
from decimal import Decimal

import pytest

from naive import evaluate, events, language, numbers, rules

START = 1_700_000_000_000  # Tuesday 2023-11-14 22:13:20 UTC
PLAIN = {"input.lateness": "0s", "profiles.forget_after": "never"}


def line(at, kind, user="u", **members):
    ts = START + round(at * 1000)
    return json.dumps({"user": user, "type": kind, "ts": ts} | members)


def seconds(stamp):
    moment = datetime.strptime(stamp + "+0000", "%Y-%m-%dT%H:%M:%S.%fZ%z")
    return f"{(round(moment.timestamp() * 1000) - START) / 1000:g}"


def changes_of(book, lines, settings=None, drain=True):
    """`book`: conditions or whole entries by name."""
    entries = []
    for name, entry in book.items():
        entries.append({"name": name} | (entry if isinstance(entry, dict) else {"when": entry}))
    return evaluate.replay(entries, PLAIN | (settings or {}), lines, drain)


def story(book, lines, settings=None, drain=True):
    book = {"s": book} if isinstance(book, str) or "when" in book else book
    told = []
    for change in changes_of(book, lines, settings, drain):
        until = " " + seconds(change["until"]) if "until" in change else ""
        at = seconds(change["at"])
        told.append(f"{change['segment']} {change['change']} {at} {change['reason']}{until}")
    return told


def holds(when, lines):
    """Whether the condition holds at the last event."""
    told = story(when, lines, drain=False)
    return bool(told) and " enter " in told[-1]


def attached(expression, lines):
    """The value at the last event, None for null."""
    book = {"s": {"when": "any(*{end=1}[1s])", "attach": {"v": expression}}}
    last = json.loads(lines[-1]) | {"end": 1}
    changes = changes_of(book, lines[:-1] + [json.dumps(last)], drain=False)
    return changes[-1].get("with", {}).get("v")


# windows


def test_an_event_leaves_at_exactly_ts_plus_window():
    told = story("count(a[10s]) >= 2", [line(0, "a"), line(4, "a")])
    assert told == ["s enter 4 event 10", "s exit 10 time"]


def test_an_event_at_the_instant_of_an_expiry_is_decided_together_with_it():
    told = story("count(a[10s]) >= 2", [line(0, "a"), line(4, "a"), line(10, "a")])
    assert told == ["s enter 4 event 10", "s exit 14 time"]


def test_an_expiry_at_the_instant_of_an_event_has_reason_event():
    changes = changes_of({"s": "any(a[10s])"}, [line(0, "a"), line(10, "x")])
    assert [c["reason"] for c in changes] == ["event", "event"]
    assert changes[1]["source"] == {"line": 2}


def test_flips_before_an_event_are_published_at_their_own_instant():
    told = story("any(a[10s])", [line(0, "a"), line(20, "a")])
    assert told == ["s enter 0 event 10", "s exit 10 time", "s enter 20 event 30", "s exit 30 time"]


def test_ever_has_no_end():
    assert story("any(a[ever])", [line(0, "a")]) == ["s enter 0 event"]


# watermark and clock


def test_the_watermark_stays_behind_by_the_lateness():
    settings = {"input.lateness": "5s"}
    lines = [line(0, "a"), line(14.999, "x", "v")]
    assert story("any(a[10s])", lines, settings, drain=False) == ["s enter 0 event 10"]
    lines.append(line(15, "x", "v"))
    told = story("any(a[10s])", lines, settings, drain=False)
    assert told == ["s enter 0 event 10", "s exit 10 time"]


def test_a_late_event_takes_its_place_in_the_windows_it_still_belongs_to():
    told = story("any(a[10s])", [line(20, "b"), line(15, "a")])
    assert told == ["s enter 20 event 25", "s exit 25 time"]
    assert story("any(a[10s])", [line(20, "b"), line(10, "a")]) == []


def test_a_late_event_takes_nothing_back():
    lines = [line(0, "a"), line(10, "x"), line(3, "b")]
    told = story("unanswered(a, b, 5s)[20s]", lines)
    assert told == ["s enter 5 time 20", "s exit 10 event"]


def test_a_new_user_with_a_late_event_starts_at_the_watermark():
    changes = changes_of({"s": "any(a[10s])"}, [line(100, "x", "v"), line(95, "a")])
    assert [(seconds(c["at"]), c["life"], c["seq"]) for c in changes] == [("100", 2, 1), ("105", 2, 2)]


def test_before_the_first_event_no_condition_holds():
    lines = [line(0, "x", "v"), line(7, "b")]
    told = [c for c in changes_of({"s": "none(a[10s])"}, lines) if c["user"] == "u"]
    assert [seconds(c["at"]) for c in told] == ["7"]
    assert "until" not in told[0]


def test_a_second_event_at_one_instant_is_decided_again():
    told = story("count(a[10s]) == 1", [line(0, "a"), line(0, "a")])
    assert told == ["s enter 0 event 10", "s exit 0 event"]


def test_a_decision_goes_by_level_then_by_name():
    book = {"b": "any(a[9s])", "a": "member(b)", "c": "any(a[9s])", "d": "member(a)"}
    told = story(book, [line(0, "a")], drain=False)
    assert [t.split()[0] for t in told] == ["b", "c", "a", "d"]


# repeats


def test_a_repeat_is_dropped():
    lines = [line(0, "a", id="1"), line(5, "a", id=1)]
    assert story("count(a[20s]) >= 2", lines) == []


def test_an_id_is_remembered_until_the_clock_is_dedupe_past_its_event():
    lines = [line(0, "a", id="1"), line(5, "a", id="1")]
    assert story("count(a[20s]) >= 2", lines, {"input.dedupe": "5001ms"}) == []
    assert len(story("count(a[20s]) >= 2", lines, {"input.dedupe": "5s"})) == 2
    assert len(story("count(a[20s]) >= 2", lines, {"input.dedupe": "0s"})) == 2


def test_a_repeat_moves_the_watermark_and_nothing_else():
    told = story("any(a[10s])", [line(0, "a", id="1"), line(10, "a", id="1")], drain=False)
    assert told == ["s enter 0 event 10", "s exit 10 time"]


def test_an_id_of_another_user_is_no_repeat():
    lines = [line(0, "a", "u", id="1"), line(0, "a", "v", id="1")]
    assert len(story("any(a[10s])", lines, drain=False)) == 2


# forgetting

SHORT = {"profiles.forget_after": "20s", "input.dedupe": "0s"}
PATIENT = SHORT | {"input.lateness": "5s"}


def test_the_watermark_at_z_forgets():
    lines = [line(0, "a"), line(20, "x", "v")]
    told = story("none(b[5s]) and any(a[ever])", lines, SHORT, drain=False)
    assert told == ["s enter 0 event 20", "s exit 20 forget"]


def test_an_event_at_z_keeps_the_user():
    told = story("any(a[ever])", [line(0, "a"), line(20, "a")], PATIENT)
    assert told == ["s enter 0 event 20", "s exit 40 forget"]


def test_an_event_after_z_begins_a_new_life():
    changes = changes_of({"s": "any(a[ever])"}, [line(0, "a"), line(21, "a")], PATIENT)
    told = [(c["life"], c["seq"], c["change"], seconds(c["at"]), c["reason"]) for c in changes]
    assert told == [
        (1, 1, "enter", "0", "event"),
        (1, 2, "exit", "20", "forget"),
        (2, 1, "enter", "21", "event"),
        (2, 2, "exit", "41", "forget"),
    ]


def test_an_event_too_old_of_an_unknown_user_is_dropped():
    lines = [line(100, "x", "v"), line(80, "a")]
    assert story("any(a[ever])", lines, SHORT) == []
    told = story("any(a[ever])", lines + [line(80.001, "a")], SHORT)
    assert told == ["s enter 100 event 100.001", "s exit 100.001 forget"]


def test_a_late_event_that_is_the_newest_moves_z():
    lines = [line(0, "a"), line(15, "x", "v"), line(10, "a")]
    told = story("any(a[ever])", lines, SHORT)
    assert told == ["s enter 0 event 20", "s exit 30 forget"]


def test_forgetting_ends_keep_and_cooldown_and_enters_nothing():
    book = {
        "kept": {"when": "any(a[15s])", "keep": "1h"},
        "late": {"when": "none(a[20s])"},
        "cool": {"when": "any(a[5s])", "cooldown": "1h"},
    }
    told = story(book, [line(0, "a"), line(21, "a")], PATIENT, drain=False)
    assert told == [
        "cool enter 0 event 5",
        "kept enter 0 event 20",
        "cool exit 5 time",
        "kept exit 20 forget",
        "cool enter 21 event 26",
        "kept enter 21 event 41",
    ]


def test_attach_still_sees_what_was_known_at_z():
    book = {"s": {"when": "any(a[ever])", "attach": {"n": "count(a[20s])", "l": "last(a.k[ever])"}}}
    changes = changes_of(book, [line(0, "a", k="x")], SHORT)
    assert changes[0]["with"] == {"n": 1, "l": "x"}
    assert changes[1]["with"] == {"n": 0, "l": "x"}


# for, keep, cooldown


def test_for_waits_and_then_enters_by_time():
    told = story({"when": "any(a[10s])", "for": "4s"}, [line(0, "a")])
    assert told == ["s enter 4 time 10", "s exit 10 time"]


def test_for_is_broken_by_turning_false_at_its_end():
    assert story({"when": "any(a[10s])", "for": "10s"}, [line(0, "a")]) == []


def test_for_is_met_by_an_event_at_its_end_that_keeps_the_truth():
    told = story({"when": "any(a[10s])", "for": "10s"}, [line(0, "a"), line(10, "a")])
    assert told == ["s enter 10 event 20", "s exit 20 time"]


def test_for_counts_anew_after_a_break():
    rule = {"when": "count(a[10s]) == 1", "for": "2s"}
    told = story(rule, [line(0, "a"), line(3, "a")])
    assert told == ["s enter 2 time 10", "s exit 3 event", "s enter 12 time 13", "s exit 13 time"]


def test_for_is_broken_within_one_instant():
    rule = {"when": "count(a[60s]) in (1, 3)", "for": "5s"}
    told = story(rule, [line(0, "a"), line(3, "a"), line(3, "a")], drain=False)
    assert told == []
    told = story(rule, [line(0, "a"), line(3, "a"), line(3, "a"), line(9, "x")], drain=False)
    assert told == ["s enter 8 time 60"]


def test_keep_stays_after_the_condition():
    told = story({"when": "any(a[10s])", "keep": "5s"}, [line(0, "a")])
    assert told == ["s enter 0 event 15", "s exit 15 time"]


def test_keep_is_prolonged_by_a_truth_at_its_very_end():
    told = story({"when": "any(a[10s])", "keep": "5s"}, [line(0, "a"), line(15, "a")])
    assert told == ["s enter 0 event 15", "s exit 30 time"]


def test_keep_runs_anew_after_a_brief_truth():
    rule = {"when": "count(a[60s]) in (1, 3)", "keep": "5s"}
    lines = [line(0, "a"), line(4, "a"), line(7, "a"), line(7, "a")]
    assert story(rule, lines) == [
        "s enter 0 event 65",
        "s exit 12 time",
        "s enter 60 time 69",
        "s exit 69 time",
    ]


def test_for_plays_no_part_in_keep():
    rule = {"when": "any(a[3s])", "for": "2s", "keep": "5s"}
    told = story(rule, [line(0, "a"), line(7, "a")])
    assert told == ["s enter 2 time 8", "s exit 15 time"]


def test_cooldown_enters_at_its_end_if_the_condition_holds():
    rule = {"when": "any(a[5s])", "cooldown": "20s"}
    told = story(rule, [line(0, "a"), line(10, "a"), line(22, "a")])
    assert told == ["s enter 0 event 5", "s exit 5 time", "s enter 25 time 27", "s exit 27 time"]


def test_for_runs_on_during_a_cooldown():
    rule = {"when": "any(a[5s])", "cooldown": "20s", "for": "4s"}
    told = story(rule, [line(0, "a"), line(22, "a")])
    assert told == ["s enter 4 time 5", "s exit 5 time", "s enter 26 time 27", "s exit 27 time"]
    told = story(rule, [line(0, "a"), line(20, "a"), line(23, "a")])
    assert told == ["s enter 4 time 5", "s exit 5 time", "s enter 25 time 28", "s exit 28 time"]


def test_cooldown_begins_at_the_end_of_keep():
    rule = {"when": "any(a[5s])", "keep": "5s", "cooldown": "10s"}
    told = story(rule, [line(0, "a"), line(18, "a")])
    assert told == ["s enter 0 event 10", "s exit 10 time", "s enter 20 time 28", "s exit 28 time"]


# until and member


def test_until_and_truth_follow_the_segments_named():
    book = {"z": "any(a[10s])", "n": "not member(z) and any(x[30s])"}
    told = story(book, [line(0, "a"), line(0, "x")])
    assert told == [
        "z enter 0 event 10",
        "z exit 10 time",
        "n enter 10 time 30",
        "n exit 30 time",
    ]


def test_until_includes_the_cooldown_of_a_segment_named():
    book = {"m": {"when": "any(a[5s])", "cooldown": "20s"}, "n": "any(x[ever]) and not member(m)"}
    lines = [line(0, "a"), line(6, "x"), line(24, "a")]
    told = story(book, lines)
    assert told == [
        "m enter 0 event 5",
        "m exit 5 time",
        "n enter 6 event",
        "m enter 25 time 29",
        "n exit 25 time",
        "m exit 29 time",
        "n enter 29 time",
    ]


def test_until_ends_with_forgetting():
    told = story("none(x[5s])", [line(0, "a")], {"profiles.forget_after": "1h"}, drain=False)
    assert told == ["s enter 0 event 3600"]


# since and age


def test_since_holds_for_one_millisecond_when_equal():
    told = story("since(a) == 5", [line(0, "a")])
    assert told == ["s enter 5 time 5.001", "s exit 5.001 time"]
    assert story("since(a) > 5s", [line(0, "a")]) == ["s enter 5.001 time"]
    assert story("3 > since(a)", [line(0, "a")]) == ["s enter 0 event 3", "s exit 3 time"]


def test_since_without_a_match_is_null():
    assert story("since(b) != 5", [line(0, "a")]) == []
    assert story("not (since(b) > 5)", [line(0, "a")]) == ["s enter 0 event"]


def test_age_jumps_when_an_older_event_comes_late():
    told = story("age(a) >= 10", [line(5, "a"), line(12, "x"), line(1, "a")])
    assert told == ["s enter 12 event"]


# aggregates


def test_sum_takes_numbers_only_and_is_exact():
    lines = [line(0, "a", v=0.1), line(0, "a", v=0.2), line(0, "a", v="5"), line(0, "a", v=None)]
    assert attached("sum(a.v[9s])", lines) == Decimal("0.3")
    assert holds("sum(a.v[9s]) == 0.3", lines)
    assert holds("sum(b.v[9s]) == 0", lines)


def test_a_total_is_kept_exactly_past_the_bound():
    lines = [line(0, "a", v=9.2e12), line(0, "a", v=5), line(0, "a", v=-9.2e12)]
    assert attached("sum(a.v[9s])", lines[:2]) == Decimal("9200000000000")
    assert attached("sum(a.v[9s])", lines) == 5


def test_avg_rounds_half_to_even_and_is_null_without_numbers():
    lines = [line(0, "a", v=v) for v in (0, 0, 1)]
    assert attached("avg(a.v[9s])", lines) == Decimal("0.333333")
    assert attached("avg(a.v[9s])", [line(0, "a", v=0.000001), line(0, "a", v=0)]) == 0
    assert attached("avg(a.v[9s])", [line(0, "a", v="x")]) is None


def test_min_and_max_are_null_without_numbers():
    lines = [line(0, "a", v=3), line(1, "a", v=-2), line(2, "a", v="9")]
    assert attached("min(a.v[9s])", lines) == -2
    assert attached("max(a.v[9s])", lines) == 3
    assert not holds("max(b.v[9s]) != 5", lines)
    assert story("max(a.v[2s]) == 3", lines[:2])[-1] == "s exit 2 time"


def test_distinct_compares_texts_and_leaves_empty_ones_out():
    values = ("5", 5, 5.0, "", None, "x", True, "true")
    assert attached("distinct(a.v[9s])", [line(0, "a", v=v) for v in values]) == 3


def test_repeats_counts_the_most_frequent():
    lines = [line(0, "a", v=v) for v in ("5", 5, "x", "")]
    assert attached("repeats(a.v[9s])", lines) == 2
    assert attached("repeats(b.v[9s])", lines) == 0


def test_top_of_equals_is_the_one_seen_last_and_as_last_seen():
    lines = [line(0, "a", v="x"), line(1, "a", v="y"), line(2, "a", v="y"), line(3, "a", v="x")]
    assert attached("top(a.v[9s])", lines) == "x"
    assert attached("top(a.v[3s])", lines) == "y"
    assert attached("top(a.v[9s])", [line(0, "a", v="5"), line(1, "a", v=5.0)]) == 5
    assert attached("top(b.v[9s])", lines) is None


def test_first_and_last_skip_what_is_empty():
    lines = [line(0, "a", v=""), line(1, "a", v=7), line(2, "a", v="z"), line(3, "a")]
    assert attached("first(a.v[9s])", lines) == 7
    assert attached("last(a.v[9s])", lines) == "z"


def test_last_of_equal_times_is_the_later_arrival():
    lines = [line(0, "a", v="x"), line(0, "a", v="y")]
    assert attached("last(a.v[9s])", lines) == "y"
    assert attached("first(a.v[9s])", lines) == "x"


def test_decay_has_reached_a_constant_it_meets_exactly():
    told = story("decay(a[10s]) >= 0.5", [line(0, "a")])
    assert told == ["s enter 0 event 10.001", "s exit 10.001 time"]
    assert story("decay(a[10s]) < 0.5", [line(0, "a")]) == ["s enter 10.001 time"]


def test_decay_adds_up_and_takes_no_negative_value():
    lines = [line(0, "a", v=4), line(10, "a", v=-3), line(10, "a", v="9"), line(10, "a", v=1)]
    assert attached("decay(a.v[10s])", lines) == 3
    assert attached("decay(a.v[10s])", [line(0, "a", v=-1)]) is None
    assert holds("decay(b[10s]) < 0.5", lines)


def test_share_is_a_fraction_and_null_of_nothing():
    lines = [line(0, "a", k="x"), line(1, "a", k="y"), line(2, "a", k="y")]
    assert attached('share(a, {k="x"}[9s])', lines) == Decimal("0.333333")
    assert attached('share(b, {k="x"}[9s])', lines) is None


def test_bucket_is_the_hash_of_salt_and_user():
    assert attached('bucket("vip")', [line(0, "a")]) == 0x25E5BF09 % 100


# patterns


def test_seq_takes_the_last_step_at_most_d_after_the_first():
    lines = [line(0, "a"), line(5, "b"), line(10, "c")]
    told = story("seq(a, b, c within 10s)[4s]", lines)
    assert told == ["s enter 10 event 14", "s exit 14 time"]
    assert story("seq(a, b, c within 9999ms)[4s]", lines) == []


def test_seq_needs_different_events_in_order():
    assert story("seq(a, a within 10s)[9s]", [line(0, "a")]) == []
    assert len(story("seq(a, a within 10s)[9s]", [line(0, "a"), line(0, "a")])) == 2
    assert story("seq(a, b within 10s)[9s]", [line(0, "b"), line(0, "a")]) == []


def test_seq_is_completed_by_a_late_event():
    told = story("seq(a, b within 10s)[9s]", [line(5, "b"), line(7, "x"), line(3, "a")])
    assert told == ["s enter 7 event 14", "s exit 14 time"]


def test_seq_by_takes_one_value_for_all():
    rule = "seq(a, b within 10s by k)[9s]"
    assert story(rule, [line(0, "a", k="x"), line(1, "b", k="y")]) == []
    assert story(rule, [line(0, "a", k=""), line(1, "b", k="")]) == []
    assert len(story(rule, [line(0, "a", k="5"), line(1, "b", k=5)])) == 2


def test_unanswered_holds_from_d_to_the_end_of_the_window():
    told = story("unanswered(a, b, 5s)[20s]", [line(0, "a")])
    assert told == ["s enter 5 time 20", "s exit 20 time"]


def test_unanswered_is_answered_at_the_very_end():
    assert story("unanswered(a, b, 5s)[20s]", [line(0, "a"), line(5, "b")]) == []
    told = story("unanswered(a, b, 5s)[20s]", [line(0, "a"), line(5.001, "b")])
    assert told == ["s enter 5 time 20", "s exit 20 time"]


def test_unanswered_wants_an_answer_after_it():
    told = story("unanswered(a, b, 5s)[20s]", [line(0, "b"), line(0, "a")])
    assert told == ["s enter 5 time 20", "s exit 20 time"]


def test_an_event_does_not_answer_itself_but_an_earlier_one():
    told = story("unanswered(a, a, 5s)[20s]", [line(0, "a"), line(3, "a")])
    assert told == ["s enter 8 time 23", "s exit 23 time"]


def test_unanswered_by_wants_the_same_value():
    rule = "unanswered(a, b, 5s by k)[20s]"
    told = story(rule, [line(0, "a", k="x"), line(1, "b", k="y")])
    assert told == ["s enter 5 time 20", "s exit 20 time"]
    assert story(rule, [line(0, "a", k="x"), line(1, "b", k="x")]) == []
    assert story(rule, [line(0, "a")]) == []


# traits


def test_trait_is_the_newest_value_that_is_there():
    lines = [line(5, "identify", k="new"), line(1, "identify", k="old"), line(6, "identify")]
    assert attached("trait.k", lines) == "new"
    assert attached("trait.k", lines + [line(7, "identify", k="")]) == ""
    assert attached("trait.k", lines + [line(7, "identify", k=None)]) == "new"
    assert attached("trait.k", [line(0, "a", k="x")]) is None


# matchers, numbers and texts


def matches(matcher, **members):
    return holds(f"any(a{{{matcher}}}[9s])", [line(0, "a", **members)])


def test_a_missing_field_is_the_empty_text():
    assert matches('k=""') and matches('k!="x"') and matches('k=~"x*"')
    assert not matches('k!=""') and not matches('k!~"x*"')
    assert matches('k=""', k=[1]) and matches('k=""', k=None)


def test_a_regular_expression_is_anchored():
    assert matches('k=~"sh.*"', k="shoes") and not matches('k=~"sho"', k="shoes")
    assert matches('k!~"sho"', k="shoes")


def test_a_number_has_its_shortest_text():
    assert matches('v="59.9"', v=59.90) and matches('v="3"', v=3.0) and matches('v="0"', v=-0.0)
    assert matches('v=~"-0[.]5"', v=-0.5)


def test_numbers_are_compared_with_numbers_only():
    assert matches("v=5", v=5.0) and not matches("v=5", v="5") and not matches("v!=5", v="5")
    assert not matches("v!=5") and matches("v!=5", v=6) and matches("v>=-1s", v=-1)


def test_booleans_are_texts():
    assert matches('v="true"', v=True) and matches('v="false"', v=False)


def test_numbers_round_half_to_even_when_read():
    assert matches("v=0.000002", v=0.0000015) and matches("v=0", v=0.0000005)


def test_a_number_out_of_bounds_is_a_text_as_written():
    lines = ['{"user":"u","type":"a","ts":1700000000000,"v":1E13}']
    assert attached("sum(a.v[9s])", lines) == 0
    assert evaluate.replay([{"name": "s", "when": 'any(a{v="1E13"}[9s])'}], {}, lines)


def test_a_long_text_is_a_missing_field():
    assert matches('k!=""', k="x" * 1024) and matches('k=""', k="x" * 1025)
    assert matches('k=""', k="é" * 513)


def test_hour_and_weekday_are_of_the_time_zone_and_win():
    lines = [line(0, "a", hour=3, weekday="x")]
    book = {"s": {"when": "any(a[9s])", "attach": {"h": "last(a.hour[9s])", "w": "last(a.weekday[9s])"}}}
    assert changes_of(book, lines)[0]["with"] == {"h": 22, "w": "tue"}
    there = changes_of(book, lines, {"input.time_zone": "Asia/Kolkata"})[0]["with"]
    assert there == {"h": 3, "w": "wed"}


# expressions


def test_null_makes_a_comparison_false_and_not_of_it_true():
    lines = [line(0, "a")]
    assert not holds("trait.k == 1", lines) and not holds("trait.k != 1", lines)
    assert not holds('trait.k in ("", 1)', lines) and holds("not (trait.k in (1))", lines)
    assert not holds("trait.k + 1 > 0", lines) and not holds("-trait.k < 1", lines)


def test_a_string_never_equals_a_number():
    lines = [line(0, "identify", k="5")]
    assert not holds("trait.k == 5", lines) and holds("trait.k != 5", lines)
    assert not holds("trait.k >= 5", lines) and not holds("trait.k < 5", lines)
    assert holds('trait.k in (5, "5")', lines) and holds('trait.k < "6"', lines)
    assert not holds("trait.k * 2 == 10", lines)


def test_division_by_zero_is_null():
    lines = [line(0, "a")]
    assert attached("1 / count(b[9s])", lines) is None
    assert attached("1 / (count(a[9s]) + 2)", lines) == Decimal("0.333333")
    assert attached("2 / 3 * -9.2e12 * 2", lines) == Decimal("-9200000000000")


def test_words_bind_in_the_order_of_the_grammar():
    lines = [line(0, "a")]
    assert holds("any(a[9s]) or any(a[9s]) and any(b[9s])", lines)
    assert holds("not any(b[9s]) and any(a[9s])", lines)
    assert attached("1 + 2 * 3 - 4 / 2", lines) == 5
    assert attached("1h30m", lines) == 5400


@pytest.mark.parametrize(
    "text",
    (
        "count(a[1s])",
        "any(a[1s]) + 1 > 0",
        "any(a[1s]) and count(a[1s])",
        "count(a.v[1s]) > 0",
        "sum(a[1s]) > 0",
        "since(a) > count(b[1s])",
        "since(a) + 1 > 2",
        "decay(a[1s]) > 1",
        "decay(a[1s]) == 1",
        "0.5 >= decay(a[1s])",
        "unanswered(a, b, 5s)[5s]",
        "any(a[0s])",
        "any(a[1])",
        "any(a{user=\"x\"}[1s])",
        "sum(a.ts[1s]) > 0",
        "count(a[1s]) > 9.3e12",
        "any(a{v<\"x\"}[1s])",
        "seq(a within 1s)[1s]",
        "any(a[1s]",
        "most(a[1s]) > 1",
        "count(a[1s]) > 1 > 0",
        "AND",
    ),
)
def test_what_is_no_condition_is_refused(text):
    with pytest.raises(language.LanguageError):
        language.condition(text)


def test_members_go_in_no_circle():
    with pytest.raises(language.LanguageError):
        rules.segments_of([{"name": "a", "when": "member(b)"}, {"name": "b", "when": "member(a)"}])


# attach


def test_attach_is_of_the_decision_and_leaves_null_out():
    book = {"s": {"when": "any(a[5s])", "attach": {"n": "count(a[9s])", "x": "trait.k", "c": '"hi"'}}}
    changes = changes_of(book, [line(0, "a")])
    assert [c["with"] for c in changes] == [{"n": 1, "c": "hi"}, {"n": 1, "c": "hi"}]
    assert "with" not in changes_of({"s": {"when": "any(a[5s])", "attach": {"x": "trait.k"}}}, [line(0, "a")])[0]


def test_attach_of_since_has_three_places():
    lines = [line(0, "a"), line(1.25, "b")]
    assert attached("since(a)", lines) == Decimal("1.25")
    assert attached("age(c)", lines) is None


# payloads


def event(text):
    return events.event_of(text, 1, events.Mapping())


@pytest.mark.parametrize(
    "written, ms",
    (
        ("1700000000", START),
        ("1700000000.5", START + 500),
        ("1700000000000", START),
        ("1700000000000000", START),
        ("1700000000000999999", START),
        ('"1700000000000"', START),
        ('"2023-11-14T22:13:20Z"', START),
        ('"2023-11-14 23:13:20.1239+01:00"', START + 123),
        ('"2016-12-31t23:59:60z"', 1483228799999),
        ("0", 0),
    ),
)
def test_times(written, ms):
    assert event(f'{{"user":"u","type":"a","ts":{written}}}').ts == ms


@pytest.mark.parametrize(
    "text, reason",
    (
        ("", "empty"),
        ("{", "not_json"),
        ("[]", "not_json"),
        ('{"type":"a","ts":1}', "no_user"),
        ('{"user":"","type":"a","ts":1}', "no_user"),
        ('{"user":"%s","type":"a","ts":1}' % ("x" * 257), "no_user"),
        ('{"user":"u","ts":1}', "no_type"),
        ('{"user":"u","type":"a"}', "no_time"),
        ('{"user":"u","type":"a","ts":-1}', "bad_time"),
        ('{"user":"u","type":"a","ts":"soon"}', "bad_time"),
    ),
)
def test_rejects(text, reason):
    with pytest.raises(events.Rejected, match=reason):
        event(text)


def test_a_number_is_a_user_as_it_is_written():
    assert event('{"user":12.0,"type":"a","ts":1}').user == "12.0"


def test_of_equal_names_the_last_wins():
    assert event('{"user":"u","user":"v","type":"a","ts":1}').user == "v"


def test_nested_values_are_reached_by_their_path():
    mapping = events.Mapping({"input.mapping.fields": {"k": "/p/q/1"}, "input.mapping.fields_from": "/f"})
    found = events.event_of('{"user":"u","type":"a","ts":1,"p":{"q":[0,7]},"f":{"x":"y"}}', 1, mapping)
    assert found.field("k") == 7 * numbers.MILLION and found.field("x") == "y"


def test_the_rule_file_of_the_manual_is_read():
    text = """
segments:
  - name: shoe_shopper   # a comment
    description: "Looks for: shoes"
    when: count(view{category="shoes"}[30m]) >= 3 and none(purchase[7d])
    for: 30s
    attach:
      item: last(view.item[1d])
  - name: vip
    when: >
      member(shoe_shopper)
      and bucket("vip") >= 10
"""
    first, second = rules.segments_of(rules.entries_of(text))
    assert (first.hold, list(first.attach), second.level) == (30_000, ["item"], 1)
