"""The driver in virtual time over fake sockets: order, timers, clocks, and nothing left behind."""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import Any

import pytest
from fake_sockets import FakeSocket, Harness, refused
from virtual_time import run, until, virtual

from trbridge.errors import (
    ConnectionFailed,
    ServerError,
    TokenExpired,
)
from trbridge.session import Effect, State, effects


@virtual
async def test_from_start_to_close() -> None:
    harness = Harness()
    socket = await harness.up()
    assert harness.names() == ["RequestReady", "Connected", "Ready"]
    assert repr(harness.connection) == "<Connection ready>"
    socket.bring(b"one")
    socket.bring(b"\n")
    assert harness.frames == [b"one", b"\n"]
    await harness.connection.aclose()
    assert socket.done == [("close", 1000, "")]
    assert harness.names()[3:] == ["Disconnected"]
    assert harness.connection.state is State.CLOSED
    await harness.connection.aclose()  # twice does no harm


@virtual
async def test_every_attempt_uses_the_token_of_that_moment() -> None:
    harness = Harness()
    socket = await harness.up()
    harness.token = "T2"
    socket.break_off(1012, "restart")
    await harness.service.attempts.get()
    await harness.service.attempts.get()
    assert [url.partition("token=")[2] for url in harness.service.urls] == ["T1", "T2"]
    await harness.connection.aclose()


@virtual
async def test_f01_ten_minutes_of_refusals_are_at_most_30_attempts() -> None:
    harness = Harness()
    harness.service.answer = refused
    harness.connection.start()
    await until(harness.loop.time() + 600)
    assert 20 <= len(harness.service.urls) <= 30
    assert len(harness.of(effects.Report)) == len(harness.service.urls)
    await harness.connection.aclose()


@virtual
async def test_f04_an_attempt_that_hangs_is_cancelled() -> None:
    harness = Harness()
    harness.service.answer = lambda: None
    harness.connection.start()
    await until(harness.loop.time() + 10.25)
    assert harness.service.hanging is not None
    assert harness.service.hanging.cancelled()
    await harness.service.attempts.get()
    await harness.service.attempts.get()
    await harness.connection.aclose()


@virtual
async def test_a_socket_that_opens_in_the_moment_it_is_given_up_is_let_go() -> None:
    """The attempt's task is cancelled too late; its socket must not stay open beside the next one."""
    harness = Harness()
    late = FakeSocket()
    opening = asyncio.Event()

    async def stubborn(url: str) -> FakeSocket:
        opening.set()
        try:
            await harness.loop.create_future()
        except asyncio.CancelledError:
            return late
        raise AssertionError

    harness.connection._dial = stubborn
    harness.connection.start()
    await opening.wait()
    harness.connection._dial = harness.service.dial
    harness.connection.reconnect()
    await harness.service.attempts.get()
    await late.released.wait()
    assert late.done == [("abort", 1000, "")]
    assert harness.names()[:1] == ["RequestReady"], "only the second attempt's socket counts"
    await harness.connection.aclose()


@virtual
async def test_a_handler_may_call_back_in_at_any_moment() -> None:
    """What it sets off comes after what was being told: the order stays."""
    harness = Harness()
    told: list[str] = []

    def react(effect: Effect) -> None:
        if not isinstance(effect, effects.StateChanged):
            told.append(type(effect).__name__)
        if isinstance(effect, effects.RequestReady) and effect.epoch == 1:
            harness.connection.ready_failed(effect.epoch, ServerError("no"))
        if isinstance(effect, effects.Connected) and effect.epoch == 1:
            harness.connection.reconnect()

    harness.react = react
    harness.connection.start()
    await harness.service.attempts.get()
    await harness.service.attempts.get()
    assert told[:4] == ["RequestReady", "Connected", "Report", "Disconnected"]
    assert harness.service.sockets[0].done == [("abort", 1000, "reconnecting on request")]
    assert harness.service.sockets[0].listener is None, "its frames are nobody's"
    await harness.connection.aclose()


@virtual
async def test_f18_the_dead_socket_is_dropped_before_the_next_is_opened() -> None:
    harness = Harness()
    socket = await harness.up()
    await harness.service.attempts.get()
    await harness.service.attempts.get()
    assert socket.done == [("ping",), ("ping",), ("abort", 1000, "silence")]
    await harness.connection.aclose()


@virtual
async def test_f27_f30_traffic_keeps_it_and_pings_go_out() -> None:
    harness = Harness()
    socket = await harness.up()
    start = harness.loop.time()
    for _ in range(20):
        await until(harness.loop.time() + 30)
        socket.bring(b"\n")
    assert harness.loop.time() == start + 600
    assert socket.done == [("ping",)] * 30
    assert len(harness.service.urls) == 1
    await harness.connection.aclose()


@virtual
async def test_one_timer_and_none_per_frame() -> None:
    harness = Harness()
    socket = await harness.up()
    timers = len(harness.loop._scheduled)  # type: ignore[attr-defined]
    for _ in range(1000):
        socket.bring(b"{}")
    assert len(harness.loop._scheduled) == timers  # type: ignore[attr-defined]
    assert asyncio.all_tasks() == {asyncio.current_task()}
    await harness.connection.aclose()
    assert harness.connection._timer.is_idle


@virtual
async def test_a_timer_that_fires_a_hair_early_counts() -> None:
    harness = Harness()
    harness.service.answer = refused
    harness.connection.start()
    await harness.service.attempts.get()
    await until(harness.loop.time() + 0.01)
    deadline = harness.session.deadline
    assert deadline is not None
    assert harness.loop.time() < deadline
    harness.connection._wake(deadline)
    assert harness.connection.state is State.CONNECTING
    await harness.connection.aclose()


@virtual
async def test_f15_a_failing_ready_request_is_repeated() -> None:
    harness = Harness()
    asked: list[float] = []
    ready = asyncio.Event()

    def react(effect: Effect) -> None:
        if isinstance(effect, effects.RequestReady):
            asked.append(harness.loop.time())
            if len(asked) < 4:
                harness.connection.ready_failed(effect.epoch, ServerError("no", status=503), 2.0)
            else:
                harness.connection.ready_succeeded(effect.epoch)
        if isinstance(effect, effects.Ready):
            ready.set()

    harness.react = react
    harness.connection.start()
    await ready.wait()
    assert len(asked) == 4
    assert asked[-1] - asked[0] > 6.0
    assert len(harness.of(effects.Report)) == 3
    await harness.connection.aclose()


@virtual
async def test_what_the_client_raises_is_logged_and_hurts_nobody() -> None:
    harness = Harness()
    records: list[logging.LogRecord] = []

    class Recorder(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append(record)

    handler = Recorder()
    logger = logging.getLogger("trbridge.connection")
    logger.addHandler(handler)
    try:

        def fail(effect: Any) -> None:
            raise ZeroDivisionError

        harness.connection._on_frame = fail
        harness.react = lambda effect: fail(effect) if isinstance(effect, effects.Connected) else None
        socket = await harness.up()
        socket.bring(b"boom")
        assert harness.connection.state is State.READY
        assert [record.getMessage() for record in records if record.exc_info] == [
            "the client failed to deal with Connected",
            "the client failed to deal with a message",
        ]
    finally:
        logger.removeHandler(handler)
    await harness.connection.aclose()


@pytest.mark.parametrize(
    ("raised", "kind", "stops"),
    [
        (refused("tls"), "tls", True),
        (OSError(5, "?"), "network", False),
        (ConnectionRefusedError(111, "refused"), "refused", False),
        (socket.gaierror(-2, "unknown"), "dns", False),
        (ZeroDivisionError("wss://h/?token=SECRET"), "network", False),
    ],
)
def test_whatever_a_dial_raises_is_a_failed_attempt(raised: Exception, kind: str, stops: bool) -> None:
    async def scenario() -> None:
        harness = Harness()
        harness.service.answer = lambda: raised
        harness.connection.start()
        await harness.service.attempts.get()
        if not stops:
            await harness.service.attempts.get()
        error = harness.of(effects.Stopped)[0].error if stops else harness.of(effects.Report)[0].error
        assert isinstance(error, ConnectionFailed)
        assert error.kind == kind
        assert "SECRET" not in str(error)
        await harness.connection.aclose()

    run(scenario())


@virtual
async def test_a_url_that_cannot_be_made_is_a_failed_attempt() -> None:
    harness = Harness()

    def fail() -> str:
        raise TokenExpired("over")

    harness.connection._url = fail
    harness.connection.start()
    await until(harness.loop.time() + 0.1)
    assert isinstance(harness.of(effects.Report)[0].error, TokenExpired)
    await harness.connection.aclose()


@virtual
async def test_f08_retry_after_is_kept() -> None:
    harness = Harness()
    harness.service.answer = lambda: refused("http", 429, 100.0)
    harness.connection.start()
    await harness.service.attempts.get()
    start = harness.loop.time()
    await harness.service.attempts.get()
    assert 100.0 <= harness.loop.time() - start <= 101.0
    await harness.connection.aclose()
