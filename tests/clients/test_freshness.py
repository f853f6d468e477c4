"""Whatever order events come in, what is believed in the end is the newest (F43, F44)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trbridge.clients import freshness
from trbridge.clients.freshness import Freshness
from trbridge.resources.worker import WorkerInstance

SID = "WK" + "1" * 32


def worker(version: int | None = None, second: int | None = None, sid: str = SID) -> WorkerInstance:
    moment = None if second is None else datetime.fromtimestamp(second, UTC)
    return WorkerInstance(sid=sid, version=version, date_updated=moment)


@given(st.lists(st.integers(0, 30), min_size=1, max_size=40))
def test_the_last_one_believed_has_the_highest_version(versions: list[int]) -> None:
    """For every order, with every repetition; and no version is believed twice."""
    one = Freshness()
    believed = [version for version in versions if one.is_news("worker.activity.update", worker(version))]
    assert believed == sorted(set(believed))
    assert believed[-1] == max(versions)


@given(st.lists(st.integers(0, 30), min_size=1, max_size=40))
def test_the_last_one_believed_has_the_latest_date(seconds: list[int]) -> None:
    """Without versions; those of one second are all believed, since they may be different changes."""
    one = Freshness()
    believed = [second for second in seconds if one.is_news("worker.activity.update", worker(None, second))]
    assert believed == sorted(believed)
    assert believed[-1] == max(seconds)


def test_one_change_may_have_two_events() -> None:
    """Activity and attributes changed in one request: same version, different names (rest-api 3.3)."""
    one = Freshness()
    for name, expected in (("activity", True), ("attributes", True), ("activity", False), ("attributes", False)):
        assert one.is_news(name, worker(7)) is expected


def test_what_tells_neither_version_nor_date_is_news() -> None:
    """Better twice than never."""
    one = Freshness()
    assert all(one.is_news("x", each) for each in (worker(), worker(), {"sid": SID}, None, 7))


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """F50: those not heard of for longest are forgotten first."""
    monkeypatch.setattr(freshness, "_MOST", 3)
    one = Freshness()
    for number in range(5):
        assert one.is_news("x", worker(1, sid=f"WK{number}"))
    assert not one.is_news("x", worker(1, sid="WK4"))
    assert one.is_news("x", worker(1, sid="WK0"))
