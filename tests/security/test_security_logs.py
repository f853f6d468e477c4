"""No log holds a secret, whatever happens to whom (check 1), and no record breaks out of its line (check 28)."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

import pytest
from secrets_of import found_in

from trbridge import (
    Event,
    TaskQueue,
    TaskQueueCapability,
    TaskRouterError,
    Worker,
    WorkerCapability,
    Workspace,
    WorkspaceCapability,
)
from trbridge.clients.feeding import Feed
from trbridge.emulator import Emulator
from trbridge.resources.reservation import ReservationInstance
from trbridge.session import SessionOptions
from trbridge.signatures import signature
from trbridge.webhooks import EventCallbacks

CONTROL = "\r\nINFO forged \x1b[2J\u202e{0}%s"


class Story:
    """Everything that has a secret, at work on one emulator.

    Attributes:
        secrets: All that were in use.
    """

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.secrets = [emulator.auth_token]
        self.bases: dict[str, Any] = {
            "api_base_url": emulator.api_base_url,
            "event_bridge_base_url": emulator.event_bridge_base_url,
        }

    def keep(self, token: str) -> str:
        self.secrets.append(token)
        return token

    def workspace_token(self) -> str:
        emulator = self.emulator
        capability = WorkspaceCapability(emulator.account_sid, emulator.auth_token, emulator.workspace_sid)
        return self.keep(capability.allow_fetch_subresources().allow_update_subresources().to_jwt())

    async def workspace(self) -> None:
        """Ask, be refused, lose the line, follow the log, leave with a request under way."""
        emulator = self.emulator
        async with Workspace(self.workspace_token, debug=False, **self.bases) as workspace:
            await workspace.activities.create(friendly_name="Lunch")
            for refused in (workspace.delete(), workspace.tasks.fetch("WT" + "0" * 32)):
                with suppress(TaskRouterError):
                    await refused
            workspace.update_token(self.workspace_token())
            emulator.faults.add("answer", path="*/Workers", status=503, times=1)
            with suppress(TaskRouterError):
                await workspace.workers.fetch()
            looked = asyncio.Event()

            async def sleep(_: float) -> None:
                looked.set()
                await asyncio.Event().wait()

            workspace._take_feed(Feed(workspace, sleep=sleep))
            await looked.wait()
            async with workspace.listen("ready") as ready:
                await emulator.cut_sockets(code=1011)
                await anext(ready)
            workspace.on("state", lambda _: 1 / 0)
            left = workspace.workers.fetch()
        with suppress(TaskRouterError):
            await left

    async def worker(self) -> None:
        """Take a reservation, with a handler that raises."""
        emulator = self.emulator
        made: asyncio.Future[ReservationInstance] = asyncio.get_running_loop().create_future()
        async with Workspace(self.workspace_token(), **self.bases) as workspace:
            available = (await workspace.activities.fetch(available=True))[0]
            alice = await workspace.workers.create(friendly_name="Alice", activity_sid=available.sid)
            capability = WorkerCapability(
                emulator.account_sid, emulator.auth_token, emulator.workspace_sid, alice.sid
            ).allow_update_reservations()
            token = self.keep(capability.to_jwt())
            async with Worker(token, close_existing_sessions=True, **self.bases) as client:
                client.on("reservation.created", made.set_result)
                client.on("reservation.created", lambda _: 1 / 0)
                await workspace.tasks.create()
                await (await made).accept()

    async def queue(self) -> None:
        emulator = self.emulator
        async with Workspace(self.workspace_token(), **self.bases) as workspace:
            queue = (await workspace.taskqueues.fetch())[0]
        capability = TaskQueueCapability(emulator.account_sid, emulator.auth_token, emulator.workspace_sid, queue.sid)
        token = self.keep(capability.allow_fetch_subresources().to_jwt())
        async with TaskQueue(token, **self.bases) as client:
            await client.realtime_stats.fetch()

    async def refused(self) -> None:
        """Tokens that are over, forged, for somebody else, and providers that fail."""
        emulator = self.emulator
        own = WorkspaceCapability(emulator.account_sid, emulator.auth_token, emulator.workspace_sid)
        forged = WorkspaceCapability(emulator.account_sid, "f" * 32, emulator.workspace_sid)
        for token in (self.keep(own.to_jwt(ttl=60, now=1.0)), self.keep(forged.to_jwt())):
            with suppress(TaskRouterError):
                await Workspace(token, **self.bases).connect()
        half = self.keep(own.to_jwt()).rpartition(".")[0]
        with suppress(TaskRouterError):
            Workspace(half, **self.bases)
        with suppress(TaskRouterError):
            await Workspace(lambda: half, **self.bases).connect()
        client = Workspace(
            own.to_jwt(), api_base_url=self.bases["api_base_url"], event_bridge_base_url="http://127.0.0.1:9"
        )
        connecting = asyncio.ensure_future(client.connect())
        async with client.listen("error") as errors:
            await anext(errors)
        connecting.cancel()
        await client.aclose()

    async def callback(self) -> None:
        """One that is signed, and one that is not."""
        app = EventCallbacks(
            self.emulator.auth_token, url="https://user:hunter2hunter2@example.com/?key=swordfish-swordfish"
        )
        self.secrets += ["hunter2hunter2", "swordfish-swordfish"]
        form = {"EventType": "task.created", "ResourceSid": "WT" + "1" * 32, "WorkspaceSid": "WS" + "1" * 32}
        right = signature(self.emulator.auth_token, "https://example.com/?key=swordfish-swordfish", form)
        for given in (right, "wrong"):
            headers = [
                (b"content-type", b"application/x-www-form-urlencoded"),
                (b"x-twilio-signature", given.encode()),
            ]

            async def receive() -> dict[str, Any]:
                return {"type": "http.request", "body": urlencode(form).encode()}

            async def send(_: Any) -> None:
                pass

            await app({"type": "http", "method": "POST", "headers": headers}, receive, send)
        self.secrets.append(right)


def everything(caplog: pytest.LogCaptureFixture) -> str:
    """All records as text: the message, what it was made of, and tracebacks."""
    return "\n".join([caplog.text, *[repr(record.__dict__) for record in caplog.records]])


async def test_a_whole_story_at_debug_shows_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    """With every logger at DEBUG, those of websockets, httpx, httpcore, uvicorn and asyncio included."""
    caplog.set_level(logging.DEBUG)
    for name in ("asyncio", "httpcore", "httpx", "uvicorn", "websockets"):
        caplog.set_level(logging.DEBUG, name)
    asyncio.get_running_loop().set_debug(True)
    async with Emulator(random_seed=7) as emulator, asyncio.timeout(20):
        story = Story(emulator)
        for part in (story.workspace, story.worker, story.queue, story.refused, story.callback):
            await part()
    text = everything(caplog)
    assert len(story.secrets) >= 10
    assert {"trbridge.connection", "trbridge.client", "trbridge.events", "trbridge.webhooks"} <= {
        record.name for record in caplog.records
    }
    assert found_in(text, story.secrets) == []


async def test_what_comes_from_outside_stays_in_its_line(caplog: pytest.LogCaptureFixture) -> None:
    """Names and reasons with line breaks, escapes and what turns text around; and what formats (check 28)."""
    caplog.set_level(logging.DEBUG)
    async with Emulator(random_seed=7) as emulator, asyncio.timeout(10):
        story = Story(emulator)
        options = SessionOptions(first_retry=0.001)
        async with Workspace(story.workspace_token(), session=options, **story.bases) as workspace:
            errors: asyncio.Queue[TaskRouterError] = asyncio.Queue()
            workspace.on("error", errors.put_nowait)
            workspace.emitter.on(f"task{CONTROL}", lambda _: 1 / 0)
            emulator.inject(workspace.sid or "", {"event_type": f"task{CONTROL}", "payload": {"sid": CONTROL}})
            shown = [str(await errors.get())]
            emulator.inject(workspace.sid or "", f"no json {CONTROL}")
            shown.append(str(await errors.get()))
            body = {"code": 20001, "message": CONTROL, "status": 400, "more_info": CONTROL}
            emulator.faults.add("answer", path="*/Workers", status=400, body=body, times=1)
            with pytest.raises(TaskRouterError) as caught:
                await workspace.workers.fetch()
            shown.append(str(caught.value))
            async with workspace.listen("disconnected", "ready") as events:
                await emulator.cut_sockets(code=1011)
                async for event in events:
                    shown.append(_text(event))
                    if event.type == "ready":
                        break
    lines = [line for record in caplog.records for line in [record.getMessage()]]
    for text in [*lines, *shown]:
        assert text.isprintable(), text
    assert any("forged" in text for text in shown)


def _text(event: Event) -> str:
    return event.payload.message if event.type == "disconnected" else event.type
