"""A TCP proxy that does to connections what bad networks do. All its waiting is on the loop's clock."""

from __future__ import annotations

import asyncio
import socket
import struct
from dataclasses import dataclass
from random import Random
from typing import Self

__all__ = ["Proxy", "Weather"]

_ON, _SECONDS = 1, 0
_CHUNK = 65_536


@dataclass(kw_only=True)
class Weather:
    """What the network does to bytes on their way to the client.

    Attributes:
        latency: Seconds that each piece is late.
        jitter: Seconds by which that varies, both ways.
        bandwidth: Bytes per second; None for no limit.
        slices: Most bytes in one piece; None to leave them as they come.
        cut_after: Bytes after which a connection is reset; None for never.
    """

    latency: float = 0.0
    jitter: float = 0.0
    bandwidth: float | None = None
    slices: int | None = None
    cut_after: int | None = None


class Proxy:
    """Passes connections on to one address.

    Args:
        upstream: ``http://host:port`` of the server.
        weather: What it is like; may be changed at any time.
        seed: Of the jitter.

    Attributes:
        weather: What it is like.
        connections: How many were made.
        bytes_down: How many bytes went to clients.
        swallowing: While True, connections are taken and nothing comes of them.
    """

    def __init__(self, upstream: str, weather: Weather | None = None, *, seed: int = 1) -> None:
        host, _, port = upstream.removeprefix("http://").partition(":")
        self._upstream = host, int(port)
        self.weather = weather or Weather()
        self._chance = Random(seed)  # noqa: S311 - jitter, no secret
        self.connections = self.bytes_down = 0
        self.swallowing = False
        self._server: asyncio.Server | None = None
        self._open: set[_Way] = set()

    @property
    def url(self) -> str:
        """Where clients find it."""
        assert self._server is not None
        return "http://{}:{}".format(*self._server.sockets[0].getsockname())

    def swallow(self) -> None:
        """A black hole for the connections there are: nobody hears of anything any more, not even of an end."""
        for way in self._open:
            way.swallowed = True

    def reset(self) -> int:
        """Break all connections off, with a TCP reset. Returns how many."""
        ways = list(self._open)
        for way in ways:
            way.reset()
        return len(ways)

    async def refuse(self) -> None:
        """Stop listening: who connects is refused."""
        assert self._server is not None
        self._port = self._server.sockets[0].getsockname()[1]
        self._server.close()

    async def listen_again(self) -> None:
        """Listen where it did."""
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self._port)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.reset()
        while tasks := {way.task for way in self._open}:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Noted at once: a task that is cancelled before its first step would leave the connection open.
        self.connections += 1
        way = _Way(writer, swallowed=self.swallowing)
        self._open.add(way)
        way.task = asyncio.ensure_future(self._serve(way, reader))
        way.task.add_done_callback(lambda _: self._open.discard(way))

    async def _serve(self, way: _Way, reader: asyncio.StreamReader) -> None:
        try:
            if way.swallowed:
                await _swallow(reader)
            else:
                await self._connect(way, reader)
        except (OSError, asyncio.CancelledError, asyncio.IncompleteReadError):
            pass
        finally:
            way.close()

    async def _connect(self, way: _Way, reader: asyncio.StreamReader) -> None:
        from_server, way.to_server = await asyncio.open_connection(*self._upstream)
        late: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        pumps = [
            asyncio.ensure_future(pump)
            for pump in (self._up(way, reader), self._gather(from_server, late), self._down(way, late))
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in pumps:
                each.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)

    async def _up(self, way: _Way, reader: asyncio.StreamReader) -> None:
        assert way.to_server is not None
        while data := await reader.read(_CHUNK):
            if not way.swallowed:
                way.to_server.write(data)
                await way.to_server.drain()
        if way.swallowed:
            await asyncio.Future()

    async def _gather(self, reader: asyncio.StreamReader, late: asyncio.Queue[tuple[float, bytes]]) -> None:
        loop = asyncio.get_running_loop()
        due = 0.0
        ended = False
        while not ended:
            data = await reader.read(_CHUNK)
            ended = not data
            weather = self.weather
            spread = weather.jitter * (2 * self._chance.random() - 1)
            due = max(due, loop.time() + max(0.0, weather.latency + spread))  # TCP keeps the order
            late.put_nowait((due, data))
        await asyncio.Future()

    async def _down(self, way: _Way, late: asyncio.Queue[tuple[float, bytes]]) -> None:
        while True:
            due, data = await late.get()
            await _until(due)
            if way.swallowed:
                continue
            if not data:
                return
            size = self.weather.slices or len(data)
            for start in range(0, len(data), size):
                await self._deliver(way, data[start : start + size])

    async def _deliver(self, way: _Way, piece: bytes) -> None:
        weather = self.weather
        if weather.bandwidth is not None:
            await _until(asyncio.get_running_loop().time() + len(piece) / weather.bandwidth)
        if way.swallowed:
            return
        way.bytes_down += len(piece)
        self.bytes_down += len(piece)
        if weather.cut_after is not None and way.bytes_down > weather.cut_after:
            way.reset()
            raise ConnectionResetError
        way.to_client.write(piece)
        await way.to_client.drain()


class _Way:
    """One connection through the proxy."""

    def __init__(self, to_client: asyncio.StreamWriter, *, swallowed: bool) -> None:
        self.task: asyncio.Task[None]
        self.to_client = to_client
        self.to_server: asyncio.StreamWriter | None = None
        self.swallowed = swallowed
        self.bytes_down = 0

    def reset(self) -> None:
        """To the client a reset, to the server too."""
        for writer in (self.to_client, self.to_server):
            if writer is not None and not writer.transport.is_closing():
                connection = writer.get_extra_info("socket")
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", _ON, _SECONDS))
                writer.transport.abort()

    def close(self) -> None:
        """Let go of both sides."""
        for writer in (self.to_client, self.to_server):
            if writer is not None:
                writer.transport.abort()


async def _swallow(reader: asyncio.StreamReader) -> None:
    while await reader.read(_CHUNK):
        pass


async def _until(when: float) -> None:
    loop = asyncio.get_running_loop()
    if when > loop.time():
        reached = asyncio.Event()
        timer = loop.call_at(when, reached.set)
        try:
            await reached.wait()
        finally:
            timer.cancel()
