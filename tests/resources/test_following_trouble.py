"""Following the log of events when the service, the log or the caller is in trouble."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from event_log import START, LogBridge, event, follow, take
from fake_bridge import Bridge, W, page

from trbridge.errors import (
    DecodeError,
    Forbidden,
    InvalidArgument,
    RequestError,
    RequestTimeout,
    ServerError,
    TooManyRequests,
    TransportError,
    Unauthorized,
)
from trbridge.following import follower as module


def too_many(seconds: float | None) -> TooManyRequests:
    error = TooManyRequests("slow down")
    error.retry_after = seconds
    return error


@pytest.mark.parametrize(
    ("failure", "delay"),
    [
        (too_many(17.0), 17.4),
        (too_many(100_000.0), 60.4),
        (too_many(None), 5.4),
        (ServerError("oops", status=503), 5.4),
        (RequestTimeout("late"), 5.4),
        (TransportError("reset"), 5.4),
        (Unauthorized("the token is being renewed"), 5.4),
        (DecodeError("half an answer"), 5.4),
    ],
)
async def test_trouble_is_waited_out_and_said(
    failure: RequestError, delay: float, caplog: pytest.LogCaptureFixture
) -> None:
    """Retry-After is kept (F63), up to a minute; else an interval, and some jitter."""
    bridge, told = LogBridge(event(1, 1), seconds=300), list[RequestError]()
    bridge.failures = [failure]
    assert await take(follow(bridge, since=START, report=told.append), 1) == [1]
    assert told == [failure]
    assert bridge.slept[0] == pytest.approx(delay)
    bridge.failures = [failure]
    with caplog.at_level(logging.WARNING, "trbridge.following"):
        assert await take(follow(bridge, since=START), 1) == [1]
    assert "the log could not be read" in caplog.text


async def test_a_service_that_is_down_for_a_night_is_asked_again_and_again() -> None:
    bridge = LogBridge(event(1, 1), seconds=300)
    bridge.failures = [TransportError("unreachable") for _ in range(1000)]
    assert await take(follow(bridge, since=START), 1) == [1]
    assert max(bridge.slept) <= 5 + 30


@pytest.mark.parametrize("failure", [Forbidden("no policy"), ServerError("never built", status=501)])
async def test_what_does_not_get_better_is_raised(failure: RequestError) -> None:
    bridge = LogBridge(event(1, 1), seconds=300)
    bridge.failures = [failure]
    with pytest.raises(type(failure)):
        await anext(follow(bridge, since=START))
    assert bridge.slept == []


@pytest.mark.parametrize("kind", [Unauthorized, DecodeError])
async def test_a_token_that_stays_refused_and_answers_that_make_no_sense_end_it(kind: type[RequestError]) -> None:
    """A loud end, not an endless loop."""
    bridge = LogBridge(event(1, 1), seconds=300)
    bridge.failures = [kind("again") for _ in range(9)]
    with pytest.raises(kind):
        await anext(follow(bridge, since=START))
    assert len(bridge.requests) == 5


async def test_a_log_whose_pages_go_in_circles_ends_in_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """F67."""
    monkeypatch.setattr(module, "_MOST_PAGES", 3)
    bridge = LogBridge()
    follower = follow(bridge)

    def fill() -> None:
        bridge.log = [event(number, 0.0) for number in range(1000)]

    bridge.on_sleep = fill  # the log was empty: from now on all of it is read
    with pytest.raises(DecodeError, match="does not end"):
        await anext(follower)


async def test_a_log_of_empty_pages_ends_in_an_error() -> None:
    """And not in asking without a pause."""
    bridge = LogBridge()
    for _ in range(99):
        bridge.answer(page("events", [], next_page_url=f"{W}/Events?Page=1"))
    follower = follow(bridge, since=START)
    bridge.send = Bridge.send.__get__(bridge)  # type: ignore[method-assign]
    bridge.context.send = bridge.send
    with pytest.raises(DecodeError, match="no event on 10 pages"):
        await anext(follower)
    assert len(bridge.slept) == 4


async def test_cancelled_while_it_waits_it_has_lost_nothing() -> None:
    bridge = LogBridge(event(0, -1), event(1, 7))
    follower = follow(bridge)
    stuck = asyncio.Event()

    async def hang(_: float) -> None:
        stuck.set()
        await asyncio.Event().wait()

    follower._sleep = hang
    waiting = asyncio.ensure_future(anext(follower))
    await stuck.wait()
    with pytest.raises(InvalidArgument, match="one consumer"):
        await anext(follower)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    follower._sleep = bridge.sleep
    assert await take(follower, 1) == [1]


@pytest.mark.parametrize(
    "options",
    [
        {"every": 0},
        {"every": float("nan")},
        {"every": 1e6},
        {"settle": -1},
        {"settle": 61},
        {"overlap": 4000},
        {"types": [""]},
        {"types": [3]},
    ],
)
async def test_impossible_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument):
        LogBridge().events.follow(**options)
