"""A request's head has an end, and so has the number of connections (security check 27)."""

from __future__ import annotations

import asyncio

import pytest

from trbridge.emulator import Emulator

_GET = b"GET /v1/Workspaces HTTP/1.1\r\nHost: localhost\r\n\r\n"
PARTS = {
    "one header": (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ", b"a" * 65536),
    "many headers": (b"GET / HTTP/1.1\r\nHost: localhost\r\n", b"a: b\r\n" * 10_000),
    "a URL": (b"GET /", b"a" * 65536),
    "what follows a body": (
        b"POST /v1/Workspaces HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX: ",
        b"a" * 65536,
    ),
}


async def _open(emulator: Emulator) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", int(emulator.event_bridge_base_url.rpartition(":")[2]))


@pytest.mark.parametrize("name", PARTS)
async def test_a_head_without_an_end_is_refused(name: str) -> None:
    """Httptools itself would take as much as there is, and time that grows with the square of it."""
    beginning, part = PARTS[name]
    async with Emulator() as emulator, asyncio.timeout(10):
        reader, writer = await _open(emulator)
        writer.write(beginning)
        sent = 0
        try:
            while sent < 400 and not writer.transport.is_closing():
                writer.write(part)
                await writer.drain()
                sent += 1
            answer = await reader.read(4096)
        except ConnectionError:
            answer = b""
        writer.transport.abort()
    assert sent < 400  # what it took is what the machine keeps on the way
    assert answer == b"" or answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 413"))


async def test_large_bodies_and_many_requests_are_no_head() -> None:
    """A megabyte of configuration, three requests on one connection."""
    body = b"FriendlyName=" + b"x" * 1_000_000
    head = b"POST /v1/Workspaces HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(body)
    async with Emulator() as emulator, asyncio.timeout(10):
        reader, writer = await _open(emulator)
        for _ in range(3):
            writer.write(head + body)
            await writer.drain()
            answer = await reader.readuntil(b"\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 401")
            length = next(line for line in answer.splitlines() if line.lower().startswith(b"content-length"))
            await reader.readexactly(int(length.partition(b":")[2]))
        writer.close()
        await writer.wait_closed()


async def test_small_chunks_are_no_head() -> None:
    """Five bytes about each byte, a hundred thousand times."""
    head = b"POST /v1/Workspaces HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    async with Emulator() as emulator, asyncio.timeout(10):
        reader, writer = await _open(emulator)
        writer.write(head + b"1\r\na\r\n" * 100_000 + b"0\r\n\r\n")
        assert (await reader.read(12)) == b"HTTP/1.1 401"
        writer.close()
        await writer.wait_closed()


async def test_connections_have_a_greatest_number() -> None:
    """Who comes after that is told, and served once there is room again."""
    async with Emulator(max_connections=3) as emulator, asyncio.timeout(10):
        lines = [await _open(emulator) for _ in range(4)]
        last_reader, last = lines[3]
        last.write(_GET)
        assert await last_reader.read(12) == b"HTTP/1.1 503"
        for _, writer in lines:
            writer.close()
            await writer.wait_closed()
        reader, writer = await _open(emulator)
        writer.write(_GET)
        assert await reader.read(12) == b"HTTP/1.1 401"
        writer.close()
        await writer.wait_closed()
