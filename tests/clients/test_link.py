"""Between a client and its connection: what is asked too early, wakes it again, or is no event."""

from __future__ import annotations

import asyncio

import pytest
from client_bench import Bench

from trbridge import DecodeError, NotReady, TaskRouterError, Workspace, WorkspaceCapability
from trbridge.session import State


async def test_before_the_first_connect_there_is_nothing_to_reconnect(bench: Bench) -> None:
    """Said at once, where it is a mistake; a network's change or a new token may come at any time."""
    client = bench.workspace()
    with pytest.raises(NotReady, match="connect"):
        client.reconnect()
    client.notify_network_change()
    client.update_token(bench.token())
    await client._link.ended()
    assert client.state is State.IDLE


async def test_a_client_that_gave_up_is_woken_by_a_new_token(bench: Bench) -> None:
    """Whoever connects or runs from then on waits anew, and not for the old reason."""
    emulator = bench.emulator
    refused = WorkspaceCapability(emulator.account_sid, "f" * 32, emulator.workspace_sid)
    client = bench.workspace(refused.allow_fetch_subresources().to_jwt())
    async with asyncio.timeout(10):
        with pytest.raises(TaskRouterError):
            await client.connect()
        assert client.state == "stopped"
        client.update_token(bench.token())
        running = asyncio.ensure_future(client.run())
        await client.connect()
        assert client.state == "ready"
        await client.aclose()
        await running


async def test_a_provider_that_fails_is_heard_of(bench: Bench) -> None:
    """The token in use stays, and so does the connection."""
    tokens = [bench.token()]
    client = bench.workspace(tokens.pop)
    errors: list[object] = []
    client.on("error", errors.append)
    async with asyncio.timeout(10), client:
        reported = asyncio.Event()
        client.on("error", lambda _: reported.set())
        assert client._link._connection is not None
        client._link._connection.token_lifetime(10.0)
        await reported.wait()
        assert client.state is State.READY
    assert [type(error).__name__ for error in errors] == ["TokenProviderError"]


async def test_what_is_no_event_is_counted_and_what_is_no_json_reported(workspace: Workspace) -> None:
    """The socket stays; the next event is heard."""
    errors: list[object] = []
    heard: list[object] = []
    workspace.on("error", errors.append)
    workspace.emitter.on("something.new", heard.append)
    while workspace._link._holding:  # noqa: ASYNC110 - there is no event for it
        await asyncio.sleep(0)
    for frame in (b'{"payload": {}}', b'{"event_type": ""}', b" ", b"<html>", b'{"event_type": "something.new"}'):
        workspace._link._on_frame(frame)
    assert (workspace.stats.unreadable, len(errors), len(heard)) == (3, 1, 1)
    assert isinstance(errors[0], DecodeError)
