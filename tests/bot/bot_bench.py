"""An emulator with workers and tasks in it, made without a request, and bots for them."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from trbridge.bot import Bot, Fleet
from trbridge.emulator import Emulator
from trbridge.emulator.operations import tasks, worker_channels, workers
from trbridge.emulator.state.indexes import RESERVATIONS_OF, WORKER_CHANNELS_OF
from trbridge.emulator.state.model import Activity, TaskChannel, Workspace

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Station:
    """A place where bots work.

    Attributes:
        emulator: The emulator.
        bases: Where clients find it.
        activities: Names of activities to SIDs.
    """

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.engine = emulator.engine
        self.bases: dict[str, Any] = {
            "api_base_url": emulator.api_base_url,
            "event_bridge_base_url": emulator.event_bridge_base_url,
        }
        store = self.engine.store
        self.workspace: Workspace = store.workspaces[emulator.workspace_sid]
        self.activities = {a.friendly_name: a.sid for a in store.in_workspace(Activity, self.workspace.sid)}

    # -- making -----------------------------------------------------------------------------------

    def worker(self, name: str = "Alice", capacity: int = 5, activity: str = "Offline") -> str:
        """A worker; returns its SID."""
        form = {"friendly_name": name, "activity_sid": self.activities[activity], "attributes": "{}"}
        with self.engine.transaction() as tx:
            sid = workers.create(tx, self.workspace, form).sid
        self.capacity(sid, capacity)
        return sid

    def capacity(self, worker_sid: str, capacity: int) -> None:
        """Change a worker's capacity on the default channel."""
        store = self.engine.store
        names = {one.sid: one.unique_name for one in store.in_workspace(TaskChannel, self.workspace.sid)}
        with self.engine.transaction() as tx:
            for channel in store.select(WORKER_CHANNELS_OF, worker_sid):
                if names[channel.task_channel_sid] == "default":
                    worker_channels.update(tx, channel, {"capacity": capacity})

    def task(self, **attributes: Any) -> str:
        """A task; returns its SID."""
        with self.engine.transaction() as tx:
            return tasks.create(tx, self.workspace, {"attributes": json.dumps(attributes)}).sid

    def mint(self, worker_sid: str) -> str:
        """A worker's token."""
        return self.emulator.mint("worker", worker_sid)

    def options(self, **options: Any) -> dict[str, Any]:
        """How bots are made here."""
        at_work = {
            "connect_activity_sid": self.activities["Available"],
            "disconnect_activity_sid": self.activities["Offline"],
        }
        return self.bases | at_work | options

    def bot(self, worker_sid: str, **options: Any) -> Bot:
        """A bot that goes to work when it connects, and off when it ends."""
        return Bot(self.mint(worker_sid), **self.options(**options))

    def fleet(self, worker_sids: list[str], **options: Any) -> Fleet:
        """A fleet; its bots connect without jitter."""
        return Fleet(self.mint, worker_sids, **self.options(**{"jitter": 0, **options}))

    # -- looking ----------------------------------------------------------------------------------

    def status(self, task_sid: str) -> tuple[str, str | None]:
        """A task's status and reason."""
        task = self.engine.store.tasks[task_sid]
        return task.assignment_status, task.reason

    def reservations(self, task_sid: str) -> Counter[str]:
        """How often each status is there among a task's reservations."""
        return Counter(one.reservation_status for one in self.engine.store.select(RESERVATIONS_OF, task_sid))

    def activity(self, worker_sid: str) -> str:
        """Name of a worker's activity."""
        sid = self.engine.store.workers[worker_sid].activity_sid
        return next(name for name, each in self.activities.items() if each == sid)

    async def until(self, condition: Callable[[], bool], seconds: float = 10) -> None:
        """Wait until something is so; it is looked at after each change."""
        changed = asyncio.Event()
        stop = self.engine.subscribe(lambda _: changed.set())
        try:
            async with asyncio.timeout(seconds):
                while not condition():
                    changed.clear()
                    await changed.wait()
        finally:
            stop()

    async def soon(self, condition: Callable[[], bool]) -> None:
        """Wait until something is so that nobody tells: it is looked at in each turn of the loop."""
        async with asyncio.timeout(10):
            while not condition():  # noqa: ASYNC110
                await asyncio.sleep(0)

    async def completed(self, *task_sids: str) -> None:
        """Wait until tasks are completed."""
        await self.until(lambda: all(self.status(sid)[0] == "completed" for sid in task_sids))

    @asynccontextmanager
    async def running(self, bot: Bot | Fleet) -> AsyncIterator[asyncio.Task[None]]:
        """Run it, and drain it in the end."""
        life = asyncio.ensure_future(bot.run())
        try:
            yield life
        finally:
            async with asyncio.timeout(20):
                if not life.done():
                    await asyncio.sleep(0)
                    await bot.drain()
                await asyncio.wait({life})
        if not life.cancelled():
            life.result()
