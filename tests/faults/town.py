"""An emulator, a proxy before it and one worker's client behind the proxy, all in one loop's virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from patient_loop import LoopClock, passing
from proxy import Proxy, Weather

from trbridge import Event, Worker
from trbridge.emulator import Emulator
from trbridge.emulator.rest.calls import ask
from trbridge.emulator.state.model import Activity, Reservation, Workflow
from trbridge.events import EventStream
from trbridge.session import SessionOptions

__all__ = ["Town", "town"]


class Town:
    """One worker, Alice, who is behind a bad network.

    Attributes:
        emulator: The service; its clock is the loop's.
        proxy: The network.
        worker_sid: Alice's.
        client: Her client; makes its tokens itself.
        log: Every event of the client, with the moment it came.
        minted: How many tokens were made for her.
        ttl: Seconds that the next token lives.
        wall: Seconds since 1970 there.
    """

    def __init__(self, emulator: Emulator, proxy: Proxy, session: SessionOptions | None = None) -> None:
        self.emulator = emulator
        self.proxy = proxy
        self.minted = 0
        self.ttl = 3600
        self.wall = LoopClock(asyncio.get_running_loop()).now
        self.log: list[tuple[float, Event]] = []
        self._told = asyncio.Event()
        activities = emulator.engine.store.table(Activity).values()
        (available,) = [each.sid for each in activities if each.friendly_name == "Available"]
        (self._workflow_sid,) = emulator.engine.store.table(Workflow)
        self.worker_sid: str = self.ask("CreateWorker", {"friendly_name": "Alice", "activity_sid": available})["sid"]
        self.ask("UpdateWorkerChannel", {"capacity": 50}, WorkerSid=self.worker_sid, Sid="default")
        self.client = self.make(session=session)

    def make(self, **options: Any) -> Worker:
        """A client of hers that is not connected."""
        client = Worker(
            self.token,
            api_base_url=self.emulator.api_base_url,
            event_bridge_base_url=self.proxy.url,
            wall=self.wall,
            **options,
        )
        client._requester._random = lambda: 0.5
        return client

    async def token(self) -> str:
        """A token of hers."""
        self.minted += 1
        return self.emulator.mint("worker", self.worker_sid, self.ttl)

    def ask(self, operation: str, form: dict[str, Any] | None = None, **path: str) -> Any:
        """Change something in the service, past the network."""
        return ask(self.emulator, operation, {"WorkspaceSid": self.emulator.workspace_sid, **path}, form or {})

    def task(self, **attributes: Any) -> str:
        """A task that is reserved for Alice at once. Returns its SID."""
        sid: str = self.ask("CreateTask", {"attributes": attributes, "workflow_sid": self._workflow_sid})["sid"]
        return sid

    def reservations(self) -> dict[str, Reservation]:
        """All of hers, as the service sees them, by SID."""
        return dict(self.emulator.engine.store.table(Reservation))

    async def listen(self, stream: EventStream) -> None:
        """Write down what comes."""
        async for event in stream:
            self.log.append((asyncio.get_running_loop().time(), event))
            self._told.set()

    def seen(self, *types: str) -> list[Event]:
        """What came so far of these types."""
        return [event for _, event in self.log if event.type in types]

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until something that came makes it so; virtual time passes meanwhile, an hour at most."""
        async with asyncio.timeout(3600):
            while not condition():
                self._told.clear()
                await self._told.wait()

    async def see(self, *types: str, times: int = 1) -> float:
        """Wait until events of these types came so often. Returns when the last of them did."""
        await self.until(lambda: len(self.seen(*types)) >= times)
        return [when for when, event in self.log if event.type in types][times - 1]


@asynccontextmanager
async def town(
    weather: Weather | None = None, session: SessionOptions | None = None, **options: Any
) -> AsyncIterator[Town]:
    """A town whose Alice is ready.

    Args:
        weather: Of the network.
        session: Of her client.
        **options: Of the emulator.
    """
    clock = LoopClock(asyncio.get_running_loop())
    async with (
        Emulator(random_seed=7, rate_limits=False, clock=clock, **options) as emulator,
        Proxy(emulator.event_bridge_base_url, weather) as proxy,
    ):
        place = Town(emulator, proxy, session)
        stream = place.client.listen(size=100_000)
        listening = asyncio.ensure_future(place.listen(stream))
        try:
            await place.client.connect()
            await passing(1.0)  # she has found out that she missed nothing
            yield place
        finally:
            await place.client.aclose(drain=0)
            await listening
