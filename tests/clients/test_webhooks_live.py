"""From end to end: a workspace's event callback, signed, over HTTP, to a handler."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from client_bench import Bench

from trbridge import TaskRouterError
from trbridge.clients.feeding import Feed
from trbridge.resources.reservation import ReservationInstance
from trbridge.resources.task import TaskInstance
from trbridge.webhooks import EventCallbacks


@asynccontextmanager
async def served(app: EventCallbacks) -> AsyncIterator[str]:
    """Serve an application on this machine; the URL it has."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="on"))
        task = asyncio.ensure_future(server.serve(sockets=[listening]))
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/events?key=1"
        finally:
            server.should_exit = True
            async with asyncio.timeout(10):
                await task


async def test_a_task_is_heard_of_at_once(bench: Bench) -> None:
    """Feature 13: within a second, once; without polling, and with what the task says."""
    tasks: asyncio.Queue[TaskInstance] = asyncio.Queue()
    reservations: asyncio.Queue[ReservationInstance] = asyncio.Queue()
    app = EventCallbacks(bench.emulator.auth_token)
    app.on("task.created", tasks.put_nowait)
    app.on("reservation.created", reservations.put_nowait)
    async with served(app) as url, bench.workspace() as workspace, asyncio.timeout(10):
        available = (await workspace.activities.fetch(available=True))[0]
        worker = await workspace.workers.create(friendly_name="Alice", activity_sid=available.sid)
        await workspace.update(event_callback_url=url)
        made = await workspace.tasks.create(attributes={"name": "Zoë & co"}, priority=2)
        task, reservation = await tasks.get(), await reservations.get()
    assert (task.sid, task.attributes, task.priority) == (made.sid, {"name": "Zoë & co"}, 2)
    assert (reservation.reservation_status, reservation.worker_sid) == ("pending", worker.sid)
    assert reservation.task is not None
    assert reservation.task.sid == task.sid
    assert tasks.empty()


async def test_with_a_workspace_they_join_its_other_events_and_come_once(bench: Bench) -> None:
    """By callback and from the log; a handler can act on what it gets."""
    heard: asyncio.Queue[TaskInstance] = asyncio.Queue()
    looked = asyncio.Event()

    async def sleep(_: float) -> None:
        looked.set()
        await asyncio.Event().wait()

    async with bench.workspace() as workspace, asyncio.timeout(10):
        app = EventCallbacks(bench.emulator.auth_token, emitter=workspace)
        workspace.on("task.created", heard.put_nowait)
        async with served(app) as url:
            await workspace.update(event_callback_url=url)
            await workspace.tasks.create(attributes={"n": 1})
            task = await heard.get()
            await task.fetch()
            await bench.emulator.settled()
            since = workspace.date_created
            assert since is not None
            workspace._take_feed(Feed(workspace, since=since, types="task.created", settle=0, sleep=sleep))
            await looked.wait()
    assert task.assignment_status == "pending"
    assert heard.empty()


async def test_who_does_not_know_the_secret_is_not_heard(bench: Bench) -> None:
    """The emulator notes the refusal, as the service's debugger would."""
    heard: list[Any] = []
    app = EventCallbacks("f" * 32)
    app.on("task.created", heard.append)
    async with served(app) as url, bench.workspace() as workspace, asyncio.timeout(10):
        await workspace.update(event_callback_url=url)
        await workspace.tasks.create()
        await bench.emulator.settled()
        assert "403" in str(list(bench.emulator.alerts)[-1])
    assert heard == []


async def test_unsigned_for_a_test_without_secrets(bench: Bench) -> None:
    heard: asyncio.Queue[TaskInstance] = asyncio.Queue()
    errors: list[TaskRouterError] = []
    app = EventCallbacks(unsigned=True)
    app.on("task.created", heard.put_nowait)
    app.on("error", errors.append)
    async with served(app) as url, bench.workspace() as workspace, asyncio.timeout(10):
        await workspace.update(event_callback_url=url)
        await workspace.tasks.create()
        await heard.get()
    assert errors == []
