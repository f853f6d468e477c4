"""A workspace with one worker's client in it, and what happens to it written down."""

from __future__ import annotations

import asyncio
from typing import Any

from client_bench import Bench

from trbridge import Worker, Workspace
from trbridge.emulator.faults.record import Entry
from trbridge.emulator.faults.rules import Fault
from trbridge.events import Event, EventStream
from trbridge.resources.reservation import ReservationInstance
from trbridge.resources.task import TaskInstance
from trbridge.resources.worker import WorkerInstance


class Seat:
    """One worker at work.

    Attributes:
        bench: The emulator.
        workspace: A client that may do everything.
        worker: Alice, as the workspace sees her.
        client: Her own client.
        activities: Names of activities to SIDs.
    """

    def __init__(self, bench: Bench, workspace: Workspace) -> None:
        self.bench = bench
        self.workspace = workspace
        self.activities: dict[str, str] = {}
        self.worker: WorkerInstance
        self.client: Worker
        self._events: EventStream | None = None

    async def prepare(self, capacity: int = 5, activity: str = "Available") -> None:
        """Make a worker with a capacity on the default channel."""
        self.activities = {each.friendly_name or "": each.sid async for each in self.workspace.activities}
        self.worker = await self.workspace.workers.create(
            friendly_name="Alice", activity_sid=self.activities[activity], attributes={"name": "alice"}
        )
        await self.worker.channels.update("default", capacity=capacity)
        self.client = self.make()

    def make(self, **options: Any) -> Worker:
        """A client of hers that is not connected."""
        token = self.bench.emulator.mint("worker", self.worker.sid)
        return Worker(token, **(self.bench.bases | options))

    def listen(self, *names: str) -> EventStream:
        """All events of her client from now on, or those of the names."""
        self._events = self.client.listen(*names)
        return self._events

    async def next(self, name: str) -> Any:
        """The payload of the next event of that name; what comes before it is dropped."""
        assert self._events is not None
        async with asyncio.timeout(10):
            async for event in self._events:
                if event.type == name:
                    return event.payload
        raise AssertionError(f"the client was closed without {name}")

    async def until(self, name: str) -> list[Event]:
        """Everything up to the next event of that name."""
        assert self._events is not None
        seen = []
        async with asyncio.timeout(10):
            async for event in self._events:
                seen.append(event)
                if event.type == name:
                    break
        return seen

    async def task(self, **attributes: Any) -> TaskInstance:
        """A task that Alice gets if she is available."""
        return await self.workspace.tasks.create(attributes=attributes)

    async def reserved(self, **attributes: Any) -> ReservationInstance:
        """A task, and her reservation of it."""
        self.listen("reservation.created")
        await self.task(**attributes)
        reservation: ReservationInstance = await self.next("reservation.created")
        return reservation

    def mark(self) -> int:
        """A moment in the emulator's record."""
        entries = list(self.bench.emulator.app.record)
        return entries[-1].number if entries else 0

    def requests(self, since: int) -> list[tuple[str | None, str]]:
        """Method and end of the path of the requests that Alice's client sent since then."""
        entries: list[Entry] = self.bench.emulator.app.record.find("bridge", since=since)
        mine = [entry for entry in entries if entry.channel == self.worker.sid]
        prefix = f"/v1/Workspaces/{self.workspace.sid}/"
        return [(entry.method, (entry.path or "").removeprefix(prefix)) for entry in mine]

    async def settle(self) -> None:
        """Wait until her client is up to date, and everything sent to her so far has been delivered."""
        async with self.client.listen("seat.settled") as events, asyncio.timeout(10):
            self.inject("seat.settled", None)
            await anext(events)

    async def held(self, fault: Fault) -> None:
        """Wait until a rule holds something."""
        async with asyncio.timeout(10):
            while not fault.held:  # noqa: ASYNC110 - rules tell nobody when they are met
                await asyncio.sleep(0)

    def inject(self, name: str, payload: Any) -> None:
        """Send a frame to her."""
        assert self.bench.emulator.inject(self.worker.sid, {"event_type": name, "payload": payload}) == 1
