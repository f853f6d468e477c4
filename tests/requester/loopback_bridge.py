"""A bridge on loopback that does as it is told, and a time that passes when it is told."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, NamedTuple

import msgspec

WS = f"WS{'1' * 32}"
BASE = f"https://taskrouter.twilio.com/v1/Workspaces/{WS}"
PATH = f"/v1/wschannels/AC{'0' * 32}/{WS}"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJ0ZXN0In0.c2lnbmF0dXJlLW9mLXRoZS10ZXN0"


class Posted(NamedTuple):
    """A request as the bridge got it."""

    head: str
    body: dict[str, Any]


Act = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class FakeTime:
    """Passes only by sleeping, and sleeping takes no time."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.delays: list[float] = []

    def clock(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.delays.append(seconds)
        self.seconds += seconds
        await asyncio.sleep(0)


class Bridge:
    """Serves each request with the next act; the last one stays for all that follow."""

    def __init__(self, *acts: Act) -> None:
        self.acts = list(acts)
        self.posted: list[Posted] = []
        self.connections = 0
        self.arrived = asyncio.Event()
        self.left = asyncio.Event()
        self.port = 0
        self._open: dict[asyncio.Task[Any], asyncio.StreamWriter] = {}

    @contextlib.asynccontextmanager
    async def serve(self, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
        """The channel URL, as long as it lasts."""
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0, ssl=tls)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield f"http{'s' if tls else ''}://127.0.0.1:{self.port}{PATH}"
        finally:
            server.close()
            for writer in self._open.values():
                writer.transport.abort()
            await asyncio.gather(*self._open, return_exceptions=True)
            await server.wait_closed()

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Noted at once: a task that is cancelled before its first step would leave the connection open.
        self.connections += 1
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._open[task] = writer
        task.add_done_callback(self._open.pop)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while not writer.is_closing():
                self.posted.append(await _read(reader))
                self.arrived.set()
                act = self.acts.pop(0) if len(self.acts) > 1 else self.acts[0]
                await act(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                await writer.wait_closed()
            self.left.set()


async def _read(reader: asyncio.StreamReader) -> Posted:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    length = next(line for line in head.lower().split("\r\n") if line.startswith("content-length:"))
    return Posted(head, msgspec.json.decode(await reader.readexactly(int(length.partition(":")[2]))))


def answer(status: int = 200, body: bytes = b'{"payload": {"sid": "WT"}}', reason: str = "OK", **headers: str) -> Act:
    """An ordinary HTTP answer."""
    lines = [f"HTTP/1.1 {status} {reason}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return raw("\r\n".join([*lines, "", ""]).encode() + body)


def raw(data: bytes, *, hang_up: bool = False) -> Act:
    """These bytes, whatever they are."""

    async def act(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()
        if hang_up:
            writer.close()

    return act


async def silence(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    """No answer; lasts until the client gives up."""
    await reader.read()


async def reset(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Breaks the connection off instead of answering."""
    writer.transport.abort()


@contextlib.asynccontextmanager
async def plain_server(until: bytes, status: str = "400 Bad Request") -> AsyncIterator[int]:
    """A server that reads so far, answers with a status and hangs up; its port."""

    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(until or b"\x16")
            writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())
        finally:
            writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(act, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
