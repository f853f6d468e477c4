"""Bots under fire: are all reservations handled, each once, and does the memory stay flat?

A server (``trbridge serve --data FILE``, a process of its own) and many worker clients in this one. Meanwhile their
sockets are cut, the server is killed and started again on its file, tokens live a few seconds, handlers are slow. At
the end the chaos stops, what is left is worked off, and the server's log of events is compared with what the handlers
were given. Run ``python benchmarks/soak.py [--seconds 120] [--bots 100] [--seed N]``. It stops by itself a minute
after its time at the latest, and exits with 1 if a number is wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import logging
import os
import sys
import tempfile
import time
from collections import Counter
from contextlib import AsyncExitStack, suppress
from dataclasses import asdict
from pathlib import Path
from random import Random
from typing import Any

from trbridge import TaskRouterError, Worker, WorkerCapability, Workspace, WorkspaceCapability
from trbridge.client_stats import ClientStats
from trbridge.resources.reservation import ReservationInstance

AUTH_TOKEN = "soak" * 8
TOKEN_SECONDS = 8
CUT_EVERY, RESTART_EVERY, SAMPLE_EVERY = 0.5, 12.0, 1.0
SLOWEST = 1.0
TASKS_PER_BOT = 0.25
"""New tasks per second and bot; a handler takes half a second on the average."""
GROWTH = 1.15
"""How much larger the memory may be at the end than when everybody had been at work for a third of the time."""


class Server:
    """``trbridge serve`` on a file and always the same port."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._process: asyncio.subprocess.Process
        self.facts: dict[str, Any] = {}
        self.restarts = 0

    async def start(self) -> None:
        """Start, and wait until it listens."""
        port = self.facts["rest"].rpartition(":")[2] if self.facts else "0"
        command = ["-m", "trbridge", "serve", "--port", port, "--data", str(self._data), "--json", "--no-rate-limits"]
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *command,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={**os.environ, "TRBRIDGE_AUTH_TOKEN": AUTH_TOKEN},
        )
        assert self._process.stdout is not None
        self.facts = json.loads(await self._process.stdout.readline())

    async def kill(self) -> None:
        """No goodbye: signal 9."""
        self._process.kill()
        await self._process.wait()

    async def restart(self) -> None:
        """Kill it and start it again."""
        await self.kill()
        self.restarts += 1
        await self.start()

    @property
    def bases(self) -> dict[str, Any]:
        """Where clients find it."""
        return {"api_base_url": f"{self.facts['rest']}/v1", "event_bridge_base_url": self.facts["event_bridge"]}

    @property
    def owner(self) -> tuple[str, str, str]:
        """What tokens are made from."""
        return self.facts["account_sid"], AUTH_TOKEN, self.facts["workspace_sid"]


class Soak:
    """One run.

    Attributes:
        handled: How often each reservation was given to a handler, by SID.
        finished: How many tasks were completed by their handlers.
    """

    def __init__(self, server: Server, seconds: float, bots: int, seed: int) -> None:
        self.server, self.seconds, self.bots = server, seconds, bots
        self.chance = Random(seed)
        self.handled: Counter[str] = Counter()
        self.finished = 0
        self.errors: Counter[str] = Counter()
        self.clients: list[Worker] = []
        self.memory: list[float] = []
        self.cuts = 0
        self.working = 0

    # -- the bots ----------------------------------------------------------------------------------

    def bot(self, worker_sid: str) -> Worker:
        """A worker's client with a slow handler, whose tokens live a few seconds."""

        async def token() -> str:
            made = WorkerCapability(*self.server.owner, worker_sid)
            return (
                made.allow_update_activities()
                .allow_update_reservations()
                .allow_fetch_subresources()
                .to_jwt(ttl=TOKEN_SECONDS)
            )

        client = Worker(token, max_retries=5, **self.server.bases)

        @client.on("reservation.created")
        async def work(reservation: ReservationInstance) -> None:
            self.handled[reservation.sid] += 1
            self.working += 1
            try:
                await self.insist(reservation.accept)
                await asyncio.sleep(self.chance.random() * SLOWEST)
                await self.insist(reservation.complete)
                self.finished += 1
            finally:
                self.working -= 1

        @client.on("error")
        def failed(error: TaskRouterError) -> None:
            self.errors[type(error).__name__] += 1

        return client

    async def insist(self, act: Any) -> None:
        """Do it again until it is done: the server may be away for seconds."""
        for _ in range(60):
            try:
                await act()
            except TaskRouterError as error:
                self.errors[f"act: {type(error).__name__}"] += 1
                await asyncio.sleep(0.5)
            else:
                return
        raise RuntimeError(f"{act} was never possible")

    # -- the chaos ---------------------------------------------------------------------------------

    async def feed(self, boss: Workspace) -> None:
        """New tasks, evenly."""
        while True:
            with suppress(TaskRouterError):
                await boss.tasks.create(attributes={"work": "soak"})
            await asyncio.sleep(1 / (TASKS_PER_BOT * self.bots))

    async def cut(self) -> None:
        """Break the socket of somebody off, as a network does."""
        while True:
            await asyncio.sleep(CUT_EVERY)
            socket = self.chance.choice(self.clients)._link._connection
            if socket is not None and socket._socket is not None:
                socket._socket._connection.transport.abort()  # type: ignore[attr-defined]
                self.cuts += 1

    async def restart(self) -> None:
        """Kill the server and start it again on its file."""
        while True:
            await asyncio.sleep(RESTART_EVERY)
            await asyncio.shield(asyncio.ensure_future(self.server.restart()))

    async def sample(self) -> None:
        """Look at the memory."""
        while True:
            await asyncio.sleep(SAMPLE_EVERY)
            gc.collect()
            self.memory.append(_resident())

    # -- the run -----------------------------------------------------------------------------------

    async def run(self) -> bool:
        """The whole story; True if every number is right."""
        async with AsyncExitStack() as stack:
            capability = WorkspaceCapability(*self.server.owner).allow_fetch_subresources()
            capability.allow_update_subresources()
            boss = Workspace(capability.to_jwt(ttl=36_000), max_retries=8, **self.server.bases)
            await stack.enter_async_context(boss)
            activities = {each.friendly_name: each.sid async for each in boss.activities}
            for number in range(self.bots):
                worker = await boss.workers.create(friendly_name=f"bot {number}", activity_sid=activities["Available"])
                self.clients.append(self.bot(worker.sid))
            for client in self.clients:
                stack.push_async_callback(client.aclose, drain=1.0)
            await asyncio.gather(*[client.connect() for client in self.clients])
            await self._storm(boss)
            await self._drain(boss)
            return await self._report(boss)

    async def _storm(self, boss: Workspace) -> None:
        chaos = [asyncio.ensure_future(each) for each in (self.feed(boss), self.cut(), self.restart(), self.sample())]
        await asyncio.wait(chaos, timeout=self.seconds, return_when=asyncio.FIRST_EXCEPTION)
        for each in chaos:
            each.cancel()
        await asyncio.wait(chaos)
        await self.server.restart()  # whatever it was doing: now it is there

    async def _drain(self, boss: Workspace) -> None:
        """Wait until nothing is left to do, a minute at most."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with suppress(TaskRouterError):
                left = await boss.tasks.fetch(assignment_status="pending,reserved,assigned,wrapping", page_size=1)
                if not len(left) and not self.working:
                    return
            await asyncio.sleep(0.5)

    async def _report(self, boss: Workspace) -> bool:
        created: Counter[str] = Counter()
        for kind in ("reservation.created", "reservation.completed"):
            page = await boss.events.fetch(event_type=kind, minutes=60, page_size=1000)
            created[kind] = len([each async for each in page])
        total = ClientStats()
        for client in self.clients:
            for name, count in asdict(client.stats).items():
                setattr(total, name, getattr(total, name) + count)
        twice = sum(count - 1 for count in self.handled.values())
        third, end = self.memory[len(self.memory) // 3], self.memory[-1]
        flat = end <= third * GROWTH
        print(
            f"{self.bots} bots, {self.seconds:.0f} s, {self.cuts} cuts, {self.server.restarts} restarts of the server"
        )
        print(f"created    {created['reservation.created']:7} reservations, by the server's log of events")
        print(f"handled    {len(self.handled):7} of them")
        print(f"duplicates {twice:7}")
        print(f"completed  {created['reservation.completed']:7} by the log, {self.finished} by the handlers")
        print(f"memory     {third:7.1f} MiB after a third, {end:.1f} MiB at the end: {'flat' if flat else 'GROWING'}")
        print("clients   ", ", ".join(f"{name} {count}" for name, count in asdict(total).items()))
        print("errors    ", ", ".join(f"{name} {count}" for name, count in self.errors.most_common()) or "none")
        good = created["reservation.created"] == len(self.handled) and not twice and flat
        print("good" if good else "WRONG")
        return good


def _resident() -> float:
    """MiB of this process that are in memory."""
    with suppress(OSError):
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


async def soak(seconds: float, bots: int, seed: int) -> bool:
    """One run on a file of its own."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder) / "soak.db")
        await server.start()
        try:
            return await Soak(server, seconds, bots, seed).run()
        finally:
            await server.kill()


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--bots", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    logging.getLogger("trbridge").setLevel(logging.CRITICAL)  # errors are counted instead
    sys.exit(not asyncio.run(soak(given.seconds, given.bots, given.seed)))


if __name__ == "__main__":
    main()
