"""The driver's clocks: tokens on the wall's, a wrong one, sleep, a blocked loop (faults F51 to F59)."""

from __future__ import annotations

import pytest
from fake_sockets import FakeSocket, Harness
from virtual_time import until, virtual

from trbridge.errors import (
    SlowConsumer,
    TokenProviderError,
)
from trbridge.session import Effect, effects


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
async def test_f34_a_blocked_loop_is_reported() -> None:
    harness = Harness()
    await harness.up()
    harness.loop._jumping.jumped += 42.0  # type: ignore[attr-defined]  # somebody computes for 42 s
    await until(harness.loop.time() + 0.1)
    (report,) = harness.of(effects.Report)
    assert isinstance(report.error, SlowConsumer)
    await harness.connection.aclose()


@virtual
async def test_f34_connections_of_one_loop_report_once_and_none_is_taken_for_silent() -> None:
    """Two hundred bots in one process are blocked by one handler: that is one line in the log."""
    harnesses = [Harness(), Harness(), Harness()]
    for harness in harnesses:
        await harness.up()
    harnesses[0].loop._jumping.jumped += 70.0  # type: ignore[attr-defined]
    await until(harnesses[0].loop.time() + 0.1)
    assert sum(len(harness.of(effects.Report)) for harness in harnesses) == 1
    assert {harness.connection.state for harness in harnesses} == {"ready"}
    for harness in harnesses:
        await harness.connection.aclose()
