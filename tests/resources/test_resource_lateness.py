"""An answer that arrives late does not overwrite what is newer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trbridge.resources.lateness import Age, Verdict, contradict, judge, read_version
from trbridge.resources.reservation_wait import is_behind

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(seconds=1)
TAKE, DROP, ASK = Verdict.TAKE, Verdict.DROP, Verdict.ASK


@pytest.mark.parametrize(
    ("held", "answered", "contradicting", "verdict"),
    [
        (Age(None, NOON), Age(None, LATER), True, TAKE),
        (Age(None, LATER), Age(None, NOON), False, DROP),
        (Age(None, NOON), Age(None, NOON), False, TAKE),
        (Age(None, NOON), Age(None, NOON), True, ASK),
        (Age(None, None), Age(None, NOON), True, ASK),
        (Age(7, NOON), Age(6, NOON), False, DROP),
        (Age(7, NOON), Age(8, NOON), True, ASK),
        (Age(7, NOON), Age(7, NOON), True, ASK),
        (Age(7, LATER), Age(8, NOON), True, DROP),
        (Age(7, NOON), Age(None, NOON), True, ASK),
    ],
)
def test_the_rule(held: Age, answered: Age, contradicting: bool, verdict: Verdict) -> None:
    """A lower version is older; else the second decides; within one only what does not contradict is taken."""
    assert judge(held, answered, contradicting=contradicting) is verdict


@given(st.lists(st.integers(0, 3), min_size=1, max_size=8), st.data())
def test_whatever_overtakes_what_no_state_goes_back(gaps: list[int], data: st.DataObject) -> None:
    """States of a resource arrive in any order, some with their version; what is in doubt is asked for again."""
    moment, states = NOON, []
    for number, gap in enumerate(gaps):
        moment += timedelta(seconds=gap)
        states.append((number, moment))
    held, known = None, None
    for came in data.draw(st.permutations(states)):
        version = came[0] if data.draw(st.booleans()) else None
        state = came
        if held is not None:
            verdict = judge(Age(known, held[1]), Age(version, came[1]), contradicting=came != held)
            if verdict is DROP:
                assert came < held, f"{came} was dropped, though {held} is older"
                continue
            assert verdict is ASK or came >= held, f"{came} was taken, though {held} is newer"
            state = states[-1] if verdict is ASK else came
        held, known = state, known if version is None else version
    assert held == states[-1]


def test_what_only_one_of_them_tells_is_no_contradiction() -> None:
    """Events bring less than answers; ages and figures differ by themselves."""
    unsent = {"name": None, "age": None, "limit": 0}
    assert not contradict({"name": None, "age": 3, "limit": 5}, {"name": "x", "age": 4, "limit": 0}, unsent)
    assert contradict({"name": "y", "age": 3, "limit": 5}, {"name": "x", "age": 3, "limit": 5}, unsent)


@pytest.mark.parametrize(
    ("etag", "version"),
    [('"7"', 7), ("7", 7), ('W/"7"', None), ("", None), (None, None), ("9" * 40, None), ("7a", None)],
)
def test_a_version_is_read_where_there_is_one(etag: str | None, version: int | None) -> None:
    assert read_version(etag) == version


def test_a_reservation_only_goes_forward() -> None:
    """A status of tomorrow is no reason to keep an old one."""
    assert is_behind("pending", "accepted")
    assert is_behind("accepted", "canceled")
    assert not is_behind("completed", "wrapping")
    assert not is_behind("parked", "completed")
    assert not is_behind("pending", None)
