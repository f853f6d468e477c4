"""Cancelled anywhere, a connection leaves no task, timer or socket behind (fault F61)."""

from __future__ import annotations

import asyncio
import gc
import warnings
from collections.abc import Generator
from typing import Any

import pytest
from live_sockets import Live, RawServer, accepting, client_tls, frame, ignore, left_behind, server_tls, stay

from trbridge.connection import opening, websocket
from trbridge.session import effects


class CancelAt:
    """Awaits a coroutine, and throws ``CancelledError`` into it at its nth step."""

    def __init__(self, coroutine: Any, step: int) -> None:
        self._coroutine = coroutine
        self._step = step
        self.steps = 0

    def __await__(self) -> Generator[Any, Any, Any]:
        inner = self._coroutine.__await__()
        value: Any = None
        try:
            while True:
                waited = inner.send(value)
                self.steps += 1
                if self.steps == self._step:
                    if waited is not None:
                        # As Task.cancel() does: what is waited for is cancelled, then the error is thrown.
                        waited._asyncio_future_blocking = False
                        waited.cancel()
                    # What it waits for after that, to clean up, is waited for.
                    waited = inner.throw(asyncio.CancelledError())
                value = yield waited
        except StopIteration as stop:
            return stop.value


async def _greet(raw: RawServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(accepting(await raw.head(reader)) + frame(b"hello"))
    await stay(raw, reader, writer)


async def _ticks(number: int) -> None:
    """Let the loop turn that often."""
    for _ in range(number):
        await asyncio.sleep(0)


async def _use(address: str, tls: bool, turns: int) -> None:
    """A client's life: cancelled after some turns of the loop, closed in any case."""
    client = Live(address, ssl_context=client_tls("localhost") if tls else None)
    try:
        client.connection.start()
        await _ticks(turns)
    finally:
        await client.connection.aclose()


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_f61_closed_after_any_number_of_turns(tls: bool) -> None:
    """An attempt is given up in each of its steps: resolving, connecting, TLS, handshake, just open, open."""

    async def scenario() -> None:
        raw = RawServer(_greet)
        async with raw.run(server_tls("localhost") if tls else None) as address:
            for turns in range(40):
                before = asyncio.all_tasks()
                await _use(address, tls, turns)
                left = left_behind(before)
                assert left == [], f"left after {turns} turns"

    _run_strictly(scenario())


@pytest.mark.parametrize("step", range(1, 6))
def test_f61_closing_itself_is_cancelled_at_every_step(step: int) -> None:
    reached = 0

    async def scenario() -> None:
        nonlocal reached
        raw = RawServer(_greet)
        async with raw.run() as address:
            for ready in (True, False):
                before = asyncio.all_tasks()
                client = Live(address)
                client.connection.start()
                if ready:
                    await client.ready()
                closing = CancelAt(client.connection.aclose(), step)
                cancelled = False
                try:
                    await closing
                except asyncio.CancelledError:
                    cancelled = True
                assert cancelled == (closing.steps >= step), "it was cancelled, and said so"
                reached += cancelled
                left = left_behind(before)
                assert left == []
                assert client.connection._timer.is_idle

    _run_strictly(scenario())
    assert reached or step > 1, "the test tests something"


@pytest.mark.parametrize("turns", range(12))
def test_f61_a_task_that_uses_a_client_is_cancelled_at_any_turn(turns: int) -> None:
    async def scenario() -> None:
        raw = RawServer(_greet)
        async with raw.run() as address:
            before = asyncio.all_tasks()
            user = asyncio.create_task(_use(address, False, 1000))
            await _ticks(turns)
            user.cancel()
            await asyncio.wait([user])
            assert user.cancelled()
            left = left_behind(before)
            assert left == []

    _run_strictly(scenario())


async def test_a_stopped_connection_needs_no_closing() -> None:
    """One that gave up has nothing open, even if nobody closes it."""

    async def refuse(raw: RawServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await raw.head(reader)
        writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        await stay(raw, reader, writer)

    async with RawServer(refuse).run() as address:
        client = Live(address)
        client.connection.start()
        await client.see(effects.Stopped)
        async with asyncio.timeout(10):
            while client.connection._tasks:
                await asyncio.wait(client.connection._tasks)
        assert client.connection._timer.is_idle


async def test_a_close_that_is_cancelled_lets_go() -> None:
    async def talk(raw: RawServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(accepting(await raw.head(reader)))
        await ignore(raw, reader, writer)

    raw = RawServer(talk)
    async with raw.run() as address, asyncio.timeout(1.5):
        socket = await opening.dial(f"ws://{address}/?token=x")
        closing = asyncio.create_task(socket.close(1000, ""))
        await _ticks(3)
        closing.cancel()
        await socket.wait_released()


async def test_an_attempt_that_is_cancelled_has_let_go_when_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[websocket.Wire] = []

    class Recorded(websocket.Wire):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            made.append(self)

    monkeypatch.setattr(opening, "Wire", Recorded)
    asked = asyncio.Event()

    async def talk(raw: RawServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await raw.head(reader)
        asked.set()
        await ignore(raw, reader, writer)

    raw = RawServer(talk)
    async with raw.run() as address:
        attempt = asyncio.create_task(opening.dial(f"ws://{address}/?token=x"))
        async with asyncio.timeout(10):
            await asked.wait()
        attempt.cancel()
        await asyncio.wait([attempt])
        assert attempt.cancelled()
        assert made[0].connection_lost_waiter.done()


def _run_strictly(scenario: Any) -> None:
    """With the loop in debug mode; a socket or transport that is only collected is an error."""
    complaints: list[Any] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ResourceWarning)
        with asyncio.Runner(debug=True) as runner:
            runner.get_loop().set_exception_handler(lambda loop, context: complaints.append(context))
            runner.get_loop().slow_callback_duration = 60
            runner.run(scenario)
        gc.collect()
    assert [str(warning.message) for warning in caught] == []
    # The server's side of a TLS handshake that was given up is no concern of ours.
    assert [one for one in complaints if "incoming connection" not in one["message"]] == []
