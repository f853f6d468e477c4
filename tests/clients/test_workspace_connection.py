"""A workspace's client over its life: connecting, its token, losing the line, closing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from client_bench import Bench, called_back

from trbridge import (
    ClientClosed,
    Forbidden,
    NotReady,
    TaskRouterError,
    Workspace,
    WorkspaceCapability,
)

NOWHERE = "WT" + "0" * 32


async def test_the_order_is_ready_request_connected_ready(bench: Bench) -> None:
    """As in the original (wire-protocol 3.2); `connected` has no argument, `ready` the workspace."""
    client, seen = bench.workspace(), list[Any]()
    client.on("connected", lambda: seen.append("connected"))
    client.on("ready", seen.append)
    async with client:
        assert seen == ["connected", client]


async def test_q9_a_new_token_reaches_everything_handed_out(workspace: Workspace, bench: Bench) -> None:
    """Q8, Q9: in v1 each object keeps the token of its creation."""
    lunch = await workspace.activities.create(friendly_name="Lunch")
    page = await workspace.activities.fetch(page_size=2)
    capability = WorkspaceCapability(
        bench.emulator.account_sid, bench.emulator.auth_token, bench.emulator.workspace_sid
    )
    workspace.update_token(capability.to_jwt())  # may do nothing but read the workspace
    for call in (lunch.fetch, page.next, workspace.realtime_stats.fetch, workspace.activities.fetch):
        with pytest.raises(Forbidden) as caught:
            await call()
    assert "allow_fetch_subresources" in str(caught.value)
    workspace.update_token(bench.token())
    assert (await lunch.fetch()).friendly_name == "Lunch"


async def test_a_token_can_be_updated_anywhere(workspace: Workspace, bench: Bench) -> None:
    """In v1 each list and entity has its own updateToken; here all are the client's."""
    lunch = await workspace.activities.create(friendly_name="Lunch")
    for renewed in (workspace.activities, lunch, await workspace.activities.fetch(), workspace.statistics):
        token = bench.token()
        renewed.update_token(token)
        assert workspace._credentials.current == token


async def test_a_token_provider_is_asked_before_the_first_connect(bench: Bench) -> None:
    """A client made from a function knows nothing before; then it is like any other."""
    client = bench.workspace(bench.token)
    with pytest.raises(NotReady, match="connect"):
        client.activities  # noqa: B018
    async with client:
        assert client.sid == bench.emulator.workspace_sid


async def test_the_socket_is_cut_and_comes_back(workspace: Workspace, bench: Bench) -> None:
    """`disconnected` with code and reason, then connected and ready again (Q28)."""
    async with workspace.listen("disconnected", "connected", "ready") as events, asyncio.timeout(20):
        await bench.emulator.cut_sockets(code=1012)
        seen = [await anext(events) for _ in range(3)]
    assert [event.type for event in seen] == ["disconnected", "connected", "ready"]
    assert seen[0].payload.code == 1012
    assert seen[2].payload is workspace


async def test_connect_again_after_closing(bench: Bench) -> None:
    """A closed client is not a broken one."""
    client = bench.workspace()
    for _ in range(2):
        await client.connect()
        assert client.state == "ready"
        assert len(await client.activities.fetch()) == 3
        await client.aclose()
        assert client.state == "closed"


async def test_a_closed_client_takes_no_requests(bench: Bench) -> None:
    """Nobody would close the connections that it opened for them."""
    client = bench.workspace()
    async with client:
        page = await client.workers.fetch()
    with pytest.raises(ClientClosed, match=r"connect\(\) it again first"):
        await page.resource.fetch()  # type: ignore[union-attr]
    called_back: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    client.fetch(lambda error, _: called_back.set_result(error))
    assert isinstance(await called_back, ClientClosed)


async def test_run_ends_when_the_client_is_closed(bench: Bench) -> None:
    """run() is for a program's main line; aclose() from anywhere ends it."""
    client = bench.workspace()
    client.on("ready", lambda _: asyncio.ensure_future(client.aclose()))
    async with asyncio.timeout(10):
        await client.run()


async def test_q12_closing_ends_what_is_under_way_and_says_so(workspace: Workspace, bench: Bench) -> None:
    """Nobody waits for ever, and no callback is forgotten."""
    bench.emulator.app.faults.add("hold", path="*/Activities")
    future, callback = called_back()
    operation = workspace.activities.fetch()
    workspace.activities.fetch(callback)
    await workspace.aclose()
    error, _ = await future
    assert isinstance(error, ClientClosed)
    with pytest.raises(ClientClosed):
        await operation


async def test_a_refused_token_ends_connect_with_the_reason(bench: Bench) -> None:
    """A token signed by somebody else is refused for good; connect() raises, run() never hangs."""
    emulator = bench.emulator
    forged = WorkspaceCapability(emulator.account_sid, "0" * 32, emulator.workspace_sid).to_jwt()
    async with asyncio.timeout(10):
        with pytest.raises(TaskRouterError) as caught:
            await bench.workspace(forged).connect()
    assert caught.value.status == 403  # a bad signature (wire-protocol 4.4)


async def test_server_events_cannot_pass_for_the_clients_own(workspace: Workspace, bench: Bench) -> None:
    """Q32: a frame named `error` or `ready` must not look like ours."""
    async with workspace.listen("server.ready", "task.created") as events, asyncio.timeout(10):
        bench.emulator.inject(workspace.sid or "", {"event_type": "ready", "payload": {"x": 1}})
        bench.emulator.inject(workspace.sid or "", {"event_type": "task.created", "payload": {"sid": NOWHERE}})
        first, second = await anext(events), await anext(events)
    assert (first.type, first.payload) == ("server.ready", {"x": 1})
    assert second.payload.sid == NOWHERE
