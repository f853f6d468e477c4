"""The driver in virtual time over fake sockets: order, timers, clocks, and nothing left behind."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from fake_sockets import FakeSocket, Harness, refused
from virtual_time import run, until

from trbridge.connection import Connection
from trbridge.errors import (
    ClientClosed,
    ConnectionFailed,
    InvalidArgument,
    ServerError,
    SlowConsumer,
    TokenExpired,
    TokenProviderError,
)
from trbridge.session import Effect, Session, State, effects

Scenario = Callable[[], Coroutine[Any, Any, None]]


def virtual(scenario: Scenario) -> Callable[[], None]:
    """Run a test in virtual time, and see that it leaves no task behind."""

    def test() -> None:
        async def checked() -> None:
            await scenario()
            assert asyncio.all_tasks() == {asyncio.current_task()}, "a task was left behind"

        run(checked())

    test.__name__, test.__doc__ = scenario.__name__, scenario.__doc__
    return test


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
async def test_nothing_starts_in_the_constructor() -> None:
    harness = Harness()
    await until(harness.loop.time() + 3600)
    assert harness.service.urls == []
    await harness.connection.aclose()


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
    assert harness.connection._timer is None


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


# -- token and clocks --------------------------------------------------------------------------------------------


@virtual
async def test_exp_is_read_on_the_walls_clock() -> None:
    harness = Harness()
    harness.connection.token_updated(1_700_000_000.0 + 3600)
    socket = await harness.up()
    start = harness.loop.time()
    for _ in range(80):
        await until(harness.loop.time() + 45)
        socket.bring(b"\n")
    ((moment, _),) = [entry for entry in harness.log if isinstance(entry[1], effects.TokenExpired)]
    assert moment - start == pytest.approx(3595.0)
    await harness.connection.aclose()


@virtual
async def test_a_token_without_exp_never_expires() -> None:
    harness = Harness()
    harness.connection.token_updated(None)
    socket = await harness.up()
    for _ in range(100):
        await until(harness.loop.time() + 45)
        socket.bring(b"\n")
    assert harness.of(effects.TokenExpired) == []
    await harness.connection.aclose()


@virtual
async def test_f57_the_date_of_the_handshake_corrects_a_wrong_clock() -> None:
    """Our clock is an hour slow, so the token seems to live two hours; it lives one."""
    harness = Harness()
    harness.connection.token_updated(1_700_000_000.0 + 7200)
    harness.service.answer = lambda: FakeSocket(server_time=1_700_000_000.0 + 3600)
    socket = await harness.up()
    start = harness.loop.time()
    while not harness.of(effects.TokenExpired):
        await until(harness.loop.time() + 5)
        socket.bring(b"\n")
    assert harness.loop.time() - start == pytest.approx(3595.0, abs=10)
    harness.connection.token_updated(1_700_000_000.0 + 14400)
    while len(harness.of(effects.TokenExpired)) < 2:
        await until(harness.loop.time() + 5)
        socket.bring(b"\n")
    assert harness.loop.time() - start == pytest.approx(10795.0, abs=20), "the next token is read right at once"
    await harness.connection.aclose()


@virtual
async def test_f57_a_slow_answer_is_no_wrong_clock() -> None:
    harness = Harness()
    harness.connection.token_updated(1_700_000_000.0 + 100)
    harness.service.answer = lambda: FakeSocket(server_time=1_700_000_000.0 - 20)
    socket = await harness.up()
    while not harness.of(effects.TokenExpired):
        await until(harness.loop.time() + 5)
        socket.bring(b"\n")
    assert harness.loop.time() == pytest.approx(1095.0, abs=6)
    await harness.connection.aclose()


@virtual
async def test_f57_the_service_may_say_how_long_a_token_lives() -> None:
    harness = Harness()
    harness.connection.token_updated(1_700_000_000.0 + 7200)
    socket = await harness.up()
    harness.connection.token_lifetime(60.0)
    await until(harness.loop.time() + 50)
    socket.bring(b"\n")
    assert harness.of(effects.TokenExpired) == []
    await until(harness.loop.time() + 6)
    assert len(harness.of(effects.TokenExpired)) == 1
    await harness.connection.aclose()


@virtual
async def test_f58_after_a_night_it_is_back_within_five_seconds_with_a_new_token() -> None:
    harness = Harness(can_refresh=True)
    harness.connection.token_updated(1_700_000_000.0 + 3600)

    def react(effect: Effect) -> None:
        if isinstance(effect, effects.RefreshToken):
            harness.token = "T2"
            harness.connection.token_updated(harness.wall + harness.loop.time() + harness.asleep + 3600)

    harness.react = react
    await harness.up()
    await harness.service.attempts.get()
    await until(harness.loop.time() + 10)
    harness.asleep = 8 * 3600.0
    woke = harness.loop.time()
    await harness.service.attempts.get()
    assert harness.loop.time() - woke <= 5.0
    assert harness.service.urls[-1].endswith("token=T2"), "the first attempt after waking up has the new token (F52)"
    await harness.connection.aclose()


@virtual
async def test_f53_a_provider_that_fails_is_asked_again() -> None:
    harness = Harness(can_refresh=True)
    harness.connection.token_updated(1_700_000_000.0 - 10)

    def react(effect: Effect) -> None:
        if isinstance(effect, effects.RefreshToken):
            if effect.attempt < 3:
                harness.connection.refresh_failed(TokenProviderError("down"))
            else:
                harness.connection.token_updated(1_700_000_000.0 + 3600)

    harness.react = react
    await harness.up()
    assert len(harness.service.urls) == 1
    assert [effect.attempt for effect in harness.of(effects.RefreshToken)] == [1, 2, 3]
    await harness.connection.aclose()


@virtual
async def test_f33_a_changed_network_connects_at_once() -> None:
    harness = Harness()
    await harness.up()
    await harness.service.attempts.get()
    now = harness.loop.time()
    harness.connection.notify_network_change()
    await harness.service.attempts.get()
    assert harness.loop.time() == now
    await harness.connection.aclose()


@virtual
async def test_disconnect_and_start_again() -> None:
    harness = Harness()
    socket = await harness.up()
    harness.connection.disconnect()
    assert harness.connection.state is State.IDLE
    await until(harness.loop.time() + 3600)
    assert socket.done == [("close", 1000, "")]
    await harness.up()
    assert len(harness.service.urls) == 2
    await harness.connection.aclose()


@virtual
async def test_f34_a_blocked_loop_is_reported() -> None:
    harness = Harness()
    await harness.up()
    harness.loop._jumping.jumped += 42.0  # type: ignore[attr-defined]  # somebody computes for 42 s
    await until(harness.loop.time() + 0.1)
    (report,) = harness.of(effects.Report)
    assert isinstance(report.error, SlowConsumer)
    await harness.connection.aclose()


# -- the end -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [0, 999, 1001, 1005, 1006, 2999, 5000])
def test_a_code_that_a_client_may_not_send_is_refused(code: int) -> None:
    async def scenario() -> None:
        harness = Harness()
        with pytest.raises(InvalidArgument, match="close code"):
            await harness.connection.aclose(code)
        await harness.connection.aclose(4000)

    run(scenario())


@virtual
async def test_closing_ends_an_attempt() -> None:
    harness = Harness()
    harness.service.answer = lambda: None
    harness.connection.start()
    await harness.service.attempts.get()
    await harness.connection.aclose()
    assert harness.service.hanging is not None
    assert harness.service.hanging.cancelled()


@virtual
async def test_f61_closing_that_is_cancelled_still_leaves_nothing() -> None:
    harness = Harness()
    socket = await harness.up()
    socket.may_close.clear()
    closing = asyncio.create_task(harness.connection.aclose())
    await until(harness.loop.time() + 0.1)
    assert not closing.done()
    closing.cancel()
    await asyncio.wait([closing])
    assert closing.cancelled()
    assert socket.released.is_set()


def test_f60_a_forked_child_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        harness = Harness()
        await harness.up()
        told = len(harness.log)
        with monkeypatch.context() as child:
            child.setattr(os, "getpid", lambda: -1)
            for refused_call in (harness.connection.reconnect, harness.connection.start):
                with pytest.raises(ClientClosed, match="fork"):
                    refused_call()
            with pytest.raises(ClientClosed):
                await harness.connection.aclose()
            await until(harness.loop.time() + 300)
        assert len(harness.log) == told, "its timer does nothing there"
        harness.connection.reconnect()
        await harness.connection.aclose()

    run(scenario())


def test_a_connection_is_made_in_a_running_loop() -> None:
    with pytest.raises(RuntimeError, match="no running event loop"):
        Connection(
            Session(random=lambda: 0.5), url=lambda: "", on_effect=lambda effect: None, on_frame=lambda data: None
        )
