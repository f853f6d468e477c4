"""One client, measured: ``python -m benchmarks.dispatch.client VARIANT PORT FRAMES COUNT RATE HELD``.

From the first event to the last, both of which are marks of the server's: how long it took, and how much of the
processor's time. Each variant counts the events, and fails if one is missing.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
import urllib.request
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any

from ..children import CLIENT_CORE, pin
from .frames import BEGIN, BESIDE, END, WORKER, WORKSPACE

_SECRET = "0" * 32
_ACCOUNT = f"AC{1:032x}"


class Meter:
    """Counts events and takes the time between the marks.

    Args:
        count: Events that must come.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self.seen = 0
        self.done = asyncio.Event()
        self._unheard = False
        self._began = (0.0, 0.0)
        self._ended = False
        self._found: dict[str, float] = {}

    def begin(self, *_: object) -> None:
        """The first mark; what came before it does not count."""
        self.seen = 0
        self._began = (time.perf_counter(), time.process_time())

    def listener(self, resource: Any) -> None:
        """What a user's handler is here: it reads a field, and counts."""
        if resource.sid:
            self.seen += 1

    async def async_listener(self, resource: Any) -> None:
        """The same as a coroutine; it may run after the last mark."""
        if resource.sid:
            self.seen += 1
        if self._ended and self.seen == self.count:
            self.finish()

    def looking_listener(self, resource: Any) -> None:
        """One that looks at everything that must be decoded for it, the task's attributes included."""
        task = resource.task
        if task.attributes["type"] and task.date_created and task.queue_name:
            self.seen += 1

    def dict_listener(self, payload: dict[str, Any]) -> None:
        """As ``listener``, for a payload that is plain JSON."""
        if payload["sid"]:
            self.seen += 1

    async def async_dict_listener(self, payload: dict[str, Any]) -> None:
        """As ``async_listener``, for plain JSON."""
        if payload["sid"]:
            self.seen += 1
        if self._ended and self.seen == self.count:
            self.finish()

    def looking_dict_listener(self, payload: dict[str, Any]) -> None:
        """As ``looking_listener``, for plain JSON: the attributes are JSON in it, the moment is a number."""
        created = datetime.fromtimestamp(payload["date_created"], UTC)
        if json.loads(payload["attributes"])["type"] and created and payload["queue_name"]:
            self.seen += 1

    def end(self, *_: object) -> None:
        """The last mark."""
        self._ended = True
        if self._unheard:
            self.seen = self.count
        if self.seen >= self.count:
            self.finish()

    def expect_none(self) -> None:
        """Nobody is told of the events: the last mark shows that all were there."""
        self._unheard = True

    def finish(self) -> None:
        """Everything is there."""
        wall, cpu = time.perf_counter() - self._began[0], time.process_time() - self._began[1]
        rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        self._found = {
            "per_s": self.count / wall,
            "per_cpu_s": self.count / cpu,
            "cpu_us": cpu / self.count * 1e6,
            "rss_mb": rss,
        }
        self.done.set()

    async def result(self) -> dict[str, float]:
        """What was found.

        Raises:
            SystemExit: Events are missing.
        """
        async with asyncio.timeout(90):
            await self.done.wait()
        if self.seen != self.count:
            sys.exit(f"{self.seen} events instead of {self.count}")
        return self._found


class Bench:
    """Where to connect, and what to ask for."""

    def __init__(self, port: int, frames: str, count: int, rate: float, held: int) -> None:
        self.base = f"http://127.0.0.1:{port}"
        self.frames = frames
        self.query = f"frames={frames}&count={count}&rate={rate:g}&held={held}"
        self.meter = Meter(count)

    async def go(self) -> None:
        """Let the events begin."""
        await asyncio.to_thread(lambda: urllib.request.urlopen(f"{self.base}/go?{self.query}").read())

    @property
    def websocket_url(self) -> str:
        """For those who connect by themselves."""
        return f"{self.base.replace('http', 'ws')}/v1/wschannels/{_ACCOUNT}/{WORKSPACE}?token=x"


async def raw(bench: Bench) -> None:
    """``websockets`` as its documentation shows it, and ``json.loads``: what a user writes without an SDK."""
    await _read_all(bench, bench.meter.dict_listener)


async def raw_looking(bench: Bench) -> None:
    """The same, which looks at everything."""
    await _read_all(bench, bench.meter.looking_dict_listener)


async def _read_all(bench: Bench, listener: Callable[[dict[str, Any]], None]) -> None:
    from websockets.asyncio.client import connect

    meter = bench.meter
    async with connect(bench.websocket_url, max_size=None) as websocket:
        await bench.go()
        async for message in websocket:
            event = json.loads(message)
            if event["event_type"] == BEGIN:
                meter.begin()
            elif event["event_type"] == END:
                meter.end()
                return
            else:
                listener(event["payload"])


async def raw_pyee(bench: Bench) -> None:
    """The same, with pyee's emitter and a handler."""
    await _emit_all(bench, bench.meter.dict_listener)


async def raw_pyee_async(bench: Bench) -> None:
    """The same, with a coroutine function as the handler."""
    await _emit_all(bench, bench.meter.async_dict_listener)


async def _emit_all(bench: Bench, listener: Callable[..., Any]) -> None:
    from pyee.asyncio import AsyncIOEventEmitter
    from websockets.asyncio.client import connect

    emitter = AsyncIOEventEmitter()
    for name in _NAMES:
        emitter.on(name, listener)
    emitter.on(BEGIN, bench.meter.begin)
    emitter.on(END, bench.meter.end)
    async with connect(bench.websocket_url, max_size=None) as websocket:
        await bench.go()
        async for message in websocket:
            event = json.loads(message)
            emitter.emit(event["event_type"], event["payload"])
            if event["event_type"] == END:
                await bench.meter.done.wait()
                return


_NAMES = ("reservation.created", "reservation.accepted", "reservation.completed", "worker.activity.update")


def _made(bench: Bench) -> Any:
    from trbridge import Worker, WorkerCapability, Workspace, WorkspaceCapability

    bases: dict[str, Any] = {"api_base_url": f"{bench.base}/v1", "event_bridge_base_url": bench.base}
    if bench.frames == "workspace":
        return Workspace(WorkspaceCapability(_ACCOUNT, _SECRET, WORKSPACE).to_jwt(), **bases)
    return Worker(WorkerCapability(_ACCOUNT, _SECRET, WORKSPACE, WORKER).to_jwt(), **bases)


async def _client(bench: Bench, listener: Callable[..., Any] | None, *, beside: int = 0) -> None:
    client = _made(bench)
    for name in _NAMES if listener is not None else ():
        client.emitter.on(name, listener)
    client.emitter.on(BEGIN, bench.meter.begin)
    client.emitter.on(END, bench.meter.end)
    client.on("error", lambda error: print(repr(error), file=sys.stderr))
    async with AsyncExitStack() as stack:
        for _ in range(beside):
            await stack.enter_async_context(_made(bench))
        await stack.enter_async_context(client)  # the last one: the server's events are for it
        await bench.go()
        await bench.meter.done.wait()


async def trbridge(bench: Bench) -> None:
    """The whole client, and a handler for each event."""
    await _client(bench, bench.meter.listener)


async def trbridge_looking(bench: Bench) -> None:
    """The whole client, and a handler that looks at the task and its attributes."""
    await _client(bench, bench.meter.looking_listener)


async def trbridge_async(bench: Bench) -> None:
    """The whole client, and a coroutine function as the handler."""
    await _client(bench, bench.meter.async_listener)


async def trbridge_unheard(bench: Bench) -> None:
    """The whole client, where nobody listens to these events."""
    bench.meter.expect_none()
    await _client(bench, None)


async def trbridge_beside(bench: Bench) -> None:
    """As ``trbridge``, and other clients are connected in the same process."""
    await _client(bench, bench.meter.listener, beside=BESIDE)


VARIANTS: dict[str, Callable[[Bench], Awaitable[None]]] = {
    each.__name__: each
    for each in (
        *(raw, raw_looking, raw_pyee, raw_pyee_async),
        *(trbridge, trbridge_looking, trbridge_async, trbridge_unheard, trbridge_beside),
    )
}


async def main(variant: str, port: str, frames: str, count: str, rate: str, held: str) -> None:
    """Measure one variant and print what was found."""
    bench = Bench(int(port), frames, int(count), float(rate), int(held))
    async with asyncio.timeout(95):
        await VARIANTS[variant](bench)
        print(json.dumps(await bench.meter.result()))


if __name__ == "__main__":
    pin(CLIENT_CORE)
    asyncio.run(main(*sys.argv[1:]))
