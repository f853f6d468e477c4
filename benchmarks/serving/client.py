"""A load for a server: ``python -m benchmarks.serving.client FACTS get|post|tell COUNT``.

Requests on 16 connections, the next one on each as soon as the last is answered; or an event to so many
websockets. Nothing is parsed but where an answer ends.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from statistics import quantiles
from typing import Any
from urllib.parse import urlsplit

from ..children import CLIENT_CORE, pin

_CONNECTIONS = 16
_EVENTS = 9
_ATTRIBUTES = "Attributes=%7B%22text%22%3A%20%22" + "x" * 600
"""With 600 more in the event's own JSON it comes to about the 1.3 KB of a reservation's event."""


def _request(facts: dict[str, Any], method: str, path: str, body: str = "") -> bytes:
    head = [f"{method} {path} HTTP/1.1", f"Host: {urlsplit(facts['base']).netloc}"]
    head += [f"{name}: {value}" for name, value in facts["headers"].items()]
    if method == "POST":
        head += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
    return "\r\n".join([*head, "", body]).encode()


class Requests(asyncio.Protocol):
    """A connection that sends the same request again and again, as long as there are any left."""

    def __init__(self, request: bytes, left: list[int], done: asyncio.Event) -> None:
        self._request, self._left, self._done, self._data = request, left, done, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def send(self) -> None:
        """The next one."""
        if self._left[0] > 0:
            self._left[0] -= 1
            self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """An answer, or a part of one."""
        self._data += data
        head, found, body = self._data.partition(b"\r\n\r\n")
        if not found:
            return
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        if len(body) < length:
            return
        assert head.startswith(b"HTTP/1.1 2"), self._data
        self._data = b""
        self._left[1] -= 1
        if not self._left[1]:
            self._done.set()
        self.send()


async def _cpu(facts: dict[str, Any]) -> float:
    where = urlsplit(facts["base"])
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    writer.write(_request(facts, "GET", "/cpu"))
    head = await reader.readuntil(b"\r\n\r\n")
    body = await reader.readexactly(int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]))
    writer.close()
    return float(body)


async def requests(facts: dict[str, Any], request: bytes, count: int) -> dict[str, float]:
    """Processor time of the server for each request, and how many it answers in a second."""
    where, loop = urlsplit(facts["base"]), asyncio.get_running_loop()
    left, done = [0, 0], asyncio.Event()
    connections = [
        (await loop.create_connection(lambda: Requests(request, left, done), where.hostname, where.port))[1]
        for _ in range(_CONNECTIONS)
    ]

    async def run(number: int) -> None:
        left[:] = [number, number]
        done.clear()
        for connection in connections:
            connection.send()
        await done.wait()

    await run(10 * _CONNECTIONS)  # connections are accepted, caches filled
    before, began = await _cpu(facts), time.perf_counter()
    await run(count)
    wall, cpu = time.perf_counter() - began, await _cpu(facts) - before
    return {"per_s": count / wall, "per_cpu_s": count / cpu, "cpu_us": cpu / count * 1e6}


class Listener(asyncio.Protocol):
    """A websocket that notes when something comes."""

    def __init__(self, handshake: bytes, opened: asyncio.Queue[None], arrived: asyncio.Queue[float]) -> None:
        self._handshake, self._opened, self._arrived = handshake, opened, arrived
        self._data, self._open = b"", False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for a websocket."""
        assert isinstance(transport, asyncio.Transport)
        transport.write(self._handshake)

    def data_received(self, data: bytes) -> None:
        """The handshake's answer, then frames of up to 65,535 bytes (RFC 6455 section 5.2)."""
        self._data += data
        if not self._open:
            head, found, rest = self._data.partition(b"\r\n\r\n")
            if not found:
                return
            assert b" 101 " in head, head
            self._open, self._data = True, rest
            self._opened.put_nowait(None)
        while (size := _frame_size(self._data)) and len(self._data) >= size:
            self._data = self._data[size:]
            if size > _HEARTBEAT:
                self._arrived.put_nowait(time.perf_counter())


_HEARTBEAT = 3


def _frame_size(data: bytes) -> int:
    """Bytes of the frame that begins here; 0 if that does not show yet."""
    if len(data) < 2 or (data[1] == 126 and len(data) < 4):
        return 0
    return 4 + int.from_bytes(data[2:4], "big") if data[1] == 126 else 2 + data[1]


async def fan_out(facts: dict[str, Any], count: int) -> dict[str, float]:
    """Milliseconds from the request that causes an event until each of the websockets has it."""
    where, loop = urlsplit(facts["base"]), asyncio.get_running_loop()
    assert where.hostname is not None
    handshake = (
        f"GET {facts['socket']} HTTP/1.1\r\nHost: {where.netloc}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ).encode()
    opened, arrived = asyncio.Queue[None](), asyncio.Queue[float]()
    for _ in range(count):
        await loop.create_connection(lambda: Listener(handshake, opened, arrived), where.hostname, where.port)
        await opened.get()
    left, done = [0, 0], asyncio.Event()
    late = list[float]()
    cpu = 0.0
    for number in range(_EVENTS):
        request = _request(facts, "POST", facts["tell"], f"{_ATTRIBUTES}{number}%22%7D")
        left[:] = [1, 1]
        done.clear()
        teller = (await loop.create_connection(lambda: Requests(request, left, done), where.hostname, where.port))[1]  # noqa: B023
        before, began = await _cpu(facts), time.perf_counter()
        teller.send()
        times = [await arrived.get() - began for _ in range(count)]
        await done.wait()
        if number:  # the first one fills caches
            late += times
            cpu += await _cpu(facts) - before
    percentiles = quantiles(late, n=100)
    spent = cpu / (_EVENTS - 1) / count * 1e6
    return {"p50_ms": percentiles[49] * 1e3, "p99_ms": percentiles[98] * 1e3, "cpu_us_each": spent}


async def main(text: str, what: str, count: str) -> None:
    """Measure one server and print what was found."""
    facts, number = json.loads(text), int(count)
    async with asyncio.timeout(90):
        if what == "tell":
            found = await fan_out(facts, number)
        elif what == "get":
            found = await requests(facts, _request(facts, "GET", facts["path"]), number)
        else:
            found = await requests(facts, _request(facts, "POST", facts["path"], "FriendlyName=Lunch"), number)
        print(json.dumps(found))


if __name__ == "__main__":
    pin(CLIENT_CORE)
    asyncio.run(main(*sys.argv[1:]))
