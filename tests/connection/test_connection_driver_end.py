"""The driver's end: closing, cancelled closing, a fork; and nothing left behind (faults F29, F60, F61)."""

from __future__ import annotations

import asyncio
import os

import pytest
from fake_sockets import FakeSocket, Harness
from virtual_time import run, until, virtual

from trbridge.connection import Connection
from trbridge.errors import (
    ClientClosed,
    InvalidArgument,
)
from trbridge.session import Session, State


@virtual
async def test_nothing_starts_in_the_constructor() -> None:
    harness = Harness()
    await until(harness.loop.time() + 3600)
    assert harness.service.urls == []
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


@pytest.mark.parametrize("code", [0, 999, 1001, 1005, 1006, 2999, 5000])
def test_a_code_that_a_client_may_not_send_is_refused(code: int) -> None:
    async def scenario() -> None:
        harness = Harness()
        with pytest.raises(InvalidArgument, match="close code"):
            await harness.connection.aclose(code)
        await harness.connection.aclose(4000)

    run(scenario())


@virtual
async def test_an_attempt_that_is_given_up_as_it_succeeds_lets_its_socket_go() -> None:
    """F61: the socket is nobody's then."""
    harness = Harness()
    socket = FakeSocket()

    def answer() -> FakeSocket:
        harness.connection.disconnect()
        return socket

    harness.service.answer = answer
    harness.connection.start()
    await harness.service.attempts.get()
    await harness.connection.aclose()
    assert (socket.done, socket.released.is_set()) == ([("abort", 1000, "")], True)


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
