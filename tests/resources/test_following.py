"""Following the log of events: what is asked, when, and what it costs."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from event_log import BEGIN, START, Kept, LogBridge, event, follow, number_of, take
from fake_bridge import WS, WT, sid

from trbridge.checkpoints import FileCheckpoint, Position
from trbridge.errors import (
    CheckpointError,
    InvalidArgument,
)
from trbridge.following import window
from trbridge.resources.event import EventInstance


async def test_from_now_on_only_what_comes_then_is_handed_out() -> None:
    bridge = LogBridge(event(1, -500), event(2, -1), event(3, 12), event(4, 13))
    assert await take(follow(bridge), 2) == [3, 4]
    first, second, *_ = bridge.sent
    assert first == ("GET", "/Events", {"PageSize": "50", "Minutes": "43200"})
    assert second == ("GET", "/Events", {"PageSize": "50", "StartDate": "2029-12-31T23:59:59Z"})


async def test_since_a_moment_or_so_long_ago() -> None:
    log = [event(1, -500), event(2, -100), event(3, -1)]
    hour = timedelta(hours=1)
    begin = (START - timedelta(seconds=200)).astimezone(timezone(hour))
    assert await take(follow(LogBridge(*log), since=begin), 2) == [2, 3]
    bridge = LogBridge(*log)
    assert await take(follow(bridge, since=timedelta(seconds=600)), 3) == [1, 2, 3]
    assert bridge.sent[0] == ("GET", "/Events", {"PageSize": "50", "StartDate": "2029-12-31T23:50:00Z"})


async def test_one_type_is_asked_for_several_are_chosen_here() -> None:
    """The service's filter takes one type (rest-api 3.10)."""
    log = [event(1, 1, "task.created"), event(2, 2, "task.canceled"), event(3, 3, "worker.created")]
    bridge = LogBridge(*log, seconds=30)
    assert await take(follow(bridge, since=START, types="task.canceled"), 1) == [2]
    assert bridge.last.params == {"PageSize": "50", "StartDate": "2030-01-01T00:00:00Z", "EventType": "task.canceled"}
    bridge = LogBridge(*log, seconds=30)
    assert await take(follow(bridge, since=START, types=["task.canceled", "worker.created"]), 2) == [2, 3]
    assert "EventType" not in (bridge.last.params or {})


async def test_events_come_oldest_first_over_all_pages_and_each_once() -> None:
    """The list has the newest first [I], and those of one moment too."""
    log = [event(number, number // 3 / 10) for number in range(180)]
    bridge = LogBridge(*log[::-1], seconds=600)
    assert await take(follow(bridge, since=START, settle=0), 180) == list(range(180))
    assert len(bridge.requests) == 4


async def test_more_than_can_be_read_at_once_is_read_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A month of a busy center does not have to fit into memory."""
    for name, value in (("MOST_PAGES", 2), ("LARGE_PAGE", 100), ("_ENOUGH", 100)):
        monkeypatch.setattr(window, name, value)
    log = [event(number, number) for number in range(1200)]
    bridge = LogBridge(*log, seconds=3600)
    assert await take(follow(bridge, since=START), 1200) == list(range(1200))
    assert sum("EndDate" in (request.params or {}) for request in bridge.requests) >= 6
    assert len(bridge.requests) <= 40


async def test_while_nothing_happens_it_costs_one_small_request_per_interval() -> None:
    """Idle cost: an empty page each five seconds."""
    bridge = LogBridge(event(1, -100), event(2, 3600))
    assert await take(follow(bridge), 1) == [2]
    assert len(bridge.requests) == pytest.approx(3600 / 5, abs=4)
    assert {one[2]["PageSize"] for one in bridge.sent if one[2]} == {"50"}
    assert set(bridge.slept[:-1]) == {5.0}


async def test_it_looks_again_a_second_after_it_saw_something() -> None:
    """So that an event is handed out within the interval and the time it takes to settle."""
    bridge = LogBridge(event(1, -100), event(2, 12))
    assert await take(follow(bridge, every=5, settle=1), 1) == [2]
    assert 12 < bridge.seconds <= 5 * 3 + 1.1


async def test_with_settle_0_it_is_handed_out_when_it_is_seen() -> None:
    bridge = LogBridge(event(1, -100), event(2, 12))
    assert await take(follow(bridge, settle=0), 1) == [2]
    assert bridge.seconds == 15


async def test_a_slow_consumer_waits_for_nothing_and_misses_nothing() -> None:
    bridge = LogBridge(event(0, -1), *[event(number, number * 10) for number in range(1, 10)])
    follower = follow(bridge, settle=0)
    got = []
    async for each in follower:
        got.append(number_of(each))
        bridge.seconds += 1000
        if len(got) == 9:
            break
    assert got == list(range(1, 10))
    assert sum(bridge.slept) <= 15


# -- the checkpoint ------------------------------------------------------------------------------------


async def test_the_checkpoint_moves_when_the_next_event_is_asked_for() -> None:
    """And not before: whoever crashes with an event in his hands gets it again."""
    bridge, kept = LogBridge(event(1, 1), event(2, 2), seconds=300), Kept()
    follower = follow(bridge, since=START, checkpoint=kept)
    assert await take(follower, 1) == [1]
    assert kept.saved == []
    assert await take(follower, 1) == [2]
    assert [*kept.saved[-1].done] == [] or sid("EV", 1) in kept.saved[-1].done
    assert await take(follow(bridge, since=START, checkpoint=kept), 1) == [2]


async def test_who_stops_can_say_that_the_last_one_is_done() -> None:
    bridge, kept = LogBridge(event(1, 1), event(2, 2), seconds=300), Kept()
    follower = follow(bridge, since=START, checkpoint=kept)
    await take(follower, 1)
    await follower.done()
    await follower.done()
    assert len(kept.saved) == 1
    assert await take(follow(bridge, checkpoint=kept), 1) == [2]


async def test_a_file_goes_on_where_it_was(tmp_path: Path) -> None:
    """Each event once per SID, over any number of restarts; also those of the overlap."""
    bridge = LogBridge(*[event(number, number) for number in range(20)], seconds=25)
    got = []
    for _ in range(10):
        follower = follow(bridge, since=START, checkpoint=FileCheckpoint(tmp_path / "log.json"))
        got += await take(follower, 2)
        await follower.done()
    assert got == list(range(20))


async def test_now_is_kept_even_if_nothing_has_come_yet() -> None:
    """What happens while the program is down comes after its restart, from the first start on."""
    bridge, kept = LogBridge(event(1, -5), event(2, 30)), Kept()
    follower = follow(bridge, checkpoint=kept)

    def crash() -> None:
        raise asyncio.CancelledError

    bridge.on_sleep = crash
    with pytest.raises(asyncio.CancelledError):
        await anext(follower)
    assert len(kept.saved) == 1
    bridge.on_sleep = lambda: None
    bridge.seconds = 4000
    assert await take(follow(bridge, checkpoint=kept), 1) == [2]


async def test_a_checkpoint_of_another_workspace_is_refused() -> None:
    kept = Kept(Position(workspace_sid="WS" + "9" * 32, before_ms=int(BEGIN * 1000)))
    bridge = LogBridge(event(1, 1))
    with pytest.raises(InvalidArgument, match="a checkpoint of its own"):
        await anext(follow(bridge, checkpoint=kept))
    assert bridge.requests == []


async def test_a_checkpoint_that_cannot_be_kept_is_told_and_asking_again_goes_on() -> None:
    class Full(Kept):
        full = True

        def save(self, position: Position) -> None:
            if self.full:
                raise CheckpointError("the disk is full")
            super().save(position)

    bridge, kept = LogBridge(event(1, 1), event(2, 2), seconds=300), Full()
    follower = follow(bridge, since=START, checkpoint=kept)
    await take(follower, 1)
    with pytest.raises(CheckpointError):
        await anext(follower)
    kept.full = False
    assert await take(follower, 1) == [2]
    assert len(kept.saved) == 1


# -- thirty days ---------------------------------------------------------------------------------------


async def test_further_back_than_the_log_goes_is_refused_before_anything_is_sent() -> None:
    bridge = LogBridge()
    with pytest.raises(InvalidArgument, match="goes back 30 days, to 2029-12-02 00:00 UTC, not to 2029-11-22"):
        follow(bridge, since=timedelta(days=40))
    with pytest.raises(InvalidArgument, match="no time zone"):
        follow(bridge, since=datetime(2030, 1, 1))  # noqa: DTZ001 that is the point
    assert bridge.requests == []


async def test_a_checkpoint_older_than_the_log_is_no_silent_gap(caplog: pytest.LogCaptureFixture) -> None:
    """What was lost in between is said: as an error, or as a warning to those who allow it."""
    bridge, kept = LogBridge(event(1, 0.0), seconds=10), Kept()
    kept.saved.append(Position(workspace_sid=WS, before_ms=int((BEGIN - 40 * 86400) * 1000)))
    with pytest.raises(InvalidArgument, match="allow_gap"):
        await anext(follow(bridge, checkpoint=kept))
    assert bridge.requests == []
    with caplog.at_level(logging.WARNING, "trbridge.following"):
        assert await take(follow(bridge, checkpoint=kept, allow_gap=True), 1) == [1]
    assert "2029-11-22T00:00:00+00:00 and 2029-12-02" in caplog.text
    assert bridge.sent[0][2] == {"PageSize": "50", "StartDate": "2029-12-02T00:05:10Z"}


def test_it_says_whose_log_it_follows() -> None:
    assert repr(LogBridge().events.follow()) == f"<Follower of {WS}>"


async def test_an_event_without_milliseconds_has_its_seconds_and_one_without_both_comes_first() -> None:
    """Both may be null (rest-api 3.10); losing it would be worse than guessing."""
    odd = event(2, 2, event_date_ms=None)
    none = event(3, 3, event_date_ms=None, event_date=None)
    bridge = LogBridge(event(1, 1.5), odd, none, seconds=300)
    assert await take(follow(bridge, since=START, settle=0), 3) == [3, 1, 2]


async def test_what_is_handed_out_are_events_as_they_are_listed() -> None:
    bridge = LogBridge(event(1, 1), seconds=300)
    first = await anext(follow(bridge, since=START))
    assert isinstance(first, EventInstance)
    assert first.resource_sid == WT
