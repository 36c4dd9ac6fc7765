"""The judge must find every kind of fault: a check that can't fail proves nothing."""
from judge import judge, memberships

import pytest
from topics import murmur2


def change(user, seq, life=0, kind="enter", **more):
    return {"user": user, "life": life, "seq": seq, "segment": "s", "change": kind, "at": f"t{seq}", **more}


GOOD = [change("a", 1), change("b", 1), change("a", 2, kind="exit"), change("a", 1, life=9)]


def faults(published, expected=GOOD):
    return {fault for fault, found in judge(published, expected).faults.items() if found}


def test_equal_changes_are_good():
    assert judge(GOOD, GOOD).good


def test_order_between_users_does_not_matter():
    assert judge([GOOD[1], GOOD[0], GOOD[2], GOOD[3]], GOOD).good


def test_a_missing_change_is_found():
    assert faults(GOOD[:3]) == {"missing"}
    assert "missing" in faults(GOOD[1:])


def test_a_doubled_change_is_found():
    assert faults(GOOD + [GOOD[3]]) == {"doubled", "misordered"}


def test_a_wrong_instant_is_found():
    assert faults([change("a", 1, at="t7")] + GOOD[1:]) == {"wrong"}


def test_an_unexpected_user_is_found():
    assert faults(GOOD + [change("c", 1)]) == {"wrong"}


def test_changed_order_within_a_user_is_found():
    assert faults([GOOD[2], GOOD[1], GOOD[0], GOOD[3]]) == {"misordered"}


def test_an_older_life_after_a_newer_one_is_found():
    assert faults([GOOD[3], GOOD[1], GOOD[0], GOOD[2]]) == {"misordered"}


def test_memberships_are_what_enters_and_exits_leave():
    assert memberships(GOOD[:2]) == {"a": {"s": "t1"}, "b": {"s": "t1"}}
    assert memberships(GOOD[:3]) == {"a": {}, "b": {"s": "t1"}}
    with pytest.raises(AssertionError):
        memberships([GOOD[0], GOOD[0]])


def test_murmur2_is_that_of_the_java_client():
    # From Kafka's own UtilsTest.
    known = {b"21": -973932308, b"foobar": -790332482, b"a-little-bit-long-string": -985981536,
             b"a-little-bit-longer-string": -1486304829,
             b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971, b"abc": 479470107}
    assert {key: murmur2(key) for key in known} == {key: value & 0xFFFFFFFF for key, value in known.items()}
